import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/core/notice.ts'
import type { PageQuery } from '../../../src/store/page-query.ts'
import { connect, type Binding } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import type { StixObject } from '../../../src/stix/item.ts'
import { indicators, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject, aUuid } from '../../support/items.ts'
import { backToSchema3 } from '../../support/older-schema.ts'
import { aStatement, loadSaid, saying } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
const ids = Array.from({ length: 60 }, () => `indicator--${aUuid()}`)
const filler = 'f'.repeat(200)
let files = 0

/** Counts the rows that SQLite hands out. */
function counting(binding: Binding): Binding & { readonly rows: () => number } {
  let rows = 0
  return {
    name: binding.name,
    open(file) {
      const database = binding.open(file)
      return {
        exec: (sql) => database.exec(sql),
        close: () => database.close(),
        prepare(sql) {
          const statement = database.prepare(sql)
          const get = (values: Parameters<typeof statement.get>[0]) => {
            rows++
            return statement.get(values)
          }
          const all = (values: Parameters<typeof statement.all>[0]) => {
            const found = statement.all(values)
            rows += found.length
            return found
          }
          return { run: (values) => statement.run(values), get, all }
        },
      }
    },
    rows: () => rows,
  }
}

const stampOf = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()

/** Every id in so many versions: all of them come round again and again, as a source brings them. */
async function fill(store: Store, versions: number, specOf: (n: number) => '2.0' | '2.1' = () => '2.1'): Promise<void> {
  for (let round = 0; round < versions; round += 10) {
    const some = Array.from({ length: Math.min(10, versions - round) }, (_, n) => round + n)
    const object = (id: string, n: number): StixObject => ({
      ...anObject({ id, modified: stampOf(n), filler }),
      specVersion: specOf(n),
    })
    await keep(
      store,
      some.flatMap((n) => ids.map((id) => object(id, n))),
    )
  }
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'superseded versions over %s',
  (_name, binding) => {
    const newFile = () => path.join(folder, `${++files}.db`)
    const notices: Notice[] = []
    const open = (file: string, by: Binding = binding) =>
      openSqliteStore(file, {
        clock: fakeClock(),
        identity: { pid: 1, host: 'host.example' },
        loadReader: loadSaid,
        binding: by,
        notices: (notice) => notices.push(notice),
      })

    const asked: readonly Omit<PageQuery, 'limit'>[] = [
      { versions: ['last'], specVersions: 'newest', kind: 'object' },
      { versions: ['last'] },
      { versions: ['last'], types: ['indicator'], specVersions: ['2.1'] },
    ]

    /** Rows that are read for each page of the last versions, one page after the other, and for their number. */
    async function workOf(file: string, query: Omit<PageQuery, 'limit'>): Promise<number> {
      const counted = counting(binding)
      await using store = await open(file, counted)
      await store.readPage(indicators, { ...query, limit: 1 })
      const before = counted.rows()
      const found: string[] = []
      let addedAfter: string | undefined
      for (let more = true; more;) {
        const page = await store.readPage(indicators, { ...query, addedAfter, limit: 20 })
        found.push(...page.entries.map(({ item }) => item.id))
        addedAfter = page.entries.at(-1)?.addedAt
        more = page.more
      }
      expect(found.toSorted()).toEqual(ids.toSorted())
      expect(await store.countPage(indicators, query)).toBe(ids.length)
      return counted.rows() - before
    }

    it('S21-19: a page of last versions costs no more after 200 versions of each id than after one', async () => {
      const [few, many] = [newFile(), newFile()]
      for (const [file, versions] of [
        [few, 1],
        [many, 200],
      ] as const) {
        await using store = await open(file)
        await fill(store, versions)
        expect((await store.verify()).problems).toEqual([])
      }
      for (const query of asked) {
        // A few more: what is superseded within the last segment is looked at.
        expect(await workOf(many, query)).toBeLessThan((await workOf(few, query)) * 8 + 300)
      }
    })

    it('lists what is stored by a few rows for each version', async () => {
      const counted = counting(binding)
      await using store = await open(newFile(), counted)
      await fill(store, 200)
      const before = counted.rows()
      const last: string[] = []
      for await (const { item, superseded } of store.versions({})) if (!superseded) last.push(item.id)
      expect(last.toSorted()).toEqual(ids.toSorted())
      expect(counted.rows() - before).toBeLessThan(60 * 200 * 2)
    })

    it('L6: lets other things have their turn while it lists what is stored and what is known', async () => {
      await using store = await open(newFile())
      const statements = [aStatement(`indicator--${aUuid()}`)]
      for (let round = 0; round < 5; round++) {
        await keep(
          store,
          Array.from({ length: 1000 }, () => saying({ statements }, { filler })),
        )
      }
      const turnsOf = async (listing: AsyncIterable<unknown>): Promise<number> => {
        let turns = 0
        const ticking = setInterval(() => turns++, 1)
        for await (const each of listing) expect(each).toBeDefined()
        clearInterval(ticking)
        return turns
      }
      expect(await turnsOf(store.versions({}))).toBeGreaterThan(2)
      expect(await turnsOf(store.knownValues({}))).toBeGreaterThan(2)
    })

    it('L10: a store of schema 3 is told of superseded versions once, after a copy was made, and then is as quick', async () => {
      const file = newFile()
      {
        await using store = await open(file)
        await fill(store, 200)
      }
      const before = await workOf(file, asked[0] as PageQuery)
      backToSchema3(binding, file)
      notices.length = 0
      {
        await using store = await open(file)
        expect(notices).toMatchObject([{ code: 'STORE_UPGRADED' }])
        expect((await store.verify()).problems).toEqual([])
      }
      const connection = connect(binding, file)
      expect(connection.get('SELECT count(*) AS open FROM sibling WHERE latest IS NULL')).toEqual({ open: 0 })
      connection.close()
      expect(await workOf(file, asked[0] as PageQuery)).toBe(before)
    })

    it('L10: what a prune takes away is not missed, and the version before a removed one is the last again', async () => {
      const file = newFile()
      await using store = await open(file)
      await fill(store, 30)
      const last = async () =>
        (await store.readPage(indicators, { versions: ['last'], limit: 100 })).entries.map(({ version }) => version)
      await store.removeVersions(indicators, { id: ids[0] as string, version: stampOf(29) })
      expect((await last()).filter((version) => version !== stampOf(29))).toEqual([stampOf(28)])
      expect((await store.verify()).problems).toEqual([])
      expect(await store.prune({})).toBe(30 * ids.length - 1 - ids.length)
      expect(await last()).toHaveLength(ids.length)
      expect((await store.verify()).problems).toEqual([])
    })

    it('S21-19: an older version that comes late is superseded at once, and an id of two spec versions has two last ones', async () => {
      await using store = await open(newFile())
      await fill(store, 4, (n) => (n < 2 ? '2.1' : '2.0'))
      await keep(store, [
        { ...anObject({ id: ids[0] as string, modified: '2025-01-01T00:00:00.000Z' }), specVersion: '2.0' },
      ])
      const versions = async (query: Omit<PageQuery, 'limit'>) => [
        ...new Set((await store.readPage(indicators, { ...query, limit: 100 })).entries.map(({ version }) => version)),
      ]
      expect(await versions({ versions: ['last'] })).toEqual([stampOf(3)])
      expect(await versions({ versions: ['last'], specVersions: 'newest' })).toEqual([stampOf(1)])
      expect(await versions({ versions: ['last'], specVersions: ['2.0'] })).toEqual([stampOf(3)])
      expect(await store.countPage(indicators, { versions: ['last'], specVersions: ['2.0'] })).toBe(ids.length)
      expect((await store.verify()).problems).toEqual([])
    })
  },
)
