import { describe, expect, it } from 'vitest'
import { minusMicroseconds } from '../../src/core/timestamp.ts'
import type { Item } from '../../src/stix/item.ts'
import type { PageQuery, StoredPage } from '../../src/store/page-query.ts'
import type { Store } from '../../src/store/store.ts'
import { aBlock, anObject } from '../support/items.ts'
import { all, aRun, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

const idsOf = ({ entries }: StoredPage) => entries.map(({ item }) => item.id)
const stampsOf = ({ entries }: StoredPage) => entries.map(({ addedAt }) => addedAt)

/** The pages of `src/store/store.ts`: `readPage`, `countPage`. Every driver passes all of it. */
export function pageSuite(subject: StoreUnderTest): void {
  describe(`page contract: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

    const page = (query: Partial<PageQuery> = {}, key = indicators) => store.readPage(key, { limit: 1000, ...query })
    /** The entries of the page, and that the count agrees. */
    const found = async (query: Partial<PageQuery>): Promise<readonly Item[]> => {
      const { entries } = await page(query)
      expect(await store.countPage(indicators, query)).toBe(entries.length)
      return entries.map(({ item }) => item)
    }

    describe('readPage', () => {
      it('S21-14: gives what was added, oldest first, each with a date of its own and its own bytes', async () => {
        const objects = Array.from({ length: 250 }, (_, n) => anObject({ n, name: 'päron' }))
        await keep(store, objects)
        const { entries, more } = await page()
        expect(more).toBe(false)
        expect(entries.map(({ item }) => item)).toEqual(objects)
        expect(entries.map(({ version }) => version)).toEqual(objects.map(({ version }) => version))
        const stamps = entries.map(({ addedAt }) => addedAt)
        expect(new Set(stamps).size).toBe(250)
        expect(stamps).toEqual([...stamps].sort())
        expect((await all(store.versions({}))).map(({ addedAt }) => addedAt)).toEqual(stamps)
      })

      it('edge case 1: 250 objects of one commit are pages of 100, 100 and 50, without repeat or gap', async () => {
        const objects = Array.from({ length: 250 }, () => anObject())
        await keep(store, objects)
        const pages: StoredPage[] = []
        for (let after: string | undefined; ; after = pages.at(-1)?.entries.at(-1)?.addedAt) {
          pages.push(await page({ limit: 100, addedAfter: after }))
          if (!pages.at(-1)?.more) break
        }
        expect(pages.map(({ entries, more }) => [entries.length, more])).toEqual([
          [100, true],
          [100, true],
          [50, false],
        ])
        expect(pages.flatMap(idsOf)).toEqual(objects.map(({ id }) => id))
      })

      it('ends a page before its bodies are too many bytes, after one at least; the rest is in the next ones', async () => {
        const objects = Array.from({ length: 12 }, (_, n) =>
          anObject({ n, name: 'x'.repeat(n === 5 ? 50_000 : 10_000) }),
        )
        await keep(store, objects)
        for (const types of [undefined, ['indicator', 'malware']]) {
          const pages: StoredPage[] = []
          for (let after: string | undefined; ; after = pages.at(-1)?.entries.at(-1)?.addedAt) {
            pages.push(await page({ addedAfter: after, maxBytes: 35_000, limit: 4, types }))
            if (!pages.at(-1)?.more) break
          }
          expect(pages.map(({ entries }) => entries.length)).toEqual([3, 2, 1, 3, 3])
          expect(pages.flatMap(idsOf)).toEqual(objects.map(({ id }) => id))
        }
        expect(await page({ maxBytes: 1, limit: 12, bodies: false })).toMatchObject({ more: false })
        expect((await page({ maxBytes: 1e9, limit: 12 })).entries).toHaveLength(12)
      })

      it('edge case 2: what is added between two pages comes at the end', async () => {
        await keep(store, [anObject(), anObject(), anObject()])
        const first = await page({ limit: 2 })
        const later = anObject()
        await keep(store, [later])
        const second = await page({ limit: 2, addedAfter: first.entries.at(-1)?.addedAt })
        expect(idsOf(second)).toEqual([(await page()).entries[2]?.item.id, later.id])
        expect(second.more).toBe(false)
      })

      it('says more only where the query holds for something behind the last entry', async () => {
        await keep(store, [anObject(), anObject({ type: 'malware' }), anObject(), anObject({ type: 'malware' })])
        expect((await page({ limit: 3 })).more).toBe(true)
        expect((await page({ limit: 4 })).more).toBe(false)
        expect((await page({ limit: 2, types: ['indicator'] })).more).toBe(false)
        expect((await page({ limit: 1, types: ['indicator'] })).more).toBe(true)
        const stamps = stampsOf(await page())
        expect(await page({ limit: 2, addedUntil: stamps[1] })).toMatchObject({ more: false })
        expect(await page({ limit: 1, addedUntil: stamps[1] })).toMatchObject({ more: true })
      })

      it('S1-12, S21-18: begins after addedAfter and ends with addedUntil, at any precision', async () => {
        await keep(
          store,
          Array.from({ length: 150 }, () => anObject()),
        )
        const stamps = stampsOf(await page())
        const [begin, end] = [stamps[20] as string, stamps[120] as string]
        const window = await page({ addedAfter: begin, addedUntil: end })
        expect(stampsOf(window)).toEqual(stamps.slice(21, 121))
        const finer = (stamp: string) => stamp.replace('Z', '999Z')
        expect(stampsOf(await page({ addedAfter: finer(begin), addedUntil: finer(end) }))).toEqual(
          stamps.slice(21, 121),
        )
        const early = minusMicroseconds(begin, 1) as string
        expect(stampsOf(await page({ addedAfter: early, limit: 1 }))).toEqual([begin])
        expect(await page({ addedAfter: stamps.at(-1) })).toEqual({ entries: [], more: false })
        expect(await page({ addedUntil: minusMicroseconds(stamps[0] as string, 1) })).toEqual({
          entries: [],
          more: false,
        })
        expect(await store.countPage(indicators, { addedAfter: begin, addedUntil: end })).toBe(100)
      })

      it('bounds far outside what can be are bounds', async () => {
        await aRun(store)
        for (const stored of [0, 1]) {
          if (stored) await keep(store, [anObject()])
          expect((await page({ addedAfter: '9999-12-31T23:59:59.999999Z' })).entries).toHaveLength(0)
          expect((await page({ addedUntil: '0001-01-01T00:00:00Z' })).entries).toHaveLength(0)
          const everything = { addedAfter: '0001-01-01T00:00:00Z', addedUntil: '9999-12-31T23:59:59.999999Z' }
          expect((await page(everything)).entries).toHaveLength(stored)
          expect(await store.countPage(indicators, everything)).toBe(stored)
        }
      })

      it('is one moment’s picture, whatever is stored and removed meanwhile', async () => {
        const objects = Array.from({ length: 1500 }, (_, n) => anObject({ filler: String(n).repeat(200) }))
        await keep(store, objects)
        const rare = anObject({ type: 'malware' })
        await keep(store, [rare])
        const later = anObject({ id: objects[7]?.id as string, modified: '2026-05-01T00:00:00.000Z' })
        const before = [...objects, rare]
        const between = [...before.filter(({ id }) => id !== later.id), later]
        const seen = (items: readonly Item[]) => items.map(({ raw }) => raw.toString()).join()
        const moments = [[], [later], before, between].map(seen)
        const reads = Array.from({ length: 8 }, () => page({ limit: 2000, versions: ['last'] }))
        const run = await aRun(store)
        await Promise.all([
          store.removeVersions(indicators, { addedUntil: '2100-01-01T00:00:00Z' }),
          keep(store, [later], { runId: run }),
        ])
        for (const { entries } of await Promise.all(reads))
          expect(moments.includes(seen(entries.map(({ item }) => item)))).toBe(true)
      })

      it('S21-19: finds by id, type, kind and several of each', async () => {
        const [indicator, malware, block] = [anObject(), anObject({ type: 'malware' }), aBlock()]
        await keep(store, [indicator, malware, block])
        expect(await found({ ids: [malware.id] })).toEqual([malware])
        expect(await found({ ids: [block.id, indicator.id, 'indicator--nowhere'] })).toEqual([indicator, block])
        expect(await found({ types: ['malware'] })).toEqual([malware])
        expect(await found({ types: ['malware', 'indicator', 'tool'] })).toEqual([indicator, malware])
        expect(await found({ types: ['tool'] })).toEqual([])
        expect(await found({ kind: 'block' })).toEqual([block])
        expect(await found({ kind: 'object' })).toEqual([indicator, malware])
        expect(await found({ ids: [malware.id], types: ['indicator'] })).toEqual([])
        expect(await found({ ids: [] })).toEqual([])
        expect(await found({ types: [] })).toEqual([])
      })

      it('asks spec versions of objects and bindings of blocks', async () => {
        const older = { ...anObject(), specVersion: '2.0' as const }
        const newer = anObject()
        const [plain, sub, json] = [
          aBlock('<a/>', { binding: 'urn:a' }),
          aBlock('<b/>', { binding: 'urn:a', subtype: 'urn:a:1' }),
          aBlock('{}', { binding: 'urn:b' }),
        ]
        await keep(store, [older, newer, plain, sub, json])
        expect(await found({ specVersions: ['2.0'], kind: 'object' })).toEqual([older])
        expect(await found({ specVersions: ['2.0', '2.1'], kind: 'object' })).toEqual([older, newer])
        const any = (id: string) => ({ id, subtypes: [] })
        expect(await found({ bindings: [any('urn:a')], kind: 'block' })).toEqual([plain, sub])
        expect(await found({ bindings: [any('urn:a'), any('urn:b')], kind: 'block' })).toEqual([plain, sub, json])
        expect(await found({ bindings: [{ id: 'urn:a', subtypes: ['urn:a:2'] }], kind: 'block' })).toEqual([plain])
        expect(await found({ bindings: [{ id: 'urn:a', subtypes: ['urn:a:1'] }], kind: 'block' })).toEqual([plain, sub])
        expect(await found({ bindings: [any('urn:b')], specVersions: ['2.1'] })).toEqual([newer, json])
      })

      it('S21-20, edge case 4: last, first, all and named versions, each alone and together', async () => {
        const months = ['02', '01', '03']
        const id = anObject().id
        const versions = months.map((month) => anObject({ id, modified: `2026-${month}-01T00:00:00.000Z` }))
        const [february, january, march] = versions as [Item, Item, Item]
        const other = anObject({ modified: '2026-02-01T00:00:00Z' })
        await keep(store, [...versions, other])
        expect(await found({})).toEqual([...versions, other])
        expect(await found({ versions: ['last'] })).toEqual([march, other])
        expect(await found({ versions: ['first'] })).toEqual([january, other])
        expect(await found({ versions: ['first', 'last'] })).toEqual([january, march, other])
        expect(await found({ versions: ['all'] })).toEqual([...versions, other])
        expect(await found({ versions: ['last', 'all'] })).toEqual([...versions, other])
        expect(await found({ versions: [] })).toEqual([])
        expect(await found({ versions: ['2026-02-01T00:00:00.000Z'] })).toEqual([february, other])
        expect(await found({ versions: ['2026-01-31T23:00:00-01:00', 'last'] })).toEqual([february, march, other])
        expect(await found({ versions: ['2020-01-01T00:00:00Z'] })).toEqual([])
        expect(await found({ versions: ['last'], ids: [id] })).toEqual([march])
        expect(await found({ versions: ['first'], ids: [id], types: ['indicator'] })).toEqual([january])
      })

      it('chooses last and first among the wanted spec versions, whatever the window', async () => {
        const id = anObject().id
        const at = (month: string, specVersion: '2.0' | '2.1') => ({
          ...anObject({ id, modified: `2026-${month}-01T00:00:00.000Z` }),
          specVersion,
        })
        const [one, two, three, four] = [at('01', '2.1'), at('02', '2.0'), at('03', '2.0'), at('04', '2.1')]
        await keep(store, [four, one])
        await keep(store, [three, two])
        expect(await found({ versions: ['last'], specVersions: ['2.0'] })).toEqual([three])
        expect(await found({ versions: ['first'], specVersions: ['2.0'] })).toEqual([two])
        expect(await found({ versions: ['last'], specVersions: ['2.1'] })).toEqual([four])
        expect(await found({ versions: ['last'], specVersions: ['2.0', '2.1'] })).toEqual([four])
        expect(await found({ versions: ['first', 'last'], specVersions: ['2.0'], ids: [id] })).toEqual([three, two])
        const behindFour = (await page()).entries[0]?.addedAt
        expect(await found({ versions: ['last'], addedAfter: behindFour })).toEqual([])
        expect(await found({ versions: ['last'], addedUntil: behindFour })).toEqual([four])
      })

      it('versions that are no timestamps go by the order in which they came', async () => {
        const id = 'x--1'
        const [first, second] = [anObject({ id, modified: 'sha256:bb' }), anObject({ id, modified: 'sha256:aa' })]
        await keep(store, [first, second])
        expect(await found({ versions: ['last'] })).toEqual([second])
        expect(await found({ versions: ['first'] })).toEqual([first])
        expect(await found({ versions: ['sha256:bb'] })).toEqual([first])
      })

      it('S21-20: chooses among the newest spec version of each id when asked to', async () => {
        const id = anObject().id
        const at = (month: string, specVersion: '2.0' | '2.1') => ({
          ...anObject({ id, modified: `2026-${month}-01T00:00:00.000Z` }),
          specVersion,
        })
        const [newer, older, oldest, alone] = [
          at('04', '2.1'),
          at('05', '2.0'),
          at('03', '2.1'),
          { ...anObject(), specVersion: '2.0' as const },
        ]
        const block = aBlock()
        await keep(store, [older, newer, oldest, alone, block])
        expect(await found({ specVersions: 'newest' })).toEqual([newer, oldest, alone, block])
        expect(await found({ specVersions: 'newest', versions: ['last'] })).toEqual([newer, alone, block])
        expect(await found({ specVersions: 'newest', versions: ['first'], ids: [id] })).toEqual([oldest])
        expect(await found({ specVersions: 'newest', versions: [older.version] })).toEqual([])
        expect(await found({ specVersions: 'newest', types: ['indicator'] })).toEqual([newer, oldest, alone])
      })

      it('S21-20: of an id that is stored in spec version 2.0 only, that is the newest', async () => {
        const first = { ...anObject(), specVersion: '2.0' as const }
        const second = {
          ...anObject({ id: first.id, modified: '2026-05-01T00:00:00.000Z' }),
          specVersion: '2.0' as const,
        }
        await keep(store, [first, second])
        expect(await found({ specVersions: 'newest' })).toEqual([first, second])
        expect(await found({ specVersions: 'newest', versions: ['last'] })).toEqual([second])
        expect(await found({ specVersions: 'newest', versions: ['first'] })).toEqual([first])
      })

      it('S21-20: the version of what has no date of its own is also the date of its adding', async () => {
        const dateless = { ...anObject({ type: 'ipv4-addr' }), version: `sha256:${'ab'.repeat(32)}` }
        await keep(store, [anObject(), dateless, anObject()])
        const addedAt = stampsOf(await page())[1] as string
        expect(await found({ versions: [addedAt] })).toEqual([dateless])
        expect(await found({ versions: [addedAt], ids: [dateless.id] })).toEqual([dateless])
        expect(await found({ versions: [dateless.version] })).toEqual([dateless])
        expect(await store.removeVersions(indicators, { id: dateless.id, version: addedAt })).toBe(1)
      })

      it('leaves the bytes out for manifests', async () => {
        const objects = [anObject(), anObject()]
        await keep(store, objects)
        const { entries } = await page({ bodies: false })
        expect(entries.map(({ item }) => item)).toEqual(objects.map((object) => ({ ...object, raw: Buffer.alloc(0) })))
      })

      it('S21-20: reads thousands of ids with several versions each to the end', async () => {
        const ids = Array.from({ length: 1200 }, () => anObject({ filler: 'f'.repeat(300) }))
        const later = ids.map(({ id }) => anObject({ id, modified: '2026-05-01T00:00:00.000Z' }))
        await keep(store, [...ids, ...later.slice(0, 600)])
        await keep(store, later.slice(600))
        const read: string[] = []
        for (let after: string | undefined; ;) {
          const { entries, more } = await page({ versions: ['last'], limit: 170, addedAfter: after })
          read.push(...entries.map(({ item, version }) => `${item.id} ${version}`))
          if (!more) break
          after = entries.at(-1)?.addedAt
        }
        expect(read).toEqual(later.map(({ id, version }) => `${id} ${version}`))
        expect(await store.countPage(indicators, { versions: ['last'] })).toBe(1200)
        expect(await store.countPage(indicators, {})).toBe(2400)
      })

      it('finds what is rare among thousands', async () => {
        const objects = Array.from({ length: 3000 }, (_, n) =>
          anObject({ type: n % 1000 === 500 ? 'malware' : 'indicator', filler: 'f'.repeat(200) }),
        )
        await keep(store, objects)
        const rare = objects.filter(({ type }) => type === 'malware')
        expect(await found({ types: ['malware'] })).toEqual(rare)
        expect(await page({ types: ['malware'], limit: 2 })).toMatchObject({ more: true })
        expect(await found({ ids: objects.filter((_, n) => n % 300 === 7).map(({ id }) => id) })).toHaveLength(10)
        const ids = objects.filter((_, n) => n % 2 === 0).map(({ id }) => id)
        expect((await page({ ids, limit: 100 })).more).toBe(true)
        expect(await store.countPage(indicators, { ids })).toBe(1500)
      })

      it('tells collections apart, and one that is not known has nothing', async () => {
        const object = anObject()
        await keep(store, [object])
        await keep(store, [anObject({ id: object.id, modified: '2026-02-01T00:00:00.000Z' })], { key: others })
        expect(idsOf(await page({ versions: ['last'] }))).toEqual([object.id])
        const nowhere = { ...indicators, collection: 'nowhere' }
        expect(await page({}, nowhere)).toEqual({ entries: [], more: false })
        expect(await store.countPage(nowhere, {})).toBe(0)
        expect(await store.removeVersions(nowhere, { id: object.id })).toBe(0)
      })
    })
  })
}
