import { isLater, type VersionOrder } from '../compare.ts'
import { latestOf, type SiblingVersion } from '../superseded.ts'
import type { Connection, SqlValue } from './binding.ts'
import { insertRows, perCount, rowMarks } from './insert-rows.ts'
import { keyText, versionOfKey } from './keys.ts'

/**
 * Which versions are superseded, noted as they come: in `sibling.latest` of each version, in `standing` of each segment. So a
 * page of last versions passes over whole segments of superseded ones, however many there are.
 */

/** A version beside others of its id. */
export interface SiblingKey extends SiblingVersion {
  /** The version's key, as `keyText` has it. */
  readonly version: string
}

const rowsPerQuery = 2000
const beyondAll = Number.MAX_SAFE_INTEGER

/** The statements that keep the notes; their query plans are tested. */
export const latestSql = {
  keep: perCount(
    (count) => `INSERT INTO sibling (collection, added, id, latest) VALUES ${rowMarks('(?, ?, ?, ?)', count)}
      ON CONFLICT (collection, added) DO UPDATE SET latest = excluded.latest`,
  ),
  holding: `SELECT first, items FROM segment INDEXED BY segment_look
    WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1`,
  next: `SELECT first FROM segment INDEXED BY segment_look WHERE collection = ? AND first > ? ORDER BY first LIMIT 1`,
  superseded: `SELECT count(*) AS versions FROM sibling
    WHERE collection = ? AND added >= ? AND added < ? AND latest = 0`,
  stand: 'INSERT OR REPLACE INTO standing (collection, first, items) VALUES (?, ?, ?)',
  fall: 'DELETE FROM standing WHERE collection = ? AND first = ?',
  versions: `SELECT id, collection, version, added, spec FROM version
    WHERE (id, collection, version) > (?, ?, ?) ORDER BY id, collection, version LIMIT ${rowsPerQuery}`,
} as const

/** What `standing` has, as the notes of the versions say. */
export const standingOfAll = `SELECT collection, first, items - gone AS items FROM (
  SELECT collection, first, items, (SELECT count(*) FROM sibling WHERE sibling.collection = span.collection
    AND added >= span.first AND added < span.next AND latest = 0) AS gone
  FROM (SELECT collection, first, items,
    lead(first, 1, ${beyondAll}) OVER (PARTITION BY collection ORDER BY first) AS next FROM segment) AS span
) WHERE items > gone`

/** As `isLater`, without reading what two keys of stamps say: their bytes rise with the instant. */
export function isLaterKey(a: SiblingKey, b: SiblingKey): boolean {
  if (!isStamp(a.version) || !isStamp(b.version)) return isLater(orderOf(a), orderOf(b))
  const [left, right] = [a.version.slice(0, 7), b.version.slice(0, 7)]
  if (left !== right) return left > right
  // The last three bits say how many digits the fraction was written with.
  const [leftEnd, rightEnd] = [a.version.charCodeAt(7) >> 3, b.version.charCodeAt(7) >> 3]
  return leftEnd === rightEnd ? a.added > b.added : leftEnd > rightEnd
}

function isStamp(version: string): boolean {
  return version.length === 8 && (version.charCodeAt(7) & 7) !== 7
}

function orderOf({ version, added }: SiblingKey): VersionOrder {
  return { version: versionOfKey(Buffer.from(version, 'latin1')), added }
}

/** Counts anew what stands in the segments that have these versions, given by `added` in any order. */
export function countStanding(connection: Connection, collection: number, added: readonly number[]): void {
  let next = -Infinity
  for (const each of added.toSorted((a, b) => a - b)) {
    if (each < next) continue
    const segment = connection.get(latestSql.holding, [collection, each]) as
      { first: number; items: number } | undefined
    next = (connection.get(latestSql.next, [collection, each])?.['first'] as number | undefined) ?? beyondAll
    if (!segment) continue
    const { first, items } = segment
    const gone = connection.get(latestSql.superseded, [collection, first, next])?.['versions'] as number
    if (items > gone) connection.run(latestSql.stand, [collection, first, items - gone])
    else connection.run(latestSql.fall, [collection, first])
  }
}

/** Makes all notes anew from the versions, inside a transaction. */
export function noteLatest(connection: Connection): void {
  let rows: SqlValue[] = []
  for (const { id, collection, versions } of idsWithSeveral(connection)) {
    for (const [place, latest] of latestOf(versions, isLaterKey).entries())
      rows.push(collection, (versions[place] as SiblingKey).added, id, latest)
    if (rows.length < rowsPerQuery) continue
    insertRows(connection, latestSql.keep, rows, 4)
    rows = []
  }
  insertRows(connection, latestSql.keep, rows, 4)
  connection.exec(`DELETE FROM standing; INSERT INTO standing (collection, first, items) ${standingOfAll}`)
}

interface SeveralVersions {
  readonly id: Buffer
  readonly collection: number
  readonly versions: readonly SiblingKey[]
}

/** All versions of each id that has more than one in a collection. */
export function* idsWithSeveral(connection: Connection): Iterable<SeveralVersions> {
  let open: { id: Buffer; collection: number; versions: SiblingKey[] } | undefined
  for (let last: readonly SqlValue[] = [Buffer.alloc(0), 0, Buffer.alloc(0)]; ;) {
    const rows = connection.all(latestSql.versions, last)
    for (const row of rows) {
      const [id, collection] = [row['id'] as Buffer, row['collection'] as number]
      if (!open || open.collection !== collection || !open.id.equals(id)) {
        if (open && open.versions.length > 1) yield open
        open = { id, collection, versions: [] }
      }
      open.versions.push(siblingVersion(row))
    }
    const end = rows.at(-1)
    if (!end || rows.length < rowsPerQuery) break
    last = [end['id'] as Buffer, end['collection'] as number, end['version'] as Buffer]
  }
  if (open && open.versions.length > 1) yield open
}

/** Of a row with `version`, `added` and `spec`. */
export function siblingVersion(row: Readonly<Record<string, SqlValue>>): SiblingKey {
  return {
    version: keyText(row['version'] as Buffer),
    added: row['added'] as number,
    spec: row['spec'] as number | null,
  }
}
