import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { versionOf, type VersionOrder } from '../compare.ts'
import { isOfSpec, pageFilter, type PageFilter } from '../page-match.ts'
import type { PageEntry, PageQuery, StoredPage } from '../page-query.ts'
import type { CollectionKey } from '../store.ts'
import type { Connection } from './binding.ts'
import { reading, type Database } from './database.ts'
import { idOfKey, keyOfId } from './keys.ts'
import { itemAt } from './listings.ts'
import { findPlace } from './places.ts'
import { readSegment, type SegmentItem } from './segments.ts'

export async function readPage(database: Database, key: CollectionKey, query: PageQuery): Promise<StoredPage> {
  const limit = Math.max(1, query.limit)
  const entries: PageEntry[] = []
  for await (const { item, added } of wantedOf(database, key, query)) {
    if (entries.length === limit) return { entries, more: true }
    const shown = query.bodies === false ? { ...item, raw: Buffer.alloc(0) } : item
    entries.push({ item: shown, version: versionOf(item), addedAt: fromEpochMicroseconds(BigInt(added)) })
  }
  return { entries, more: false }
}

export async function countPage(
  database: Database,
  key: CollectionKey,
  query: Omit<PageQuery, 'limit'>,
): Promise<number> {
  let count = 0
  for await (const { added } of wantedOf(database, key, query)) count += added === undefined ? 0 : 1
  return count
}

async function* wantedOf(
  database: Database,
  key: CollectionKey,
  query: Omit<PageQuery, 'limit'>,
): AsyncIterable<SegmentItem> {
  const { reader, file } = database
  const filter = pageFilter(query)
  const place = await reading(file, () => findPlace(reader, key))
  if (!place) return
  const holding = reader.get('SELECT max(first) AS first FROM segment WHERE collection = ? AND first <= ?', [
    place.number,
    filter.after,
  ])
  for (let at = ((holding?.['first'] as number | null) ?? 0) - 1; ;) {
    const row = reader.get(
      'SELECT first, data FROM segment WHERE collection = ? AND first > ? AND first <= ? ORDER BY first LIMIT 1',
      [place.number, at, filter.until],
    )
    if (!row) return
    at = row['first'] as number
    const items = (await readSegment(at, row['data'] as Buffer)).filter(
      ({ item, added }) => added > filter.after && added <= filter.until && filter.holds(item),
    )
    yield* await chosen(database, place.number, filter, items)
  }
}

async function chosen(
  { reader, file }: Database,
  collection: number,
  { choice, specVersions }: PageFilter,
  items: readonly SegmentItem[],
): Promise<SegmentItem[]> {
  const siblings = choice.needsSiblings ? findSiblings(reader, collection, items) : new Map<string, number[]>()
  const chosen: SegmentItem[] = []
  for (const entry of items) {
    const others: VersionOrder[] = []
    for (const added of siblings.get(entry.item.id) ?? []) {
      const other = await itemAt(reader, file, collection, added)
      if (other && isOfSpec(other.item, specVersions)) others.push({ version: versionOf(other.item), added })
    }
    if (choice.wants({ version: versionOf(entry.item), added: entry.added }, others)) chosen.push(entry)
  }
  return chosen
}

function findSiblings(connection: Connection, collection: number, items: readonly SegmentItem[]) {
  const ids = [...new Set(items.map(({ item }) => item.id))]
  const rows = connection.all(
    `SELECT id, added FROM version WHERE id IN (${ids.map(() => '?').join(', ')}) AND collection = ?`,
    [...ids.map(keyOfId), collection],
  )
  const found = new Map<string, number[]>()
  for (const row of rows) {
    const id = idOfKey(row['id'])
    found.set(id, [...(found.get(id) ?? []), row['added'] as number])
  }
  return new Map([...found].filter(([, versions]) => versions.length > 1))
}
