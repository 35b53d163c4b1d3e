import { shareOf, type Share } from './contents.ts'
import { wantedIn, wantedItems } from './page-items.ts'
import type { PageReading, SegmentRow } from './page-reading.ts'
import { holdingOf, segmentsBetween } from './page-segments.ts'
import { countUnwanted } from './page-standings.ts'
import type { SegmentItem } from './segments.ts'

/** The statements that add up segments, and what is not superseded in them; their query plans are tested. */
export const pageCountSql = {
  all: `SELECT contents, sum(items) AS items, min(first) AS first
    FROM segment INDEXED BY segment_look WHERE collection = ? AND first > ? AND first <= ? GROUP BY contents`,
  latest: `SELECT contents, sum(standing.items) AS items, min(standing.first) AS first
    FROM standing CROSS JOIN segment INDEXED BY segment_look
    ON segment.collection = standing.collection AND segment.first = standing.first
    WHERE standing.collection = ? AND standing.first > ? AND standing.first <= ? GROUP BY contents`,
} as const

/**
 * How many versions the query holds for. Segments of which it holds for everything are added up; only those at the ends of
 * the window, and those that hold both, are read.
 */
export async function countVersions(asked: PageReading): Promise<number> {
  const { query, filter, place } = asked
  const byReading = () => counted(wantedItems(asked, Infinity))
  if (query.ids !== undefined || !filter.choice.wantsOnlyOnes) return byReading()
  // The last segment may go on behind the window.
  const end = filter.until >= place.lastAdded ? undefined : holdingOf(asked, filter.until)
  const until = end === undefined ? Number.MAX_SAFE_INTEGER : end.first - 1
  const groups = groupsOf(asked, until)
  const whole = groups.filter(({ share }) => share === 'all').reduce((sum, { items }) => sum + items, 0)
  const from = Math.min(...groups.map(({ first }) => first))
  const unwanted = filter.choice.needsSiblings && whole > 0 ? await countUnwanted(asked, from - 1, until) : 0
  // Nobody knows in which segments those are.
  if (unwanted > 0 && groups.some(({ share }) => share !== 'all')) return byReading()
  const mixed = groups.filter(({ share }) => share === 'some').map(({ number }) => number)
  const inside =
    mixed.length === 0
      ? []
      : segmentsBetween(
          asked,
          { from, until },
          mixed.filter((n) => n !== null),
        )
  const edges = edgesOf(holdingOf(asked, filter.after), end)
  return (
    whole -
    unwanted +
    (await counted(wantedIn(asked, inside, Infinity))) +
    (await counted(wantedIn(asked, edges, Infinity)))
  )
}

interface Group {
  /** Of the contents; null where nobody knows. */
  readonly number: number | null
  readonly share: Share
  readonly items: number
  readonly first: number
}

/** The segments that begin behind the window's begin and until `until`, by what is in them. */
function groupsOf({ connection, place, query, filter, contents }: PageReading, until: number): readonly Group[] {
  const sql = pageCountSql[filter.choice.wantsLastOnly ? 'latest' : 'all']
  return connection.all(sql, [place.number, filter.after, until]).map((row) => {
    const number = row['contents'] as number | null
    const held = number === null ? undefined : contents.get(number)
    const share = held === undefined ? 'some' : shareOf(held, query)
    return { number, share, items: row['items'] as number, first: row['first'] as number }
  })
}

function edgesOf(begin: SegmentRow | undefined, end: SegmentRow | undefined): readonly SegmentRow[] {
  const edges = begin ? [begin] : []
  return end && end.first !== begin?.first ? [...edges, end] : edges
}

async function counted(items: AsyncIterable<readonly SegmentItem[]>): Promise<number> {
  let count = 0
  for await (const some of items) count += some.length
  return count
}
