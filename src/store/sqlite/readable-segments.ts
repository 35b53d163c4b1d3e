import type { Connection } from './binding.ts'
import { readSegment, type SegmentItem } from './segments.ts'

/** Numbers behind the last segment that is listed are tried up to this one: gaps are left by removed segments. */
const mostNumber = 1_000_000

/**
 * What can still be read of a damaged store: each segment of a collection by itself. Where the table that lists them breaks
 * off, those behind are looked for by their numbers. `onDamaged` is told of that and of every one that cannot be read.
 */
export async function* readableSegments(
  connection: Connection,
  collection: number,
  onDamaged: (what: string) => void = () => undefined,
): AsyncIterable<SegmentItem> {
  for (const number of segmentNumbers(connection, collection, onDamaged)) {
    let items: readonly SegmentItem[]
    try {
      const row = connection.get('SELECT first, data FROM segment WHERE number = ? AND collection = ?', [
        number,
        collection,
      ])
      if (!row) throw new Error('it is not where it should be')
      items = await readSegment(row['first'] as number, row['data'] as Buffer)
    } catch (error) {
      onDamaged(`segment ${number}: ${(error as Error).message}`)
      continue
    }
    yield* items
  }
}

/** In the order in which they were stored: by the table, and by its index, which knows those that a damaged page hides. */
function segmentNumbers(
  connection: Connection,
  collection: number,
  onDamaged: (what: string) => void,
): readonly number[] {
  const found = new Set<number>()
  let last = 0
  try {
    for (const number of listed(connection, collection, byNumber)) found.add((last = number))
  } catch (error) {
    onDamaged(`the table of segments: ${(error as Error).message}`)
    for (const number of numbersBeyond(connection, collection, last)) found.add(number)
  }
  try {
    for (const number of listed(connection, collection, byFirst)) found.add(number)
  } catch (error) {
    onDamaged(`the index of segments: ${(error as Error).message}`)
  }
  return [...found].sort((a, b) => a - b)
}

const byNumber =
  'SELECT number, number AS place FROM segment NOT INDEXED WHERE collection = ? AND number > ? ORDER BY number LIMIT 1'
const byFirst =
  'SELECT number, first AS place FROM segment INDEXED BY segment_order WHERE collection = ? AND first > ? ORDER BY first LIMIT 1'

/** One after the other, so that those before a damaged place are known. */
function* listed(connection: Connection, collection: number, next: string): Generator<number> {
  for (let last = 0; ;) {
    const row = connection.get(next, [collection, last])
    if (!row) return
    const { number, place } = row as { readonly number: number; readonly place: number }
    // A damaged page may lead back to where the search has been.
    if (place <= last) throw new Error(`segment ${number} stands behind itself`)
    yield number
    last = place
  }
}

/** Numbers behind where the table breaks off, asked for one by one: what is damaged is passed over. */
function numbersBeyond(connection: Connection, collection: number, last: number): readonly number[] {
  const found: number[] = []
  let missing = 0
  for (let number = last + 1; number < mostNumber && missing < 10_000; number++) {
    try {
      const row = connection.get('SELECT number FROM segment WHERE number = ? AND collection = ?', [number, collection])
      if (row) found.push(number)
      missing = row ? 0 : missing + 1
    } catch {
      missing++
    }
  }
  return found
}
