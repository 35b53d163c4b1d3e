import { fromEpochMicroseconds, toEpochMicroseconds, timestampKey } from '../core/timestamp.ts'
import type { CollectionOptions, StixInput } from './taxii2-options.ts'

/** One version of one object on the shelf. */
export interface ShelfEntry {
  readonly sequence: number
  readonly added: bigint
  readonly id: string
  /** What its versions have in common: the id, or a name of its own where it has none. */
  readonly group: string
  readonly type: string
  /** `modified`, else `created`, else the date added. */
  readonly version: string
  readonly specVersion: '2.0' | '2.1'
  /** The JSON text that is served. */
  readonly raw: string
}

/** A collection of a simulated TAXII 2 server with its content, in the order in which it came. */
export interface Shelf {
  readonly options: CollectionOptions
  readonly entries: readonly ShelfEntry[]
  /** Answers false where this very version is there already. `added` defaults to one microsecond after the newest. */
  add(input: StixInput, added?: string): boolean
  remove(id: string, keep?: (entry: ShelfEntry) => boolean): number
}

const firstAdded = '2026-01-01T00:00:00.000001Z'

/** Fills a shelf with the collection's objects, in order of their dates. */
export function createShelf(options: CollectionOptions): Shelf {
  let entries: ShelfEntry[] = []
  let sequence = 0
  const start = toEpochMicroseconds(firstAdded) ?? 0n
  const place = (input: StixInput, added: bigint): boolean => {
    const entry = describe(input, added, sequence++)
    if (entries.some((known) => known.group === entry.group && known.version === entry.version)) return false
    const at = entries.findLastIndex((known) => known.added <= added)
    entries.splice(at + 1, 0, entry)
    return true
  }
  for (const [index, input] of (options.objects ?? []).entries()) {
    const stamp = options.addedAt?.(index)
    const added = stamp === undefined ? start + BigInt(index) * 1001n : microseconds(stamp)
    const entry = describe(input, added, sequence++)
    entries.push(entry)
  }
  entries.sort((a, b) => (a.added < b.added ? -1 : a.added > b.added ? 1 : a.sequence - b.sequence))
  return {
    options,
    get entries() {
      return entries
    },
    add: (input, added) =>
      place(input, added === undefined ? (entries.at(-1)?.added ?? start) + 1n : microseconds(added)),
    remove(id, keep = () => false) {
      const before = entries.length
      entries = entries.filter((entry) => entry.id !== id || keep(entry))
      return before - entries.length
    },
  }
}

function microseconds(stamp: string): bigint {
  const micros = toEpochMicroseconds(stamp)
  if (micros === undefined) throw new TypeError(`not a timestamp: ${stamp}`)
  return micros
}

function describe(input: StixInput, added: bigint, sequence: number): ShelfEntry {
  const raw = typeof input === 'string' ? input : JSON.stringify(input)
  const object = parseLoosely(raw)
  const text = (name: string): string | undefined => (typeof object[name] === 'string' ? object[name] : undefined)
  const bare = text('created') === undefined && text('modified') === undefined
  return {
    sequence,
    added,
    id: text('id') ?? '',
    group: text('id') ?? `damaged ${sequence}`,
    type: text('type') ?? '',
    version: text('modified') ?? text('created') ?? fromEpochMicroseconds(added),
    specVersion: text('spec_version') === '2.1' || bare ? '2.1' : '2.0',
    raw,
  }
}

// A shelf can hold damaged text on purpose.
function parseLoosely(raw: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(raw)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The filters of a read, as the standard names them; undefined: not given. */
export interface ShelfFilters {
  readonly addedAfter?: bigint | undefined
  readonly id?: readonly string[] | undefined
  readonly type?: readonly string[] | undefined
  readonly version?: readonly string[] | undefined
  readonly specVersion?: readonly string[] | undefined
}

/**
 * The entries that a filter lets through, oldest added first.
 * @see TAXII 2.1, 3.4 and 3.4.1
 */
export function selectEntries(entries: readonly ShelfEntry[], filters: ShelfFilters): ShelfEntry[] {
  const named = entries.filter(
    (entry) =>
      (filters.id === undefined || filters.id.includes(entry.id)) &&
      (filters.type === undefined || filters.type.includes(entry.type)),
  )
  const chosen = selectVersions(selectSpecification(named, filters.specVersion), filters.version ?? ['last'])
  return chosen.filter((entry) => filters.addedAfter === undefined || entry.added > filters.addedAfter)
}

function selectSpecification(entries: readonly ShelfEntry[], wanted: readonly string[] | undefined): ShelfEntry[] {
  if (wanted !== undefined) return entries.filter((entry) => wanted.includes(entry.specVersion))
  const newest = new Map<string, string>()
  for (const { group, specVersion } of entries) {
    if (specVersion > (newest.get(group) ?? '')) newest.set(group, specVersion)
  }
  return entries.filter((entry) => newest.get(entry.group) === entry.specVersion)
}

function selectVersions(entries: readonly ShelfEntry[], wanted: readonly string[]): ShelfEntry[] {
  if (wanted.includes('all')) return [...entries]
  const [first, last] = [new Map<string, ShelfEntry>(), new Map<string, ShelfEntry>()]
  for (const entry of entries) {
    const [oldest, newest] = [first.get(entry.group), last.get(entry.group)]
    if (!oldest || versionKey(entry) < versionKey(oldest)) first.set(entry.group, entry)
    if (!newest || versionKey(entry) >= versionKey(newest)) last.set(entry.group, entry)
  }
  const stamps = wanted.map((value) => timestampKey(value)).filter((value) => value !== undefined)
  return entries.filter(
    (entry) =>
      (wanted.includes('first') && first.get(entry.group) === entry) ||
      (wanted.includes('last') && last.get(entry.group) === entry) ||
      stamps.includes(versionKey(entry)),
  )
}

const versionKey = (entry: ShelfEntry): string => timestampKey(entry.version) ?? entry.version
