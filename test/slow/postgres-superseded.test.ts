import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import type { PageQuery } from '../../src/store/page-query.ts'
import { pageSql } from '../../src/store/postgres/pages.ts'
import { migrations } from '../../src/store/postgres/schema.ts'
import { openStore } from '../../src/store/registry.ts'
import type { RemovalRequest, Store } from '../../src/store/store.ts'
import type { StixObject } from '../../src/stix/item.ts'
import { indicators, keep } from '../contracts/a-store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject, aUuid } from '../support/items.ts'
import { loadSaid } from '../support/said.ts'
import { aPostgres, type APostgres } from './a-postgres.ts'

let server: APostgres
beforeAll(async () => {
  server = await aPostgres()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const notices: Notice[] = []
const parts = {
  identity: { pid: 1, host: 'host.example' },
  loadReader: loadSaid,
  notices: (notice: Notice) => void notices.push(notice),
}
const open = (url: string, clock = fakeClock()) => openStore(url, { ...parts, clock })
const databaseOf = (url: string) => new URL(url).pathname.slice(1)

const ids = Array.from({ length: 60 }, () => `indicator--${aUuid()}`)
const stampOf = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()
const versionOf = (id: string, n: number, specVersion: '2.0' | '2.1' = '2.1'): StixObject => ({
  ...anObject({ id, modified: stampOf(n), filler: 'f'.repeat(200) }),
  specVersion,
})

async function fill(store: Store, versions: number): Promise<void> {
  for (let round = 0; round < versions; round += 10) {
    const some = Array.from({ length: Math.min(10, versions - round) }, (_, n) => round + n)
    await keep(
      store,
      some.flatMap((n) => ids.map((id) => versionOf(id, n))),
    )
  }
}

const lastOnes: readonly Omit<PageQuery, 'limit'>[] = [
  { versions: ['last'], specVersions: 'newest', kind: 'object' },
  { versions: ['last'] },
  { versions: ['last'], types: ['indicator'], specVersions: ['2.1'] },
]

interface Plan {
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

/** Rows that each step of the plan has looked at. */
function rowsOf(plan: Plan): number {
  const own = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0)
  return own * plan['Actual Loops'] + (plan.Plans ?? []).reduce((sum, each) => sum + rowsOf(each), 0)
}

async function workOf(client: pg.Client, query: Omit<PageQuery, 'limit'>): Promise<number> {
  const { sql, values } = pageSql(1, query, 21)
  const found = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    values,
  )
  return rowsOf(found.rows[0]?.['QUERY PLAN'][0]?.Plan as Plan)
}

describe('superseded versions in PostgreSQL', () => {
  it('S21-19: a page of last versions costs no more after 200 versions of each id than after one', async () => {
    const work: number[][] = []
    for (const versions of [1, 200]) {
      const url = await server.freshUrl()
      await using store = await open(url)
      await fill(store, versions)
      for (const query of lastOnes) {
        const { entries, more } = await store.readPage(indicators, { ...query, limit: 100 })
        expect(more).toBe(false)
        expect(entries.map(({ item }) => item.id).toSorted()).toEqual(ids.toSorted())
        expect(await store.countPage(indicators, query)).toBe(ids.length)
      }
      expect((await store.verify()).problems).toEqual([])
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        await client.query('SET search_path = stixtaxii')
        const counted: number[] = []
        for (const query of lastOnes) counted.push(await workOf(client, query))
        work.push(counted)
      } finally {
        await client.end()
      }
    }
    const [few, many] = work as [number[], number[]]
    for (const [place, rows] of many.entries()) expect(rows).toBeLessThan((few[place] as number) * 2 + 50)
  })

  it('L10: a store of schema 1 is told of superseded versions once, and then says the same', async () => {
    const url = await server.freshUrl()
    const read = async (store: Store) =>
      Promise.all(lastOnes.map((query) => store.readPage(indicators, { ...query, limit: 100 })))
    let before: unknown
    {
      await using store = await open(url)
      await fill(store, 20)
      await keep(store, [versionOf(ids[0] as string, 99, '2.0'), aBlock()])
      before = await read(store)
    }
    await server.sql(
      'DROP TABLE stixtaxii.standing; ALTER TABLE stixtaxii.settled DROP COLUMN schema; UPDATE stixtaxii.store SET schema = 1',
      databaseOf(url),
    )
    notices.length = 0
    await using store = await open(url)
    expect(notices).toMatchObject([
      { code: 'STORE_UPGRADED', message: expect.stringContaining(`brought to schema ${migrations.length}`) as string },
    ])
    expect(await read(store)).toEqual(before)
    expect((await store.verify()).problems).toEqual([])
    notices.length = 0
    await (await open(url))[Symbol.asyncDispose]()
    expect(notices).toEqual([])
  })

  it.each([
    ['a version that is passed over', 'DELETE FROM standing WHERE added = (SELECT max(added) FROM standing)'],
    [
      'a superseded version noted as the last one',
      'INSERT INTO standing SELECT collection, added, type, true FROM version ORDER BY added LIMIT 1',
    ],
    ['a version noted as the only last one', 'UPDATE standing SET decided = NOT decided'],
    ['a type altered', "UPDATE standing SET type = 'malware'"],
  ])('L10: verify finds %s, and a reindex mends it', async (_what, sql) => {
    const url = await server.freshUrl()
    await using store = await open(url)
    await fill(store, 3)
    await server.sql(`SET search_path = stixtaxii; ${sql}`, databaseOf(url))
    expect((await store.verify()).ok).toBe(false)
    await store.reindex()
    expect((await store.verify()).problems).toEqual([])
  })

  it('S21-19: whatever comes and goes, pages are those of the store in memory', { timeout: 240_000 }, async () => {
    let state = 20261123
    const random = (below: number) => (state = (state * 1103515245 + 12345) % 2147483648) % below
    const queries = (['2.0', '2.1'] as const).flatMap((spec) =>
      [['last'], ['first', 'last'], ['last', stampOf(3)]].flatMap((versions) => [
        { versions, specVersions: [spec] },
        { versions, specVersions: 'newest' as const },
        { versions, types: ['indicator', 'malware'] },
      ]),
    )
    for (let history = 0; history < 12; history++) {
      const stores = [await open(await server.freshUrl()), openMemoryStore({ ...parts, clock: fakeClock() })]
      for (let step = 0; step < 12; step++) {
        const items = Array.from({ length: 1 + random(8) }, () => {
          const id = ids[random(4)] as string
          return versionOf(id, random(6), random(3) === 0 ? '2.0' : '2.1')
        })
        const request: RemovalRequest = { id: ids[random(4)] as string, version: stampOf(random(6)) }
        const removes = random(3) === 0
        const prunes = random(8) === 0
        for (const store of stores) {
          await keep(store, items)
          if (removes) await store.removeVersions(indicators, request)
          if (prunes) await store.prune({})
        }
        for (const query of queries) {
          const [real, naive] = await Promise.all(
            stores.map((store) => store.readPage(indicators, { ...query, limit: 5 })),
          )
          expect(real?.entries.map(({ item }) => item)).toEqual(naive?.entries.map(({ item }) => item))
          expect(real?.more).toBe(naive?.more)
          const counts = await Promise.all(stores.map((store) => store.countPage(indicators, query)))
          expect(counts[0]).toBe(counts[1])
        }
      }
      expect((await stores[0]?.verify())?.problems).toEqual([])
      for (const store of stores) await store[Symbol.asyncDispose]()
    }
  })
})
