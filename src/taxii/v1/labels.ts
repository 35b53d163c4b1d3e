import { httpDateMs } from '../../core/retry-after.ts'
import { compareTimestamps, isTimestamp, timestampOfDate, toEpochMicroseconds } from '../../core/timestamp.ts'

/** A label read from a message. */
export interface ReadLabel {
  /** RFC 3339 at the server's full precision. */
  readonly stamp: string
  /** The server named no time zone, or not as RFC 3339 does; UTC was assumed. */
  readonly guessed: boolean
}

/**
 * A timestamp label as servers write it: RFC 3339; also without a zone, with a blank for the T, with `UTC` or `GMT` at the
 * end, all taken as UTC. Undefined when it is no time at all.
 */
export function readLabel(text: string | undefined): ReadLabel | undefined {
  if (text === undefined) return undefined
  const trimmed = text.trim()
  if (isTimestamp(trimmed)) return { stamp: trimmed, guessed: false }
  const bare = trimmed.replace(/\s*(UTC|GMT|[+-]00(:?00)?)$/i, '').replace(/^(\d{4}-\d\d-\d\d)[ Tt]+/, '$1T')
  const stamp = `${bare}Z`
  return isTimestamp(stamp) ? { stamp, guessed: true } : undefined
}

/** A `Date` header as a stamp; undefined when it is absent or no date. */
export function stampOfHttpDate(value: string | undefined): string | undefined {
  const ms = httpDateMs(value)
  return ms === undefined ? undefined : timestampOfDate(new Date(ms))
}

export function earlierOf(a: string, b: string): string {
  return compareTimestamps(a, b) <= 0 ? a : b
}

/** Milliseconds from `a` to `b`, rounded down. Both are timestamps. */
export function msBetween(a: string, b: string): number {
  return Number(((toEpochMicroseconds(b) ?? 0n) - (toEpochMicroseconds(a) ?? 0n)) / 1000n)
}
