import { versionOf } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import { isToGo, windowOf } from '../page-match.ts'
import type { CollectionKey, RemovalRequest } from '../store.ts'
import { removalUnbounded } from '../store-errors.ts'
import type { Connection, SqlRow } from './binding.ts'
import type { Database } from './database.ts'
import { keyOfId, keyOfVersion } from './keys.ts'
import type { Place } from '../place.ts'
import { findPlace } from './places.ts'
import { removeFromSegment } from './removal.ts'
import { readSegment } from './segments.ts'

/** The statements of removing; their query plans are tested. */
export const removalSql = {
  addedOf: 'SELECT added FROM version WHERE id = ? AND collection = ? AND added > ? AND added <= ?',
  holding: 'SELECT number, first, data FROM segment WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  next: 'SELECT number, first, data FROM segment WHERE collection = ? AND first > ? AND first <= ? ORDER BY first LIMIT 1',
} as const

/** Removes what the request names, in one transaction, a segment at a time. Returns how many versions. */
export async function removeVersions(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  key: CollectionKey,
  request: RemovalRequest,
): Promise<number> {
  if ([request.id, request.addedAfter, request.addedUntil].every((bound) => bound === undefined)) {
    throw removalUnbounded()
  }
  const read = await loadReader()
  const { after, until } = windowOf(request)
  return database.transaction(async (connection) => {
    const place = findPlace(connection, key)
    if (!place) return 0
    let removed = 0
    for (const row of segmentsOf(connection, place, request, { after, until })) {
      const items = await readSegment(row['first'] as number, row['data'] as Buffer)
      const doomed = items
        .filter(
          ({ added, item }) =>
            added > after && added <= until && isToGo(item, { version: versionOf(item), added }, request),
        )
        .map(({ added, item }) => {
          return { id: keyOfId(item.id), version: keyOfVersion(versionOf(item)), added, item }
        })
      if (doomed.length > 0) await removeFromSegment({ connection, place, read }, { row, items, doomed })
      removed += doomed.length
    }
    return removed
  })
}

/** The segments that may have some of it, one after the other. */
function* segmentsOf(
  connection: Connection,
  place: Place,
  { id }: RemovalRequest,
  { after, until }: { readonly after: number; readonly until: number },
): Iterable<SqlRow> {
  const holding = (added: number) => connection.get(removalSql.holding, [place.number, added])
  if (id === undefined) {
    let row = holding(after) ?? connection.get(removalSql.next, [place.number, after, until])
    for (; row; row = connection.get(removalSql.next, [place.number, row['first'] as number, until])) yield row
    return
  }
  const rows = connection.all(removalSql.addedOf, [keyOfId(id), place.number, after, until])
  const firsts = new Set<number>()
  for (const { added } of rows) {
    const row = holding(added as number)
    if (row && !firsts.has(row['first'] as number)) yield row
    if (row) firsts.add(row['first'] as number)
  }
}
