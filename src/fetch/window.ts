import { beforeInstant, parseDuration, parseInstant } from '../core/duration.ts'
import type { Duration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { compareTimestamps, laterTimestamp, minusMicroseconds, timestampOfDate } from '../core/timestamp.ts'
import type { Checkpoint, HalfRun } from '../store/store.ts'
import type { PollPosition } from '../taxii/client.ts'
import type { FetchRequest } from './fetch.ts'

/** What is to be read of one collection, and whether reading it moves the checkpoint. */
export interface Window {
  /** Exclusive; undefined = from the beginning. */
  readonly begin?: string | undefined
  /** Inclusive; undefined = to the newest. */
  readonly end?: string | undefined
  /** Where a half-read run goes on. */
  readonly position?: PollPosition | undefined
  readonly movesCheckpoint: boolean
  /** How far this run had come before it was cut. */
  readonly reached?: string | undefined
  /** As typed: by these a half-read run is known again. */
  readonly typed: Typed
  /** Set when `begin` was computed from our clock and the server's may say otherwise. */
  readonly relativeBegin?: Duration | undefined
}

/** The flags of a run that make it the same run when they are typed again. */
export interface Typed {
  readonly since?: string | undefined
  readonly until?: string | undefined
}

/** What of a collection decides its window. */
export interface WindowFacts {
  readonly checkpoint: Checkpoint | undefined
  /** How far back the first fetch goes. */
  readonly firstBegin: string
  readonly now: Date
  /** A data set (1.x) has no time: it is read whole. */
  readonly ordering: 'feed' | 'set'
  /**
   * Microseconds by which a run begins before its checkpoint, so that what came later with the same stamp is not lost.
   * 2.x: one. 1.x: none, since nothing may appear later inside a range that was given.
   */
  readonly overlapMicroseconds: number
}

/** What was typed as two instants. @throws CORE_WINDOW_UNREADABLE, FETCH_WINDOW_EMPTY (usage) */
export function readTyped({ since, until }: Typed, now: Date): Pick<Window, 'begin' | 'end'> {
  const begin = since === undefined ? undefined : parseInstant('--since', since, now)
  const end = until === undefined ? undefined : parseInstant('--until', until, now)
  if (begin === undefined || end === undefined || compareTimestamps(begin, end) < 0) return { begin, end }
  throw new StixTaxiiError('FETCH_WINDOW_EMPTY', `--since ${since} is not before --until ${until}`, {
    kind: 'usage',
    hint: 'Give a begin that lies before the end; both are times, or durations back from now.',
    context: { since: begin, until: end },
  })
}

/**
 * Refuses a request that cannot be meant, before anything is locked or asked.
 * @throws CORE_WINDOW_UNREADABLE, FETCH_WINDOW_EMPTY, FETCH_SINCE_FUTURE, FETCH_FULL_WINDOW (usage)
 */
export function checkRequest(request: FetchRequest, now: Date): void {
  const { begin, end } = readTyped(request, now)
  // A first fetch leaves the begin it asked for as its checkpoint: after this one nothing would come until then.
  if (begin !== undefined && compareTimestamps(begin, timestampOfDate(now)) > 0)
    throw sinceInFuture(request, begin, now)
  const bounded = begin ?? end ?? request.limit ?? (request.match?.length ? 'match' : undefined)
  if (request.full && bounded !== undefined) {
    throw new StixTaxiiError(
      'FETCH_FULL_WINDOW',
      '--full reads everything and takes no --since, --until, --match or --limit',
      {
        kind: 'usage',
        hint: 'Leave out --full, or the flags that narrow it.',
      },
    )
  }
}

/**
 * The window of one collection: a half-read run goes on with its first filters when the same flags (or none) are typed;
 * `--since` is read as typed and moves the checkpoint only when it leaves no gap; otherwise from the checkpoint, and at
 * first from the profile's begin.
 */
export function planWindow(request: FetchRequest, facts: WindowFacts): Window {
  const typed: Typed = { since: request.since, until: request.until }
  if (request.full) return { movesCheckpoint: false, typed }
  const matched = (request.match?.length ?? 0) > 0
  const half = facts.checkpoint?.run
  if (half && !matched && goesOn(half, typed)) return resumed(half, facts.ordering)
  const end = request.until === undefined ? undefined : parseInstant('--until', request.until, facts.now)
  if (facts.ordering === 'set') return { movesCheckpoint: !matched, typed }
  const stands = standOf(facts.checkpoint)
  if (request.since === undefined && stands !== undefined) {
    return { begin: overlapping(stands, facts.overlapMicroseconds), end, movesCheckpoint: !matched, typed }
  }
  const begin = parseInstant('--since', request.since ?? facts.firstBegin, facts.now)
  const isFirst = facts.checkpoint?.stamp === undefined && half === undefined
  const leavesNoGap = isFirst || (stands !== undefined && compareTimestamps(begin, stands) <= 0)
  const relativeBegin = parseDuration(request.since ?? facts.firstBegin)
  return { begin, end, movesCheckpoint: leavesNoGap && !matched, typed, relativeBegin }
}

/**
 * Up to where a collection has been read without a gap. A half-read run may stand before the stamp (it reads again what was
 * older), or have proved no time yet: then it stands at its begin. A window that replaces it must not leave out its rest.
 */
function standOf(checkpoint: Checkpoint | undefined): string | undefined {
  const { stamp, run } = checkpoint ?? {}
  if (!run) return stamp
  const reached = textIn(run, 'reached') ?? textIn(run, 'begin')
  if (stamp === undefined || reached === undefined) return reached
  return compareTimestamps(reached, stamp) < 0 ? reached : stamp
}

function textIn(half: HalfRun, name: string): string | undefined {
  const value = half.filters[name]
  return typeof value === 'string' ? value : undefined
}

function goesOn(half: HalfRun, typed: Typed): boolean {
  if (typed.since === undefined && typed.until === undefined) return true
  return half.filters['since'] === typed.since && half.filters['until'] === typed.until
}

function resumed(half: HalfRun, ordering: 'feed' | 'set'): Window {
  const text = (name: string): string | undefined => textIn(half, name)
  return {
    begin: ordering === 'set' ? undefined : text('begin'),
    end: text('end'),
    position: half.position as PollPosition,
    movesCheckpoint: true,
    reached: text('reached'),
    typed: { since: text('since'), until: text('until') },
  }
}

/** The begin that makes sure that nothing with the stamp itself is missed. */
export function overlapping(stamp: string, microseconds: number): string {
  return microseconds === 0 ? stamp : (minusMicroseconds(stamp, microseconds) ?? stamp)
}

/** The same window from where it had come to, without a position: what is read when the server has forgotten it. */
export function restarted(window: Window, reached: string | undefined, overlapMicroseconds: number): Window {
  const from = laterTimestamp(window.reached, reached)
  const begin = from === undefined ? window.begin : overlapping(from, overlapMicroseconds)
  return { ...window, begin: laterTimestamp(window.begin, begin), position: undefined, reached: from }
}

function sinceInFuture({ since }: FetchRequest, begin: string, now: Date): StixTaxiiError {
  return new StixTaxiiError(
    'FETCH_SINCE_FUTURE',
    `--since ${since} lies in the future; it is ${now.toISOString()} here`,
    {
      kind: 'usage',
      hint: 'Give a time that has passed, or a duration back from now. If it has passed, set the clock of this machine right.',
      context: { since: begin },
    },
  )
}

/** Whether there can be nothing in the window: its end is not after its begin. */
export function isEmptyWindow(window: Window): boolean {
  if (window.begin === undefined || window.end === undefined) return false
  return compareTimestamps(window.begin, window.end) >= 0
}

/** Below this the two clocks are taken as one: a Date has whole seconds, and answers take their time. */
const skewThatMattersMs = 60_000

/**
 * The earlier begin that a server whose clock runs behind ours needs, so that `20d` are its twenty days; undefined when
 * ours will do. A server that is ahead gets more than was asked for, which loses nothing (and its clock may be a lie).
 */
export function beginByServerClock(window: Window, serverDate: string | undefined): string | undefined {
  if (!window.relativeBegin || window.begin === undefined || serverDate === undefined) return undefined
  const begin = beforeInstant(serverDate, window.relativeBegin)
  const behind = minusMicroseconds(window.begin, skewThatMattersMs * 1000)
  return behind !== undefined && compareTimestamps(begin, behind) < 0 ? begin : undefined
}

/** What is stored with a half-read run: its filters as they were first, and how far it has come. */
export function filtersOf(window: Window, reached: string | undefined): Readonly<Record<string, unknown>> {
  const { begin, end, typed } = window
  const filters = { since: typed.since, until: typed.until, begin, end, reached }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}
