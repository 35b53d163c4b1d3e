import type { Place, PlaceFilter } from '../place.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Checkpoint, CheckpointMove, CollectionKey, SourceRef } from '../store.ts'
import type { PostgresAddress } from './address.ts'
import { bytes, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import { storeCorrupt } from './failure.ts'
import { checksumOf, digestOf } from './keys.ts'

/** Sources, collections and checkpoints: the small tables around the versions. */

type Asking = Pick<Connection, 'get' | 'all'>

const placeColumns = `collection.number AS number, source.id AS id, source.name AS name, root, collection.collection AS collection,
  title, version, ids, versions, blocks, statements, unusable, last_added
  FROM collection JOIN source ON source.number = collection.source`

export async function findPlace(connection: Asking, key: CollectionKey): Promise<Place | undefined> {
  const row = await connection.get(`SELECT ${placeColumns} WHERE digest = $1`, [digestOfKey(key)])
  return row && placeOf(row)
}

/**
 * The place as it is with its row locked until the end of the transaction: whoever changes what a collection holds has it
 * for itself. Several are locked in order of number.
 */
export async function lockPlace(connection: Connection, key: CollectionKey): Promise<Place | undefined> {
  const row = await connection.get(`SELECT ${placeColumns} WHERE digest = $1 FOR UPDATE OF collection`, [
    digestOfKey(key),
  ])
  return row && placeOf(row)
}

/** In the order in which they were first seen. */
export async function listPlaces(connection: Asking, filter: PlaceFilter = {}): Promise<Place[]> {
  const conditions: string[] = []
  const values: SqlValue[] = []
  if (filter.source !== undefined) {
    values.push(bytes(filter.source))
    conditions.push(`(source.id = $${values.length} OR source.name = $${values.length})`)
  }
  if (filter.collection !== undefined) {
    values.push(bytes(filter.collection))
    conditions.push(`collection.collection = $${values.length}`)
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  return (await connection.all(`SELECT ${placeColumns} ${where} ORDER BY collection.number`, values)).map(placeOf)
}

function placeOf(row: SqlRow): Place {
  return {
    number: row['number'] as number,
    source: { id: textIn(row, 'id'), name: textIn(row, 'name') },
    key: { source: textIn(row, 'id'), root: textIn(row, 'root'), collection: textIn(row, 'collection') },
    title: row['title'] === null ? undefined : textIn(row, 'title'),
    version: textIn(row, 'version'),
    ids: row['ids'] as number,
    versions: row['versions'] as number,
    blocks: row['blocks'] as number,
    statements: row['statements'] as number,
    unusable: row['unusable'] as number,
    lastAdded: row['last_added'] as number,
  }
}

/** Makes the place known, or gives it its present names, and locks it. Inside a transaction. */
export async function makePlace(
  connection: Connection,
  key: CollectionKey,
  known: { source?: SourceRef | undefined; version?: string | undefined; title?: string | undefined } = {},
): Promise<Place> {
  const id = bytes(key.source)
  const name = known.source?.name ?? key.source
  const rename = 'UPDATE SET name = excluded.name, checksum = excluded.checksum WHERE source.name <> excluded.name'
  await connection.run(
    `INSERT INTO source (id, name, checksum) VALUES ($1, $2, $3) ON CONFLICT (id) DO ${known.source ? rename : 'NOTHING'}`,
    [id, bytes(name), checksumOf(key.source, name)],
  )
  await connection.run(
    `INSERT INTO collection (source, digest, root, collection, version, title, checksum)
     SELECT number, $1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::bytea FROM source WHERE id = $7
     ON CONFLICT (digest) DO UPDATE
     SET version = CASE excluded.version WHEN '' THEN collection.version ELSE excluded.version END,
       title = coalesce(excluded.title, collection.title)`,
    [
      digestOfKey(key),
      bytes(key.root),
      bytes(key.collection),
      bytes(known.version ?? ''),
      known.title === undefined ? null : bytes(known.title),
      keyChecksum(key),
      id,
    ],
  )
  return (await lockPlace(connection, key)) as Place
}

/** What a collection is found by: its names may be longer than an index has room for. */
function digestOfKey(key: CollectionKey): Buffer {
  return digestOf(bytes(JSON.stringify([key.source, key.root, key.collection])))
}

function keyChecksum(key: CollectionKey): Buffer {
  return checksumOf(key.source, key.root, key.collection)
}

/** What of the names of sources and collections is not as it was written; for `store verify`. */
export async function alteredNames(connection: Asking): Promise<string[]> {
  const sources = (await connection.all('SELECT id, name, checksum FROM source')).filter(
    (row) => !checksumOf(row['id'] as Buffer, row['name'] as Buffer).equals(row['checksum'] as Buffer),
  )
  const collections = (
    await connection.all(`SELECT source.id AS id, root, collection, digest, collection.checksum AS checksum
      FROM collection JOIN source ON source.number = collection.source`)
  ).filter((row) => {
    const sum = checksumOf(row['id'] as Buffer, row['root'] as Buffer, row['collection'] as Buffer)
    return !sum.equals(row['checksum'] as Buffer)
  })
  return [
    ...sources.map((row) => `the source ${String(row['id'])} was altered`),
    ...collections.map((row) => `the collection ${String(row['collection'])} was altered`),
  ]
}

interface CheckpointRecord {
  readonly stamp?: string | undefined
  readonly run?: Checkpoint['run']
  readonly movedAt: string
}

/** @throws STORE_CORRUPT (local) when the row is not what was written. */
export async function readCheckpoint(
  connection: Asking,
  address: PostgresAddress,
  place: Place,
): Promise<Checkpoint | undefined> {
  const row = await connection.get('SELECT last_added, record, checksum FROM checkpoint WHERE collection = $1', [
    place.number,
  ])
  if (!row) return undefined
  const record = row['record'] as Buffer
  if (!checksumOf(place.number, row['last_added'] as number, record).equals(row['checksum'] as Buffer)) {
    throw storeCorrupt(address, `the checkpoint of ${place.source.name} ${place.key.collection} was altered`)
  }
  const { stamp, run, movedAt } = jsonIn<CheckpointRecord>(row, 'record')
  return { key: place.key, movedAt, ...(stamp !== undefined && { stamp }), ...(run && { run }) }
}

/** Inside a transaction, with the place as it is after what the transaction stored. */
export async function moveCheckpoint(
  connection: Connection,
  address: PostgresAddress,
  place: Place,
  move: CheckpointMove,
  nowMicros: number,
): Promise<void> {
  const stamp = move.stamp ?? (await readCheckpoint(connection, address, place))?.stamp
  const movedAt = fromEpochMicroseconds(BigInt(nowMicros))
  const record = JSON.stringify({ stamp, run: move.run ?? undefined, movedAt } satisfies CheckpointRecord)
  await connection.run(
    `INSERT INTO checkpoint (collection, last_added, record, checksum) VALUES ($1, $2, $3, $4)
     ON CONFLICT (collection) DO UPDATE
     SET last_added = excluded.last_added, record = excluded.record, checksum = excluded.checksum`,
    [place.number, place.lastAdded, bytes(record), checksumOf(place.number, place.lastAdded, record)],
  )
}

/** Returns whether there was one. */
export async function removeCheckpoint(connection: Connection, place: Place): Promise<boolean> {
  return (await connection.run('DELETE FROM checkpoint WHERE collection = $1', [place.number])) > 0
}
