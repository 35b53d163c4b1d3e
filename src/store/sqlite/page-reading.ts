import type { PageFilter } from '../page-match.ts'
import type { PageQuery } from '../page-query.ts'
import { corruption, type Connection } from './binding.ts'
import type { Contents } from './contents.ts'
import type { Place } from '../place.ts'
import type { SegmentCache } from './segment-cache.ts'
import type { SegmentItem } from './segments.ts'

/** One moment's picture of a collection, and what is asked of it. */
export interface PageReading {
  readonly connection: Connection
  readonly place: Place
  readonly query: Omit<PageQuery, 'limit'>
  readonly filter: PageFilter
  readonly contents: ReadonlyMap<number, Contents>
  readonly cache: SegmentCache
}

/** A segment that may have some of what is asked. */
export interface SegmentRow {
  readonly number: number
  readonly first: number
  readonly items: number
  /** How many of them there may be in a page at most. */
  readonly likely: number
}

export const segmentDataSql = 'SELECT data FROM segment WHERE number = ?'

/** The items of a segment, from the cache where it has them. */
export function itemsOf(
  { connection, place, cache }: Pick<PageReading, 'connection' | 'place' | 'cache'>,
  { number, first, items }: SegmentRow,
): Promise<readonly SegmentItem[]> {
  return cache.read({ collection: place.number, first, items }, () => {
    const data = connection.get(segmentDataSql, [number])?.['data']
    if (!Buffer.isBuffer(data)) throw corruption('a segment is not where it was')
    return data
  })
}
