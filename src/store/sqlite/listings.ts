import { toEpochMicroseconds, fromEpochMicroseconds } from '../../core/timestamp.ts'
import { isLater, versionOf } from '../compare.ts'
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
  const standing = await reading(file, () => standingOf(connection, place.number, wanted))
  for (const { item, added } of wanted) {
    const { newest, present, vanished } = standing.get(item.id) ?? {}
    // Pruned between the two looks, or (for `store verify` to tell) lost.
    if (newest === undefined || !present?.has(keyText(keyOfVersion(versionOf(item))))) continue
    const superseded = newest.added !== added
    if (filter.latest && superseded) continue
    const addedAt = fromEpochMicroseconds(BigInt(added))
    yield { source: place.source, key: place.key, item, addedAt, superseded, vanished: vanished === true }
  }
}

interface Standing {
  newest?: { version: string; added: number }
  present?: Set<string>
  vanished?: boolean
}

/** What is stored of the ids of some items: their newest version, all versions, and whether they vanished. */
function standingOf(connection: Connection, collection: number, items: readonly SegmentItem[]): Map<string, Standing> {
  const standing = new Map<string, Standing>(items.map(({ item }) => [item.id, {}]))
  const ids = [...standing.keys()]
  const anyVanished = connection.get('SELECT 1 FROM vanished WHERE collection = ? LIMIT 1', [collection]) !== undefined
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const keys: SqlValue[] = ids.slice(at, at + idsPerQuery).map(keyOfId)
    const marks = keys.map(() => '?').join(', ')
    const found = connection.all(`SELECT id, version, added FROM version WHERE id IN (${marks}) AND collection = ?`, [
      ...keys,
      collection,
    ])
    for (const row of found) {
      const entry = standing.get(idOfKey(row['id']))
      if (!entry) continue
      const version = { version: versionOfKey(row['version']), added: row['added'] as number }
      if (!entry.newest || isLater(version, entry.newest)) entry.newest = version
      entry.present ??= new Set()
      entry.present.add(keyText(row['version'] as Buffer))
    }
    if (!anyVanished) continue
    const gone = connection.all(`SELECT id FROM vanished WHERE collection = ? AND id IN (${marks})`, [
      collection,
      ...keys,
    ])
    for (const row of gone) {
      const entry = standing.get(idOfKey(row['id']))
      if (entry) entry.vanished = true
    }
  }
  return standing
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
