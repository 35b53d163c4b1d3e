import type { LatestChange, SiblingVersion } from '../superseded.ts'
import type { Connection, SqlRow } from './connection.ts'
import type { ColumnType } from './copy-in.ts'

/**
 * The versions that are not superseded have a row in `standing` each, noted as they come: a page of last versions is a range
 * of those, however many others there are.
 */

/** What `standing` has, as the versions say. */
export const standingOfVersions = `SELECT collection, added, type, count(*) OVER (PARTITION BY collection, id) = 1 AS decided
  FROM (SELECT collection, added, type, id, lead(added) OVER
    (PARTITION BY collection, id, spec ORDER BY moment, added) AS later FROM version) AS version WHERE later IS NULL`

/** Makes all of it anew. */
export const remakeStanding = `DELETE FROM standing;
  INSERT INTO standing (collection, added, type, decided) ${standingOfVersions}`

const target = 'standing (collection, added, type, decided)'
const columnTypes: readonly ColumnType[] = ['int4', 'int8', 'bytea', 'bool']

export interface SiblingMoment extends SiblingVersion {
  /** The version's instant as text, `''` where it is none. */
  readonly moment: string
}

/** Of a row with `added`, `spec` and `moment`. */
export function siblingMoment(row: SqlRow): SiblingMoment {
  return {
    added: row['added'] as number,
    spec: row['spec'] as number,
    moment: (row['moment'] as Buffer).toString('latin1'),
  }
}

/** The order of versions. */
export function isLaterMoment(a: SiblingMoment, b: SiblingMoment): boolean {
  return a.moment === b.moment ? a.added > b.added : a.moment > b.moment
}

/** Notes what changed by what came; `typeOf` says the type of a new version, null for blocks. */
export async function noteStanding(
  connection: Connection,
  collection: number,
  changes: readonly LatestChange[],
  typeOf: (added: number) => Buffer | null,
): Promise<void> {
  const isNew = ({ former, latest }: LatestChange) => former === undefined && latest !== 0
  const rows = changes
    .filter(isNew)
    .map(({ added, latest }) => [collection, added, typeOf(added), latest === 1] as const)
  if (rows.length > 0) await connection.copy(target, columnTypes, rows)
  const known = changes.filter(({ former }) => former !== undefined)
  const addedOf = (wanted: LatestChange['latest']) =>
    known.filter(({ latest }) => latest === wanted).map(({ added }) => added)
  const superseded = addedOf(0)
  if (superseded.length > 0) await connection.run(sql.fall, [collection, superseded])
  for (const latest of [1, null] as const) {
    const some = addedOf(latest)
    if (some.length > 0) await connection.run(sql.decide, [collection, some, latest === 1])
  }
}

/** Notes that versions are gone, before they are; and which ones of their ids are the last ones then. */
export async function forgetStanding(
  connection: Connection,
  collection: number,
  added: readonly number[],
): Promise<void> {
  const ids = (await connection.all(sql.lost, [collection, added])).map((row) => row['id'] as Buffer)
  if (ids.length === 0) return
  await connection.run(sql.forget, [collection, ids])
  await connection.run(sql.remake, [collection, ids, added])
}

const sql = {
  fall: 'DELETE FROM standing WHERE collection = $1 AND added = ANY($2::bigint[])',
  decide: 'UPDATE standing SET decided = $3 WHERE collection = $1 AND added = ANY($2::bigint[])',
  lost: `SELECT DISTINCT id FROM version WHERE collection = $1 AND added IN
    (SELECT added FROM standing WHERE collection = $1 AND added = ANY($2::bigint[]))`,
  forget: `DELETE FROM standing WHERE collection = $1 AND added IN
    (SELECT added FROM version WHERE id = ANY($2::bytea[]) AND collection = $1)`,
  remake: `INSERT INTO standing (collection, added, type, decided) ${standingOfVersions.replace(
    'FROM version)',
    'FROM version WHERE id = ANY($2::bytea[]) AND collection = $1 AND added <> ALL($3::bigint[]))',
  )}`,
} as const
