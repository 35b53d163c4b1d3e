import type { HttpHeaders } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import {
  compareTimestamps,
  isTimestamp,
  laterTimestamp,
  minusMicroseconds,
  timestampKey,
  timestampOfDate,
} from '../../core/timestamp.ts'
import { serverDateOf, type Session } from './session.ts'

/** The dates that an answer's headers give, as far as they can be believed. */
export interface PageDates {
  readonly serverDate: string | undefined
  readonly addedFirst: string | undefined
  readonly addedLast: string | undefined
}

/**
 * Reads `X-TAXII-Date-Added-First/-Last` of an answer with `count` objects. What is no time, or a last before its first, is
 * noted and not used (T5); on an empty answer the headers mean nothing, whatever they say (row 44).
 */
export function pageDates(session: Session, headers: HttpHeaders, count: number): PageDates {
  const serverDate = serverDateOf(headers)
  if (count === 0) return { serverDate, addedFirst: undefined, addedLast: undefined }
  const [first, last] = ['x-taxii-date-added-first', 'x-taxii-date-added-last'].map((name) => headers.get(name)?.trim())
  const dates = { serverDate, addedFirst: timeOf(first), addedLast: timeOf(last) }
  const unreadable = [first, last].find((text) => text !== undefined && text !== '' && timeOf(text) === undefined)
  if (unreadable !== undefined)
    note(session, `The server's date of addition "${printable(unreadable, { maxLength: 60 })}" is no time`)
  const { addedFirst, addedLast } = dates
  if (addedFirst === undefined || addedLast === undefined || compareTimestamps(addedFirst, addedLast) <= 0) return dates
  note(session, `The server says that the last object (${addedLast}) came before the first (${addedFirst})`)
  return { serverDate, addedFirst: undefined, addedLast: undefined }
}

function timeOf(text: string | undefined): string | undefined {
  return text !== undefined && isTimestamp(text) ? text : undefined
}

function note(session: Session, message: string): void {
  session.dependencies.notices({ code: 'TAXII_DATES_ODD', message })
}

/** What a poll's pages have proved so far. */
export interface StampTrack {
  /** The stamp that this page proves, if any. */
  page(dates: PageDates, isLast: boolean): string | undefined
  /** What the manifest, read before the pages to come, said to be the newest date: proved by the last page. */
  know(newest: string): void
}

/** How far ahead of the server's own clock a stamp may be. */
const skewMicroseconds = 5 * 60 * 1_000_000

/**
 * Follows the dates of a poll's pages. A stamp never goes back, nor beyond the server's clock by more than five minutes;
 * when pages do not come oldest first, only the last one proves anything.
 */
export function createStampTrack(session: Session, newestKnown: string | undefined): StampTrack {
  let fallback = newestKnown
  let newest: string | undefined
  let ordered = true

  function clamped(stamp: string, dates: PageDates, isLast: boolean): string | undefined {
    const now = dates.serverDate ?? timestampOfDate(session.dependencies.clock.now())
    if (compareTimestamps(stamp, minusMicroseconds(now, -skewMicroseconds) ?? now) <= 0) return stamp
    const message = `The server dates an object ${stamp}, while its clock says ${now}: the checkpoint does not follow it`
    session.dependencies.notices({ code: 'TAXII_DATE_IN_FUTURE', message })
    return isLast ? now : undefined
  }

  return {
    know(stamp) {
      fallback = stamp
    },
    page(dates, isLast) {
      const { addedFirst, addedLast } = dates
      if (addedFirst !== undefined && newest !== undefined && compareTimestamps(addedFirst, newest) < 0) ordered = false
      newest = laterTimestamp(newest, addedLast)
      if (!ordered && !isLast) return undefined
      const stamp = newest ?? (isLast ? fallback : undefined)
      return stamp === undefined ? undefined : clamped(stamp, dates, isLast)
    },
  }
}

/**
 * The stamp from which equal stamps are read again: one unit of its last written digit earlier (a microsecond, a
 * millisecond, a second), so that objects whose finer digits the server does not tell are not skipped.
 */
export function beforeEqualStamps(stamp: string): string {
  const fraction = /\.(\d+)/.exec(stamp)?.[1]?.length ?? 0
  const unit = fraction >= 6 ? 1 : 10 ** (6 - fraction)
  return minusMicroseconds(stamp, unit) ?? stamp
}

/** Whether a page that was asked for after `begin` plainly contains older objects: `added_after` is ignored. T4, row 47 */
export function ignoresBegin(begin: string, dates: PageDates): boolean {
  if (dates.addedFirst === undefined) return false
  // Servers that keep milliseconds, or count the begin itself in, are not meant.
  return (timestampKey(dates.addedFirst) ?? '') < (timestampKey(minusMicroseconds(begin, 1_000_000) ?? begin) ?? '')
}
