import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { issueWords } from '../core/issue-words.ts'
import { Secret } from '../core/secret.ts'
import { readOwnFile, writeOwnFile } from './own-file.ts'
import { sourceRecordSchema, type SourceRecord } from './source-record.ts'

/** A file that was uploaded. Director's lists give names only; what is in it is known from here. */
export interface FileRecord {
  readonly director: string
  readonly kind: 'package' | 'certificate'
  /** Pool UUID; null for the public storage. */
  readonly pool: string | null
  readonly name: string
  readonly lengthBytes: number
  readonly sha256: string
  /** Where it was read from; absolute. */
  readonly path: string
  readonly fleet: string
  readonly writtenAt: string
}

/** A plugin that was installed. */
export interface PluginRecord {
  readonly director: string
  readonly pool: string
  readonly logpoint: string
  readonly target: string
  readonly fileName: string
  readonly location: 'private' | 'public'
  readonly version?: string | undefined
  /** Of the package's bytes, where they are known. */
  readonly sha256?: string | undefined
  readonly fleet: string
  readonly writtenAt: string
}

/** A create that was accepted and is not known to have ended: sent again, there could be two of the source. */
export interface OpenOrder {
  readonly director: string
  readonly pool: string
  readonly logpoint: string
  readonly order: string
  readonly discoveryUrl: string
  readonly username: string
  readonly writtenAt: string
}

/**
 * What this program knows of its own writes and no list of Director shows. No secret is in it: `key` is random and only
 * makes fingerprints that cannot be compared elsewhere.
 */
export interface State {
  /** Names this state; plans are bound to it. */
  readonly id: string
  readonly key: string
  readonly sources: readonly SourceRecord[]
  readonly files: readonly FileRecord[]
  readonly plugins: readonly PluginRecord[]
  /** Of creates; absent: none. */
  readonly openOrders?: readonly OpenOrder[] | undefined
}

/** Where one Logpoint is; identifiers, not names. */
export interface Place {
  /** Origin of the Director. */
  readonly director: string
  readonly pool: string
  readonly logpoint: string
}

/** Runs `work` while no other process writes beside `file`. @throws of kind conflict, naming the holder. */
export type Lock = <T>(file: string, work: () => Promise<T>) => Promise<T>

/** The state while this process alone may write it. */
export interface HeldState {
  readonly current: State
  /** Changes it; resolves when that is on the disk. Changes of several callers are written together. */
  change(change: (state: State) => State): Promise<void>
}

/** The state file: JSON, 0600, replaced whole. */
export interface StateFile {
  readonly path: string
  /** Needs no lock. Without a file: an empty state with a key of its own. */
  read(): Promise<State>
  /** Locks, reads, changes and writes. */
  update(change: (state: State) => State): Promise<State>
  /** Holds the lock as long as `work` takes. */
  hold<T>(work: (held: HeldState) => Promise<T>): Promise<T>
}

const stateVersion = 1

const fileSchema: z.ZodType<FileRecord> = z.object({
  director: z.string(),
  kind: z.enum(['package', 'certificate']),
  pool: z.string().nullable(),
  name: z.string(),
  lengthBytes: z.number(),
  sha256: z.string(),
  path: z.string(),
  fleet: z.string(),
  writtenAt: z.string(),
})
const pluginSchema: z.ZodType<PluginRecord> = z.object({
  director: z.string(),
  pool: z.string(),
  logpoint: z.string(),
  target: z.string(),
  fileName: z.string(),
  location: z.enum(['private', 'public']),
  version: z.string().optional(),
  sha256: z.string().optional(),
  fleet: z.string(),
  writtenAt: z.string(),
})
const openOrderSchema: z.ZodType<OpenOrder> = z.object({
  director: z.string(),
  pool: z.string(),
  logpoint: z.string(),
  order: z.string(),
  discoveryUrl: z.string(),
  username: z.string(),
  writtenAt: z.string(),
})
const stateSchema = z.object({
  stixtaxiiState: z.literal(stateVersion),
  id: z.uuid(),
  key: z.string().min(32),
  sources: z.array(sourceRecordSchema),
  files: z.array(fileSchema),
  plugins: z.array(pluginSchema),
  openOrders: z.array(openOrderSchema).optional(),
})

/**
 * Opens the state at `path`; nothing is read yet.
 * @throws (when used) PROVISION_STATE_DAMAGED, PROVISION_STATE_NEWER, PROVISION_FILE_LOOSE (config), PROVISION_FILE_FAILED
 * (local), and what `lock` throws.
 */
export function openState(path: string, { lock }: { readonly lock: Lock }): StateFile {
  const read = async (): Promise<State> => parseState(path, await readOwnFile(path))
  const hold: StateFile['hold'] = (work) =>
    lock(path, async () => {
      const held = holdState(path, await read())
      return work(held)
    })
  return {
    path,
    read,
    hold,
    update: (change) =>
      hold(async (held) => {
        await held.change(change)
        return held.current
      }),
  }
}

function holdState(path: string, read: State): HeldState {
  let current = read
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await last.catch(() => undefined)
    next = undefined
    await writeOwnFile(path, serializeState(current))
  }
  return {
    get current() {
      return current
    },
    change(change) {
      current = change(current)
      if (next === undefined) last = next = flush()
      return next
    },
  }
}

function parseState(path: string, text: string | undefined): State {
  if (text === undefined) {
    const key = randomBytes(32).toString('base64url')
    return { id: randomUUID(), key, sources: [], files: [], plugins: [] }
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause)
  }
  const version = (value as { stixtaxiiState?: unknown } | null)?.stixtaxiiState
  if (typeof version === 'number' && version > stateVersion) throw newer(path, version)
  const result = stateSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw damaged(path, `${issue?.path.join('.') ?? ''}: ${issueWords(issue, value, 'not a state')}`, undefined)
}

function serializeState(state: State): string {
  const { id, key, sources, files, plugins, openOrders = [] } = state
  const open = openOrders.length === 0 ? undefined : openOrders
  const document = { stixtaxiiState: stateVersion, id, key, sources, files, plugins, openOrders: open }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

/** The record of a source; undefined when this state does not know it. */
export function findSource(state: State, place: Place, id: string): SourceRecord | undefined {
  return state.sources.find((record) => record.id === id && isAt(record, place))
}

/** Every source known on one Logpoint. */
export function sourcesAt(state: State, place: Place): readonly SourceRecord[] {
  return state.sources.filter((record) => isAt(record, place))
}

/** Adds the record, or puts it in the place of the one with its id. */
export function withSource(state: State, record: SourceRecord): State {
  return { ...state, sources: [...withoutSource(state, record, record.id).sources, record] }
}

export function withoutSource(state: State, place: Place, id: string): State {
  return { ...state, sources: state.sources.filter((record) => record.id !== id || !isAt(record, place)) }
}

/** What names an uploaded file. */
export type FileKey = Pick<FileRecord, 'director' | 'kind' | 'pool' | 'name'>

export function findFile(state: State, key: FileKey): FileRecord | undefined {
  return state.files.find((record) => isFile(record, key))
}

export function withFile(state: State, record: FileRecord): State {
  return { ...state, files: [...withoutFile(state, record).files, record] }
}

export function withoutFile(state: State, key: FileKey): State {
  return { ...state, files: state.files.filter((record) => !isFile(record, key)) }
}

export function findPlugin(state: State, place: Place): PluginRecord | undefined {
  return state.plugins.find((record) => isAt(record, place))
}

export function withPlugin(state: State, record: PluginRecord): State {
  return { ...state, plugins: [...withoutPlugin(state, record).plugins, record] }
}

export function withoutPlugin(state: State, place: Place): State {
  return { ...state, plugins: state.plugins.filter((record) => !isAt(record, place)) }
}

/** The open create of one address and user on one Logpoint. */
export function findOpenOrder(
  state: State,
  place: Place,
  { discoveryUrl, username }: Pick<OpenOrder, 'discoveryUrl' | 'username'>,
): OpenOrder | undefined {
  return state.openOrders?.find(
    (open) => isAt(open, place) && open.discoveryUrl === discoveryUrl && open.username === username,
  )
}

export function withOpenOrder(state: State, open: OpenOrder): State {
  return { ...state, openOrders: [...(withoutOpenOrder(state, open).openOrders ?? []), open] }
}

/** Without the open create of this address and user on this Logpoint. */
export function withoutOpenOrder(state: State, open: Place & Pick<OpenOrder, 'discoveryUrl' | 'username'>): State {
  const former = findOpenOrder(state, open, open)
  return former ? { ...state, openOrders: state.openOrders?.filter((each) => each !== former) } : state
}

/** A digest of a secret that only this state can compare; two secrets have the same one only when they are the same. */
export function fingerprintOf(state: Pick<State, 'key'>, secret: Secret): string {
  return keyedDigest(state, Secret.open(secret))
}

/** A digest of a text that only this state can make. */
export function keyedDigest(state: Pick<State, 'key'>, text: string): string {
  return createHmac('sha256', state.key).update(text).digest('base64url')
}

function isAt(record: Place, place: Place): boolean {
  return record.director === place.director && record.pool === place.pool && record.logpoint === place.logpoint
}

function isFile(record: FileKey, key: FileKey): boolean {
  return (
    record.director === key.director && record.kind === key.kind && record.pool === key.pool && record.name === key.name
  )
}

function damaged(path: string, what: string, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('PROVISION_STATE_DAMAGED', `The state ${path} cannot be read: ${what}`, {
    kind: 'config',
    hint: 'Put a backup in its place, or move it away: sources are then found again by URL and user name.',
    context: { path },
    cause,
  })
}

function newer(path: string, version: number): StixTaxiiError {
  return new StixTaxiiError('PROVISION_STATE_NEWER', `${path} was written by a newer stixtaxii (format ${version})`, {
    kind: 'config',
    hint: `This program reads format ${stateVersion} and leaves the file as it is. Use the newer program, or another --state FILE.`,
    context: { path, version },
  })
}
