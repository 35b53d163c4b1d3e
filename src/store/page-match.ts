import { fromEpochMicroseconds, timestampKey, toEpochMicroseconds } from '../core/timestamp.ts'
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
  readonly choice: VersionChoice
}

/** A version beside others of its id. */
export interface Sibling extends VersionOrder {
  /** Undefined for blocks, and where it does not matter. */
  readonly spec?: '2.0' | '2.1' | undefined
}

export interface VersionChoice {
  /** Whether it depends on what else is stored of the id. */
  readonly needsSiblings: boolean
  /** Whether siblings have to say of which spec version they are. */
  readonly needsSpecs: boolean
  /** Whether a version that is the only one of its id is always wanted. */
  readonly wantsOnlyOnes: boolean
  /** Whether no version is wanted beside the last one of its id. */
  readonly wantsLastOnly: boolean
  /** Of all versions of an id, those that are wanted. */
  among(versions: readonly Sibling[]): readonly Sibling[]
}

export function pageFilter(query: Omit<PageQuery, 'limit'>): PageFilter {
  const ids = query.ids && new Set(query.ids)
  const types = query.types && new Set(query.types)
  const { kind, bindings } = query
  const specs = query.specVersions === 'newest' ? undefined : query.specVersions
  return {
    ...windowOf(query),
    holds: (item) =>
      (kind === undefined || item.kind === kind) &&
      (ids === undefined || ids.has(item.id)) &&
      (types === undefined || (item.kind === 'object' && types.has(item.type))) &&
      (item.kind === 'object'
        ? specs === undefined || specs.includes(item.specVersion)
        : bindings === undefined || bindings.some((wanted) => isOfBinding(item, wanted))),
    choice: versionChoice(query),
  }
}

// Beyond the years 1684 and 2255 a number cannot hold them; nothing was added there either.
function keepable(micros: bigint): number {
  return Math.min(Math.max(Number(micros), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}

/** Microseconds of both ends; what is no timestamp is no bound. */
export function windowOf(asked: { addedAfter?: string | undefined; addedUntil?: string | undefined }): {
  readonly after: number
  readonly until: number
} {
  const micros = (text: string | undefined, or: number): number => {
    const found = text === undefined ? undefined : toEpochMicroseconds(text)
    return found === undefined ? or : keepable(found)
  }
  return {
    after: micros(asked.addedAfter, Number.MIN_SAFE_INTEGER),
    until: micros(asked.addedUntil, Number.MAX_SAFE_INTEGER),
  }
}

/** Whether the block has the binding, and one of its subtypes where it has one and some are named. */
export function isOfBinding({ binding, subtype }: Pick<ContentBlock, 'binding' | 'subtype'>, wanted: WantedBinding) {
  return (
    binding === wanted.id &&
    (wanted.subtypes.length === 0 || subtype === undefined || wanted.subtypes.includes(subtype))
  )
}

/** Whether an item is one of those to be removed, by what it is itself. */
export function isToGo(item: Item, own: VersionOrder, { id, specVersion, version }: RemovalRequest): boolean {
  return (
    (id === undefined || item.id === id) &&
    (specVersion === undefined || (item.kind === 'object' && item.specVersion === specVersion)) &&
    (version === undefined || namedBy([version])(own))
  )
}

/** Whether one of these texts is the version, or its instant; where it has none, the instant at which it was added. */
function namedBy(versions: readonly string[]): (own: VersionOrder) => boolean {
  const texts = new Set(versions)
  const instants = new Set(versions.flatMap((text) => timestampKey(text) ?? []))
  return ({ version, added }) => {
    if (texts.has(version)) return true
    if (instants.size === 0) return false
    return instants.has(timestampKey(version) ?? (timestampKey(fromEpochMicroseconds(BigInt(added))) as string))
  }
}

function versionChoice({ versions = ['all'], specVersions }: Pick<PageQuery, 'versions' | 'specVersions'>) {
  const [all, last, first] = [versions.includes('all'), versions.includes('last'), versions.includes('first')]
  const texts = versions.filter((version) => !['all', 'last', 'first'].includes(version))
  const isNamed = texts.length === 0 ? () => false : namedBy(texts)
  const isNewest = specVersions === 'newest'
  const ofSpec = (siblings: readonly Sibling[]): readonly Sibling[] => {
    if (specVersions === undefined || siblings.length === 1) return siblings
    const wanted = isNewest ? [siblings.some(({ spec }) => spec === '2.1') ? '2.1' : '2.0'] : specVersions
    return siblings.filter(({ spec }) => spec === undefined || wanted.includes(spec))
  }
  return {
    needsSiblings: !all && (last || first) ? true : isNewest,
    needsSpecs: specVersions !== undefined,
    wantsOnlyOnes: all || last || first,
    wantsLastOnly: last && !all && !first && texts.length === 0,
    among(siblings) {
      const left = ofSpec(siblings)
      if (all) return left
      const [newest, oldest] = [last && extremeOf(left, isLater), first && extremeOf(left, (a, b) => isLater(b, a))]
      return left.filter((own) => own === newest || own === oldest || isNamed(own))
    },
  } satisfies VersionChoice
}

function extremeOf(versions: readonly Sibling[], isBeyond: (a: Sibling, b: Sibling) => boolean): Sibling | undefined {
  return versions.reduce<Sibling | undefined>((found, own) => (found && !isBeyond(own, found) ? found : own), undefined)
}
