import { expect, it } from 'vitest'
import { createItemPlaces } from '../../../src/serve/taxii2/item-places.ts'

const after = (id: string) => ({ dateAdded: '2026-01-01T00:00:00.000000Z', id, version: '1' })

it('knows the nearest place at or before a number, and the beginning of what it never heard of', () => {
  const places = createItemPlaces({ monotonicMs: () => 0 })
  for (const offset of [10, 30, 20]) places.remember('list', { offset, after: after(`o${offset}`) })
  expect(places.nearest('list', 20)).toEqual({ offset: 20, after: after('o20') })
  expect(places.nearest('list', 29)).toEqual({ offset: 20, after: after('o20') })
  expect(places.nearest('list', 9)).toEqual({ offset: 0, after: undefined })
  expect(places.nearest('other', 29)).toEqual({ offset: 0, after: undefined })
})

it('keeps what was used last, and no more than it may', () => {
  const places = createItemPlaces({ monotonicMs: () => 0, maxLists: 2, maxPlaces: 2 })
  for (const offset of [10, 20, 30]) places.remember('a', { offset, after: after('x') })
  expect([10, 20, 30].map((offset) => places.nearest('a', offset).offset)).toEqual([0, 20, 30])
  places.remember('b', { offset: 10, after: after('x') })
  places.nearest('a', 20)
  places.remember('c', { offset: 10, after: after('x') })
  expect(['a', 'b', 'c'].map((list) => places.nearest(list, 20).offset)).toEqual([20, 0, 10])
})

it('counts a list again after ten seconds, or when counting failed', async () => {
  let nowMs = 0
  let counted = 0
  const places = createItemPlaces({ monotonicMs: () => nowMs })
  const count = () => places.count('list', () => Promise.resolve(++counted))
  expect([await count(), await count()]).toEqual([1, 1])
  nowMs = 10_001
  expect(await count()).toBe(2)
  await expect(places.count('other', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await places.count('other', () => Promise.resolve(7))).toBe(7)
})
