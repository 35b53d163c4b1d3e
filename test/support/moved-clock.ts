import { timestampOfDate } from '../../src/core/timestamp.ts'
import { fakeClock, type FakeClock } from './fake-clock.ts'

/** A clock with what the suite of records asks of it. */
export function movedClock(): {
  readonly clock: FakeClock
  readonly advance: (ms: number) => Promise<void>
  /** RFC 3339, six digits: its time in so many milliseconds. */
  readonly inMs: (ms: number) => string
} {
  const clock = fakeClock()
  return { clock, advance: clock.advance, inMs: (ms) => timestampOfDate(new Date(clock.now().getTime() + ms)) }
}
