import { StixTaxiiError } from './errors.ts'
import {
  daysInMonth,
  fromEpochMicroseconds,
  timestampKey,
  timestampOfDate,
  toEpochMicroseconds,
  toMicroseconds,
} from './timestamp.ts'

/** A span as a user writes it: `2h`, `20d`, `1w`, `3mo`. Months are calendar months in UTC. */
export interface Duration {
  readonly count: number
  readonly unit: 'h' | 'd' | 'w' | 'mo'
}

const written = /^(\d{1,6})\s*(h|d|w|mo)$/
const hoursOf = { h: 1, d: 24, w: 168 } as const

/** Reads `<n>h`, `<n>d`, `<n>w` or `<n>mo`; undefined when it is not one. */
export function parseDuration(text: string): Duration | undefined {
  const match = written.exec(text.trim())
  if (!match) return undefined
  return { count: Number(match[1]), unit: match[2] as Duration['unit'] }
}

export function formatDuration(duration: Duration): string {
  return `${duration.count}${duration.unit}`
}

/** Length in milliseconds; a month counts as 30 days (for intervals; windows use `beforeInstant`). */
export function durationMs(duration: Duration): number {
  const hours = duration.unit === 'mo' ? 720 : hoursOf[duration.unit]
  return duration.count * hours * 3_600_000
}

/**
 * The stamp that lies `duration` before `now`, in UTC: a day is 24 hours, a month a calendar month clamped to its last
 * day (31 March less one month is the end of February).
 */
export function beforeInstant(now: string, duration: Duration): string {
  const micros = toEpochMicroseconds(now)
  if (micros === undefined) throw new TypeError(`not a timestamp: ${now}`)
  if (duration.unit !== 'mo') return fromEpochMicroseconds(micros - BigInt(durationMs(duration)) * 1000n)
  const stamp = fromEpochMicroseconds(micros)
  const months = Number(stamp.slice(0, 4)) * 12 + Number(stamp.slice(5, 7)) - 1 - duration.count
  if (months < 12) return '0001-01-01T00:00:00.000000Z'
  const [year, month] = [Math.floor(months / 12), (months % 12) + 1]
  const day = Math.min(Number(stamp.slice(8, 10)), daysInMonth(year, month))
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}${stamp.slice(10)}`
}

/**
 * What `--since` and `--until` take: a duration before `now`, or an RFC 3339 time, as a stamp at its full precision.
 * @throws CORE_WINDOW_UNREADABLE (usage) with the flag and the value seen.
 */
export function parseInstant(flag: string, text: string, now: Date): string {
  const duration = parseDuration(text)
  if (duration) return beforeInstant(timestampOfDate(now), duration)
  if (timestampKey(text) !== undefined) return text.trim().length > 27 ? text.trim() : (toMicroseconds(text) as string)
  throw new StixTaxiiError('CORE_WINDOW_UNREADABLE', `${flag} "${text}" is neither a duration nor a time`, {
    kind: 'usage',
    hint: /^\d{4}-\d\d-\d\d$/.test(text.trim())
      ? `A day has to have a time too: ${text.trim()}T00:00:00Z`
      : 'Write a duration (2h, 20d, 1w, 3mo) or an RFC 3339 time (2026-01-02T03:04:05Z).',
    context: { flag, value: text },
  })
}
