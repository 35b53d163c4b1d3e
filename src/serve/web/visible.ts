import type { KnownValue, SourcedStatement } from '../../store/known-value.ts'
import type { CollectionKey } from '../../store/store.ts'
import { tlpLevels } from '../authentication.ts'
import type { Principal, TlpLevel } from '../authentication.ts'
import type { ServedCollection } from '../persistence/served-collection.ts'
import { taxii1CollectionOf, taxii2CollectionOf } from '../persistence/served-collection.ts'
import { rights1, rights2 } from '../rights.ts'

/** Ids of those of these marking definitions that the collection has. */
export type KnownMarkings = (key: CollectionKey, ids: readonly string[]) => Promise<ReadonlySet<string>>

/** Collections that somebody may read by either family. */
export function visibleCollections(
  all: readonly ServedCollection[],
  principal: Principal,
  anonymousReading: boolean,
): readonly ServedCollection[] {
  return all.filter(
    (served) =>
      rights2(principal, taxii2CollectionOf(served), anonymousReading).canRead ||
      rights1(principal, taxii1CollectionOf(served, 0), anonymousReading).canRead,
  )
}

/** What of a known value somebody may see: statements of collections that are theirs to read, not above their ceiling (S26). */
export async function visibleStatements(
  known: KnownValue,
  readable: readonly Pick<ServedCollection, 'key'>[],
  ceiling: { readonly level: TlpLevel | undefined; readonly knownMarkings: KnownMarkings },
): Promise<readonly SourcedStatement[]> {
  const keys = new Set(readable.map(({ key }) => keyText(key)))
  const own = known.statements.filter(({ key }) => keys.has(keyText(key)))
  const { level, knownMarkings } = ceiling
  if (level === undefined || level === 'red') return own
  const seen: SourcedStatement[] = []
  for (const statement of own) {
    if (isAbove(statement.tlp, level)) continue
    // A marking that nobody has defined here could mean anything.
    const refs = [...new Set(statement.markingRefs)]
    const defined = refs.length > 0 ? await knownMarkings(statement.key, refs) : new Set<string>()
    if (refs.every((ref) => defined.has(ref))) seen.push(withoutStricter(statement, level))
  }
  return seen
}

/** What it is related to, and what it was taken from, has markings of its own. */
function withoutStricter(statement: SourcedStatement, level: TlpLevel): SourcedStatement {
  const relatedTo = statement.relatedTo.filter(({ tlp }) => !isAbove(tlp, level))
  const { category, ...rest } = statement
  const isCategoryFree = category !== undefined && !isAbove(statement.categoryTlp, level)
  return { ...rest, relatedTo, ...(isCategoryFree && { category }) }
}

function isAbove(tlp: TlpLevel | undefined, ceiling: TlpLevel): boolean {
  return tlp !== undefined && tlpLevels.indexOf(tlp) > tlpLevels.indexOf(ceiling)
}

function keyText({ source, root, collection }: CollectionKey): string {
  return JSON.stringify([source, root, collection])
}
