import { durationMs, parseDuration } from '../core/duration.ts'
import type { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import { toEpochMicroseconds } from '../core/timestamp.ts'
import type { FetchResult } from '../fetch/fetch.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { Run } from '../store/store.ts'

/** What a watch is made of; nothing here is asked for before it is needed. */
export interface WatchDependencies {
  readonly clock: Clock
  readonly notices: NoticeSink
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number
  /** Read anew each round: sources come, go and change while it runs. */
  readonly profiles: () => Promise<readonly TaxiiProfile[]>
  readonly fetch: (profile: TaxiiProfile, signal: AbortSignal) => Promise<readonly FetchResult[]>
  /** The newest run of a source, so that a restart does not fetch everything at once. */
  readonly newestRun: (profile: TaxiiProfile) => Promise<Run | undefined>
  /** Told after each fetch. */
  readonly onFetched: (rows: readonly FetchResult[], watched: WatchedSource) => Promise<void>
  /** Told after each change, and every round: for a health file. */
  readonly onHealth: (sources: readonly WatchedSource[]) => Promise<void>
}

/** One source as a watch sees it. Times are wall clock times. */
export interface WatchedSource {
  readonly profile: TaxiiProfile
  readonly fetching: boolean
  readonly lastAttempt: Date | null
  readonly lastSuccess: Date | null
  readonly next: Date
  /** Failed attempts in a row. */
  readonly failures: number
  readonly error: StixTaxiiError | null
}

/** Profiles are looked at so often when nothing else happens. */
const roundMs = 10_000
const firstRetryMs = 60_000
/** A server may ask for a longer wait than the interval, but not for years. */
const longestAskedMs = 86_400_000
/** From so much on the wall clock was set back, and was not merely corrected. */
const clockSetBackMs = 5_000

/**
 * Fetches each enabled source at its own interval, at most `parallel` at a time, until the signal. One that fails is tried
 * again after a minute, then two, four ... up to its interval, and leaves the others alone. After the signal it waits for
 * the fetches it began, which were stopped too.
 */
export async function watchSources(
  dependencies: WatchDependencies,
  parallel: number,
  signal: AbortSignal,
): Promise<void> {
  const watched = new Map<string, WatchedSource>()
  const running = new Map<string, Promise<void>>()
  let wake = (): void => undefined
  let drift = driftOf(dependencies.clock)
  while (!signal.aborted) {
    const before = drift
    drift = driftOf(dependencies.clock)
    if (drift < before - clockSetBackMs) shiftAll(watched, drift - before)
    await takeProfiles(dependencies, watched, running)
    for (const source of dueSources(watched, dependencies.clock.now())) {
      const { id } = source.profile
      if (running.size >= parallel) break
      if (running.has(id)) continue
      const fetched = fetchOne(dependencies, watched, id, signal).finally(() => {
        running.delete(id)
        wake()
      })
      running.set(id, fetched)
    }
    await dependencies.onHealth([...watched.values()])
    const woken = new Promise<void>((resolve) => (wake = resolve))
    await pause(dependencies.clock, untilNext(watched, running, dependencies.clock), woken, signal)
  }
  await Promise.all(running.values())
  await dependencies.onHealth([...watched.values()])
}

/** The wall clock less the one that only runs: it changes when somebody sets the clock. */
function driftOf(clock: Clock): number {
  return clock.now().getTime() - clock.monotonicMs()
}

/** What was planned by a clock that was wrong is planned anew by the right one, or it would be due in years. */
function shiftAll(watched: Map<string, WatchedSource>, ms: number): void {
  const shifted = (date: Date): Date => new Date(date.getTime() + ms)
  for (const [id, source] of watched) {
    const { lastAttempt, next } = source
    watched.set(id, { ...source, lastAttempt: lastAttempt && shifted(lastAttempt), next: shifted(next) })
  }
}

/** New sources are scheduled, changed ones keep their failures, those that are gone or disabled are dropped. */
async function takeProfiles(
  { profiles, newestRun, notices, clock }: WatchDependencies,
  watched: Map<string, WatchedSource>,
  running: ReadonlyMap<string, unknown>,
): Promise<void> {
  let listed: readonly TaxiiProfile[]
  try {
    listed = (await profiles()).filter((profile) => profile.enabled)
  } catch (error) {
    // Someone is editing the file: go on with what was read before.
    const message = error instanceof Error ? error.message : String(error)
    notices({ code: 'WORKFLOW_WATCH_PROFILES', message: `The profiles could not be read again: ${message}` })
    return
  }
  for (const id of watched.keys()) {
    if (!running.has(id) && !listed.some((profile) => profile.id === id)) watched.delete(id)
  }
  for (const profile of listed) {
    const known = watched.get(profile.id)
    if (!known) watched.set(profile.id, scheduled(profile, await newestRun(profile), clock.now()))
    else if (JSON.stringify(known.profile) !== JSON.stringify(profile)) {
      // What was changed may be what made it fail: try at once.
      const next = known.error ? clock.now() : soonerOf(known, profile)
      watched.set(profile.id, { ...known, profile, next })
    }
  }
}

function soonerOf(known: WatchedSource, profile: TaxiiProfile): Date {
  if (!known.lastAttempt) return known.next
  return new Date(Math.min(known.next.getTime(), known.lastAttempt.getTime() + intervalMs(profile)))
}

function scheduled(profile: TaxiiProfile, newest: Run | undefined, now: Date): WatchedSource {
  const started = newest && asDate(newest.startedAt)
  // A run of the future was begun while the clock was wrong: it says nothing about when the next is due.
  const isFresh = newest?.status === 'ok' && started !== undefined && started <= now
  return {
    profile,
    fetching: false,
    lastAttempt: started ?? null,
    lastSuccess: isFresh ? (asDate(newest.finishedAt ?? newest.startedAt) ?? null) : null,
    next: isFresh ? new Date(started.getTime() + intervalMs(profile)) : now,
    failures: 0,
    error: null,
  }
}

function asDate(stamp: string): Date | undefined {
  const micros = toEpochMicroseconds(stamp)
  return micros === undefined ? undefined : new Date(Number(micros / 1000n))
}

function intervalMs(profile: TaxiiProfile): number {
  const span = parseDuration(profile.fetchInterval)
  return span ? durationMs(span) : 86_400_000
}

function dueSources(watched: ReadonlyMap<string, WatchedSource>, now: Date): readonly WatchedSource[] {
  const due = [...watched.values()].filter((source) => source.next <= now)
  return due.sort((a, b) => a.next.getTime() - b.next.getTime())
}

async function fetchOne(
  dependencies: WatchDependencies,
  watched: Map<string, WatchedSource>,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const { clock, notices } = dependencies
  const before = watched.get(id) as WatchedSource
  watched.set(id, { ...before, fetching: true, lastAttempt: clock.now() })
  try {
    const rows = await dependencies.fetch(before.profile, signal)
    const after = concluded(watched.get(id) ?? before, rows, dependencies)
    watched.set(id, after)
    await dependencies.onFetched(rows, after)
  } catch (error) {
    // Nothing a source does may stop the others.
    const message = error instanceof Error ? error.message : String(error)
    notices({ code: 'WORKFLOW_WATCH_FAILED', message: `${before.profile.name}: ${message}` })
    const current = watched.get(id) ?? before
    const failures = current.failures + 1
    watched.set(id, { ...current, fetching: false, failures, next: later(clock, retryMs(current, failures)) })
  }
}

/** How a source stands after a single fetch that began then, as `--once` makes it. */
export function fetchedOnce(
  profile: TaxiiProfile,
  startedAt: Date,
  rows: readonly FetchResult[],
  timing: Timing,
): WatchedSource {
  const begun = { fetching: true, lastAttempt: startedAt, lastSuccess: null, next: startedAt, failures: 0, error: null }
  return concluded({ profile, ...begun }, rows, timing)
}

type Timing = Pick<WatchDependencies, 'clock' | 'random'>

function concluded(source: WatchedSource, rows: readonly FetchResult[], timing: Timing): WatchedSource {
  if (rows.some((row) => row.status === 'cancelled')) return { ...source, fetching: false }
  return settled(source, rows.find((row) => row.error !== null)?.error ?? null, timing)
}

function settled(source: WatchedSource, error: StixTaxiiError | null, { clock, random }: Timing): WatchedSource {
  const now = clock.now()
  const started = source.lastAttempt ?? now
  if (!error) {
    const next = new Date(started.getTime() + intervalMs(source.profile))
    return { ...source, fetching: false, lastSuccess: now, failures: 0, error: null, next }
  }
  const failures = source.failures + 1
  const wait = Math.max(retryMs(source, failures), Math.min(error.retryAfterMs ?? 0, longestAskedMs))
  return { ...source, fetching: false, failures, error, next: later(clock, wait * (1 + random() / 10)) }
}

function retryMs(source: WatchedSource, failures: number): number {
  return Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 20), intervalMs(source.profile))
}

function later(clock: Clock, ms: number): Date {
  return new Date(clock.now().getTime() + ms)
}

function untilNext(watched: ReadonlyMap<string, WatchedSource>, running: ReadonlyMap<string, unknown>, clock: Clock) {
  const waits = [...watched.values()]
    .filter((source) => !running.has(source.profile.id))
    .map((source) => source.next.getTime() - clock.now().getTime())
  // What is due and waits for a place is started when a running one ends.
  return Math.min(roundMs, ...waits.filter((ms) => ms > 0))
}

async function pause(clock: Clock, ms: number, woken: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const sleep = clock.sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => undefined)
  await Promise.race([sleep, woken])
  stop.abort()
}
