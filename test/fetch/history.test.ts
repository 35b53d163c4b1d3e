import path from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromEpochMicroseconds } from '../../src/core/timestamp.ts'
import type { FetchResult } from '../../src/fetch/fetch.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../src/simulate/taxii2-options.ts'
import type { Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { aClient } from '../taxii/a-client.ts'
import { aFetch } from './a-fetch.ts'

/** What happens to a server between two fetches, and to the answers of the next one. */
interface Chapter {
  /** Versions that come: of which object, and how many microseconds after the one before (0: the same stamp). */
  readonly arrivals: readonly { readonly object: number; readonly after: number }[]
  /** By the number of the request within this fetch. */
  readonly cuts: readonly { readonly request: number; readonly how: 'drop' | 'cut' | 'busy' }[]
  /** Comes while that request of the fetch is being answered. */
  readonly meanwhile: readonly { readonly request: number; readonly object: number }[]
  readonly limit: number | undefined
}

interface History {
  readonly chapters: readonly Chapter[]
  readonly server: Partial<Taxii2Options>
}

const aChapter: fc.Arbitrary<Chapter> = fc.record({
  arrivals: fc.array(fc.record({ object: fc.nat(12), after: fc.constantFrom(0, 0, 0, 1, 2, 999, 1_000_000) }), {
    maxLength: 25,
  }),
  cuts: fc.array(fc.record({ request: fc.nat(12), how: fc.constantFrom('drop', 'cut', 'busy') }), { maxLength: 4 }),
  meanwhile: fc.array(fc.record({ request: fc.nat(8), object: fc.nat(12) }), { maxLength: 3 }),
  limit: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
})

const aHistory: fc.Arbitrary<History> = fc.record({
  chapters: fc.array(aChapter, { minLength: 1, maxLength: 4 }),
  server: fc.record({
    version: fc.constantFrom('2.1', '2.1', '2.0'),
    pageCap: fc.integer({ min: 1, max: 7 }),
    paging: fc.constantFrom('next', 'next', 'date'),
    cursorPlace: fc.constantFrom('before', 'after'),
    ignoresAddedAfter: fc.constantFrom(false, false, true),
    dateHeaders: fc.constantFrom('sent', 'sent', 'always', 'omitted'),
    gzip: fc.boolean(),
    explicitMore: fc.boolean(),
  }),
})

const collection = 'c1'
const firstAdded = 1_771_545_600_000_000n

/** A server whose story is told chapter by chapter. */
class Teller {
  readonly server: Taxii2Server
  readonly #onceEach: boolean
  #added = firstAdded
  #versions = 0

  /** `onceEach`: each object comes once, in one version. */
  constructor(server: Taxii2Server, onceEach: boolean) {
    this.server = server
    this.#onceEach = onceEach
  }

  arrive(object: number, after: number): void {
    this.#added += BigInt(after)
    const modified = fromEpochMicroseconds(1_700_000_000_000_000n + BigInt(this.#versions++))
    const number = this.#onceEach ? this.#versions : object
    const id = `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
    const object21 = { type: 'indicator', spec_version: '2.1', id, created: '2026-01-01T00:00:00.000Z', modified }
    this.server.shelf(collection).add(object21, fromEpochMicroseconds(this.#added))
  }
}

async function play(history: History, store: Store): Promise<void> {
  let [chapter, from] = [undefined as Chapter | undefined, 0]
  const server = await startTaxii2Server({
    collections: [{ id: collection }],
    ...history.server,
    // Without next, and with dates that are not sent or not heeded, no client can find its way.
    ignoresAddedAfter: history.server.paging !== 'date' && history.server.ignoresAddedAfter,
    dateHeaders: history.server.paging === 'date' ? 'sent' : history.server.dateHeaders,
    onResponse(request, response) {
      if (!chapter || !request.path.endsWith('/objects/')) return response
      const number = server.requests.filter((each) => each.path.endsWith('/objects/')).length - 1 - from
      for (const { object } of chapter.meanwhile.filter((each) => each.request === number)) teller.arrive(object, 1)
      const cut = chapter.cuts.find((each) => each.request === number)
      if (cut?.how === 'drop') return 'drop'
      if (cut?.how === 'cut') return { ...response, cutAt: Math.floor(response.body.length / 2) }
      return cut ? { status: 503, headers: {}, body: Buffer.from('') } : response
    },
  })
  // 2.0 pages by position: a new version of an earlier object moves all that follow, which no client can see.
  const teller = new Teller(server, history.server.version === '2.0')
  const clock = fakeClock({ start: '2026-03-01T12:00:00.000Z' })
  const fetch = async (limit?: number): Promise<readonly FetchResult[]> => {
    await using opened = await aClient(
      server.discoveryUrl,
      { version: history.server.version ?? '2.1' },
      { retry: { maxRetries: 0 } },
    )
    return await aFetch(opened.client, { store, clock }).run({ limit })
  }
  try {
    for (chapter of history.chapters) {
      for (const { object, after } of chapter.arrivals) teller.arrive(object, after)
      from = server.requests.filter((each) => each.path.endsWith('/objects/')).length
      await fetch(chapter.limit)
      await expectNothingForeign(store, server)
    }
    chapter = undefined
    const rows = await fetch()
    if (isOverfull(rows, server, history.server)) return
    expect(rows.map((row) => row.error)).toEqual([null])
    await expectComplete(store, server)
    const again = await fetch()
    expect(again).toMatchObject([{ error: null, new: 0, updated: 0, conflicts: 0 }])
  } finally {
    await server.close()
  }
}

/** A server that pages by date alone cannot give more objects of one stamp than a page holds: said, never silent. */
function isOverfull(rows: readonly FetchResult[], server: Taxii2Server, options: Partial<Taxii2Options>): boolean {
  const code = rows[0]?.error?.code
  if (options.paging !== 'date' || code !== 'TAXII_STAMP_OVERFULL') return false
  const byStamp = new Map<bigint, number>()
  for (const { added } of server.shelf(collection).entries) byStamp.set(added, (byStamp.get(added) ?? 0) + 1)
  return Math.max(...byStamp.values()) >= (options.pageCap ?? 100)
}

async function stored(store: Store): Promise<string[]> {
  const keys: string[] = []
  for await (const { item } of store.versions({})) keys.push(`${item.id} ${item.raw.toString()}`)
  return keys
}

async function expectNothingForeign(store: Store, server: Taxii2Server): Promise<void> {
  const keys = await stored(store)
  const served = new Set([...server.ledger.served().values()].map(({ id, raw }) => `${id} ${raw}`))
  expect(keys.filter((key) => !served.has(key))).toEqual([])
  expect(new Set(keys).size).toBe(keys.length)
}

async function expectComplete(store: Store, server: Taxii2Server): Promise<void> {
  const keys = new Set(await stored(store))
  const missing = server.truth(collection).filter(({ id, raw }) => !keys.has(`${id} ${raw}`))
  expect(missing).toEqual([])
  await expectNothingForeign(store, server)
}

const { STIXTAXII_TEST_RUNS: otherRuns, STIXTAXII_TEST_HISTORIES: histories } = process.env

/** The same histories each time, or with STIXTAXII_TEST_HISTORIES more of those; with STIXTAXII_TEST_RUNS that many others. */
function campaign(numRuns: number, most = numRuns): fc.Parameters<[History]> {
  return otherRuns === undefined ? { numRuns: most, seed: 20_260_301 } : { numRuns: Number(otherRuns) }
}

/** Milliseconds: 10,000 histories take a quarter of an hour of processor time. */
const timeout = otherRuns === undefined && histories === undefined ? 120_000 : 3_600_000

const identity = { pid: 1, host: 'host.example' }

it(
  'T4 T8 stores exactly what the server had, whatever its stamps, pages and cuts, and nothing new when asked again',
  async () => {
    await fc.assert(
      fc.asyncProperty(aHistory, async (history) => {
        await using store = await openStore('memory:', { clock: fakeClock(), identity })
        await play(history, store)
      }),
      campaign(40, Number(histories ?? 40)),
    )
  },
  timeout,
)

it(
  'T4 T8 the same with the store on disk',
  async () => {
    const folder = await temporaryFolder()
    let number = 0
    await fc.assert(
      fc.asyncProperty(aHistory, async (history) => {
        await using store = await openStore(path.join(folder, `${number++}.sqlite`), { clock: fakeClock(), identity })
        await play(history, store)
        expect(await store.verify()).toMatchObject({ ok: true, problems: [] })
      }),
      campaign(10),
    )
  },
  timeout,
)
