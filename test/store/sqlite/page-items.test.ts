import { expect, it } from 'vitest'
import type { Connection } from '../../../src/store/sqlite/binding.ts'
import { pageFilter } from '../../../src/store/page-match.ts'
import { wantedIn } from '../../../src/store/sqlite/page-items.ts'
import type { PageReading, SegmentRow } from '../../../src/store/sqlite/page-reading.ts'
import type { SegmentItem } from '../../../src/store/sqlite/segments.ts'
import { aBlock } from '../../support/items.ts'

const unasked = undefined as unknown as Connection

/**
 * Which segments were read at once, for so many items of segments of one item each. A segment has `bytes`, says that it has
 * `likely` items, and begins at ten times its number.
 */
async function portions(
  wish: number,
  segments: number,
  { bytes = 10, likely = 1, addedAfter = '1970-01-01T00:00:00.000000Z', take = Infinity } = {},
): Promise<readonly (readonly number[])[]> {
  const groups: number[][] = []
  const item = aBlock('x'.repeat(bytes))
  let isReading = true
  const asked = {
    ...{ connection: unasked, place: { number: 1 } as PageReading['place'], query: {}, contents: new Map() },
    filter: pageFilter({ addedAfter }),
    cache: {
      read({ first }): Promise<readonly SegmentItem[]> {
        if (!isReading) groups.push([])
        isReading = true
        groups.at(-1)?.push(first / 10)
        return Promise.resolve([{ added: first, item }])
      },
    },
  } satisfies PageReading
  function* rows(): Iterable<SegmentRow> {
    for (let number = 1; number <= segments; number++) {
      isReading = false
      yield { number, first: number * 10, items: likely, likely }
    }
    isReading = false
  }
  let found = 0
  for await (const some of wantedIn(asked, rows(), wish)) if ((found += some.length) >= take) break
  return groups
}

const sizes = (groups: readonly (readonly number[])[]): readonly number[] => groups.map(({ length }) => length)

it('reads no more segments at once than are needed when everything in them is wanted', async () => {
  expect(await portions(3, 9, { take: 3 })).toEqual([[1, 2, 3]])
  expect(sizes(await portions(1, 9, { take: 1 }))).toEqual([1])
  expect(sizes(await portions(8, 9, { likely: 4, take: 2 }))).toEqual([2])
})

it('begins with four, since nobody knows how large they are, and goes on with twenty-four', async () => {
  expect(sizes(await portions(100, 60))).toEqual([4, 24, 24, 8])
})

it('goes on with as many large ones as have sixteen megabytes together, and with one at least', async () => {
  expect(sizes(await portions(100, 10, { bytes: 4 * 1024 * 1024 }))).toEqual([4, 4, 2])
  expect(sizes(await portions(100, 6, { bytes: 20 * 1024 * 1024 }))).toEqual([4, 1, 1])
})

it('does not count on what a segment has that begins before the window', async () => {
  const addedAfter = '1970-01-01T00:00:00.000020Z'
  expect(await portions(1, 5, { addedAfter, take: 1 })).toEqual([[1, 2, 3]])
})

it('reads what is left at the end, and nothing of nothing', async () => {
  expect(sizes(await portions(100, 5))).toEqual([4, 1])
  expect(sizes(await portions(100, 4))).toEqual([4])
  expect(await portions(100, 0)).toEqual([])
})
