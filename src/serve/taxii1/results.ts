import { timestampOfDate } from '../../core/timestamp.ts'
import type { ResultSetEntity, Taxii1Persistence } from '../taxii1-persistence.ts'
import type { Range, Shelf } from './shelf.ts'

/** How long further parts can be asked for. */
const lifetimeMs = 24 * 3600 * 1000
/** Parts that are measured ahead when one is asked for whose borders are not known. */
const partsAhead = 16

export function expiryFrom(now: Date): string {
  return timestampOfDate(new Date(now.getTime() + lifetimeMs))
}

export function partsOf({ count, partSize }: Pick<ResultSetEntity, 'count' | 'partSize'>): number {
  return Math.max(1, Math.ceil(count / partSize))
}

/**
 * What one part of a result covers. Borders are measured as parts are asked for, and kept: a part is the same each time,
 * whatever is added or removed meanwhile. Undefined once the result has expired.
 */
export async function rangeOfPart(
  persistence: Taxii1Persistence,
  shelf: Shelf,
  result: ResultSetEntity,
  number: number,
): Promise<Range | undefined> {
  const parts = partsOf(result)
  const wanted = Math.min(parts, number + 1)
  const measured = result.partBegins.length >= wanted ? result : await measure(persistence, shelf, result, wanted)
  if (!measured) return undefined
  const { partBegins, end } = measured
  // What was removed before it was measured leaves the last parts empty.
  const begin = number <= partBegins.length ? partBegins[number - 1] : end
  return { begin, end: number < parts ? (partBegins[number] ?? end) : end }
}

async function measure(
  persistence: Taxii1Persistence,
  shelf: Shelf,
  result: ResultSetEntity,
  wanted: number,
): Promise<ResultSetEntity | undefined> {
  const { partBegins, partSize, begin, end, id } = result
  const known = partBegins.length === 0 ? [begin] : partBegins
  const missing = Math.min(partsOf(result), wanted + partsAhead) - known.length
  const borders = await shelf.labelsAt({ begin: known.at(-1), end }, partSize, missing)
  const filled = [...borders, ...Array.from({ length: missing - borders.length }, () => end)]
  return persistence.extendResultSet(id, [...known, ...filled])
}
