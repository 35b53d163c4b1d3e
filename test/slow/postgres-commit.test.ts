import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../../src/stix/item.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Settled, Store } from '../../src/store/store.ts'
import { acme, all, aPage, aRun, indicators, keep } from '../contracts/a-store.ts'
import { anObject } from '../support/items.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

/** What becomes of a transaction whose connection is lost, and of a lock. */

const identity = { pid: 4711, host: 'host.example' }
let server: APostgres
beforeAll(async () => {
  server = await aPostgres()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const open = (url: string) => openStore(url, { clock: systemClock, identity })

/** Between client and server; cuts each connection when it says so. */
interface Wire extends AsyncDisposable {
  readonly url: string
  /** From now on: a COMMIT reaches the server, but not its answer; or it does not reach it. So many times. */
  cutCommits(how: 'answer' | 'request', times: number): void
  /** From now on the client does not hear that the server ended its session. */
  hideEnds(): void
}

async function aWire(url: string): Promise<Wire> {
  const target = new URL(url)
  let [how, left]: ['answer' | 'request', number] = ['answer', 0]
  let isHiding = false
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let isDeaf = false
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => isHiding || client.destroy())
    client.on('data', (data) => {
      if (left === 0 || !data.includes('COMMIT\0')) {
        upstream.write(data)
        return
      }
      left--
      if (how === 'request') {
        client.destroy()
        return
      }
      isDeaf = true
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (isDeaf) client.destroy()
      // admin_shutdown
      else if (!isHiding || !data.includes('57P01')) client.write(data)
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const wired = new URL(url)
  wired.port = String((listener.address() as AddressInfo).port)
  return {
    url: wired.href,
    cutCommits: (...asked) => {
      ;[how, left] = asked
    },
    hideEnds: () => {
      isHiding = true
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

const idsIn = async (store: Store) => (await all(store.versions({}))).map(({ item }) => item.id)

describe.each(['answer', 'request'] as const)('L14: the connection dies with the %s of a COMMIT', (how) => {
  it('once and twice in a row: what was to be stored is stored once, and told once', async () => {
    await using wire = await aWire(await server.freshUrl())
    await using store = await open(wire.url)
    const runId = await aRun(store)
    const objects = Array.from({ length: 50 }, () => anObject())
    for (const [round, some] of [objects.slice(0, 20), objects.slice(20)].entries()) {
      const told: Settled[] = []
      const stored: Item[] = []
      wire.cutCommits(how, round + 1)
      const counts = await store.commit({
        ...{ key: indicators, runId, parts: [aPage(some)] },
        checkpoint: () => ({ stamp: `2026-01-0${round + 1}T00:00:00Z`, run: null }),
        onSettled: (_item, outcome) => told.push(outcome),
        onStored: (item) => stored.push(item),
        records: () => [{ kind: 'job', id: `j${round}`, body: told.length, revision: 0 }],
      })
      expect(counts).toMatchObject({ new: some.length, unchanged: 0 })
      expect(told).toEqual(some.map(() => 'new'))
      expect(stored).toEqual(some)
      expect(await store.records.get('job', `j${round}`)).toMatchObject({ body: some.length, revision: 1 })
    }
    expect(await idsIn(store)).toEqual(objects.map(({ id }) => id))
    expect((await store.runs())[0]).toMatchObject({ pages: 2, received: 50, new: 50 })
    expect(await store.checkpoint(indicators)).toMatchObject({ stamp: '2026-01-02T00:00:00Z' })
    expect((await store.verify()).problems).toEqual([])
  })

  it('a counter of the records is raised once', async () => {
    await using wire = await aWire(await server.freshUrl())
    await using store = await open(wire.url)
    await store.records.write([{ kind: 'count', id: 'a', body: 0 }])
    wire.cutCommits(how, 1)
    expect(await store.records.write([{ kind: 'count', id: 'a', body: 1, revision: 1 }])).toBe(true)
    expect(await store.records.get('count', 'a')).toMatchObject({ body: 1, revision: 2 })
  })
})

describe('L14: a server that goes away', () => {
  it('in the middle of a commit, and comes back: the commit waits for it and is done once', async () => {
    const url = await server.freshUrl()
    await using store = await open(url)
    await keep(store, [anObject()])
    const runId = await aRun(store)
    // Someone else has the row of the collection, so that the commit is in the middle.
    const held = 'BEGIN; SELECT 1 FROM stixtaxii.collection FOR UPDATE; SELECT pg_sleep(60)'
    const holder = server.sql(held, new URL(url).pathname.slice(1)).catch(() => 'ended')
    const sleeping = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    await expect.poll(() => server.sql(sleeping)).toEqual(['1'])
    const commit = keep(store, [anObject()], { runId })
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await expect.poll(() => server.sql(waiting)).toEqual(['1'])
    await server.stop('immediate')
    expect(await holder).toBe('ended')
    await server.start()
    expect(await commit).toMatchObject({ new: 1 })
    expect(await idsIn(store)).toHaveLength(2)
  })

  it('sessions that the administrator ends cost nothing', async () => {
    const url = await server.freshUrl()
    await using store = await open(url)
    for (let round = 0; round < 5; round++) {
      const commit = keep(
        store,
        Array.from({ length: 300 }, () => anObject()),
      )
      await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fetcher'")
      expect(await commit).toMatchObject({ new: 300 })
    }
    expect(await idsIn(store)).toHaveLength(1500)
    expect((await store.verify()).problems).toEqual([])
  })
})

describe('L14: the lock of a source whose session is lost', () => {
  const endLocks = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"

  it('another gets it, and the first stores nothing more under it', async () => {
    const url = await server.freshUrl()
    await using first = await open(url)
    await using second = await open(url)
    await using lost = await first.lockSource(acme, { timeoutMs: 0 })
    expect(lost.source).toBe(acme.id)
    const runId = await aRun(first)
    expect(await keep(first, [anObject()], { runId })).toMatchObject({ new: 1 })
    await server.sql(endLocks)
    await using held = await second.lockSource(acme, { timeoutMs: 5000 })
    expect(held.source).toBe(acme.id)
    await expect(keep(first, [anObject()], { runId })).rejects.toMatchObject({
      code: 'STORE_LOCK_LOST',
      kind: 'network',
    })
    expect(await keep(second, [anObject()])).toMatchObject({ new: 1 })
    expect(await idsIn(second)).toHaveLength(2)
  })

  it('the first stores nothing more also when nobody else has it yet, and can take it again', async () => {
    await using store = await open(await server.freshUrl())
    {
      await using lost = await store.lockSource(acme, { timeoutMs: 0 })
      expect(lost.source).toBe(acme.id)
      const runId = await aRun(store)
      await server.sql(endLocks)
      await expect
        .poll(() =>
          keep(store, [anObject()], { runId }).then(
            () => 'stored',
            (error: Error) => error,
          ),
        )
        .toMatchObject({
          code: 'STORE_LOCK_LOST',
        })
    }
    await using again = await store.lockSource(acme, { timeoutMs: 0 })
    expect(again.source).toBe(acme.id)
    expect(await keep(store, [anObject()])).toMatchObject({ new: 1 })
  })

  it('a holder that only thinks it has it is fenced off by the number of the lock', async () => {
    const url = await server.freshUrl()
    await using wire = await aWire(url)
    await using first = await open(wire.url)
    await using second = await open(url)
    await using lost = await first.lockSource(acme, { timeoutMs: 0 })
    expect(lost.source).toBe(acme.id)
    const runId = await aRun(first)
    wire.hideEnds()
    await server.sql(endLocks)
    await using held = await second.lockSource(acme, { timeoutMs: 5000 })
    expect(held.source).toBe(acme.id)
    const fence = await server.sql('SELECT fence FROM stixtaxii.source_holder', new URL(url).pathname.slice(1))
    expect(fence).toEqual(['2'])
    await expect(keep(first, [anObject()], { runId })).rejects.toMatchObject({ code: 'STORE_LOCK_LOST' })
  })
})
