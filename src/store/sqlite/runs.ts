import { counters, type OpenRun, type RunRecord } from '../run-record.ts'
import { randomUUID } from 'node:crypto'
import { runUnknown } from '../store-errors.ts'
import type { Run, RunEnd, RunStart } from '../store.ts'
import type { Tally } from '../tally.ts'
import { bytesOf, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import type { Locks } from './locks.ts'
import type { Place, PlaceFilter } from '../place.ts'
import { listPlaces, makePlace } from './places.ts'

/** Inside a transaction. */
export function beginRun(connection: Connection, start: RunStart, identity: { pid: number; host: string }): string {
  const place = makePlace(connection, start.key, start)
  const id = randomUUID()
  const { version, startedAt, from, full } = start
  // The source's lock is held: another full run without an end has died, and nobody asks any more for what it received.
  if (full)
    connection.run('DELETE FROM seen WHERE run IN (SELECT number FROM run WHERE collection = ?)', [place.number])
  const record: RunRecord = { version, startedAt, from, full, pid: identity.pid, host: identity.host }
  connection.run('INSERT INTO run (id, collection, record) VALUES (?, ?, ?)', [
    id,
    place.number,
    JSON.stringify(record),
  ])
  return id
}

/** Inside a transaction. What a full run has received so far is forgotten with its end. */
export function finishRun(connection: Connection, runId: string, end: RunEnd): void {
  const { finishedAt, status, to, error } = end
  const finish = JSON.stringify({ finishedAt, status, to, error } satisfies RunEnd)
  const run = findRun(connection, runId)
  connection.run('UPDATE run SET finish = ? WHERE number = ?', [finish, run.number])
  connection.run('DELETE FROM seen WHERE run = ?', [run.number])
}

/** @throws STORE_RUN_UNKNOWN (internal) */
export function findRun(connection: Connection, runId: string): OpenRun {
  const row = connection.get(`SELECT number, collection, ${bytesOf('record')} FROM run WHERE id = ?`, [runId])
  if (!row) throw runUnknown(runId)
  const record = jsonIn<RunRecord>(row, 'record')
  return { number: row['number'] as number, collection: row['collection'] as number, full: record.full === true }
}

/** Inside a transaction. */
export function countForRun(connection: Connection, run: number, tally: Tally): void {
  connection.run(`UPDATE run SET ${counters.map((name) => `${name} = ${name} + ?`).join(', ')} WHERE number = ?`, [
    ...counters.map((name) => tally[name]),
    run,
  ])
}

/** Newest first. A run without an end is running while its own process has its source's lock, else it died. */
export function listRuns(
  connection: Connection,
  locks: Locks,
  filter: PlaceFilter & { limit?: number | undefined },
): Run[] {
  const places = new Map(listPlaces(connection, filter).map((place) => [place.number, place]))
  const narrowed = filter.source !== undefined || filter.collection !== undefined
  const where = narrowed ? `WHERE collection IN (${[...places.keys()].map(() => '?').join(', ')})` : ''
  const values: SqlValue[] = narrowed ? [...places.keys()] : []
  const limit = filter.limit === undefined ? '' : 'LIMIT ?'
  if (filter.limit !== undefined) values.push(filter.limit)
  const rows = connection.all(
    `SELECT collection, ${bytesOf('id', 'record', 'finish')}, ${counters.join(', ')} FROM run ${where} ORDER BY number DESC ${limit}`,
    values,
  )
  const newestOf = new Set<string>()
  return rows.flatMap((row) => {
    const place = places.get(row['collection'] as number)
    return place ? [runOf(row, place, locks, newestOf)] : []
  })
}

function runOf(row: SqlRow, place: Place, locks: Locks, newestOf: Set<string>): Run {
  const { version, startedAt, from, pid, host } = jsonIn<RunRecord>(row, 'record')
  const end = row['finish'] === null ? undefined : jsonIn<RunEnd>(row, 'finish')
  const counts = Object.fromEntries(counters.map((name) => [name, row[name]])) as Tally
  const begun = { id: textIn(row, 'id'), source: place.source, key: place.key, version, startedAt, ...counts }
  const since = from === undefined ? begun : { ...begun, from }
  if (end) return { ...since, ...end }
  // One process fetches a source's collections one after the other, so only the newest open run can be alive.
  const isNewest = !newestOf.has(place.source.id)
  newestOf.add(place.source.id)
  const holder = isNewest ? locks.holder(place.source.id) : undefined
  return { ...since, status: holder?.pid === pid && holder.host === host ? 'running' : 'died' }
}
