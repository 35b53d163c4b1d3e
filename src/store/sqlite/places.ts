import type { Place, PlaceFilter } from '../place.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Checkpoint, CheckpointMove, CollectionKey, SourceRef } from '../store.ts'
import { bytesOf, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { storeCorrupt } from './failure.ts'
import { checksumOf } from './keys.ts'

/** Sources, collections and checkpoints: the small tables around the versions. */

const placeColumns = `collection.number AS number, ${bytesOf('source.id', 'source.name', 'root', 'collection', 'title', 'version')},
  ids, versions, blocks, statements, unusable, last_added FROM collection JOIN source ON source.number = collection.source`

export function findPlace(connection: Connection, key: CollectionKey): Place | undefined {
  const row = connection.get(`SELECT ${placeColumns} WHERE source.id = ? AND root = ? AND collection = ?`, [
    key.source,
    key.root,
    key.collection,
  ])
  return row && placeOf(row)
}

/** In the order in which they were first seen. */
export function listPlaces(connection: Connection, filter: PlaceFilter = {}): Place[] {
  const conditions: string[] = []
  const values: SqlValue[] = []
  if (filter.source !== undefined) {
    conditions.push('(source.id = ? OR source.name = ?)')
    values.push(filter.source, filter.source)
  }
  if (filter.collection !== undefined) {
    conditions.push('collection = ?')
    values.push(filter.collection)
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  return connection.all(`SELECT ${placeColumns} ${where} ORDER BY collection.number`, values).map(placeOf)
}

/** The collections while an answer of many reads is made: one that another process adds meanwhile is found too. */
export interface Places {
  /** Those that there were when the answer was begun. */
  readonly first: readonly Place[]
  /** Of all that are known by now. */
  numbers(): readonly number[]
  /** Undefined when the store has no such collection. */
  of(number: number): Place | undefined
}

export function placesIn(connection: Connection): Places {
  const first = listPlaces(connection)
  const known = new Map(first.map((place) => [place.number, place]))
  return {
    first,
    numbers: () => [...known.keys()],
    of(number) {
      if (!known.has(number)) for (const place of listPlaces(connection)) known.set(place.number, place)
      return known.get(number)
    },
  }
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

/** Makes the place known, or gives it its present names. Inside a transaction. */
export function makePlace(
  connection: Connection,
  key: CollectionKey,
  known: { source?: SourceRef | undefined; version?: string | undefined; title?: string | undefined } = {},
): Place {
  const name = known.source?.name ?? key.source
  connection.run(
    `INSERT INTO source (id, name, checksum) VALUES (?, ?, ?) ON CONFLICT (id) DO ${
      known.source ? 'UPDATE SET name = excluded.name, checksum = excluded.checksum' : 'NOTHING'
    }`,
    [key.source, name, checksumOf(key.source, name)],
  )
  connection.run(
    `INSERT INTO collection (source, root, collection, version, title, checksum)
     SELECT number, ?, ?, ?, ?, ? FROM source WHERE id = ?
     ON CONFLICT (source, root, collection) DO UPDATE
     SET version = iif(excluded.version = '', version, excluded.version), title = coalesce(excluded.title, title)`,
    [key.root, key.collection, known.version ?? '', known.title ?? null, keyChecksum(key), key.source],
  )
  return findPlace(connection, key) as Place
}

function keyChecksum(key: CollectionKey): Buffer {
  return checksumOf(key.source, key.root, key.collection)
}

/** What of the names of sources and collections is not as it was written; for `store verify`. */
export function alteredNames(connection: Connection): string[] {
  const sources = connection
    .all(`SELECT ${bytesOf('id', 'name')}, checksum FROM source`)
    .filter((row) => !checksumOf(row['id'] as Buffer, row['name'] as Buffer).equals(row['checksum'] as Buffer))
  const collections = connection
    .all(
      `SELECT ${bytesOf('source.id', 'root', 'collection')}, collection.checksum AS checksum
      FROM collection LEFT JOIN source ON source.number = collection.source`,
    )
    .filter((row) => {
      const sum = checksumOf(row['id'] ?? '', row['root'] as Buffer, row['collection'] as Buffer)
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
export function readCheckpoint(connection: Connection, file: string, place: Place): Checkpoint | undefined {
  const row = connection.get(`SELECT last_added, ${bytesOf('record')}, checksum FROM checkpoint WHERE collection = ?`, [
    place.number,
  ])
  if (!row) return undefined
  const record = row['record'] as Buffer
  if (!checksumOf(place.number, row['last_added'] as number, record).equals(row['checksum'] as Buffer)) {
    throw storeCorrupt(file, `the checkpoint of ${place.source.name} ${place.key.collection} was altered`)
  }
  const { stamp, run, movedAt } = jsonIn<CheckpointRecord>(row, 'record')
  return { key: place.key, movedAt, ...(stamp !== undefined && { stamp }), ...(run && { run }) }
}

/** Inside a transaction, with the place as it is after what the transaction stored. */
export function moveCheckpoint(
  connection: Connection,
  file: string,
  place: Place,
  move: CheckpointMove,
  nowMicros: number,
): void {
  const stamp = move.stamp ?? readCheckpoint(connection, file, place)?.stamp
  const movedAt = fromEpochMicroseconds(BigInt(nowMicros))
  const record = JSON.stringify({ stamp, run: move.run ?? undefined, movedAt } satisfies CheckpointRecord)
  connection.run('INSERT OR REPLACE INTO checkpoint (collection, last_added, record, checksum) VALUES (?, ?, ?, ?)', [
    place.number,
    place.lastAdded,
    record,
    checksumOf(place.number, place.lastAdded, record),
  ])
}

/** Returns whether there was one. */
export function removeCheckpoint(connection: Connection, place: Place): boolean {
  return connection.run('DELETE FROM checkpoint WHERE collection = ?', [place.number]) > 0
}
