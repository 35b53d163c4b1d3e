import { expect, it } from 'vitest'
import { newSegmentCache } from '../../../src/store/sqlite/segment-cache.ts'
import { packSegment } from '../../../src/store/sqlite/segments.ts'
import { aBlock } from '../../support/items.ts'

/** Counted with what it takes besides, a segment of one such item has 1001 bytes. */
const segment = await packSegment(10, [{ added: 10, item: aBlock('x'.repeat(600)) }])

function counted(mostBytes: number) {
  const cache = newSegmentCache(mostBytes)
  const loaded: number[] = []
  const read = async (first: number, items = 1) => {
    const found = await cache.read({ collection: 1, first, items }, () => {
      loaded.push(first)
      return segment
    })
    return found.map(({ item }) => item.raw.length)
  }
  return { cache, loaded, read }
}

it('reads a segment once, also for those who ask while it is being read, and anew when it has lost items', async () => {
  const { loaded, read } = counted(1e6)
  expect(await Promise.all([read(1), read(1)])).toEqual([[600], [600]])
  await read(1)
  expect(loaded).toEqual([1])
  await read(1, 2)
  await read(2)
  expect(loaded).toEqual([1, 1, 2])
})

it('keeps as much as it may, and lets go of what was not used for longest', async () => {
  const { loaded, read } = counted(2002)
  await read(1)
  await read(2)
  await read(1)
  expect(loaded).toEqual([1, 2])
  await read(3)
  await read(1)
  await read(3)
  expect(loaded).toEqual([1, 2, 3])
  await read(2)
  await read(3)
  expect(loaded).toEqual([1, 2, 3, 2])
  await read(1)
  expect(loaded).toEqual([1, 2, 3, 2, 1])
})

it('keeps nothing that is larger than all it may keep', async () => {
  const { loaded, read } = counted(1000)
  await read(1)
  await read(1)
  expect(loaded).toEqual([1, 1])
})

it('tells everyone who waits that a segment cannot be read, and tries again for the next', async () => {
  const { cache, loaded, read } = counted(1e6)
  const damaged = () => cache.read({ collection: 1, first: 1, items: 1 }, () => Buffer.from('x'))
  for (const outcome of await Promise.allSettled([damaged(), damaged()])) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { number: 11 } })
  }
  expect(await read(1)).toEqual([600])
  expect(loaded).toEqual([1])
})

it('does not let go of what is still being read: who asks meanwhile gets the same', async () => {
  const large = await packSegment(1, [{ added: 1, item: aBlock('x'.repeat(16_000_000)) }])
  const cache = newSegmentCache(500)
  const loaded: number[] = []
  const read = (first: number, bytes: Buffer) =>
    cache.read({ collection: 1, first, items: 1 }, () => {
      loaded.push(first)
      return bytes
    })
  const reading = read(1, large)
  await read(2, segment)
  // Compared here: a difference of so many bytes is nothing to be shown.
  expect((await read(1, large)) === (await reading)).toBe(true)
  expect(loaded).toEqual([1, 2])
})

it('holds no memory beside the bytes of a segment, however small it is', async () => {
  const [found] = await newSegmentCache(1e6).read({ collection: 1, first: 10, items: 1 }, () => segment)
  const raw = found?.item.raw as Buffer
  expect(raw.length).toBe(600)
  expect(raw.buffer.byteLength).toBeLessThan(800)
})
