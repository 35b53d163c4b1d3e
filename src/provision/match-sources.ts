import { samePair } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import type { DesiredSource } from './resolve-desired.ts'
import type { SourceRecord } from './source-record.ts'

/** Which listed source is which wanted one. */
export interface Matches {
  /** By the wanted source's key. */
  readonly found: ReadonlyMap<string, ListedSource>
  /** Keys for which several fit, with their ids. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>
  /** Made from this file and no longer named in it. */
  readonly orphans: readonly { readonly key: string; readonly listed: ListedSource }[]
  /** Everything else: not ours to touch. `owner` is the desired state that a record names. */
  readonly strangers: readonly { readonly listed: ListedSource; readonly owner?: string | undefined }[]
}

/**
 * A wanted source is the one whose id the state keeps for its key; without such a one, the only source with its URL and
 * user name that no other key has (API reference, 7.a: a source has no name of its own).
 */
export function matchSources(
  wanted: readonly DesiredSource[],
  listed: readonly ListedSource[],
  { records, fleet }: { readonly records: readonly SourceRecord[]; readonly fleet: string },
): Matches {
  const byId = new Map(listed.map((source) => [source.id, source]))
  const left = new Map(byId)
  const found = new Map<string, ListedSource>()
  const ambiguous = new Map<string, readonly string[]>()
  const own = records.filter(({ owner, id }) => owner?.fleet === fleet && byId.has(id))
  const claimedElsewhere = new Map(
    records.flatMap(({ owner, id }) => (owner && owner.fleet !== fleet ? [[id, owner.fleet] as const] : [])),
  )
  for (const { key } of wanted) {
    const record = own.find(({ owner }) => owner?.key === key)
    const source = record && left.get(record.id)
    if (source === undefined) continue
    found.set(key, source)
    left.delete(source.id)
  }
  const orphans = own.flatMap(({ owner, id }) => {
    const source = left.get(id)
    if (source === undefined || owner === undefined) return []
    left.delete(id)
    return [{ key: owner.key, listed: source }]
  })
  for (const { key, defined } of wanted) {
    if (found.has(key)) continue
    const fitting = [...left.values()].filter(
      (source) => !claimedElsewhere.has(source.id) && samePair(source, defined.known),
    )
    const [only] = fitting
    if (fitting.length > 1)
      ambiguous.set(
        key,
        fitting.map(({ id }) => id),
      )
    else if (only) {
      found.set(key, only)
      left.delete(only.id)
    }
  }
  const strangers = [...left.values()].map((source) => ({ listed: source, owner: claimedElsewhere.get(source.id) }))
  return { found, ambiguous, orphans, strangers }
}
