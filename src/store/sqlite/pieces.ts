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
import { bytesOf, connect, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { reading, type Database } from './database.ts'
import { idOfKey } from './keys.ts'
import type { Place } from '../place.ts'
import { listPlaces, readCheckpoint } from './places.ts'
import { allRecords } from './records.ts'
import { counters, type RunRecord } from '../run-record.ts'
import { readSegment } from './segments.ts'

const rowsPerQuery = 1000

/** Everything, as of the first piece: read over a connection of its own, in one transaction. */
export async function* piecesOf({ binding, file }: Database): AsyncIterable<StorePiece> {
  const connection = await reading(file, () => connect(binding, file))
  try {
    await reading(file, () => connection.exec('PRAGMA query_only = ON; PRAGMA busy_timeout = 5000; BEGIN'))
    const pieces = piecesIn(connection, file)[Symbol.asyncIterator]()
    for (;;) {
      const next = await reading(file, () => pieces.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    connection.close()
  }
}

async function* piecesIn(connection: Connection, file: string): AsyncIterable<StorePiece> {
  for (const row of connection.all(`SELECT ${bytesOf('id', 'name')} FROM source ORDER BY number`)) {
    yield { kind: 'source', source: { id: textIn(row, 'id'), name: textIn(row, 'name') } }
  }
  const places = listPlaces(connection)
  for (const { key, version, title, lastAdded } of places) {
    yield { kind: 'collection', collection: { key, version, ...(title !== undefined && { title }), lastAdded } }
  }
  yield* runsIn(connection, new Map(places.map((place) => [place.number, place])))
  for (const place of places) yield* piecesOfPlace(connection, file, place)
  for (const record of allRecords(connection, file)) {
    if (record.kind !== copyRecord.kind) yield { kind: 'record', record }
  }
}

function* runsIn(connection: Connection, places: ReadonlyMap<number, Place>): Iterable<StorePiece> {
  const sql = `SELECT number, collection, ${bytesOf('id', 'record', 'finish')}, ${counters.join(', ')} FROM run
    WHERE number > ? ORDER BY number LIMIT ${rowsPerQuery}`
  const open: { readonly number: number; readonly id: string }[] = []
  for (const row of rowsBehind(connection, sql, [])) {
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
    for (const ids of idsIn(connection, 'SELECT id FROM seen WHERE run = ?', number)) yield { kind: 'seen', runId, ids }
  }
}

async function* piecesOfPlace(connection: Connection, file: string, place: Place): AsyncIterable<StorePiece> {
  const { key, number } = place
  yield* withPages(key, versionsIn(connection, number), pagesIn(connection, place))
  for (const kind of ['vanished', 'revoked'] as const) {
    const sql = `SELECT id FROM ${kind} WHERE collection = ?`
    for (const ids of idsIn(connection, sql, number)) yield { kind, key, ids }
  }
  const checkpoint = readCheckpoint(connection, file, place)
  if (checkpoint) yield { kind: 'checkpoint', checkpoint }
  yield* asidesIn(connection, place)
}

async function* versionsIn(connection: Connection, collection: number): AsyncIterable<readonly PieceOfVersion[]> {
  const sql = 'SELECT first, data FROM segment WHERE collection = ? AND first > ? ORDER BY first LIMIT 1'
  for (let last = -1; ;) {
    const row = connection.get(sql, [collection, last])
    if (!row) return
    last = row['first'] as number
    yield await readSegment(last, row['data'] as Buffer)
  }
}

async function* pagesIn(connection: Connection, { key, number }: Place): AsyncIterable<PieceOfPage> {
  const sql = `SELECT page.number AS number, first, ${bytesOf('page.record', 'run.id')} FROM page
    JOIN run ON run.number = page.run WHERE page.collection = ? AND (first, page.number) > (?, ?)
    ORDER BY first, page.number LIMIT ${rowsPerQuery}`
  for (let last: readonly SqlValue[] = [-1, -1]; ;) {
    const rows = connection.all(sql, [number, ...last])
    for (const row of rows) {
      const record = pieceOfPageRecord(jsonIn<PageRecord>(row, 'record'))
      yield { key, runId: textIn(row, 'id'), first: row['first'] as number, record }
    }
    const end = rows.at(-1)
    if (!end) return
    last = [end['first'] as number, end['number'] as number]
  }
}

function* asidesIn(connection: Connection, { key, number }: Place): Iterable<StorePiece> {
  const quarantine = `SELECT quarantine.number AS number, raw, ${bytesOf('quarantine.record', 'run.id')} FROM quarantine
    JOIN run ON run.number = quarantine.run WHERE quarantine.collection = ? AND quarantine.number > ?
    ORDER BY quarantine.number LIMIT 100`
  for (const row of rowsBehind(connection, quarantine, [number])) {
    const record = jsonIn<{ reason: string; detail: string; quarantinedAt: string }>(row, 'record')
    yield { kind: 'quarantined', entry: { key, runId: textIn(row, 'id'), raw: row['raw'] as Buffer, ...record } }
  }
  const conflict = `SELECT number, ${bytesOf('record')}, kept, other FROM conflict
    WHERE collection = ? AND number > ? ORDER BY number LIMIT 100`
  for (const row of rowsBehind(connection, conflict, [number])) {
    const record = jsonIn<{ id: string; version: string; seenAt: string }>(row, 'record')
    yield { kind: 'conflict', entry: { key, kept: row['kept'] as Buffer, other: row['other'] as Buffer, ...record } }
  }
}

/** Rows of a query whose last parameter is the number behind which it goes on. */
function* rowsBehind(connection: Connection, sql: string, values: readonly SqlValue[]): Iterable<SqlRow> {
  for (let last = 0; ;) {
    const rows = connection.all(sql, [...values, last])
    yield* rows
    const end = rows.at(-1)
    if (!end) return
    last = end['number'] as number
  }
}

function* idsIn(connection: Connection, sql: string, of: number): Iterable<readonly string[]> {
  for (let last: SqlValue = Buffer.alloc(0); ;) {
    const rows = connection.all(`${sql} AND id > ? ORDER BY id LIMIT ${rowsPerQuery}`, [of, last])
    const end = rows.at(-1)
    if (!end) return
    yield rows.map((row) => idOfKey(row['id']))
    last = end['id'] as Buffer
  }
}
