import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { exitStatusOfKind, type ErrorKind } from '../../src/core/errors.ts'
import { compareTimestamps } from '../../src/core/timestamp.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Checkpoint, Run } from '../../src/store/store.ts'
import { filesBelow, leaksIn } from '../support/canary.ts'
import { temporaryFolder, type CliResult } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** One thing that the server holds: its bytes and, where the caller knows it, the stamp under which the server has it. */
export interface HeldThing {
  readonly raw: string
  readonly addedAt?: string | undefined
}

/** How a run under a fault has to end. `survived` means: as if there were none. */
export type Ending =
  | 'survived'
  | {
      /** One of these; it decides the exit status. */
      readonly kind: ErrorKind | readonly ErrorKind[]
      readonly code?: string | readonly string[] | undefined
      /** The exit status where the kind does not say it: 12 when others of several went well. */
      readonly exitCode?: number | undefined
    }

/** A fault that a fetch of the built program meets, and how to take it away again. */
export interface FaultCase {
  /** Discovery's address, the same with and without the fault: checkpoints belong to it. */
  readonly url: string
  /** What the server has, by its own knowledge. */
  readonly truth: () => readonly HeldThing[]
  readonly ending: Ending
  /** Takes the fault away. */
  readonly mend?: (() => unknown) | undefined
  /** Further settings of the source as `STIXTAXII_*`, and whatever else belongs into the environment. */
  readonly env?: Variables | undefined
  /** The same once the fault is gone, where the fault lies in our own settings; default: `env`. */
  readonly mendedEnv?: Variables | undefined
  /** Further arguments of `fetch` under the fault. */
  readonly argv?: readonly string[] | undefined
  /** What the program is run by under the fault, as `['prlimit', '--nofile=22']` or `['ip', 'netns', 'exec', 'n']`. */
  readonly prefix?: readonly string[] | undefined
  /** The same once the fault is gone; default: nothing. */
  readonly mendedPrefix?: readonly string[] | undefined
  /** Secrets that must not be found anywhere, by name. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
  /** Names of files below `folder` that hold secrets on purpose. */
  readonly secretFiles?: readonly string[] | undefined
  /** Holds settings and data; default: a fresh one. */
  readonly folder?: string | undefined
  /** The store's address; default: the file in the data folder. */
  readonly store?: string | undefined
  /** False where the fault hits the files that `--emit` and `--trace-http` write. Default true. */
  readonly writesFiles?: boolean | undefined
}

/** What was seen under the fault, for a closer look. */
export interface Met {
  readonly result: CliResult
  /** The one error record; undefined when the fault was survived. */
  readonly error: ErrorRecord | undefined
  readonly tookMs: number
  readonly folder: string
}

export interface ErrorRecord {
  readonly code: string
  readonly kind: ErrorKind
  readonly message: string
  readonly hint?: string | undefined
  readonly context?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Runs the built program's `fetch` under a fault and demands what holds for every fault (invariant I): the expected exit
 * status and exactly one error record, no stack trace, a store that verifies, a checkpoint that is not ahead of the data;
 * without the fault the next run, without a flag, completes the set, nothing doubled for the store or for `--emit`; one
 * more finds nothing new; no secret in any output or file.
 */
export async function expectInvariant(fault: FaultCase): Promise<Met> {
  const folder = fault.folder ?? temporaryFolder()
  const outputs: CliResult[] = []
  const emitted: string[] = []
  const fetchOnce = async (name: string, more: Partial<FaultCase>): Promise<CliResult> => {
    const file = (kind: string): string => path.join(folder, `${kind}-${name}`)
    const files = fault.writesFiles === false ? [] : ['--emit', file('emit'), '--trace-http', file('trace')]
    // The set is older than any default begin; no flag says so, since going on must not need one.
    const env = { STIXTAXII_URL: fault.url, STIXTAXII_BEGIN: '99999d', ...(more.env ?? fault.env) }
    const prefix = more.prefix ?? fault.prefix
    const result = await run(['fetch', ...files, ...(more.argv ?? [])], { folder, store: fault.store, env, prefix })
    outputs.push(result)
    if (existsSync(file('emit'))) emitted.push(...linesOf(file('emit')))
    return result
  }

  const begun = performance.now()
  const result = await fetchOnce('under-the-fault', { argv: fault.argv })
  const tookMs = performance.now() - begun
  const error = expectEnding(result, fault.ending)
  await expectNotAhead(fault, folder, outputs)

  await fault.mend?.()
  const mended = { argv: [], env: fault.mendedEnv ?? fault.env, prefix: fault.mendedPrefix ?? [] }
  expectSuccess(await fetchOnce('after-it', mended), 'the run after the fault')
  const last = await fetchOnce('once-more', mended)
  expectSuccess(last, 'one run more')
  const { totals } = JSON.parse(last.stdout) as { totals: { new: number; updated: number } }
  expect([totals.new, totals.updated], 'found again what was there').toEqual([0, 0])
  await expectWhole(fault, folder, outputs)
  if (fault.writesFiles !== false) expect(doubled(emitted), 'emitted twice').toEqual([])
  expectNoSecret(fault, folder, outputs)
  return { result, error, tookMs, folder }
}

function run(
  argv: readonly string[],
  { folder, store, env, prefix }: Pick<FaultCase, 'folder' | 'store' | 'env' | 'prefix'>,
): Promise<CliResult> {
  return runProgram([...argv, '-o', 'json'], { folder, prefix, env: { STIXTAXII_STORE: store, ...env } })
}

function expectEnding(result: CliResult, ending: Ending): ErrorRecord | undefined {
  expect(`${result.stdout}\n${result.stderr}`, 'a stack trace').not.toMatch(/\n\s+at .+(:\d+:\d+|\(native\))/)
  const records = result.stderr.split('\n').filter((line) => line.startsWith('{"error"'))
  if (ending === 'survived') {
    expectSuccess(result, 'the run under the fault')
    return undefined
  }
  expect(records, `error records; status ${result.exitCode}, said: ${result.stderr}`).toHaveLength(1)
  const { error } = JSON.parse(records[0] as string) as { error: ErrorRecord }
  expect([ending.kind].flat(), `${error.code}: ${error.message}`).toContain(error.kind)
  if (ending.code !== undefined) expect([ending.code].flat(), error.message).toContain(error.code)
  expect(result.exitCode, `${error.code}: ${error.message}`).toBe(ending.exitCode ?? exitStatusOfKind[error.kind])
  expect(error.hint, `a hint for: ${error.message}`).toBeTruthy()
  return error
}

function expectSuccess({ exitCode, stderr }: CliResult, what: string): void {
  expect({ exitCode, errors: stderr.split('\n').filter((line) => line.includes('"error"')) }, what).toEqual({
    exitCode: 0,
    errors: [],
  })
}

interface Content {
  readonly stored: readonly string[]
  readonly checkpoints: readonly Checkpoint[]
  readonly runs: readonly Run[]
}

/** What the store has once the program has ended; undefined when it never came to having one. */
async function contentOf({ store }: FaultCase, folder: string): Promise<Content | undefined> {
  const file = path.join(folder, 'data', 'store.sqlite')
  if (store === undefined && !existsSync(file)) return undefined
  const identity = { pid: process.pid, host: hostname() }
  await using opened = await openStore(store ?? file, { clock: systemClock, identity })
  const stored: string[] = []
  for await (const { item } of opened.versions({})) stored.push(item.raw.toString('utf8'))
  return { stored, checkpoints: await opened.checkpoints(), runs: await opened.runs() }
}

async function expectNotAhead(fault: FaultCase, folder: string, outputs: CliResult[]): Promise<void> {
  const content = await contentOf(fault, folder)
  if (!content) return
  await expectVerified(fault, folder, outputs)
  const held = fault.truth()
  const stored = new Set(content.stored)
  // What has the very stamp of the checkpoint is read again: the next run begins a microsecond before it.
  const behind = (stamp: string): readonly HeldThing[] =>
    held.filter(({ addedAt }) => addedAt !== undefined && compareTimestamps(addedAt, stamp) < 0)
  for (const { stamp, key } of content.checkpoints) {
    const missing = stamp === undefined ? [] : behind(stamp).filter(({ raw }) => !stored.has(raw))
    expect(missing, `the checkpoint of ${key.collection} is ahead of the data`).toEqual([])
  }
  const strange = content.stored.filter((raw) => !held.some((thing) => thing.raw === raw))
  expect(strange, 'stored what the server does not have').toEqual([])
}

async function expectVerified(fault: FaultCase, folder: string, outputs: CliResult[]): Promise<void> {
  const verified = await run(['store', 'verify'], { folder, store: fault.store })
  outputs.push(verified)
  expect(verified, 'store verify').toMatchObject({ exitCode: 0 })
}

async function expectWhole(fault: FaultCase, folder: string, outputs: CliResult[]): Promise<void> {
  await expectVerified(fault, folder, outputs)
  const content = await contentOf(fault, folder)
  const wanted = fault.truth().map(({ raw }) => raw)
  const stored = content?.stored ?? []
  const report = {
    lost: wanted.filter((raw) => !stored.includes(raw)).length,
    foreign: stored.filter((raw) => !wanted.includes(raw)).length,
    doubled: doubled(stored).length,
    countedTooOften: (content?.runs ?? []).reduce((sum, each) => sum + each.new + each.updated, 0) - stored.length,
  }
  expect(report, 'the set when the fault is gone').toEqual({ lost: 0, foreign: 0, doubled: 0, countedTooOften: 0 })
}

function expectNoSecret(fault: FaultCase, folder: string, outputs: readonly CliResult[]): void {
  const secrets = fault.secrets ?? {}
  const texts = [
    ...outputs.flatMap(({ stdout, stderr }) => [
      ['standard output', stdout] as const,
      ['standard error', stderr] as const,
    ]),
    ...filesBelow(folder, fault.secretFiles ?? []),
  ]
  const leaks = texts.flatMap(([where, text]) => leaksIn(text, secrets).map((name) => `${name} in ${where}`))
  expect([...new Set(leaks)], 'secrets').toEqual([])
}

function doubled(things: readonly string[]): readonly string[] {
  return things.filter((thing, index) => things.indexOf(thing) !== index)
}

function linesOf(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
