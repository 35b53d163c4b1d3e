import type { PageRecord, RunEnd } from '../store.ts'
import {
  copyRecord,
  pieceOfPageRecord,
  pieceOfRun,
  withPages,
  type PieceOfPage,
  type PieceOfRun,
  type PieceOfVersion,
  type StorePiece,
} from '../store-piece.ts'
import { jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { storeFailure } from './failure.ts'
import { readItems } from './items.ts'
import { idOfKey, textsOfKeys } from './keys.ts'
import type { Place } from '../place.ts'
import { listPlaces, readCheckpoint } from './places.ts'
import { allRecords } from './records.ts'
import { counters, type RunRecord } from '../run-record.ts'

const rowsPerQuery = 1000

type Asking = Pick<Connection, 'get' | 'all'>

/** Everything, as of the first piece: read in one transaction of a session of its own. */
export async function* piecesOf(database: Database): AsyncIterable<StorePiece> {
  const session = await database.session(() => undefined)
  try {
    await session.connection.exec('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    yield* piecesIn(session.connection, database)
  } catch (error) {
    throw storeFailure(error, database.address)
  } finally {
    await session.close()
  }
}

async function* piecesIn(connection: Asking, { address }: Database): AsyncIterable<StorePiece> {
  for (const row of await connection.all('SELECT id, name FROM source ORDER BY number')) {
    yield { kind: 'source', source: { id: textIn(row, 'id'), name: textIn(row, 'name') } }
  }
  const places = await listPlaces(connection)
  for (const { key, version, title, lastAdded } of places) {
    yield { kind: 'collection', collection: { key, version, ...(title !== undefined && { title }), lastAdded } }
  }
  yield* runsIn(connection, new Map(places.map((place) => [place.number, place])))
  for (const place of places) {
    const { key, number } = place
    yield* withPages(key, versionsIn(connection, number), pagesIn(connection, place))
    for (const kind of ['vanished', 'revoked'] as const) {
      const sql = `SELECT id FROM ${kind} WHERE collection = $1`
      for await (const ids of idsIn(connection, sql, number)) yield { kind, key, ids }
    }
    const checkpoint = await readCheckpoint(connection, address, place)
    if (checkpoint) yield { kind: 'checkpoint', checkpoint }
    yield* asidesIn(connection, place)
  }
  for await (const record of allRecords(connection, address)) {
    if (record.kind !== copyRecord.kind) yield { kind: 'record', record }
  }
}

async function* runsIn(connection: Asking, places: ReadonlyMap<number, Place>): AsyncIterable<StorePiece> {
  const sql = `SELECT number, collection, id, record, finish, ${counters.join(', ')} FROM run
    WHERE number > $1 ORDER BY number LIMIT ${rowsPerQuery}`
  const open: { readonly number: number; readonly id: string }[] = []
  for await (const row of rowsBehind(connection, sql, [])) {
    const place = places.get(row['collection'] as number)
    if (!place) continue
    const { version, startedAt, from, full, pid, host } = jsonIn<RunRecord>(row, 'record')
    const id = textIn(row, 'id')
    const counts = Object.fromEntries(counters.map((name) => [name, row[name]])) as unknown as PieceOfRun['counts']
    const end = row['finish'] === null ? undefined : jsonIn<RunEnd>(row, 'finish')
    if (!end && full) open.push({ number: row['number'] as number, id })
    const begun = { id, key: place.key, version, startedAt, from, full: full === true, by: { pid, host } }
    yield { kind: 'run', run: pieceOfRun({ ...begun, end, counts }) }
  }
  for (const { number, id: runId } of open) {
    const found = idsIn(connection, 'SELECT id FROM seen WHERE run = $1', number)
    for await (const ids of found) yield { kind: 'seen', runId, ids }
  }
}

async function* versionsIn(connection: Asking, collection: number): AsyncIterable<readonly PieceOfVersion[]> {
  for (let after = -1; ;) {
    const items = await readItems(connection, collection, { after, limit: rowsPerQuery })
    const last = items.at(-1)
    if (!last) return
    yield items
    after = last.added
  }
}

async function* pagesIn(connection: Asking, { key, number }: Place): AsyncIterable<PieceOfPage> {
  const sql = `SELECT page.number AS number, first, page.record AS record, run.id AS id FROM page
    JOIN run ON run.number = page.run WHERE page.collection = $1 AND (first, page.number) > ($2, $3)
    ORDER BY first, page.number LIMIT ${rowsPerQuery}`
  for (let last: readonly SqlValue[] = [-1, -1]; ;) {
    const rows = await connection.all(sql, [number, ...last])
    for (const row of rows) {
      const record = pieceOfPageRecord(jsonIn<PageRecord>(row, 'record'))
      yield { key, runId: textIn(row, 'id'), first: row['first'] as number, record }
    }
    const end = rows.at(-1)
    if (!end) return
    last = [end['first'] as number, end['number'] as number]
  }
}

async function* asidesIn(connection: Asking, { key, number }: Place): AsyncIterable<StorePiece> {
  const quarantine = `SELECT quarantine.number AS number, raw, quarantine.record AS record, run.id AS id FROM quarantine
    JOIN run ON run.number = quarantine.run WHERE quarantine.collection = $1 AND quarantine.number > $2
    ORDER BY quarantine.number LIMIT 100`
  for await (const row of rowsBehind(connection, quarantine, [number])) {
    const record = jsonIn<{ reason: string; detail: string; quarantinedAt: string }>(row, 'record')
    yield { kind: 'quarantined', entry: { key, runId: textIn(row, 'id'), raw: row['raw'] as Buffer, ...record } }
  }
  const conflict = `SELECT number, record, kept, other FROM conflict WHERE collection = $1 AND number > $2
    ORDER BY number LIMIT 100`
  for await (const row of rowsBehind(connection, conflict, [number])) {
    const record = jsonIn<{ id: string; version: string; seenAt: string }>(row, 'record')
    yield { kind: 'conflict', entry: { key, kept: row['kept'] as Buffer, other: row['other'] as Buffer, ...record } }
  }
}

/** Rows of a query whose last parameter is the number behind which it goes on. */
async function* rowsBehind(connection: Asking, sql: string, values: readonly SqlValue[]): AsyncIterable<SqlRow> {
  for (let last = 0; ;) {
    const rows = await connection.all(sql, [...values, last])
    yield* rows
    const end = rows.at(-1)
    if (!end) return
    last = end['number'] as number
  }
}

async function* idsIn(connection: Asking, sql: string, of: number): AsyncIterable<readonly string[]> {
  for (let last = Buffer.alloc(0); ;) {
    const rows = await connection.all(`${sql} AND id > $2 ORDER BY id LIMIT ${rowsPerQuery}`, [of, last])
    const end = rows.at(-1)
    if (!end) return
    const keys = rows.map((row) => row['id'] as Buffer)
    yield await textsOfKeys(connection, keys, idOfKey)
    last = end['id'] as Buffer<ArrayBuffer>
  }
}
