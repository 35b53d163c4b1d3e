import { fromEpochMicroseconds, toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Conflict, PageRecord, Provenance, Quarantined, StoredVersion, VersionFilter } from '../store.ts'
import { bytes, jsonIn, textIn, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { itemColumns, itemOf, versionOfRow } from './items.ts'
import { keyOfId } from './keys.ts'
import type { Place, PlaceFilter } from '../place.ts'
import { listPlaces } from './places.ts'

/** What reads: everything here takes some rows at a time, and no more bytes than fit. */

const rowsPerQuery = 500
const bytesPerQuery = 8 * 1024 * 1024
const asideRowsPerQuery = 20

/**
 * Whether a later version of the id is in the collection. As a subquery of its own, so that the planner looks it up for
 * each row instead of joining the whole table.
 */
export const isSuperseded = `(SELECT true FROM version AS later WHERE later.id = version.id
  AND later.collection = version.collection
  AND (later.moment, later.added) > (version.moment, version.added) LIMIT 1) IS TRUE`

const isVanished = `EXISTS (SELECT 1 FROM vanished
  WHERE vanished.collection = version.collection AND vanished.id = version.id)`

export async function* listVersions({ asking }: Database, filter: VersionFilter): AsyncIterable<StoredVersion> {
  const after = Number(filter.addedAfter === undefined ? 0n : (toEpochMicroseconds(filter.addedAfter) ?? 0n))
  const { sql, values } = versionsQuery(filter)
  for (const place of await listPlaces(asking, filter)) {
    for (let last = after; ;) {
      const rows = await asking.all(sql, [place.number, last, rowsPerQuery, bytesPerQuery, ...values])
      if (rows.length === 0) break
      for (const row of rows) yield shownVersion(place, row)
      last = rows.at(-1)?.['added'] as number
    }
  }
}

function versionsQuery(filter: VersionFilter): { sql: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const conditions = ['version.collection = $1', 'version.added > $2']
  const wants = (condition: (place: string) => string, value: SqlValue) => {
    values.push(value)
    conditions.push(condition(`$${values.length + 4}`))
  }
  if (filter.id !== undefined) wants((place) => `version.id = ${place}`, keyOfId(filter.id))
  if (filter.type !== undefined) wants((place) => `version.type = ${place}`, bytes(filter.type))
  if (filter.kind !== undefined) conditions.push(`version.type IS ${filter.kind === 'block' ? '' : 'NOT'} NULL`)
  if (filter.latest) conditions.push(`NOT ${isSuperseded}`)
  const sql = `SELECT added, ${itemColumns}, raw, ${isSuperseded} AS superseded, ${isVanished} AS vanished FROM (
      SELECT *, sum(octet_length(raw)) OVER (ORDER BY added) - octet_length(raw) AS before FROM (
        SELECT * FROM version WHERE ${conditions.join(' AND ')} ORDER BY added LIMIT $3
      ) AS next
    ) AS version WHERE before < $4 ORDER BY added`
  return { sql, values }
}

function shownVersion(place: Place, row: SqlRow): StoredVersion {
  return {
    source: place.source,
    key: place.key,
    item: itemOf(row),
    addedAt: fromEpochMicroseconds(BigInt(row['added'] as number)),
    superseded: row['superseded'] === true,
    vanished: row['vanished'] === true,
  }
}

/** One entry for each stored version of the id, with the page that brought it. */
export async function listProvenance({ reading }: Database, id: string): Promise<Provenance[]> {
  return reading(async (connection) => {
    const places = new Map((await listPlaces(connection)).map((place) => [place.number, place]))
    const rows = await connection.all(
      `SELECT version.collection AS collection, version.added AS added, ${itemColumns}, page.record AS record, run.id AS run
       FROM version
       JOIN LATERAL (SELECT record, run FROM page WHERE page.collection = version.collection AND first <= version.added
         ORDER BY first DESC LIMIT 1) AS page ON true
       JOIN run ON run.number = page.run
       WHERE version.id = $1 ORDER BY version.collection, version.added`,
      [keyOfId(id)],
    )
    return rows.flatMap((row): Provenance[] => {
      const place = places.get(row['collection'] as number)
      if (!place) return []
      const addedAt = fromEpochMicroseconds(BigInt(row['added'] as number))
      const told = { id, version: versionOfRow(row), addedAt, page: jsonIn<PageRecord>(row, 'record') }
      return [{ source: place.source, key: place.key, ...told, runId: textIn(row, 'run') }]
    })
  })
}

export async function* listQuarantined(database: Database, filter?: PlaceFilter): AsyncIterable<Quarantined> {
  const sql = `SELECT quarantine.number AS number, raw, quarantine.record AS record, run.id AS run FROM quarantine
    JOIN run ON run.number = quarantine.run WHERE quarantine.collection = $1 AND quarantine.number > $2
    ORDER BY quarantine.number LIMIT ${asideRowsPerQuery}`
  for await (const { place, row } of rowsOfPlaces(database, sql, filter)) {
    const record = jsonIn<{ reason: string; detail: string; quarantinedAt: string }>(row, 'record')
    yield { source: place.source, key: place.key, runId: textIn(row, 'run'), raw: row['raw'] as Buffer, ...record }
  }
}

export async function* listConflicts(database: Database, filter?: PlaceFilter): AsyncIterable<Conflict> {
  const sql = `SELECT number, record, kept, other FROM conflict WHERE collection = $1 AND number > $2
    ORDER BY number LIMIT ${asideRowsPerQuery}`
  for await (const { place, row } of rowsOfPlaces(database, sql, filter)) {
    const record = jsonIn<{ id: string; version: string; seenAt: string }>(row, 'record')
    const [kept, other] = [row['kept'] as Buffer, row['other'] as Buffer]
    yield { source: place.source, key: place.key, kept, other, ...record }
  }
}

async function* rowsOfPlaces(
  { asking }: Database,
  sql: string,
  filter?: PlaceFilter,
): AsyncIterable<{ place: Place; row: SqlRow }> {
  for (const place of await listPlaces(asking, filter)) {
    for (let last = 0; ;) {
      const rows = await asking.all(sql, [place.number, last])
      for (const row of rows) yield { place, row }
      if (rows.length < asideRowsPerQuery) break
      last = rows.at(-1)?.['number'] as number
    }
  }
}
