import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll } from 'vitest'
import type { CommandRow } from '../../src/cli/command.ts'
import type { Host, HostInput, HostOutput, StopSignal } from '../../src/cli/host.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import { run } from '../../src/cli/run.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import type { Clock, Http } from '../../src/core/ports.ts'
import { witness } from './witness.ts'

export interface CliOptions {
  /** Added to an environment that holds nothing but the two folders. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly stdin?: string | Buffer | undefined
  /** Parts of the runtime that take the place of ours. */
  readonly parts?: Partial<Runtime> | undefined
  /** Takes the place of the network for every connection the command opens. */
  readonly http?: Http | undefined
  readonly cwd?: string | undefined
  readonly clock?: Clock | undefined
  /** Holds `config` and `data`; a fresh one per call when left out. Share one to run commands one after the other. */
  readonly folder?: string | undefined
  readonly rows?: readonly CommandRow[] | undefined
  /** Standard output and error say they are terminals this wide. Nobody can be asked all the same. */
  readonly columns?: number | undefined
  /** Called with a function that sends a stop signal once the command runs. */
  readonly onStart?: ((stop: (signal: StopSignal) => void) => void) | undefined
  readonly stdout?: HostOutput | undefined
}

export interface CliResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const madeFolders: string[] = []

afterAll(async () => {
  for (const folder of madeFolders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** An empty folder that is gone after this test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-test-'))
  madeFolders.push(folder)
  return folder
}

/**
 * Runs a command line in this process, with folders of its own, and gives all three results. Text is split at blanks; give
 * an array where an argument has some.
 */
export async function runCli(commandLine: string | readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const argv = typeof commandLine === 'string' ? commandLine.split(' ').filter(Boolean) : commandLine
  const { http } = options
  const folder = options.folder ?? temporaryFolder()
  const stdout = gather(options.columns)
  const stderr = gather(options.columns)
  let exitedWith: number | undefined
  let exitHard: (status: number) => void = () => undefined
  const hard = new Promise<number>((resolve) => (exitHard = resolve))
  const host: Host = {
    environment: {
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
      ...options.env,
    },
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]) as HostInput,
    stdout: options.stdout ?? stdout.stream,
    stderr: stderr.stream,
    clock: options.clock ?? systemClock,
    workingDirectory: options.cwd ?? folder,
    platform: process.platform,
    homeDirectory: () => folder,
    random: () => 0.5,
    onStop(listener) {
      options.onStart?.(listener)
      return () => undefined
    },
    exitNow(status) {
      exitedWith ??= status
      exitHard(status)
    },
  }
  const ended = run(argv, host, {
    rows: options.rows,
    parts: options.parts,
    openHttp: http && (() => http),
  })
  const exitCode = await Promise.race([ended, hard])
  const result = { exitCode: exitedWith ?? exitCode, stdout: stdout.text(), stderr: stderr.text() }
  witness(argv.join(' '), result)
  return result
}

function gather(columns: number | undefined): { readonly stream: HostOutput; readonly text: () => string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
