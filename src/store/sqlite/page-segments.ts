import type { SqlRow, SqlValue } from './binding.ts'
import { shareOf } from './contents.ts'
import type { PageReading, SegmentRow } from './page-reading.ts'
import { typeMark } from './segments.ts'

/** Which segments a page is read from: found in an index that has no bytes in it, passing over what cannot be wanted. */

const rowsPerQuery = 64

const columns = 'number, segment.first AS first, segment.items AS items'
const types = 'iif(contents IS NULL, CAST(types AS BLOB), NULL) AS types'

const look = (condition: string) => `SELECT ${columns}, segment.items AS likely, ${types}
  FROM segment INDEXED BY segment_look
  WHERE collection = ? AND first >= ? AND first <= ?${condition} ORDER BY first LIMIT ${rowsPerQuery}`

/** Only the segments that have versions which are not superseded. */
const lookLatest = (condition: string) => `SELECT ${columns}, standing.items AS likely, ${types}
  FROM standing CROSS JOIN segment INDEXED BY segment_look
  ON segment.collection = standing.collection AND segment.first = standing.first
  WHERE standing.collection = ? AND standing.first >= ? AND standing.first <= ?${condition}
  ORDER BY standing.first LIMIT ${rowsPerQuery}`

const ofContents = ' AND (contents IS NULL OR contents IN (SELECT value FROM json_each(?)))'

/** The statements that find segments; their query plans are tested. */
export const pageSegmentsSql = {
  holding: `SELECT number, first, items, items AS likely FROM segment INDEXED BY segment_look
    WHERE collection = ? AND first <= ? ORDER BY first DESC LIMIT 1`,
  any: look(''),
  holdingSome: look(ofContents),
  anyLatest: lookLatest(''),
  holdingSomeLatest: lookLatest(ofContents),
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

/**
 * Those that begin within these bounds, both inclusive, and have contents of these numbers or unknown ones; where only last
 * versions are wanted, those of which something is not superseded.
 */
export function* segmentsBetween(
  asked: PageReading,
  bounds: { readonly from: number; readonly until: number },
  wanted: readonly number[],
): Iterable<SegmentRow> {
  const { connection, place, contents } = asked
  const isAny = wanted.length === contents.size
  const sql = asked.filter.choice.wantsLastOnly
    ? pageSegmentsSql[isAny ? 'anyLatest' : 'holdingSomeLatest']
    : pageSegmentsSql[isAny ? 'any' : 'holdingSome']
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
  const { number, first, items, likely } = row as unknown as SegmentRow
  return { number, first, items, likely }
}
