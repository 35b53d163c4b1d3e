import { oneOf } from '../../campaign/seeded.ts'
import { beforeInstant, durationMs, formatDuration, parseDuration, parseInstant } from '../../../src/core/duration.ts'
import {
  compareTimestamps,
  fromEpochMicroseconds,
  isTimestamp,
  laterTimestamp,
  minusMicroseconds,
  timestampKey,
  toEpochMicroseconds,
  toMicroseconds,
} from '../../../src/core/timestamp.ts'
import { beginOf, fetchIntervalOf } from '../../../src/director/definition.ts'
import { readLabel } from '../../../src/taxii/v1/labels.ts'
import { beforeEqualStamps } from '../../../src/taxii/v2/stamps.ts'
import { spelledTime } from '../../../src/taxii/v2/query.ts'
import { mutated } from '../mutate.ts'
import { holds, same, textOf } from '../target.ts'
import type { FuzzTarget } from '../target.ts'

const stamps: readonly string[] = [
  '2026-01-01T00:00:00Z',
  '2026-01-01t00:00:00.123456789z',
  '2016-12-31T23:59:60Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999-23:59',
  '2024-02-29T12:00:00+00:00',
  '1969-12-31T23:59:59.000001Z',
  '2026-06-30 10:20:30.5 +0530',
  '0000-01-01T00:00:00Z',
]

/** Timestamps: reading, comparing and moving agree with each other. */
export const timestamp: FuzzTarget = {
  name: 'timestamp',
  weight: 2,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, stamps), stamps),
    judge(input, random) {
      const text = textOf(input)
      const key = timestampKey(text)
      readLabel(text)
      same(isTimestamp(text), key !== undefined, 'a stamp or none')
      if (key === undefined) return
      holds(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9,}Z$/.test(key), `a key ${key}`)
      same(timestampKey(key), key, 'a key is not its own')
      same(compareTimestamps(text, key), 0, 'a stamp is not its key')
      const micros = toEpochMicroseconds(text) as bigint
      // Year 0 is none that RFC 3339 goes beyond, and a leap second counts as the one before.
      if (!key.startsWith('0000') && key.slice(17, 19) !== '60')
        same(toEpochMicroseconds(fromEpochMicroseconds(micros)), micros, 'microseconds get lost')
      const cut = toMicroseconds(text) as string
      holds(compareTimestamps(cut, text) <= 0, 'cutting digits made it later')
      const other = oneOf(random, stamps)
      same(
        compareTimestamps(text, other),
        -compareTimestamps(other, text) + 0 || 0,
        'comparing is not the same both ways',
      )
      same(compareTimestamps(laterTimestamp(text, other) as string, text) >= 0, true, 'the later is earlier')
      for (const moved of [
        minusMicroseconds(text, 1),
        beforeEqualStamps(text),
        spelledTime(text, 'seconds'),
        spelledTime(text, 'millis'),
      ]) {
        holds(moved !== undefined && isTimestamp(moved), `moved to ${moved}`)
        holds(key.startsWith('0000') || compareTimestamps(moved, text) <= 0, `moved later, to ${moved}`)
      }
      beforeInstant(text, { count: 3, unit: 'mo' })
    },
  }),
}

const spans: readonly string[] = [
  '2h',
  '20d',
  '1w',
  '3mo',
  '999999mo',
  '0d',
  ' 5 d ',
  '12 months',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  '1h30m',
  '1.5h',
]
const now = new Date('2026-03-31T12:00:00Z')

/** Durations: what is read is written again, never later than now, never a date that is none. */
export const duration: FuzzTarget = {
  name: 'duration',
  weight: 2,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, spans), spans),
    judge(input) {
      const text = textOf(input)
      const read = parseDuration(text)
      if (read) {
        same(parseDuration(formatDuration(read)), read, 'a duration that is written is another')
        holds(Number.isSafeInteger(durationMs(read)), 'a length that is none')
      }
      for (const ask of [beginOf, fetchIntervalOf]) {
        try {
          holds(ask(text).count > 0, 'a count of nothing')
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'StixTaxiiError') throw error
        }
      }
      const at = parseInstant('--since', text, now)
      holds(isTimestamp(at), `an instant ${at}`)
      holds(!read || compareTimestamps(at, now.toISOString()) <= 0, 'a span that lies ahead')
    },
  }),
}
