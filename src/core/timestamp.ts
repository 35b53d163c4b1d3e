/**
 * Timestamps as text. A TAXII stamp has microseconds or more and `Date` has milliseconds, so a stamp never goes through
 * `Date` on its way to a checkpoint: it is kept as the server wrote it and compared by `timestampKey`.
 */

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?\s*(Z|z|[+-]\d{2}:?\d{2})$/

/**
 * The instant of an RFC 3339 text as a sortable key, `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ` in UTC with nine digits or more;
 * undefined when the text is not such a timestamp. Any offset, a leap second, blanks around it are understood.
 */
export function timestampKey(text: string): string | undefined {
  const match = rfc3339.exec(text.trim())
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const digits = fraction.replace(/0+$/, '').padEnd(9, '0')
  if (zone === 'Z' || zone === 'z' || /^[+-]00:?00$/.test(zone)) {
    return `${year}-${month}-${day}T${hour}:${minute}:${second}.${digits}Z`
  }
  // A leap second keeps its 60: only whole minutes are moved.
  const minutes = offsetMinutes(zone)
  if (minutes === undefined) return undefined
  const moved = new Date(0)
  moved.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  moved.setUTCHours(Number(hour), Number(minute) - minutes, 0, 0)
  const movedYear = moved.getUTCFullYear()
  if (movedYear < 0 || movedYear > 9999) return undefined
  return `${moved.toISOString().slice(0, 17)}${second}.${digits}Z`
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  return day <= daysInMonth(year, month)
}

/** Days of a month in the Gregorian calendar; `month` counts from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function offsetMinutes(zone: string): number | undefined {
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Whether the text is an RFC 3339 timestamp with a zone. */
export function isTimestamp(text: string): boolean {
  return timestampKey(text) !== undefined
}

/** Negative, zero or positive, as instants. Both must be timestamps; what is not sorts before everything. */
export function compareTimestamps(a: string, b: string): number {
  const [left, right] = [timestampKey(a) ?? '', timestampKey(b) ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}

/** The later of two stamps; an absent one loses. */
export function laterTimestamp(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareTimestamps(a, b) >= 0 ? a : b
}

/**
 * The stamp in UTC with exactly six fractional digits, as TAXII 2.1 asks of `added_after`; finer digits are cut, never
 * rounded up, so that what is asked for only ever begins earlier.
 */
export function toMicroseconds(text: string): string | undefined {
  const key = timestampKey(text)
  return key && `${key.slice(0, 26)}Z`
}

/** The stamp `count` microseconds earlier (or later when negative), with six digits; clamped to years 0001 to 9999. */
export function minusMicroseconds(text: string, count: number): string | undefined {
  const micros = toEpochMicroseconds(text)
  return micros === undefined ? undefined : fromEpochMicroseconds(micros - BigInt(count))
}

/** Microseconds since 1970 of the stamp, finer digits cut; a leap second counts as the second before it. */
export function toEpochMicroseconds(text: string): bigint | undefined {
  const key = timestampKey(text)
  if (key === undefined) return undefined
  const wholeSeconds = Date.parse(`${key.slice(0, 17)}${key.slice(17, 19) === '60' ? '59' : key.slice(17, 19)}Z`)
  return BigInt(wholeSeconds) * 1000n + BigInt(key.slice(20, 26))
}

const earliestMicros = -62135596800000000n
const latestMicros = 253402300799999999n

/** The stamp with six digits for microseconds since 1970, clamped to years 0001 to 9999. */
export function fromEpochMicroseconds(micros: bigint): string {
  const clamped = micros < earliestMicros ? earliestMicros : micros > latestMicros ? latestMicros : micros
  const fraction = ((clamped % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((clamped - fraction) / 1000n)).toISOString().slice(0, 19)
  return `${seconds}.${fraction.toString().padStart(6, '0')}Z`
}

/** A `Date` as a stamp with six digits. */
export function timestampOfDate(date: Date): string {
  return fromEpochMicroseconds(BigInt(date.getTime()) * 1000n)
}
