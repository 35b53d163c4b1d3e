import { toEpochMicroseconds } from '../../core/timestamp.ts'
import type { ReadItem } from '../index-reading.ts'
import { isToGo, windowOf } from '../page-match.ts'
import type { CollectionKey, PruneRequest, RemovalRequest } from '../store.ts'
import { removalUnbounded } from '../store-errors.ts'
import { versionOf } from '../compare.ts'
import type { Connection, SqlRow, SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { growIndex } from './index-path.ts'
import { removeFromIndex } from './index-removal.ts'
import { itemColumns, itemOf } from './items.ts'
import { keyOfId, keyText } from './keys.ts'
import { isSuperseded } from './listings.ts'
import type { Place } from '../place.ts'
import { listPlaces, lockPlace } from './places.ts'
import { forgetStanding } from './standing.ts'

/** What takes versions out: the row of the collection is held, and what they said of values goes with them. */

const rowsPerQuery = 500
const bytesPerQuery = 8 * 1024 * 1024

/** Removes what the request names, in one transaction. Returns how many versions. */
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
  const [byId, values]: [string, SqlValue[]] =
    request.id === undefined ? ['', []] : ['AND version.id = $6', [keyOfId(request.id)]]
  return database.transaction(async (connection) => {
    const place = await lockPlace(connection, key)
    if (!place) return 0
    let removed = 0
    for (let last = after; ;) {
      const rows = await readRows(connection, `AND version.added <= $5 ${byId}`, [place.number, last, until, ...values])
      if (rows.length === 0) return removed
      last = rows.at(-1)?.added ?? until
      const doomed = rows.filter(({ item, added }) => isToGo(item, { version: versionOf(item), added }, request))
      await forget(connection, place, read, doomed)
      removed += doomed.length
    }
  })
}

/**
 * Removes versions some hundred at a time, each time in one transaction, so that fetching goes on beside it and a prune
 * that is killed has removed whole versions only. Checkpoints are not touched. Returns the number of versions.
 */
export async function prune(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  request: PruneRequest,
): Promise<number> {
  const { addedBefore, all = false, dryRun = false } = request
  const before = addedBefore === undefined ? Number.MAX_SAFE_INTEGER : Number(toEpochMicroseconds(addedBefore) ?? 0n)
  const condition = `AND version.added < $5 ${all ? '' : `AND ${isSuperseded}`}`
  const read = await loadReader()
  let removed = 0
  for (const { key, number } of await listPlaces(database.asking, request)) {
    if (dryRun) {
      const sql = `SELECT count(*) AS found FROM version WHERE collection = $1 ${condition.replace('$5', '$2')}`
      removed += (await database.asking.get(sql, [number, before]))?.['found'] as number
      continue
    }
    for (let last: number | undefined = Number.MIN_SAFE_INTEGER; last !== undefined;) {
      const begin: number = last
      const step = await database.transaction(async (connection) => {
        const place = await lockPlace(connection, key)
        const doomed = place ? await readRows(connection, condition, [number, begin, before]) : []
        if (place) await forget(connection, place, read, doomed)
        return { removed: doomed.length, last: doomed.at(-1)?.added }
      })
      removed += step.removed
      last = step.last
    }
  }
  return removed
}

type Doomed = ReturnType<typeof doomedOf>

function doomedOf(row: SqlRow) {
  return { id: row['id'] as Buffer, added: row['added'] as number, item: itemOf(row) }
}

async function readRows(
  connection: Connection,
  condition: string,
  [collection, after, ...rest]: readonly SqlValue[],
): Promise<Doomed[]> {
  const rows = await connection.all(
    `SELECT added, ${itemColumns}, raw FROM (
       SELECT *, sum(octet_length(raw)) OVER (ORDER BY added) - octet_length(raw) AS before FROM (
         SELECT * FROM version WHERE version.collection = $1 AND version.added > $2 ${condition} ORDER BY added LIMIT $3
       ) AS next
     ) AS version WHERE before < $4 ORDER BY added`,
    [collection as number, after as number, rowsPerQuery, bytesPerQuery, ...rest],
  )
  return rows.map(doomedOf)
}

/** Takes versions out, and all that is kept of them elsewhere. Inside a transaction, and with an index that is whole. */
async function forget(
  connection: Connection,
  { number }: Place,
  read: ReadItem,
  doomed: readonly Doomed[],
): Promise<void> {
  if (doomed.length === 0) return
  await growIndex(connection, number, await removeFromIndex(connection, number, read, doomed))
  const added = doomed.map((version) => version.added)
  await forgetStanding(connection, number, added)
  await connection.run('DELETE FROM version WHERE collection = $1 AND added = ANY($2::bigint[])', [number, added])
  const ids = new Map(doomed.map(({ id }) => [keyText(id), id]))
  const left = await connection.all('SELECT DISTINCT id FROM version WHERE id = ANY($1::bytea[]) AND collection = $2', [
    [...ids.values()],
    number,
  ])
  for (const { id } of left) ids.delete(keyText(id as Buffer))
  const gone = [...ids.values()]
  for (const table of ['vanished', 'revoked']) {
    await connection.run(`DELETE FROM ${table} WHERE collection = $1 AND id = ANY($2::bytea[])`, [number, gone])
  }
  const blocks = doomed.filter(({ item }) => item.kind === 'block').length
  await connection.run(
    'UPDATE collection SET ids = ids - $1, versions = versions - $2, blocks = blocks - $3 WHERE number = $4',
    [gone.length, doomed.length, blocks, number],
  )
}
