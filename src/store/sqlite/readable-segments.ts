import type { Connection } from './binding.ts'
import { readSegment, type SegmentItem } from './segments.ts'

/** A number behind the last segment is looked for so far: gaps are left by removed segments. */
const mostNumber = 1_000_000

/**
 * What can still be read of a damaged store: each segment of a collection by itself, found in whichever of the index and
 * the table can tell of it. `onDamaged` is told of every one that cannot be read, and of lists that break off.
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
      if (!row) continue
      items = await readSegment(row['first'] as number, row['data'] as Buffer)
    } catch (error) {
      onDamaged(`segment ${number}: ${(error as Error).message}`)
      continue
    }
    yield* items
  }
}

/** In the order in which they were stored. */
function segmentNumbers(
  connection: Connection,
  collection: number,
  onDamaged: (what: string) => void,
): readonly number[] {
  const found = new Set<number>()
  const ask = (what: string, sql: string): boolean => {
    let last = 0
    try {
      for (;;) {
        const row = connection.get(sql, [collection, last])
        if (!row) return true
        last = row['number'] as number
        found.add(last)
      }
    } catch (error) {
      onDamaged(`${what}: ${(error as Error).message}`)
      return false
    }
  }
  const byTable = ask(
    'the table of segments',
    'SELECT number FROM segment NOT INDEXED WHERE collection = ? AND number > ? ORDER BY number LIMIT 1',
  )
  if (!byTable) for (const number of numbersBeyond(connection, Math.max(0, ...found))) found.add(number)
  return [...found].sort((a, b) => a - b)
}

/** Numbers behind where the table breaks off, asked for one by one: what is damaged is passed over. */
function numbersBeyond(connection: Connection, last: number): readonly number[] {
  const found: number[] = []
  let missing = 0
  for (let number = last + 1; number < mostNumber && missing < 10_000; number++) {
    try {
      const row = connection.get('SELECT number FROM segment WHERE number = ?', [number])
      if (row) found.push(number)
      missing = row ? 0 : missing + 1
    } catch {
      missing++
    }
  }
  return found
}
