import { expect, it } from 'vitest'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii1Options } from '../../src/simulate/taxii1-options.ts'
import { openTaxii1 } from '../../src/taxii/v1/adapter.ts'
import type { FetchRequest, FetchResult } from '../../src/fetch/fetch.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import type { Store } from '../../src/store/store.ts'
import { anHttp } from '../http/an-http.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aFetch, storedIds } from './a-fetch.ts'

const blocks = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `<p xmlns="urn:x">${from + index}</p>`)
const now = '2026-01-20T12:00:00.000Z'

async function aWorld(options: Taxii1Options) {
  const server = await startTaxii1Server({ now: () => new Date(now), ...options })
  const clock = fakeClock({ start: now })
  const store: Store = openMemoryStore({ clock, identity: { pid: 1, host: 'host.example' } })
  return {
    server,
    store,
    async run(request: Partial<FetchRequest> = {}): Promise<FetchResult | undefined> {
      await using opened = anHttp(server.url, { retry: { maxRetries: 0 } })
      const settings = { url: new URL(server.addresses.discovery), version: '1.1' } as const
      const client = await openTaxii1(settings, { http: opened.http, clock, notices: () => undefined })
      return (await aFetch(client, { store, clock }).run(request))[0]
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

it('C1P-2 begins twenty days back and keeps the end label of the answer, which is the next exclusive begin', async () => {
  await using world = await aWorld({
    collections: [{ name: 'feed', blocks: blocks(5) }],
    endLabel: () => '2026-01-19T00:00:00.123456Z',
  })
  expect(await world.run({ since: '20d' })).toMatchObject({
    status: 'ok',
    new: 5,
    from: '2025-12-31T12:00:00.000000Z',
    to: '2026-01-19T00:00:00.123456Z',
  })
  expect(await world.run()).toMatchObject({ status: 'ok', received: 0, from: '2026-01-19T00:00:00.123456Z' })
})

it('C1P-2 moves on with the end label of an answer without blocks', async () => {
  await using world = await aWorld({ collections: [{ name: 'feed' }], endLabel: () => '2026-01-19T00:00:00.000000Z' })
  expect(await world.run({ since: '20d' })).toMatchObject({ received: 0, to: '2026-01-19T00:00:00.000000Z' })
})

it('reads a data set again each time and recognises its blocks by their content', async () => {
  await using world = await aWorld({ collections: [{ name: 'set', type: 'set', blocks: blocks(4) }] })
  expect(await world.run()).toMatchObject({ new: 4, to: null })
  world.server.shelf('set').add(blocks(1, 9)[0] ?? '')
  expect(await world.run()).toMatchObject({ received: 5, new: 1, unchanged: 4, updated: 0 })
})

it.each([false, true])(
  'T7 goes on inside a result of many parts after a cut; result forgotten: %s',
  async (forgets) => {
    let polls = 0
    let cutFrom = 3
    await using world = await aWorld({
      collections: [{ name: 'feed', blocks: blocks(10) }],
      partSize: 2,
      onResponse(request, response) {
        if (!request.path.endsWith('/poll')) return response
        return ++polls >= cutFrom ? 'drop' : response
      },
    })
    const first = await world.run({ since: '20d' })
    expect(first).toMatchObject({ status: 'failed', error: { kind: 'network' } })
    expect(first?.new).toBeGreaterThan(0)
    expect(first?.to).toBeNull()
    cutFrom = Infinity
    if (forgets) world.server.forgetResults()
    const second = await world.run()
    expect(second).toMatchObject({ status: 'ok', new: 10 - (first?.new ?? 0), unchanged: forgets ? first?.new : 0 })
    expect(second?.to).not.toBeNull()
    expect(await storedIds(world.store)).toHaveLength(10)
  },
)

it('waits while an answer is PENDING, and splits a window the server finds too large', async () => {
  await using world = await aWorld({
    collections: [
      {
        name: 'feed',
        blocks: blocks(40),
        labelAt: (index) => `2026-01-${String((index % 19) + 1).padStart(2, '0')}T00:00:00Z`,
      },
    ],
    pending: { times: 1, waitSeconds: 5 },
    maxBlocks: 15,
  })
  expect(await world.run({ since: '20d' })).toMatchObject({ status: 'ok', new: 40 })
  expect(await world.run()).toMatchObject({ status: 'ok', new: 0 })
})
