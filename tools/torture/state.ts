import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../src/cli/process-host.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { plain } from './strike.ts'

/** What a folder holds, without what differs from run to run: a text for each file, and for what each database says. */
export type State = ReadonlyMap<string, string>

const recordKinds = ['account', 'api-root', 'collection', 'service', 'subscription', 'job', 'inbox-message']

/** A checkpoint that is later was given by the clock, not by what is served, which is older. */
const startedAt = '2026-06-01'

/** Reads everything below `home`; `problems` are what the stores' own verification says. */
export async function stateOf(home: string): Promise<{ readonly state: State; readonly problems: readonly string[] }> {
  const state = new Map<string, string>()
  const problems: string[] = []
  for (const file of filesBelow(home)) {
    const name = path.relative(home, file)
    if (/-(?:wal|shm|journal)$/.test(name) || name.includes('.sqlite.locks/') || name.startsWith('director-state'))
      continue
    if (isDatabase(file)) {
      const read = await readStore(file)
      problems.push(...read.problems.map((problem) => `${name}: ${problem}`))
      state.set(plain(name), read.text)
    } else state.set(plain(name), settledFile(readFileSync(file, 'utf8')))
  }
  return { state, problems }
}

/** A text without stamps, identifiers, digests, keys and ports. */
export function settled(text: string): string {
  const shown = text.includes('\0') ? `binary of ${text.length}` : text
  return plain(
    shown
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z| UTC)?/g, '<time>')
      .replace(/"(?:key|digest|salt|hash|data|nonce|tag|check|content)":\s?"[^"]*"/g, '"*"')
      .replace(/((?:password|fingerprint)\\?":\s?\\?")[^"\\]*/g, '$1*')
      .replace(/\$scrypt\$[^"]*/g, '<password>')
      .replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>')
      .replace(/\d+(?:\.\d+)? ?m?s\b/g, '<duration>'),
  )
}

/**
 * A file's text settled, its lines in order of the alphabet and without commas at their ends: what is done at once comes in
 * any order.
 */
export function settledFile(text: string): string {
  const lines = settled(text).split('\n')
  return lines
    .map((line) => line.replace(/,$/, ''))
    .sort()
    .join('\n')
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

function isDatabase(file: string): boolean {
  if (statSync(file).size === 0) return file.endsWith('.sqlite')
  return readFileSync(file).subarray(0, 15).toString('latin1') === 'SQLite format 3'
}

async function readStore(file: string): Promise<{ readonly text: string; readonly problems: readonly string[] }> {
  await using store = await openStore(file, {
    clock: systemClock,
    identity: { pid: process.pid, host: hostname() },
    create: false,
  })
  const { problems } = await store.verify()
  return { text: await dump(store), problems }
}

async function dump(store: Store): Promise<string> {
  const lines: string[] = []
  for await (const { item } of store.versions({})) lines.push(`version ${item.id} ${item.raw.toString('utf8').length}`)
  for (const { key, stamp } of await store.checkpoints())
    lines.push(`checkpoint ${key.collection} ${stamp === undefined || stamp > startedAt ? 'now' : stamp}`)
  for await (const value of store.knownValues({})) lines.push(`value ${JSON.stringify(value).length}`)
  for await (const one of store.quarantined({})) lines.push(`quarantined ${Object.keys(one).length}`)
  for await (const one of store.conflicts({})) lines.push(`conflict ${Object.keys(one).length}`)
  for (const kind of recordKinds)
    for (const { id, body } of await store.records.list(kind))
      lines.push(`${kind} ${plain(id)} ${settled(JSON.stringify(body))}`)
  return lines.sort().join('\n')
}

/** Where two states differ, in words; none where they do not. */
export function differences(one: State, other: State): readonly string[] {
  const names = [...new Set([...one.keys(), ...other.keys()])].sort()
  return names.flatMap((name) => {
    const [left, right] = [one.get(name), other.get(name)]
    if (left === right) return []
    if (left === undefined) return [`${name} is left`]
    if (right === undefined) return [`${name} is missing`]
    return [`${name} differs: ${firstDifference(left, right)}`]
  })
}

/** The lines of the first that the second has not, as often as it has them more. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others]
  return lines.filter((line) => {
    const at = left.indexOf(line)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

function firstDifference(left: string, right: string): string {
  const [lefts, rights] = [left.split('\n'), right.split('\n')]
  const show = (lines: readonly string[]): string => {
    const shown = lines.slice(0, 4).map((line) => line.trim().slice(0, 200))
    return shown.length === 0 ? 'nothing' : `"${shown.join(' ')}"`
  }
  return `${show(without(lefts, rights))} became ${show(without(rights, lefts))}`
}
