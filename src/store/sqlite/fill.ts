import { versionOf } from '../compare.ts'
import type { ReadItem } from '../index-reading.ts'
import type { CollectionKey } from '../store.ts'
import {
  batchesOfPieces,
  isSameKey,
  type PieceOfCollection,
  type PieceOfRun,
  type PieceOfVersion,
  type StorePiece,
} from '../store-piece.ts'
import type { Connection, SqlRow, SqlValue } from './binding.ts'
import type { Database } from './database.ts'
import { growIndex } from './grow-index.ts'
import { newIndexPath } from './index-path.ts'
import { insertRows } from './insert-rows.ts'
import { checksumOf, digestOf, keyOfId, keyOfVersion, specOf } from './keys.ts'
import { insertPage, keepConflict, pagePathSql, putAside } from './page-path.ts'
import type { Place } from '../place.ts'
import { noteLatest } from './latest.ts'
import { findPlace, listPlaces, makePlace, moveCheckpoint } from './places.ts'
import { putRecord } from './records.ts'
import { microsOf } from '../now.ts'
import { counters, recordOfPiece } from '../run-record.ts'
import { findRun } from './runs.ts'
import { newSegmentWriter } from './segments.ts'

/** Puts the pieces of another store into this one, some thousands of entries a transaction. See `Store.fill`. */
export async function fillFrom(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  pieces: AsyncIterable<StorePiece>,
): Promise<void> {
  const read = await loadReader()
  for await (const batch of batchesOfPieces(pieces)) {
    await database.transaction((connection) => putPieces({ connection, file: database.file, read }, batch))
  }
  await database.transaction(finishCounts)
}

interface Where {
  readonly connection: Connection
  readonly file: string
  readonly read: ReadItem
}

async function putPieces(where: Where, pieces: readonly StorePiece[]): Promise<void> {
  let open: Versions | undefined
  for (const piece of pieces) {
    if (piece.kind !== 'versions') {
      putPiece(where, piece)
      continue
    }
    if (open && !isSameKey(open.key, piece.key)) {
      await open.finish()
      open = undefined
    }
    open ??= newVersions(where, piece.key)
    await open.add(piece.versions)
  }
  await open?.finish()
}

interface Versions {
  readonly key: CollectionKey
  add(versions: readonly PieceOfVersion[]): Promise<void>
  finish(): Promise<void>
}

/** What puts versions into one collection, within a transaction. */
function newVersions({ connection, read }: Where, key: CollectionKey): Versions {
  const { number: collection } = placeAt(connection, key)
  const segments = newSegmentWriter(connection, collection)
  const index = newIndexPath(connection, collection, read)
  let blocks = 0
  return {
    key,
    async add(versions) {
      const rows: SqlValue[] = []
      for (const { item, added } of versions) {
        if (item.kind === 'block') blocks++
        rows.push(keyOfId(item.id), collection, keyOfVersion(versionOf(item)), digestOf(item.raw), added, specOf(item))
        const full = segments.add(item, added)
        if (full) await full
        index.add(item, added)
      }
      insertRows(connection, pagePathSql.insertVersions, rows, 6)
    },
    async finish() {
      growIndex(connection, collection, index.finish())
      await segments.finish()
      connection.run('UPDATE collection SET blocks = blocks + ? WHERE number = ?', [blocks, collection])
    },
  }
}

function putPiece({ connection, file }: Where, piece: Exclude<StorePiece, { kind: 'versions' }>): void {
  switch (piece.kind) {
    case 'source': {
      const { id, name } = piece.source
      const values = [id, name, checksumOf(id, name)]
      return void connection.run('INSERT INTO source (id, name, checksum) VALUES (?, ?, ?)', values)
    }
    case 'collection':
      return putCollection(connection, piece.collection)
    case 'run':
      return putRun(connection, piece.run)
    case 'seen':
      return putIds(connection, 'seen (run, id)', findRun(connection, piece.runId).number, piece.ids)
    case 'page': {
      const { key, runId, first, record } = piece.page
      const { number: collection } = placeAt(connection, key)
      return insertPage({ connection, collection, run: findRun(connection, runId).number }, first, { page: record })
    }
    case 'vanished':
    case 'revoked':
      return putIds(connection, `${piece.kind} (collection, id)`, placeAt(connection, piece.key).number, piece.ids)
    case 'checkpoint': {
      const { key, stamp, run, movedAt } = piece.checkpoint
      return moveCheckpoint(connection, file, placeAt(connection, key), { stamp, run: run ?? null }, microsOf(movedAt))
    }
    case 'quarantined': {
      const { key, runId, quarantinedAt, ...damaged } = piece.entry
      const { number: collection } = placeAt(connection, key)
      const run = findRun(connection, runId).number
      return putAside({ connection, collection, run, now: microsOf(quarantinedAt) }, damaged)
    }
    case 'conflict':
      return keepConflict({ connection, collection: placeAt(connection, piece.entry.key).number }, piece.entry)
    case 'record':
      return putRecord(connection, piece.record)
  }
}

function placeAt(connection: Connection, key: CollectionKey): Place {
  return findPlace(connection, key) ?? makePlace(connection, key)
}

function putCollection(connection: Connection, { key, version, title, lastAdded }: PieceOfCollection): void {
  const { number } = makePlace(connection, key, { version, title })
  connection.run('UPDATE collection SET last_added = ? WHERE number = ?', [lastAdded, number])
}

function putRun(connection: Connection, run: PieceOfRun): void {
  const { id, key, end, counts } = run
  connection.run(
    `INSERT INTO run (id, collection, record, finish, ${counters.join(', ')})
     VALUES (?, ?, ?, ?, ${counters.map(() => '?').join(', ')})`,
    [
      id,
      placeAt(connection, key).number,
      JSON.stringify(recordOfPiece(run)),
      end ? JSON.stringify(end) : null,
      ...counters.map((name) => counts[name]),
    ],
  )
}

/** `target` is of our own: table and columns. */
function putIds(connection: Connection, target: string, of: number, ids: readonly string[]): void {
  for (const id of ids) connection.run(`INSERT OR IGNORE INTO ${target} VALUES (?, ?)`, [of, keyOfId(id)])
}

/** What is counted over all versions, and which of them are superseded. */
function finishCounts(connection: Connection): void {
  for (const { number } of listPlaces(connection)) {
    const found = connection.get(
      'SELECT count(*) AS versions, count(DISTINCT id) AS ids FROM version WHERE collection = ?',
      [number],
    ) as SqlRow
    connection.run('UPDATE collection SET ids = ?, versions = ? WHERE number = ?', [
      found['ids'] as number,
      found['versions'] as number,
      number,
    ])
  }
  noteLatest(connection)
}

const tables = [
  ...[
    'sibling',
    'standing',
    'stated',
    'statement',
    'trait',
    'relation',
    'named',
    'revoked',
    'unread',
    'seen',
    'vanished',
    'page',
  ],
  ...[
    'quarantine',
    'conflict',
    'checkpoint',
    'run',
    'version',
    'segment',
    'contents',
    'collection',
    'source',
    'record',
  ],
]

/** Removes everything. Numbers begin anew, which whoever remembers something by number sees at the version of the schema. */
export async function clear(database: Database): Promise<void> {
  await database.transaction((connection) => {
    for (const table of tables) connection.run(`DELETE FROM ${table}`)
    connection.exec('CREATE TABLE cleared (number); DROP TABLE cleared')
  })
}
