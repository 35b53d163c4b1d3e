import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { ErrorKind } from '../../src/core/errors.ts'
import type { Notice } from '../../src/core/notice.ts'
import type { Clock } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import type { FetchRequest, FetchResult } from '../../src/fetch/fetch.ts'
import { openHttp } from '../../src/http/open.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import type { SecretReference, TaxiiProfile } from '../../src/profile/profile.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { findPreset } from '../../src/taxii/presets/registry.ts'
import { fetchProfile } from '../../src/workflow/fetch-profile.ts'
import { openSource } from '../../src/workflow/open-source.ts'
import type { OpenedSource } from '../../src/workflow/open-source.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { today } from './feed.ts'
import type { Feed } from './feed.ts'

/** A profile's settings as a user would have chosen them; secrets are named by environment variables. */
export interface TrialOptions extends Partial<TaxiiProfile> {
  readonly url: string
  /** Values of the environment that secrets are read from. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly clock?: Clock | undefined
  readonly limits?: HttpOptions['limits']
}

/** Our client as a user has it: one profile, one store, any number of runs. */
export interface Trial extends AsyncDisposable {
  readonly store: Store
  readonly notices: readonly Notice[]
  readonly profile: TaxiiProfile
  fetch(request?: Partial<FetchRequest>, change?: Partial<TaxiiProfile>): Promise<readonly FetchResult[]>
  connect(): Promise<OpenedSource>
  /** The content of everything stored in this collection, in order of arrival. */
  stored(collection?: string): Promise<string[]>
}

/** A secret in the trial's environment. */
export const secret = (name: string): SecretReference => ({ from: 'env', name })

/** Opens a trial; waits between tries pass at once. */
export async function openTrial({ secrets = {}, clock, limits, ...settings }: TrialOptions): Promise<Trial> {
  const time = clock ?? fakeClock({ start: today })
  const notices: Notice[] = []
  const store = await openStore('memory:', { clock: time, identity: { pid: 1, host: 'trial' } })
  const profile: TaxiiProfile = { ...plainProfile, id: randomUUID(), ...settings }
  const resolve = async (reference: SecretReference): Promise<Secret> => {
    if (reference.from === 'env') return new Secret(secrets[reference.name] ?? '')
    throw new TypeError('trials keep their secrets in the environment')
  }
  const open = (wanted: TaxiiProfile, signal?: AbortSignal): Promise<OpenedSource> =>
    openSource(
      wanted,
      {
        credentials: { resolve },
        environment: secrets,
        clock: time,
        random: () => 0.5,
        notices: (notice) => notices.push(notice),
        userAgent: 'stixtaxii/test',
        openHttp: (options) => openHttp({ ...options, limits: { ...options.limits, ...shortLimits, ...limits } }),
        connectTaxii,
        findPreset,
      },
      signal,
    )
  return {
    store,
    notices,
    profile,
    connect: () => open(profile),
    fetch: (request = {}, change = {}) =>
      fetchProfile(
        { ...profile, ...change },
        { lockTimeoutMs: 1000, ...request },
        { store, clock: time, notices: (notice) => notices.push(notice), connect: open },
        AbortSignal.timeout(15_000),
      ),
    async stored(collection) {
      const raw: string[] = []
      for await (const version of store.versions({ collection })) raw.push(version.item.raw.toString('utf8'))
      return raw
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

const shortLimits = { connectTimeoutMs: 3000, headersTimeoutMs: 3000, idleTimeoutMs: 3000 }

const plainProfile: Omit<TaxiiProfile, 'id' | 'url'> = {
  kind: 'taxii',
  name: 'acme',
  version: 'auto',
  collections: [],
  authentication: { scheme: 'none' },
  useBasic: true,
  headers: [],
  tls: {},
  begin: '12mo',
  fetchInterval: '1d',
  enabled: true,
  allowOrigins: [],
  allowHttp: false,
}

/** Fetches and demands that the store holds exactly what the server has: nothing lost, nothing twice, byte for byte. */
export async function expectExact(
  feed: Feed,
  options: Partial<TrialOptions> = {},
  request: Partial<FetchRequest> = {},
): Promise<void> {
  await using trial = await openTrial({ url: feed.url, ...options })
  expectOk(await trial.fetch(request))
  await expectTruth(trial, feed)
}

/** What is stored of the feed's collection is what the feed has. */
export async function expectTruth(trial: Trial, feed: Feed): Promise<void> {
  expectSame(await trial.stored(feed.collection), feed.truth())
}

/** The same content, each as often, in whatever order; says in short what is lost and what is too much. */
export function expectSame(got: readonly string[], wanted: readonly string[]): void {
  const left = [...got]
  const lost = wanted.filter((content) => {
    const at = left.indexOf(content)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const shown = (contents: readonly string[]): string[] => contents.slice(0, 3).map((content) => content.slice(0, 200))
  const report = { lost: lost.length, tooMuch: left.length, lostFirst: shown(lost), tooMuchFirst: shown(left) }
  expect(report).toEqual({ lost: 0, tooMuch: 0, lostFirst: [], tooMuchFirst: [] })
}

/** Every row ended well; answers them for a closer look. */
export function expectOk(rows: readonly FetchResult[]): readonly FetchResult[] {
  for (const { error } of rows) if (error) throw error
  expect(rows.map((row) => row.status)).toEqual(rows.map(() => 'ok'))
  expect(rows).not.toHaveLength(0)
  return rows
}

/** The run failed with this kind and a hint what to do; answers the error. */
export function expectFailure(rows: readonly FetchResult[], ...kinds: readonly ErrorKind[]): StixTaxiiError {
  const error = rows.find((row) => row.error)?.error
  if (!error) throw new Error('the fetch should have failed')
  return expectClear(error, ...kinds)
}

/** An error a user can act on: of one of these kinds, with something to do. */
export function expectClear(error: unknown, ...kinds: readonly ErrorKind[]): StixTaxiiError {
  if (!(error instanceof StixTaxiiError)) throw error
  if (!kinds.includes(error.kind)) throw new Error(`${error.kind}, not ${kinds.join(' or ')}`, { cause: error })
  expect(error.hint, `a hint for: ${error.message}`).toBeTruthy()
  return error
}

/** Runs and gives back what was thrown. */
export async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('this should have failed')
}
