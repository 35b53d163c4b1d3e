import type { PageKey } from '../taxii2-persistence.ts'

/** Where in a list an item stands: the key of the one before it; undefined at the beginning. */
export interface ItemPlace {
  readonly offset: number
  readonly after: PageKey | undefined
}

/**
 * Remembers where the pages of 2.0 began, so that a client which reads on by item numbers is not counted through the
 * list again for each page. What is forgotten only costs time: places are found again by counting.
 *
 * Numbers shift while a collection changes; somebody who reads pages one after the other goes on where they were.
 */
export interface ItemPlaces {
  /** The nearest known place at or before `offset` of the list that `key` stands for. */
  nearest(key: string, offset: number): ItemPlace
  remember(key: string, place: ItemPlace): void
  /** How many items a list had, as long as that is no older than `maxAgeMs`. */
  count(key: string, count: () => Promise<number>): Promise<number>
}

export interface ItemPlacesOptions {
  readonly monotonicMs: () => number
  readonly maxLists?: number | undefined
  readonly maxPlaces?: number | undefined
  readonly maxAgeMs?: number | undefined
}

interface List {
  readonly places: Map<number, PageKey>
  count?: { readonly value: Promise<number>; readonly atMs: number } | undefined
}

/** Keeps at most `maxLists` (100) lists with `maxPlaces` (1,000) places each; counts for 10 seconds. */
export function createItemPlaces(options: ItemPlacesOptions): ItemPlaces {
  const { monotonicMs, maxLists = 100, maxPlaces = 1000, maxAgeMs = 10_000 } = options
  const lists = new Map<string, List>()

  // The order of a Map is that of insertion: what was used last is put in again.
  function listOf(key: string): List {
    const list = lists.get(key) ?? { places: new Map() }
    lists.delete(key)
    lists.set(key, list)
    for (const oldest of lists.keys()) {
      if (lists.size <= maxLists) break
      lists.delete(oldest)
    }
    return list
  }

  return {
    nearest(key, offset) {
      if (!lists.has(key)) return { offset: 0, after: undefined }
      const { places } = listOf(key)
      const exact = places.get(offset)
      if (exact !== undefined || offset === 0) return { offset, after: exact }
      let best: ItemPlace = { offset: 0, after: undefined }
      for (const [at, after] of places) if (at < offset && at > best.offset) best = { offset: at, after }
      return best
    },
    remember(key, { offset, after }) {
      const { places } = listOf(key)
      if (after === undefined) return
      places.delete(offset)
      places.set(offset, after)
      for (const oldest of places.keys()) {
        if (places.size <= maxPlaces) break
        places.delete(oldest)
      }
    },
    count(key, ask) {
      const list = listOf(key)
      if (list.count !== undefined && monotonicMs() - list.count.atMs <= maxAgeMs) return list.count.value
      const value = ask()
      list.count = { value, atMs: monotonicMs() }
      // A count that failed is asked for again.
      value.catch(() => (list.count = undefined))
      return value
    },
  }
}
