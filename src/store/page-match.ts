import { timestampKey, toEpochMicroseconds } from '../core/timestamp.ts'
import type { ContentBlock, Item } from '../stix/item.ts'
import { isLater, type VersionOrder } from './compare.ts'
import type { PageQuery, WantedBinding } from './page-query.ts'
import type { RemovalRequest } from './store.ts'

/** What a page query asks, in the words of a driver. Every driver decides by it, so that none decides otherwise. */
export interface PageFilter {
  /** Microseconds; exclusive. */
  readonly after: number
  /** Microseconds; inclusive. */
  readonly until: number
  /** What is asked of an item by itself: everything but when it was added and which of its versions is wanted. */
  holds(item: Item): boolean
  /** Undefined: of any. */
  readonly specVersions: PageQuery['specVersions']
  readonly choice: VersionChoice
}

export interface VersionChoice {
  /** Whether it depends on what else is stored of the id. */
  readonly needsSiblings: boolean
  /** `siblings`: every version of the id that `isOfSpec`, with or without this one. */
  wants(version: VersionOrder, siblings: readonly VersionOrder[]): boolean
}

export function pageFilter(query: Omit<PageQuery, 'limit'>): PageFilter {
  const ids = query.ids && new Set(query.ids)
  const types = query.types && new Set(query.types)
  const { kind, specVersions, bindings } = query
  return {
    ...windowOf(query),
    holds: (item) =>
      (kind === undefined || item.kind === kind) &&
      (ids === undefined || ids.has(item.id)) &&
      (types === undefined || (item.kind === 'object' && types.has(item.type))) &&
      (item.kind === 'object'
        ? isOfSpec(item, specVersions)
        : bindings === undefined || bindings.some((wanted) => isOfBinding(item, wanted))),
    specVersions,
    choice: versionChoice(query.versions),
  }
}

/** Whether `last` and `first` are chosen among this item and others of its id. */
export function isOfSpec(item: Item, specVersions: PageQuery['specVersions']): boolean {
  return specVersions === undefined || item.kind === 'block' || specVersions.includes(item.specVersion)
}

/** Microseconds of both ends; what is no timestamp is no bound. */
export function windowOf(asked: { addedAfter?: string | undefined; addedUntil?: string | undefined }): {
  readonly after: number
  readonly until: number
} {
  const micros = (text: string | undefined) => (text === undefined ? undefined : toEpochMicroseconds(text))
  return {
    after: Number(micros(asked.addedAfter) ?? Number.MIN_SAFE_INTEGER),
    until: Number(micros(asked.addedUntil) ?? Number.MAX_SAFE_INTEGER),
  }
}

/** Whether the block has the binding, and one of its subtypes where it has one and some are named. */
export function isOfBinding({ binding, subtype }: Pick<ContentBlock, 'binding' | 'subtype'>, wanted: WantedBinding) {
  return (
    binding === wanted.id &&
    (wanted.subtypes.length === 0 || subtype === undefined || wanted.subtypes.includes(subtype))
  )
}

/** Equal texts, or the same instant in two spellings. */
export function isSameVersion(a: string, b: string): boolean {
  if (a === b) return true
  const key = timestampKey(a)
  return key !== undefined && key === timestampKey(b)
}

/** Whether an item is one of those to be removed, by what it is itself. */
export function isToGo(item: Item, version: string, { id, specVersion, ...asked }: RemovalRequest): boolean {
  return (
    (id === undefined || item.id === id) &&
    (specVersion === undefined || (item.kind === 'object' && item.specVersion === specVersion)) &&
    (asked.version === undefined || isSameVersion(version, asked.version))
  )
}

function versionChoice(versions: PageQuery['versions'] = ['all']): VersionChoice {
  if (versions.includes('all')) return { needsSiblings: false, wants: () => true }
  const [last, first] = [versions.includes('last'), versions.includes('first')]
  const texts = new Set(versions.filter((version) => version !== 'last' && version !== 'first'))
  const instants = new Set([...texts].flatMap((text) => timestampKey(text) ?? []))
  const isNamed = (version: string) =>
    texts.size > 0 && (texts.has(version) || (instants.size > 0 && instants.has(timestampKey(version) ?? '')))
  return {
    needsSiblings: last || first,
    wants: (own, siblings) =>
      isNamed(own.version) ||
      (last && !siblings.some((other) => isLater(other, own))) ||
      (first && !siblings.some((other) => isLater(own, other))),
  }
}
