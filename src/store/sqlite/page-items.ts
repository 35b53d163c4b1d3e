import { setImmediate as nextTurn } from 'node:timers/promises'
import { itemsOf, type PageReading, type SegmentRow } from './page-reading.ts'
import { segmentsOfPage, segmentsOfVersions } from './page-segments.ts'
import { chosenOf, wantedOfIds } from './page-standings.ts'
import type { SegmentItem } from './segments.ts'

/** As many segments are read and inflated at once. Each is some 64 KiB, unless an item in it is larger. */
const mostAtOnce = 24
/** Before it is known how large they are. */
const firstAtOnce = 4
/** What those that are read at once have together, as far as those before tell. */
const bytesAtOnce = 16 * 1024 * 1024

/** What the query holds for, in order, some at a time; `wish` is how many are wanted. */
export async function* wantedItems(asked: PageReading, wish: number): AsyncIterable<readonly SegmentItem[]> {
  const { ids } = asked.query
  if (ids === undefined) {
    yield* wantedIn(asked, segmentsOfPage(asked), wish)
    return
  }
  const added = await wantedOfIds(asked, ids)
  yield* wantedIn(asked, segmentsOfVersions(asked, added), wish)
}

/** What of these segments the query holds for. */
export async function* wantedIn(
  asked: PageReading,
  segments: Iterable<SegmentRow>,
  wish: number,
): AsyncIterable<readonly SegmentItem[]> {
  const { after, until, holds } = asked.filter
  let missing = wish
  let most = firstAtOnce
  const room = { missing: () => missing, most: () => most }
  for (const group of groupsOf(segments, after, room)) {
    const read = await Promise.all(group.map((row) => itemsOf(asked, row)))
    most = mostOf(read)
    const held = read.map((items) => items.filter(({ item, added }) => added > after && added <= until && holds(item)))
    const chosen = await chosenOf(asked, held)
    missing -= chosen.length
    // What is in the cache is there without waiting: nothing else would ever have its turn.
    if (chosen.length > 0) yield chosen
    else await nextTurn()
  }
}

function mostOf(read: readonly (readonly SegmentItem[])[]): number {
  const bytes = read.reduce((sum, items) => items.reduce((own, { item }) => own + item.raw.length, sum), 0)
  return Math.max(1, Math.min(mostAtOnce, Math.floor((bytesAtOnce * read.length) / Math.max(1, bytes))))
}

/** As many segments at once as are needed when everything in them is wanted, within bounds. */
function* groupsOf(
  segments: Iterable<SegmentRow>,
  after: number,
  room: { readonly missing: () => number; readonly most: () => number },
): Iterable<readonly SegmentRow[]> {
  let group: SegmentRow[] = []
  let items = 0
  for (const row of segments) {
    group.push(row)
    // Of a segment that begins before the window nobody knows how much is in it.
    if (row.first > after) items += row.likely
    if (items < room.missing() && group.length < room.most()) continue
    yield group
    group = []
    items = 0
  }
  yield group
}
