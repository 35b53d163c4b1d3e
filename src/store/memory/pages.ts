import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { pageFilter, type Sibling } from '../page-match.ts'
import type { PageQuery, StoredPage } from '../page-query.ts'
import type { Kept, KeptCollection } from './kept.ts'

export function readPage(collection: KeptCollection | undefined, query: PageQuery): StoredPage {
  const found = [...wantedOf(collection, query)]
  const fitting = countWithin(query, found)
  const entries = found.slice(0, fitting).map(({ item, version, added }) => ({
    item: query.bodies === false ? { ...item, raw: Buffer.alloc(0) } : item,
    version,
    addedAt: fromEpochMicroseconds(BigInt(added)),
  }))
  return { entries, more: found.length > fitting }
}

/** How many of these a page has room for: one at least. */
function countWithin({ limit, maxBytes = Infinity, bodies = true }: PageQuery, found: readonly Kept[]): number {
  let bytes = 0
  const isBeyond = ({ item }: Kept) => (bytes += item.raw.length) > maxBytes
  const beyond = bodies ? found.findIndex((kept, at) => isBeyond(kept) && at > 0) : -1
  return Math.min(Math.max(1, limit), beyond < 0 ? found.length : beyond)
}

export function countPage(collection: KeptCollection | undefined, query: Omit<PageQuery, 'limit'>): number {
  return [...wantedOf(collection, query)].length
}

function* wantedOf(collection: KeptCollection | undefined, query: Omit<PageQuery, 'limit'>): Iterable<Kept> {
  const { after, until, holds, choice } = pageFilter(query)
  for (const kept of collection?.kept ?? []) {
    if (kept.added <= after || kept.added > until || !holds(kept.item)) continue
    const siblings = (collection?.byId.get(kept.item.id) ?? []).map(siblingOf)
    if (choice.among(siblings).some(({ added }) => added === kept.added)) yield kept
  }
}

function siblingOf({ item, version, added }: Kept): Sibling {
  return { version, added, spec: item.kind === 'object' ? item.specVersion : undefined }
}
