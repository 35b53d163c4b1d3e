import type { SqlRow, SqlValue } from './binding.ts'
import { shareOf } from './contents.ts'
import type { PageReading, SegmentRow } from './page-reading.ts'
import { typeMark } from './segments.ts'

/** Which segments a page is read from: found in an index that has no bytes in it, passing over what cannot be wanted. */

const rowsPerQuery = 64

const look = (
  condition: string,
) => `SELECT number, first, items, iif(contents IS NULL, CAST(types AS BLOB), NULL) AS types
  FROM segment INDEXED BY segment_look
  WHERE collection = ? AND first >= ? AND first <= ?${condition} ORDER BY first LIMIT ${rowsPerQuery}`

/** The statements that find segments; their query plans are tested. */
export const pageSegmentsSql = {
  holding: `SELECT number, first, items FROM segment INDEXED BY segment_look
    WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1`,
  any: look(''),
  holdingSome: look(' AND (contents IS NULL OR contents IN (SELECT value FROM json_each(?)))'),
} as const

/** The segments that may have something of what is asked, in order. */
export function segmentsOfPage(asked: PageReading): Iterable<SegmentRow> {
  const { after, until } = asked.filter
  const wanted = [...asked.contents].filter(([, held]) => shareOf(held, asked.query) !== 'none')
  return segmentsBetween(
    asked,
    { from: holdingOf(asked, after)?.first ?? after, until },
    wanted.map(([number]) => number),
  )
}

/** Those that begin within these bounds, both inclusive, and have contents of these numbers or unknown ones. */
export function* segmentsBetween(
  asked: PageReading,
  bounds: { readonly from: number; readonly until: number },
  wanted: readonly number[],
): Iterable<SegmentRow> {
  const { connection, place, contents } = asked
  const isAny = wanted.length === contents.size
  const sql = isAny ? pageSegmentsSql.any : pageSegmentsSql.holdingSome
  const list: SqlValue[] = isAny ? [] : [JSON.stringify(wanted)]
  for (let { from } = bounds; ;) {
    const rows = connection.all(sql, [place.number, from, bounds.until, ...list])
    for (const row of rows) if (canHold(row, asked)) yield segmentRow(row)
    if (rows.length < rowsPerQuery) return
    from = (rows.at(-1)?.['first'] as number) + 1
  }
}

/** The segments that have these versions, given by `added` in order. */
export function* segmentsOfVersions(asked: PageReading, added: Iterable<number>): Iterable<SegmentRow> {
  let last = -1
  for (const each of added) {
    const row = holdingOf(asked, each)
    if (!row || row.first === last) continue
    last = row.first
    yield row
  }
}

/** The segment that has the version with this `added`, or would have it. */
export function holdingOf({ connection, place }: PageReading, added: number): SegmentRow | undefined {
  const row = connection.get(pageSegmentsSql.holding, [place.number, added])
  return row && segmentRow(row)
}

/** A segment of which nobody knows what is in it has its types at least. */
function canHold({ types }: SqlRow, { query }: PageReading): boolean {
  if (!Buffer.isBuffer(types)) return true
  const has = (mark: string) => types.includes(mark)
  if (query.types) return query.types.some((type) => has(typeMark(type)))
  return query.kind !== 'block' || has(typeMark(undefined))
}

function segmentRow(row: SqlRow): SegmentRow {
  return { number: row['number'] as number, first: row['first'] as number, items: row['items'] as number }
}
