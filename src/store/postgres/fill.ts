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
import type { PostgresAddress } from './address.ts'
import { bytes, type Connection } from './connection.ts'
import type { Database } from './database.ts'
import { growIndex, newIndexPath } from './index-path.ts'
import { rowOfItem, versionTarget, versionTypes } from './items.ts'
import { checksumOf, digestOf, keepLong, keyOfId } from './keys.ts'
import { insertPage, keepConflict, putAside } from './page-path.ts'
import type { Place } from '../place.ts'
import { findPlace, makePlace, moveCheckpoint } from './places.ts'
import { putRecord } from './records.ts'
import { microsOf } from '../now.ts'
import { counters, recordOfPiece } from '../run-record.ts'
import { findRun } from './runs.ts'
import { remakeStanding } from './standing.ts'

/** Puts the pieces of another store into this one, some thousands of entries a transaction. See `Store.fill`. */
export async function fillFrom(
  database: Database,
  loadReader: () => Promise<ReadItem>,
  pieces: AsyncIterable<StorePiece>,
): Promise<void> {
  const read = await loadReader()
  const { address } = database
  for await (const batch of batchesOfPieces(pieces)) {
    await database.transaction((connection) => putPieces({ connection, address, read }, batch))
  }
  await database.transaction(finishCounts)
}

interface Where {
  readonly connection: Connection
  readonly address: PostgresAddress
  readonly read: ReadItem
}

async function putPieces(where: Where, pieces: readonly StorePiece[]): Promise<void> {
  let open: Versions | undefined
  for (const piece of pieces) {
    if (piece.kind !== 'versions') {
      await putPiece(where, piece)
      continue
    }
    if (open && !isSameKey(open.key, piece.key)) {
      await open.finish()
      open = undefined
    }
    open ??= await newVersions(where, piece.key)
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
async function newVersions({ connection, read }: Where, key: CollectionKey): Promise<Versions> {
  const { number: collection } = await placeAt(connection, key)
  const index = newIndexPath(connection, collection, read)
  const waiting: PieceOfVersion[] = []
  return {
    key,
    async add(versions) {
      for (const version of versions) {
        waiting.push(version)
        const full = index.add(version.item, version.added)
        if (full) await full
      }
    },
    async finish() {
      const rows = waiting.map(({ item, added }) => rowOfItem(item, { collection, added, digest: digestOf(item.raw) }))
      await connection.copy(versionTarget, versionTypes, rows)
      await keepLong(
        connection,
        waiting.flatMap(({ item }) => [item.id, versionOf(item)]),
      )
      await growIndex(connection, collection, await index.finish())
    },
  }
}

async function putPiece(
  { connection, address }: Where,
  piece: Exclude<StorePiece, { kind: 'versions' }>,
): Promise<void> {
  switch (piece.kind) {
    case 'source': {
      const { id, name } = piece.source
      const values = [bytes(id), bytes(name), checksumOf(id, name)]
      return void (await connection.run('INSERT INTO source (id, name, checksum) VALUES ($1, $2, $3)', values))
    }
    case 'collection':
      return putCollection(connection, piece.collection)
    case 'run':
      return putRun(connection, piece.run)
    case 'seen':
      return putIds(connection, 'seen (run, id)', (await findRun(connection, piece.runId)).number, piece.ids)
    case 'page': {
      const { key, runId, first, record } = piece.page
      const { number: collection } = await placeAt(connection, key)
      const run = (await findRun(connection, runId)).number
      return insertPage({ connection, collection, run }, first, { page: record })
    }
    case 'vanished':
    case 'revoked': {
      const { number } = await placeAt(connection, piece.key)
      return putIds(connection, `${piece.kind} (collection, id)`, number, piece.ids)
    }
    case 'checkpoint': {
      const { key, stamp, run = null, movedAt } = piece.checkpoint
      const place = await placeAt(connection, key)
      return moveCheckpoint(connection, address, place, { stamp, run }, microsOf(movedAt))
    }
    case 'quarantined': {
      const { key, runId, quarantinedAt, ...damaged } = piece.entry
      const { number: collection } = await placeAt(connection, key)
      const run = (await findRun(connection, runId)).number
      return putAside({ connection, collection, run, now: microsOf(quarantinedAt) }, damaged)
    }
    case 'conflict': {
      const { number: collection } = await placeAt(connection, piece.entry.key)
      return keepConflict({ connection, collection }, piece.entry)
    }
    case 'record':
      return putRecord(connection, piece.record)
  }
}

async function placeAt(connection: Connection, key: CollectionKey): Promise<Place> {
  return (await findPlace(connection, key)) ?? makePlace(connection, key)
}

async function putCollection(
  connection: Connection,
  { key, version, title, lastAdded }: PieceOfCollection,
): Promise<void> {
  const { number } = await makePlace(connection, key, { version, title })
  await connection.run('UPDATE collection SET last_added = $1 WHERE number = $2', [lastAdded, number])
}

async function putRun(connection: Connection, run: PieceOfRun): Promise<void> {
  const { id, key, end, counts } = run
  await connection.run(
    `INSERT INTO run (id, collection, record, finish, ${counters.join(', ')})
     VALUES ($1, $2, $3, $4, ${counters.map((_, place) => `$${place + 5}`).join(', ')})`,
    [
      bytes(id),
      (await placeAt(connection, key)).number,
      bytes(JSON.stringify(recordOfPiece(run))),
      end ? bytes(JSON.stringify(end)) : null,
      ...counters.map((name) => counts[name]),
    ],
  )
}

/** `target` is of our own: table and columns. */
async function putIds(connection: Connection, target: string, of: number, ids: readonly string[]): Promise<void> {
  await keepLong(connection, ids)
  await connection.run(`INSERT INTO ${target} SELECT $1, id FROM unnest($2::bytea[]) AS id ON CONFLICT DO NOTHING`, [
    of,
    ids.map(keyOfId),
  ])
}

/** What is counted over all versions; then what the planner knows of the tables. */
async function finishCounts(connection: Connection): Promise<void> {
  await connection.run(`UPDATE collection SET ids = found.ids, versions = found.versions, blocks = found.blocks
    FROM (SELECT collection, count(DISTINCT id) AS ids, count(*) AS versions,
      count(*) FILTER (WHERE type IS NULL) AS blocks FROM version GROUP BY collection) AS found
    WHERE number = found.collection`)
  await connection.exec(remakeStanding)
  await connection.exec(`ANALYZE ${tables.join(', ')}`)
}

const tables = [
  ...['stated', 'stated_long', 'statement', 'trait', 'relation', 'named', 'revoked', 'unread', 'seen', 'vanished'],
  ...['page', 'quarantine', 'conflict', 'checkpoint', 'run', 'version', 'standing', 'collection', 'source', 'record'],
  'long_key',
]

/** Removes everything. */
export async function clear(database: Database): Promise<void> {
  await database.transaction(async (connection) => connection.exec(`TRUNCATE ${tables.join(', ')}`))
}
