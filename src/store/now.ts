import { timestampOfDate, toEpochMicroseconds } from '../core/timestamp.ts'
import type { Clock } from '../core/ports.ts'

/** Microseconds since 1970. */
export function nowMicros(clock: Clock): number {
  return Number(toEpochMicroseconds(timestampOfDate(clock.now())))
}

/** Microseconds since 1970 of a time that we wrote ourselves. */
export function microsOf(stamp: string): number {
  return Number(toEpochMicroseconds(stamp) ?? 0n)
}
