import { counters, type OpenRun, type RunRecord } from '../run-record.ts'
import { randomUUID } from 'node:crypto'
import { runUnknown } from '../store-errors.ts'
import type { Run, RunEnd, RunStart } from '../store.ts'
import type { Tally } from '../tally.ts'
import { bytes, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import type { Locks } from './locks.ts'
import type { Place, PlaceFilter } from '../place.ts'
import { listPlaces, makePlace } from './places.ts'

/** Inside a transaction. */
export async function beginRun(
  connection: Connection,
  start: RunStart,
  identity: { pid: number; host: string },
): Promise<string> {
  const place = await makePlace(connection, start.key, start)
  const id = randomUUID()
  const { version, startedAt, from, full } = start
  // The source's lock is held: another full run without an end has died, and nobody asks any more for what it received.
  if (full) {
    await connection.run('DELETE FROM seen WHERE run IN (SELECT number FROM run WHERE collection = $1)', [place.number])
  }
  const record: RunRecord = { version, startedAt, from, full, pid: identity.pid, host: identity.host }
  await connection.run('INSERT INTO run (id, collection, record) VALUES ($1, $2, $3)', [
    bytes(id),
    place.number,
    bytes(JSON.stringify(record)),
  ])
  return id
}

/** Inside a transaction. What a full run has received so far is forgotten with its end. */
export async function finishRun(connection: Connection, runId: string, end: RunEnd): Promise<void> {
  const { finishedAt, status, to, error } = end
  const finish = JSON.stringify({ finishedAt, status, to, error } satisfies RunEnd)
  const run = await findRun(connection, runId)
  await connection.run('UPDATE run SET finish = $1 WHERE number = $2', [bytes(finish), run.number])
  await connection.run('DELETE FROM seen WHERE run = $1', [run.number])
}

/** @throws STORE_RUN_UNKNOWN (internal) */
export async function findRun(connection: Pick<Connection, 'get'>, runId: string): Promise<OpenRun> {
  const row = await connection.get('SELECT number, collection, record FROM run WHERE id = $1', [bytes(runId)])
  if (!row) throw runUnknown(runId)
  const record = jsonIn<RunRecord>(row, 'record')
  return { number: row['number'] as number, collection: row['collection'] as number, full: record.full === true }
}

/** Inside a transaction. */
export async function countForRun(connection: Connection, run: number, tally: Tally): Promise<void> {
  const sums = counters.map((name, place) => `${name} = ${name} + $${place + 1}`).join(', ')
  await connection.run(`UPDATE run SET ${sums} WHERE number = $${counters.length + 1}`, [
    ...counters.map((name) => tally[name]),
    run,
  ])
}

/** Newest first. A run without an end is running while its own process has its source's lock, else it died. */
export async function listRuns(
  { asking }: Database,
  locks: Locks,
  filter: PlaceFilter & { limit?: number | undefined },
): Promise<Run[]> {
  const places = new Map((await listPlaces(asking, filter)).map((place) => [place.number, place]))
  const values: SqlValue[] = [[...places.keys()]]
  if (filter.limit !== undefined) values.push(filter.limit)
  const rows = await asking.all(
    `SELECT collection, id, record, finish, ${counters.join(', ')} FROM run WHERE collection = ANY($1::integer[])
     ORDER BY number DESC ${filter.limit === undefined ? '' : 'LIMIT $2'}`,
    values,
  )
  const newestOf = new Set<string>()
  const runs: Run[] = []
  for (const row of rows) {
    const place = places.get(row['collection'] as number)
    if (place) runs.push(await runOf(row, place, locks, newestOf))
  }
  return runs
}

async function runOf(row: SqlRow, place: Place, locks: Locks, newestOf: Set<string>): Promise<Run> {
  const { version, startedAt, from, pid, host } = jsonIn<RunRecord>(row, 'record')
  const end = row['finish'] === null ? undefined : jsonIn<RunEnd>(row, 'finish')
  const counts = Object.fromEntries(counters.map((name) => [name, row[name]])) as Tally
  const begun = { id: textIn(row, 'id'), source: place.source, key: place.key, version, startedAt, ...counts }
  const since = from === undefined ? begun : { ...begun, from }
  if (end) return { ...since, ...end }
  // One process fetches a source's collections one after the other, so only the newest open run can be alive.
  const isNewest = !newestOf.has(place.source.id)
  newestOf.add(place.source.id)
  const holder = isNewest ? await locks.holder(place.source.id) : undefined
  return { ...since, status: holder?.pid === pid && holder.host === host ? 'running' : 'died' }
}
