import { readSegment, type SegmentItem } from './segments.ts'

/** Which segment, and which of its states: it only ever loses items. */
export interface SegmentName {
  readonly collection: number
  readonly first: number
  readonly items: number
}

/** Segments that were read lately, inflated; shared by all who read at the same time. */
export interface SegmentCache {
  /** `load` gives the bytes of the segment when they are needed; it is called at once or never. */
  read(name: SegmentName, load: () => Buffer): Promise<readonly SegmentItem[]>
}

interface Held {
  readonly items: Promise<readonly SegmentItem[]>
  /** 0 while it is being read. */
  bytes: number
}

/** What an item takes besides its bytes. */
const itemBytes = 400

export function newSegmentCache(mostBytes: number): SegmentCache {
  // The one used last is the last.
  const held = new Map<string, Held>()
  let total = 0

  function makeRoom(): void {
    for (const [name, { bytes }] of held) {
      if (total <= mostBytes) return
      if (bytes === 0) continue
      held.delete(name)
      total -= bytes
    }
  }

  return {
    async read({ collection, first, items }, load) {
      const name = `${collection} ${first} ${items}`
      const known = held.get(name)
      if (known) {
        held.delete(name)
        held.set(name, known)
        return known.items
      }
      const entry: Held = { items: readSegment(first, load()), bytes: 0 }
      held.set(name, entry)
      try {
        const read = await entry.items
        entry.bytes = read.reduce((sum, { item }) => sum + item.raw.length + itemBytes, 1)
        total += entry.bytes
        makeRoom()
        return read
      } catch (error) {
        held.delete(name)
        throw error
      }
    },
  }
}
