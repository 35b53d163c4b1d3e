import { setImmediate as nextTurn } from 'node:timers/promises'
import { toEpochMicroseconds, fromEpochMicroseconds } from '../../core/timestamp.ts'
import { isLater, versionOf, type VersionOrder } from '../compare.ts'
import type { Conflict, PageRecord, Provenance, Quarantined, StoredVersion, VersionFilter } from '../store.ts'
import { bytesOf, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { reading } from './database.ts'
import { idOfKey, keyOfId, keyOfVersion, keyText, versionOfKey } from './keys.ts'
import type { Place, PlaceFilter } from '../place.ts'
import { listPlaces } from './places.ts'
import { readableSegments } from './readable-segments.ts'
import { readSegment, typeMark, type SegmentItem } from './segments.ts'

/** What reads: everything here takes one segment, or some rows, at a time. */

const idsPerQuery = 200
const rowsPerQuery = 100

export async function* listVersions(
  connection: Connection,
  file: string,
  filter: VersionFilter,
): AsyncIterable<StoredVersion> {
  const after = Number(filter.addedAfter === undefined ? 0n : (toEpochMicroseconds(filter.addedAfter) ?? 0n))
  for (const place of await reading(file, () => listPlaces(connection, filter))) {
    if (filter.onDamaged) yield* readableVersions(connection, place, after, filter)
    else if (filter.id === undefined) yield* versionsOfPlace(connection, file, place, after, filter)
    else yield* versionsOfId(connection, file, place, after, filter)
  }
}

/** Those added after `after` (microseconds), in order. */
export async function* versionsOfPlace(
  connection: Connection,
  file: string,
  place: Place,
  after: number,
  filter: VersionFilter,
): AsyncIterable<StoredVersion> {
  const types = filter.kind === 'block' ? typeMark(undefined) : filter.type === undefined ? '' : typeMark(filter.type)
  const next = `SELECT first, data FROM segment WHERE collection = ? AND first > ? AND instr(types, ?) > 0 ORDER BY first LIMIT 1`
  const holding = connection.get('SELECT max(first) AS first FROM segment WHERE collection = ? AND first <= ?', [
    place.number,
    after,
  ])
  for (let at = ((holding?.['first'] as number | null) ?? 0) - 1; ;) {
    const row = await reading(file, () => connection.get(next, [place.number, at, types]))
    if (!row) return
    // Nothing here waits: nothing else of this process would have its turn until all are read.
    await nextTurn()
    at = row['first'] as number
    const items = await reading(file, () => readSegment(at, row['data'] as Buffer))
    yield* shownVersions(
      connection,
      file,
      place,
      items.filter(({ added }) => added > after),
      filter,
    )
  }
}

/** Everything that can still be read. Which version is the newest may be part of what is lost: none counts as superseded. */
async function* readableVersions(
  connection: Connection,
  place: Place,
  after: number,
  filter: VersionFilter,
): AsyncIterable<StoredVersion> {
  const { source, key } = place
  for await (const { item, added } of readableSegments(connection, place.number, filter.onDamaged)) {
    if (added <= after || !isWanted(item, filter)) continue
    yield { source, key, item, addedAt: fromEpochMicroseconds(BigInt(added)), superseded: false, vanished: false }
  }
}

function isWanted(item: StoredVersion['item'], filter: VersionFilter): boolean {
  return (
    (filter.id === undefined || item.id === filter.id) &&
    (filter.kind === undefined || item.kind === filter.kind) &&
    (filter.type === undefined || (item.kind === 'object' && item.type === filter.type))
  )
}

async function* versionsOfId(
  connection: Connection,
  file: string,
  place: Place,
  after: number,
  filter: VersionFilter,
): AsyncIterable<StoredVersion> {
  const rows = await reading(file, () =>
    connection.all('SELECT added FROM version WHERE id = ? AND collection = ? AND added > ? ORDER BY added', [
      keyOfId(filter.id as string),
      place.number,
      after,
    ]),
  )
  for (const row of rows) {
    const item = await itemAt(connection, file, place.number, row['added'] as number)
    if (item) yield* shownVersions(connection, file, place, [item], filter)
  }
}

/** The item with this `added`; undefined when it was pruned since. */
export async function itemAt(
  connection: Connection,
  file: string,
  collection: number,
  added: number,
): Promise<SegmentItem | undefined> {
  const row = await reading(file, () =>
    connection.get('SELECT first, data FROM segment WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1', [
      collection,
      added,
    ]),
  )
  const items = row ? await reading(file, () => readSegment(row['first'] as number, row['data'] as Buffer)) : []
  return items.find((entry) => entry.added === added)
}

async function* shownVersions(
  connection: Connection,
  file: string,
  place: Place,
  items: readonly SegmentItem[],
  filter: VersionFilter,
): AsyncIterable<StoredVersion> {
  const wanted = items.filter(({ item }) => isWanted(item, filter))
  const { superseded, vanished } = await reading(file, () => standingOf(connection, place.number, wanted))
  for (const { item, added } of wanted) {
    const isSuperseded = superseded.get(added)
    // Pruned between the two looks, or (for `store verify` to tell) lost.
    if (isSuperseded === undefined || (filter.latest && isSuperseded)) continue
    const addedAt = fromEpochMicroseconds(BigInt(added))
    const isVanished = vanished.has(item.id)
    yield { source: place.source, key: place.key, item, addedAt, superseded: isSuperseded, vanished: isVanished }
  }
}

interface Standing {
  /** By `added`: whether there is a later version of the id. Of those that are stored. */
  readonly superseded: ReadonlyMap<number, boolean>
  /** Ids. */
  readonly vanished: ReadonlySet<string>
}

/** The statements that tell how items stand; their query plans are tested. */
export const listingSql = {
  noted: (count: number) => `WITH wanted (id, version, place) AS (VALUES ${Array(count).fill('(?, ?, ?)').join(', ')})
    SELECT version.id AS id, version.added AS added, sibling.added IS NULL AS only, latest, place FROM wanted
    CROSS JOIN version ON version.id = wanted.id AND version.collection = ? AND version.version = wanted.version
    LEFT JOIN sibling ON sibling.collection = version.collection AND sibling.added = version.added`,
  versions: (count: number) => `SELECT id, version, added FROM version
    WHERE id IN (${Array(count).fill('?').join(', ')}) AND collection = ?`,
  vanished: (count: number) => `SELECT id FROM vanished WHERE collection = ?
    AND id IN (${Array(count).fill('?').join(', ')})`,
} as const

/**
 * How items of a collection stand, by what is noted of their versions. Only ids of which the notes do not tell the last
 * version (they have several spec versions) have all of theirs read.
 */
function standingOf(connection: Connection, collection: number, items: readonly SegmentItem[]): Standing {
  const superseded = new Map<number, boolean>()
  const open = new Map<string, { readonly id: Buffer; readonly added: number[] }>()
  for (const some of portionsOf(items)) {
    const wanted = some.flatMap(({ item }, place): SqlValue[] => [
      keyOfId(item.id),
      keyOfVersion(versionOf(item)),
      place,
    ])
    for (const row of connection.all(listingSql.noted(some.length), [...wanted, collection])) {
      const { added } = some[row['place'] as number] as SegmentItem
      if (row['only'] === 1) superseded.set(added, row['added'] !== added)
      else if (row['latest'] !== null) superseded.set(added, row['latest'] === 0 || row['added'] !== added)
      else {
        const id = row['id'] as Buffer
        const own = open.get(keyText(id)) ?? { id, added: [] }
        own.added.push(added)
        open.set(keyText(id), own)
      }
    }
  }
  for (const [id, newest] of newestOf(
    connection,
    collection,
    [...open.values()].map(({ id }) => id),
  )) {
    for (const added of open.get(id)?.added ?? []) superseded.set(added, newest.added !== added)
  }
  return { superseded, vanished: vanishedOf(connection, collection, items) }
}

function newestOf(connection: Connection, collection: number, ids: readonly Buffer[]): Map<string, VersionOrder> {
  const newest = new Map<string, VersionOrder>()
  for (const keys of portionsOf(ids)) {
    for (const row of connection.all(listingSql.versions(keys.length), [...keys, collection])) {
      const version = { version: versionOfKey(row['version']), added: row['added'] as number }
      const id = keyText(row['id'] as Buffer)
      const before = newest.get(id)
      if (!before || isLater(version, before)) newest.set(id, version)
    }
  }
  return newest
}

function vanishedOf(connection: Connection, collection: number, items: readonly SegmentItem[]): ReadonlySet<string> {
  const isAny = connection.get('SELECT 1 FROM vanished WHERE collection = ? LIMIT 1', [collection]) !== undefined
  const ids = isAny ? [...new Set(items.map(({ item }) => item.id))].map(keyOfId) : []
  return new Set(
    [...portionsOf(ids)].flatMap((keys) =>
      connection.all(listingSql.vanished(keys.length), [collection, ...keys]).map((row) => idOfKey(row['id'])),
    ),
  )
}

function* portionsOf<Each>(all: readonly Each[]): Iterable<readonly Each[]> {
  for (let at = 0; at < all.length; at += idsPerQuery) yield all.slice(at, at + idsPerQuery)
}

/** One entry for each stored version of the id, with the page that brought it. */
export function listProvenance(connection: Connection, id: string): Provenance[] {
  const found: Provenance[] = []
  for (const place of listPlaces(connection)) {
    const rows = connection.all('SELECT version, added FROM version WHERE id = ? AND collection = ? ORDER BY added', [
      keyOfId(id),
      place.number,
    ])
    for (const row of rows) {
      const added = row['added'] as number
      const page = connection.get(
        `SELECT ${bytesOf('page.record', 'run.id')} FROM page JOIN run ON run.number = page.run
         WHERE page.collection = ? AND page.first <= ? ORDER BY page.first DESC LIMIT 1`,
        [place.number, added],
      )
      if (!page) continue
      found.push({
        source: place.source,
        key: place.key,
        id,
        version: versionOfKey(row['version']),
        addedAt: fromEpochMicroseconds(BigInt(added)),
        page: jsonIn<PageRecord>(page, 'record'),
        runId: textIn(page, 'id'),
      })
    }
  }
  return found
}

export async function* listQuarantined(
  connection: Connection,
  file: string,
  filter?: PlaceFilter,
): AsyncIterable<Quarantined> {
  const sql = `SELECT quarantine.number AS number, raw, ${bytesOf('quarantine.record', 'run.id')} FROM quarantine
    JOIN run ON run.number = quarantine.run WHERE quarantine.collection = ? AND quarantine.number > ?
    ORDER BY quarantine.number LIMIT ${rowsPerQuery}`
  for await (const { place, row } of rowsOfPlaces(connection, file, sql, filter)) {
    const record = jsonIn<{ reason: string; detail: string; quarantinedAt: string }>(row, 'record')
    yield { source: place.source, key: place.key, runId: textIn(row, 'id'), raw: row['raw'] as Buffer, ...record }
  }
}

export async function* listConflicts(
  connection: Connection,
  file: string,
  filter?: PlaceFilter,
): AsyncIterable<Conflict> {
  const sql = `SELECT number, ${bytesOf('record')}, kept, other FROM conflict WHERE collection = ? AND number > ?
    ORDER BY number LIMIT ${rowsPerQuery}`
  for await (const { place, row } of rowsOfPlaces(connection, file, sql, filter)) {
    const record = jsonIn<{ id: string; version: string; seenAt: string }>(row, 'record')
    yield {
      source: place.source,
      key: place.key,
      kept: row['kept'] as Buffer,
      other: row['other'] as Buffer,
      ...record,
    }
  }
}

async function* rowsOfPlaces(
  connection: Connection,
  file: string,
  sql: string,
  filter?: PlaceFilter,
): AsyncIterable<{ place: Place; row: SqlRow }> {
  for (const place of await reading(file, () => listPlaces(connection, filter))) {
    for (let last = 0; ;) {
      const rows = await reading(file, () => connection.all(sql, [place.number, last]))
      for (const row of rows) yield { place, row }
      if (rows.length < rowsPerQuery) break
      last = rows.at(-1)?.['number'] as number
    }
  }
}
