import {
  compareTimestamps,
  fromEpochMicroseconds,
  minusMicroseconds,
  toEpochMicroseconds,
} from '../../core/timestamp.ts'
import type { PollPosition } from '../client.ts'
import { earlierOf, msBetween } from './labels.ts'

/** Where a poll stands: which window is next, and which part of it. What a `PollPosition` of 1.x holds. */
export interface Stand {
  /** Exclusive. */
  readonly begin?: string | undefined
  /** Windows are this long; undefined: one window to the end. */
  readonly spanMs?: number | undefined
  /** Where slicing ends: the end that was asked for, or the server's now when it began. */
  readonly wanted?: string | undefined
  /** Set while the parts of one result are read. */
  readonly result?: ResultStand | undefined
}

export interface ResultStand {
  readonly id: string
  /** The part to ask for. */
  readonly part: number
  readonly address: string
  /** End of its window as it was asked for. */
  readonly end?: string | undefined
  /** The server's clock before the result was asked for. */
  readonly now?: string | undefined
  /** End label of an earlier part. */
  readonly label?: string | undefined
}

/** One window as it is asked for. */
export interface Window {
  readonly begin?: string | undefined
  readonly end?: string | undefined
}

export const epoch = '1970-01-01T00:00:00Z'
/** Windows are not made shorter than this. */
const shortestMs = 1000

/** The window that a stand asks for; undefined when there is nothing left of the time that was wanted. */
export function windowOf(stand: Stand, end: string | undefined): Window | undefined {
  const { spanMs, wanted } = stand
  if (spanMs === undefined || wanted === undefined) return { begin: stand.begin, end }
  const begin = stand.begin ?? epoch
  if (compareTimestamps(begin, wanted) >= 0) return undefined
  return { begin, end: earlierOf(afterMs(begin, spanMs), wanted) }
}

function afterMs(stamp: string, ms: number): string {
  return fromEpochMicroseconds((toEpochMicroseconds(stamp) ?? 0n) + BigInt(Math.floor(ms)) * 1000n)
}

/** The stand with windows half as long; undefined when they cannot get shorter, or nothing is known of the end. */
export function halved(stand: Stand, window: Window, now: string | undefined): Stand | undefined {
  const wanted = stand.wanted ?? window.end ?? now
  if (wanted === undefined) return undefined
  const lengthMs = msBetween(window.begin ?? epoch, window.end ?? wanted)
  if (lengthMs <= shortestMs) return undefined
  return { begin: stand.begin ?? epoch, spanMs: Math.max(shortestMs, Math.ceil(lengthMs / 2)), wanted }
}

/** What is known when a window's last part has come. */
export interface WindowEnd {
  readonly window: Window
  /** End label of the answer, in UTC or with an offset; undefined when it had none that can be read. */
  readonly label: string | undefined
  /** The server's clock before the window was asked for. */
  readonly now: string | undefined
  readonly isEmpty: boolean
}

export interface Conclusion {
  /** Everything up to and including this is here; undefined: nothing is proved. */
  readonly stamp?: string | undefined
  /** What is to be asked next; undefined: the poll is complete. */
  readonly next?: Stand | undefined
  /** The end label lay beyond the server's own clock. */
  readonly future?: boolean | undefined
}

/** How far an end label may lie before the server's now without meaning "there is more". A `Date` has whole seconds. */
const slackMicros = 60_000_000
const futureMicros = 300_000_000

/**
 * What a complete window proves and what comes after it: the answer's end label counts, never beyond what was asked for
 * or the server's now; without one the end that was asked for, or what the server's clock said before. An answer that
 * covers less than was asked for is followed on from where it ended.
 * @see TAXII 1.1 Services Specification, 5.2.2.2
 */
export function conclude(
  stand: Stand,
  end: WindowEnd,
  asked: { readonly end?: string | undefined; readonly maxSpanMs?: number | undefined },
): Conclusion {
  const { window, now } = end
  const future = end.label !== undefined && now !== undefined && isAfter(end.label, later(now, futureMicros))
  const label = future ? now : end.label
  // An end that we named, and that comes back as the label, is no word about what the server has beyond its now.
  const bound = window.end !== undefined && now !== undefined ? earlierOf(window.end, now) : window.end
  const proved = label !== undefined && bound !== undefined ? earlierOf(label, bound) : (label ?? bound ?? now)
  const moves = proved !== undefined && (window.begin === undefined || isAfter(proved, window.begin))
  if (stand.spanMs !== undefined && stand.wanted !== undefined)
    return { ...concludeSlice(stand, end, asked, proved), future }
  if (!moves) return { stamp: proved === window.begin ? proved : undefined, future }
  const recent = now === undefined ? undefined : minusMicroseconds(now, slackMicros)
  const wanted = asked.end !== undefined && recent !== undefined ? earlierOf(asked.end, recent) : (asked.end ?? recent)
  const isShort = wanted !== undefined && isAfter(wanted, proved)
  return { stamp: proved, next: isShort ? { begin: proved } : undefined, future }
}

/** A slice always leads on: a server that says nothing newer than the begin was considered has nothing in the slice. */
function concludeSlice(
  stand: Stand,
  { window, isEmpty }: WindowEnd,
  { maxSpanMs = Infinity }: { readonly maxSpanMs?: number | undefined },
  proved: string | undefined,
): Conclusion {
  const begin = window.begin ?? epoch
  const stamp = proved !== undefined && isAfter(proved, begin) ? proved : (window.end ?? begin)
  if (compareTimestamps(stamp, stand.wanted as string) >= 0) return { stamp }
  // Where nothing is, windows may grow again.
  const spanMs = isEmpty ? Math.min(maxSpanMs, (stand.spanMs as number) * 2) : stand.spanMs
  return { stamp, next: { begin: stamp, spanMs, wanted: stand.wanted } }
}

function isAfter(a: string, b: string): boolean {
  return compareTimestamps(a, b) > 0
}

function later(stamp: string, micros: number): string {
  return minusMicroseconds(stamp, -micros) ?? stamp
}

/** A stand as plain JSON that only this adapter reads. */
export function writePosition(stand: Stand): PollPosition {
  const { begin, spanMs, wanted, result } = stand
  const fields = {
    v: 1,
    begin,
    spanMs,
    wanted,
    resultId: result?.id,
    part: result?.part,
    address: result?.address,
    end: result?.end,
    now: result?.now,
    label: result?.label,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as PollPosition
}

/** Undefined when it is not one that this adapter wrote. */
export function readPosition(position: PollPosition): Stand | undefined {
  if (position['v'] !== 1) return undefined
  const text = (name: string): string | undefined => {
    const value = position[name]
    return typeof value === 'string' ? value : undefined
  }
  const number = (name: string): number | undefined => {
    const value = position[name]
    return typeof value === 'number' ? value : undefined
  }
  const [id, part, address] = [text('resultId'), number('part'), text('address')]
  const result =
    id !== undefined && part !== undefined && address !== undefined
      ? { id, part, address, end: text('end'), now: text('now'), label: text('label') }
      : undefined
  return { begin: text('begin'), spanMs: number('spanMs'), wanted: text('wanted'), result }
}
