import { expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { noCounts } from '../../src/fetch/counts.ts'
import type { FetchResult } from '../../src/fetch/fetch.ts'
import type { TaxiiProfile } from '../../src/profile/profile.ts'
import type { Run } from '../../src/store/store.ts'
import { watchSources } from '../../src/workflow/watch.ts'
import type { WatchDependencies, WatchedSource } from '../../src/workflow/watch.ts'
import { aTaxiiProfile } from '../support/a-profile.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'

const hour = 3_600_000

function row(profile: TaxiiProfile, error: StixTaxiiError | null = null): FetchResult {
  const status = error ? 'failed' : 'ok'
  const collection = { collection: 'c1', title: null, version: '2.1' }
  return { ...noCounts, source: profile.name, ...collection, from: null, to: null, status, error }
}

interface Watching {
  readonly clock: FakeClock
  /** Lets time pass in steps, so that what wakes can do its work. */
  pass(ms: number): Promise<void>
  readonly fetched: { name: string; atMs: number }[]
  readonly health: { sources: readonly WatchedSource[] }
  readonly notices: string[]
  profiles: TaxiiProfile[]
  outcome: (profile: TaxiiProfile, signal: AbortSignal) => Promise<FetchResult>
  stop(): Promise<void>
}

function watching(profiles: TaxiiProfile[], more: Partial<WatchDependencies> & { parallel?: number } = {}): Watching {
  const clock = fakeClock({ autoAdvance: false })
  const stopping = new AbortController()
  const self: Watching = {
    clock,
    fetched: [],
    health: { sources: [] },
    notices: [],
    profiles,
    outcome: (profile) => Promise.resolve(row(profile)),
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 5_000) {
        await new Promise((resolve) => setImmediate(resolve))
        await clock.advance(Math.min(5_000, ms - passed))
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
    async stop() {
      stopping.abort()
      await ended
    },
  }
  const ended = watchSources(
    {
      clock,
      notices: ({ message }) => self.notices.push(message),
      random: () => 0,
      profiles: () => Promise.resolve(self.profiles),
      async fetch(profile, signal) {
        self.fetched.push({ name: profile.name, atMs: clock.monotonicMs() })
        return [await self.outcome(profile, signal)]
      },
      newestRun: () => Promise.resolve(undefined),
      onFetched: () => Promise.resolve(),
      onHealth: (sources) => Promise.resolve(void (self.health.sources = sources)),
      ...more,
    },
    more.parallel ?? 4,
    stopping.signal,
  )
  return self
}

const names = (watch: Watching) => watch.fetched.map(({ name }) => name)

it('fetches each source at once and then at its own interval', async () => {
  const watch = watching([
    aTaxiiProfile({ name: 'quick', fetchInterval: '1h' }),
    aTaxiiProfile({ name: 'slow', fetchInterval: '1d' }),
  ])
  await watch.pass(3 * hour + 60_000)
  await watch.stop()
  expect(names(watch)).toEqual(['quick', 'slow', 'quick', 'quick', 'quick'])
  const [, second] = watch.fetched.filter(({ name }) => name === 'quick')
  expect(second?.atMs).toBeGreaterThanOrEqual(hour)
  expect(second?.atMs).toBeLessThan(hour + 10_001)
})

it('tries a failed source again after one minute, two, four, and leaves the others alone', async () => {
  const watch = watching([aTaxiiProfile({ name: 'bad' }), aTaxiiProfile({ name: 'good' })])
  const error = new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network' })
  watch.outcome = (profile) => Promise.resolve(row(profile, profile.name === 'bad' ? error : null))
  await watch.pass(8 * 60_000)
  await watch.stop()
  const minutes = watch.fetched.filter(({ name }) => name === 'bad').map(({ atMs }) => Math.floor(atMs / 60_000))
  expect(minutes).toEqual([0, 1, 3, 7])
  expect(names(watch).filter((name) => name === 'good')).toHaveLength(1)
  expect(watch.health.sources.find(({ profile }) => profile.name === 'bad')).toMatchObject({ failures: 4, error })
})

it('waits as long as the server asks', async () => {
  const watch = watching([aTaxiiProfile()])
  const error = new StixTaxiiError('HTTP_BUSY', 'later', { kind: 'network', retryAfterMs: 30 * 60_000 })
  watch.outcome = (profile) => Promise.resolve(row(profile, error))
  await watch.pass(29 * 60_000)
  expect(watch.fetched).toHaveLength(1)
  await watch.pass(2 * 60_000)
  await watch.stop()
  expect(watch.fetched).toHaveLength(2)
})

it('T10 goes on at its interval when the clock is set back by a year', async () => {
  const profile = aTaxiiProfile({ fetchInterval: '1h' })
  const real = fakeClock({ autoAdvance: false })
  let setBackMs = 0
  const now = (): Date => new Date(real.now().getTime() - setBackMs)
  const atMs: number[] = []
  const stopping = new AbortController()
  const ended = watchSources(
    {
      clock: { now, monotonicMs: () => real.monotonicMs(), sleep: (ms, signal) => real.sleep(ms, signal) },
      notices: () => undefined,
      random: () => 0,
      profiles: () => Promise.resolve([profile]),
      fetch: () => Promise.resolve([row(profile)]).finally(() => atMs.push(real.monotonicMs())),
      newestRun: () => Promise.resolve(undefined),
      onFetched: () => Promise.resolve(),
      onHealth: () => Promise.resolve(),
    },
    1,
    stopping.signal,
  )
  for (let minute = 0; minute < 130; minute++) {
    await new Promise((resolve) => setImmediate(resolve))
    await real.advance(60_000)
    if (minute === 30) setBackMs = 365 * 24 * hour
  }
  stopping.abort()
  await ended
  expect(atMs.map((ms) => Math.round(ms / hour))).toEqual([0, 1, 2])
})

it('T10 fetches at once when the newest run is one of the future', async () => {
  const clock = fakeClock()
  const future = new Date(clock.now().getTime() + 9_000 * hour).toISOString()
  const newest = { ...noCounts, id: '1', status: 'ok', startedAt: future, version: '2.1' } as unknown as Run
  const watch = watching([aTaxiiProfile()], { newestRun: () => Promise.resolve(newest) })
  await watch.pass(10_000)
  await watch.stop()
  expect(watch.fetched).toHaveLength(1)
})

it('N11 does not wait for the years that a server asks for', async () => {
  const watch = watching([aTaxiiProfile({ fetchInterval: '1h' })])
  const error = new StixTaxiiError('HTTP_BUSY', 'later', { kind: 'network', retryAfterMs: 1e12 })
  watch.outcome = (profile) => Promise.resolve(row(profile, error))
  await watch.pass(1_000)
  await watch.stop()
  const [source] = watch.health.sources
  expect(source?.next.getTime()).toBeLessThan((source?.lastAttempt?.getTime() ?? 0) + 25 * hour)
})

it('a fetch that throws is that source only', async () => {
  const watch = watching([aTaxiiProfile({ name: 'bad' }), aTaxiiProfile({ name: 'good' })])
  watch.outcome = (profile) =>
    profile.name === 'bad' ? Promise.reject(new Error('boom')) : Promise.resolve(row(profile))
  await watch.pass(70_000)
  await watch.stop()
  expect(names(watch)).toEqual(['bad', 'good', 'bad'])
  expect(watch.notices).toContain('bad: boom')
})

it('takes up sources that are added, changed and disabled while it runs', async () => {
  const [first, second] = [aTaxiiProfile({ name: 'first', fetchInterval: '1d' }), aTaxiiProfile({ name: 'second' })]
  const watch = watching([first])
  await watch.pass(1_000)
  watch.profiles = [first, second]
  await watch.pass(11_000)
  expect(names(watch)).toEqual(['first', 'second'])
  watch.profiles = [
    { ...first, fetchInterval: '1h' },
    { ...second, enabled: false },
  ]
  await watch.pass(2.5 * hour)
  await watch.stop()
  expect(names(watch)).toEqual(['first', 'second', 'first', 'first'])
})

it('goes on with what it knows while the profile file cannot be read', async () => {
  let broken = false
  const profile = aTaxiiProfile({ fetchInterval: '1h' })
  const watch = watching([], {
    profiles: () => (broken ? Promise.reject(new Error('line 3')) : Promise.resolve([profile])),
  })
  await watch.pass(1_000)
  broken = true
  await watch.pass(1.1 * hour)
  await watch.stop()
  expect(watch.fetched).toHaveLength(2)
  expect(watch.notices[0]).toContain('line 3')
})

it('does not fetch again after a restart what was fetched lately', async () => {
  const profile = aTaxiiProfile({ fetchInterval: '2h' })
  const newest = { status: 'ok', startedAt: '2026-01-02T02:04:05.000000Z', finishedAt: '2026-01-02T02:05:00.000000Z' }
  const watch = watching([profile], { newestRun: () => Promise.resolve(newest as never) })
  await watch.pass(0.9 * hour)
  expect(watch.fetched).toHaveLength(0)
  await watch.pass(0.2 * hour)
  await watch.stop()
  expect(watch.fetched).toHaveLength(1)
})

it('fetches so many at a time and no more', async () => {
  let [now, most] = [0, 0]
  const watch = watching(
    Array.from({ length: 9 }, (_, index) => aTaxiiProfile({ name: `s${index}` })),
    { parallel: 3 },
  )
  watch.outcome = async (profile) => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 5))
    now--
    return row(profile)
  }
  while (watch.fetched.length < 9) await new Promise((resolve) => setTimeout(resolve, 5))
  await watch.stop()
  expect(most).toBe(3)
})

it('stops what it began and waits for it', async () => {
  const watch = watching([aTaxiiProfile()])
  let ended = false
  watch.outcome = async (profile, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    ended = true
    return { ...row(profile), status: 'cancelled' }
  }
  await watch.pass(1_000)
  await watch.stop()
  expect(ended).toBe(true)
  expect(watch.health.sources).toMatchObject([{ fetching: false, failures: 0 }])
})
