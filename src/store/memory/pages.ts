import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { isOfSpec, pageFilter } from '../page-match.ts'
import type { PageQuery, StoredPage } from '../page-query.ts'
import type { Kept, KeptCollection } from './kept.ts'

export function readPage(collection: KeptCollection | undefined, query: PageQuery): StoredPage {
  const found = [...wantedOf(collection, query)]
  const limit = Math.max(1, query.limit)
  const entries = found.slice(0, limit).map(({ item, version, added }) => ({
    item: query.bodies === false ? { ...item, raw: Buffer.alloc(0) } : item,
    version,
    addedAt: fromEpochMicroseconds(BigInt(added)),
  }))
  return { entries, more: found.length > limit }
}

export function countPage(collection: KeptCollection | undefined, query: Omit<PageQuery, 'limit'>): number {
  return [...wantedOf(collection, query)].length
}

function* wantedOf(collection: KeptCollection | undefined, query: Omit<PageQuery, 'limit'>): Iterable<Kept> {
  const { after, until, holds, specVersions, choice } = pageFilter(query)
  for (const kept of collection?.kept ?? []) {
    if (kept.added <= after || kept.added > until || !holds(kept.item)) continue
    const siblings = (collection?.byId.get(kept.item.id) ?? []).filter(({ item }) => isOfSpec(item, specVersions))
    if (choice.wants(kept, siblings)) yield kept
  }
}
