import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openStore, type PostgresSettings } from '../../src/store/registry.ts'
import type { CollectionKey, Counts, Store } from '../../src/store/store.ts'
import { acme, all, aPage, aRun, indicators, keep } from '../contracts/a-store.ts'
import { anObject } from '../support/items.ts'
import { loadSaid } from '../support/said.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'
import { aCutProxy, type CutProxy } from './postgres-cut.ts'

/** L14: what a PostgreSQL may do to a store, done to it. After each, what is stored is whole and each object is there once. */

const run = promisify(execFile)
const clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number) => pause(ms),
}
const identity = { pid: process.pid, host: 'host.example' }
const open = (url: string, postgres?: PostgresSettings) =>
  openStore(url, { clock, identity, loadReader: loadSaid, postgres })

let server: APostgres
beforeAll(async () => {
  server = await aPostgres()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

/** Opens stores that are closed, and looked through, after the test. */
const opened: Store[] = []
const proxies: CutProxy[] = []
const opens = async (url: string, postgres?: PostgresSettings): Promise<Store> => {
  const store = await open(url, postgres)
  opened.push(store)
  return store
}
afterEach(async () => {
  const stores = opened.splice(0)
  for (const store of stores) expect((await store.verify()).problems).toEqual([])
  for (const store of stores) await store[Symbol.asyncDispose]()
  for (const proxy of proxies.splice(0)) await proxy[Symbol.asyncDispose]()
})

/** A store behind a proxy that cuts. */
async function cutStore(): Promise<{ store: Store; proxy: CutProxy }> {
  const url = new URL(await server.freshUrl())
  const proxy = await aCutProxy(server.port)
  proxies.push(proxy)
  url.port = String(proxy.port)
  return { store: await opens(url.href), proxy }
}

const numbered = (n: number) => anObject({ id: `indicator--00000000-0000-4000-8000-${String(n).padStart(12, '0')}` })
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => numbered(from + n))

/** A page of fifty, whose checkpoint says how far it goes. */
const commitPage = (store: Store, runId: string, at: number, key: CollectionKey = indicators): Promise<Counts> =>
  store.commit({
    key,
    runId,
    parts: [aPage(numbers(at, at + 50))],
    checkpoint: () => ({ stamp: String(at + 50), run: null }),
  })

/** Each object is there once, and everybody counts as many. */
async function expectExactly(store: Store, count: number): Promise<void> {
  const ids = (await all(store.versions({}))).map(({ item }) => item.id)
  expect({ ids: new Set(ids).size, rows: ids.length }).toEqual({ ids: count, rows: count })
  const sum = (await store.runs()).reduce((total, { new: fresh }) => total + fresh, 0)
  expect(sum).toBe(count)
  expect((await store.collections()).reduce((total, { versions }) => total + versions, 0)).toBe(count)
}

const backends = (more = '') =>
  server.sql(`SELECT pid FROM pg_stat_activity WHERE usename = 'fetcher' AND pid <> pg_backend_pid() ${more}`)

describe('a COMMIT whose outcome is unknown', () => {
  it.each(['before it arrives', 'before its answer arrives'] as const)(
    'L14: the connection is cut %s: it is settled, counted once and stored once',
    async (cut) => {
      const { store, proxy } = await cutStore()
      const runId = await aRun(store)
      for (const [round, at] of [0, 50, 100, 150].entries()) {
        if (round % 2 === 1) proxy.cutNext(cut)
        expect(await commitPage(store, runId, at)).toMatchObject({ new: 50, unchanged: 0, received: 50 })
      }
      expect(proxy.cuts).toBe(2)
      expect((await store.checkpoint(indicators))?.stamp).toBe('200')
      await expectExactly(store, 200)
    },
  )

  it('L14: a record that was written in it is not written twice', async () => {
    const { store, proxy } = await cutStore()
    for (const revision of [0, 1, 2, 3]) {
      proxy.cutNext(revision % 2 === 0 ? 'before its answer arrives' : 'before it arrives')
      expect(await store.records.write([{ kind: 'counter', id: 'a', body: revision, revision }])).toBe(true)
    }
    expect(await store.records.get('counter', 'a')).toMatchObject({ revision: 4, body: 3 })
  })
})

describe('sessions that end', () => {
  it('L14: pg_terminate_backend at random instants: what fails is undone, the next run completes the set', async () => {
    const store = await opens(await server.freshUrl())
    let isOver = false
    const killing = (async () => {
      for (; !isOver; await pause(20 + Math.random() * 60)) {
        await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE usename = 'fetcher' AND state <> 'idle' AND application_name LIKE 'stixtaxii%'`)
      }
    })()
    let failures = 0
    const wanted = 3000
    for (let at = 0; at < wanted;) {
      try {
        const runId = await aRun(store)
        for (; at < wanted; at += 50) await commitPage(store, runId, at)
      } catch (error) {
        failures++
        expect((error as { kind: string }).kind).toMatch(/^(?:network|pending)$/)
        at = Number((await patiently(() => store.checkpoint(indicators)))?.stamp ?? 0)
      }
      expect(failures).toBeLessThan(200)
    }
    isOver = true
    await killing
    await expectExactly(store, wanted)
  })

  it('L14: in the middle of a commit that waits for its parts, nothing of it is kept or lost', async () => {
    const store = await opens(await server.freshUrl())
    const runId = await aRun(store)
    const parts = async function* () {
      yield aPage(numbers(0, 50))
      await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fetcher'")
      yield aPage(numbers(50, 100))
    }
    const counts = await store.commit({ key: indicators, runId, parts: parts(), checkpoint: () => undefined })
    expect(counts).toMatchObject({ new: 100, unchanged: 0 })
    await expectExactly(store, 100)
  })

  it('L14: a backend killed by SIGKILL takes the whole server down for a moment; the set is completed', async () => {
    const store = await opens(await server.freshUrl())
    const runId = await patiently(() => aRun(store))
    for (let at = 0; at < 500; at += 50) {
      if (at % 200 === 100) process.kill(Number((await backends())[0]), 'SIGKILL')
      await patiently(() => commitPage(store, runId, at))
    }
    const { new: fresh, unchanged } = (await store.runs())[0] as Counts
    // A commit that ended as unknown and was there is found unchanged when it is repeated.
    expect([fresh, unchanged % 50]).toEqual([500, 0])
    await expectExactly(store, 500)
  })

  it('L14: the lock whose session was ended is lost: another takes it, and the first stores nothing more under it', async () => {
    const url = await server.freshUrl()
    const [first, second] = [await opens(url), await opens(url)]
    const mine = await first.lockSource(acme, { timeoutMs: 0 })
    const runId = await aRun(first)
    await commitPage(first, runId, 0)
    await expect(second.lockSource(acme, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'STORE_SOURCE_LOCKED' })
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fetcher' AND state = 'idle in transaction'`,
    )
    const theirs = await second.lockSource(acme, { timeoutMs: 5000 })
    await expect(commitPage(first, runId, 50)).rejects.toMatchObject({ code: 'STORE_LOCK_LOST', kind: 'network' })
    expect(await commitPage(second, await aRun(second), 50)).toMatchObject({ new: 50 })
    await theirs[Symbol.asyncDispose]()
    await mine[Symbol.asyncDispose]()
    await expectExactly(second, 100)
  })
})

describe('a server that says no', () => {
  it('L14: a serialization failure is tried again, and counted once', async () => {
    const url = await server.freshUrl()
    const store = await opens(url)
    const database = new URL(url).pathname.slice(1)
    // Rolled back with its transaction, a sequence is not: so it fails the first three times.
    await server.sql(
      `CREATE SEQUENCE public.tried; GRANT USAGE ON SEQUENCE public.tried TO fetcher;
       CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('public.tried') < 4 THEN RAISE serialization_failure; END IF; RETURN NULL; END $$;
       CREATE TRIGGER fail AFTER INSERT ON stixtaxii.version FOR EACH STATEMENT EXECUTE FUNCTION public.fail()`,
      database,
    )
    expect(await commitPage(store, await aRun(store), 0)).toMatchObject({ new: 50, unchanged: 0 })
    await expectExactly(store, 50)
  })

  it('L14: without a free session it says so, and goes on when there is one', async () => {
    await using small = await aPostgres({ settings: ['max_connections = 8', 'superuser_reserved_connections = 3'] })
    const url = await small.freshUrl()
    const store = await open(url, { sessions: 1 })
    const others = []
    for (let n = 0; n < 8; n++) {
      const other = await open(url, { sessions: 1 }).catch((error: unknown) => error)
      others.push(other)
    }
    expect(others.filter((other) => other instanceof Error)).not.toEqual([])
    for (const other of others) {
      if (other instanceof Error) expect(other).toMatchObject({ code: 'STORE_SESSIONS_USED', kind: 'network' })
    }
    expect(await commitPage(store, await aRun(store), 0)).toMatchObject({ new: 50 })
    for (const other of others) if (!(other instanceof Error)) await (other as Store)[Symbol.asyncDispose]()
    await using late = await patiently(() => open(url, { sessions: 1 }))
    await expectExactly(late, 50)
    expect((await store.verify()).problems).toEqual([])
    await store[Symbol.asyncDispose]()
  })

  it('L14: a full disk keeps what was there, takes nothing of the page, and goes on when there is room', async (context) => {
    const folder = await smallFileSystem(120)
    if (folder === undefined) return context.skip('file systems cannot be mounted here')
    try {
      await using full = await aPostgres({ folder: join(folder, 'data'), settings: smallLog })
      await using store = await open(await full.freshUrl())
      const runId = await aRun(store)
      const { failure, stored } = await fill(store, runId)
      expect(failure).toMatchObject({ code: 'STORE_FULL', kind: 'local' })
      const enlarge = () => run('mount', ['-o', 'remount,size=400m', folder])
      await expectGoingOn({ full, store, runId, stored, failure, enlarge })
    } finally {
      await run('umount', ['-l', folder])
      await rm(folder, { recursive: true })
    }
  })

  it('L14: a server that ends because its log finds no room left loses nothing of what it had taken', async (context) => {
    const folder = await smallFileSystem(40)
    if (folder === undefined) return context.skip('file systems cannot be mounted here')
    try {
      await using full = await aPostgres({ settings: smallLog })
      await full.stop('fast')
      const log = join(full.folder, 'pg_wal')
      await run('cp', ['-a', log, folder])
      await rm(log, { recursive: true })
      await symlink(join(folder, 'pg_wal'), log)
      await full.start()
      await using store = await open(await full.freshUrl())
      const runId = await aRun(store)
      const { failure, stored } = await fill(store, runId)
      expect(failure).toMatchObject({ kind: expect.stringMatching(/^(local|network|pending)$/) })
      await vi.waitUntil(full.hasEnded, 30_000)
      const enlarge = () => run('mount', ['-o', 'remount,size=400m', folder])
      await expectGoingOn({ full, store, runId, stored, failure, enlarge })
    } finally {
      await run('umount', ['-l', folder])
      await rm(folder, { recursive: true })
    }
  })
})

const smallLog = ['min_wal_size = 32MB', 'max_wal_size = 48MB', 'wal_keep_size = 0']

const filler = randomBytes(20_000).toString('hex')

/** Twenty objects of 40 KB. */
function bigPage(at: number) {
  return Array.from({ length: 20 }, (_, n) =>
    anObject({ ...JSON.parse(String(numbered(at + n).raw)), filler: at + filler }),
  )
}

/** Stores pages of twenty until one fails; returns its failure and how many objects were stored. */
async function fill(store: Store, runId: string): Promise<{ failure: unknown; stored: number }> {
  let stored = 0
  try {
    for (; stored < 20_000; stored += 20) {
      const checkpoint = { stamp: String(stored + 20), run: null }
      await store.commit({ key: indicators, runId, parts: [aPage(bigPage(stored))], checkpoint: () => checkpoint })
    }
  } catch (failure) {
    return { failure, stored }
  }
  return { failure: undefined, stored }
}

interface FullServer {
  readonly full: APostgres
  readonly store: Store
  readonly runId: string
  readonly stored: number
  readonly failure: unknown
  readonly enlarge: () => Promise<unknown>
}

/** What was told as stored is there, and the next page is taken once there is room. */
async function expectGoingOn({ full, store, runId, stored, failure, enlarge }: FullServer): Promise<void> {
  // Its log without room ends the server for good, since the recovery needs room too: whoever keeps it has to start it then.
  const before = await patiently(() => store.checkpoint(indicators), full.hasEnded)
  await enlarge()
  if (full.hasEnded()) await full.start()
  const reached = before ?? (await patiently(() => store.checkpoint(indicators)))
  const at = Number(reached?.stamp)
  // An outcome that nobody told may be either.
  expect((failure as { kind: string }).kind === 'pending' ? [stored, stored + 20] : [stored]).toContain(at)
  await patiently(() => keep(store, bigPage(at), { runId }))
  await expectExactly(store, at + 20)
  expect((await store.verify()).problems).toEqual([])
}

/** Tries again while the server is away; undefined when it does not come back. */
async function patiently<Result>(attempt: () => Promise<Result>): Promise<Result>
async function patiently<Result>(attempt: () => Promise<Result>, isGone: () => boolean): Promise<Result | undefined>
async function patiently<Result>(attempt: () => Promise<Result>, isGone?: () => boolean): Promise<Result | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (isGone?.() === true) return undefined
      const { kind } = error as { kind?: string }
      if (tries > 100 || (kind !== 'network' && kind !== 'pending')) throw error
      await pause(100)
    }
  }
}

/** A file system in memory of so many MiB, that `postgres` may write to; undefined where none can be mounted. */
async function smallFileSystem(mebibytes: number): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'stixtaxii-small-'))
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'none', folder]).catch(() => undefined)
  if (!mounted) return undefined
  const [user, group] = ((await readFile('/etc/passwd', 'utf8')).match(/^postgres:.*?:(\d+):(\d+)/m) ?? []).slice(1)
  await chown(folder, Number(user), Number(group))
  await chmod(folder, 0o700)
  return folder
}
