import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/stix/item.ts'
import type { PageQuery, StoredPage } from '../../src/store/page-query.ts'
import type { Settled, Store } from '../../src/store/store.ts'
import { aBlock, anObject } from '../support/items.ts'
import { all, aPage, aRun, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

const idsOf = ({ entries }: StoredPage) => entries.map(({ item }) => item.id)
const stampsOf = ({ entries }: StoredPage) => entries.map(({ addedAt }) => addedAt)

/** What is done beside pages of `src/store/store.ts`: `removeVersions`, `commitAll`. Every driver passes all of it. */
export function pageChangeSuite(subject: StoreUnderTest): void {
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

    describe('removeVersions', () => {
      const threeVersions = async () => {
        const id = anObject().id
        const versions = ['01', '02', '03'].map((month) => anObject({ id, modified: `2026-${month}-01T00:00:00.000Z` }))
        await keep(store, [anObject(), ...versions, anObject()])
        return { id, versions }
      }

      it('S21-24: takes every version of an id, and lets what is left keep its date', async () => {
        const { id } = await threeVersions()
        const before = await page()
        expect(await store.removeVersions(indicators, { id })).toBe(3)
        const after = await page()
        expect(after.entries).toEqual(before.entries.filter(({ item }) => item.id !== id))
        expect(await store.removeVersions(indicators, { id })).toBe(0)
        expect((await store.info()).collections[0]).toMatchObject({ ids: 2, versions: 2 })
        expect((await store.verify()).problems).toEqual([])
      })

      it('takes one version, named as an instant, and the one before is the last again', async () => {
        const { id, versions } = await threeVersions()
        expect(await store.removeVersions(indicators, { id, version: '2026-03-01T00:00:00Z' })).toBe(1)
        expect(await found({ ids: [id], versions: ['last'] })).toEqual([versions[1]])
        expect((await all(store.versions({ id, latest: true }))).map(({ item }) => item)).toEqual([versions[1]])
        expect(await keep(store, [versions[2] as Item])).toMatchObject({ updated: 1 })
        expect(await found({ ids: [id], versions: ['last'] })).toEqual([versions[2]])
        expect((await store.verify()).problems).toEqual([])
      })

      it('takes only one spec version', async () => {
        const object = anObject()
        const older = {
          ...anObject({ id: object.id, modified: '2020-01-01T00:00:00.000Z' }),
          specVersion: '2.0' as const,
        }
        await keep(store, [object, older])
        expect(await store.removeVersions(indicators, { id: object.id, specVersion: '2.0' })).toBe(1)
        expect(await found({})).toEqual([object])
        expect(await store.removeVersions(indicators, { id: object.id, specVersion: '2.0' })).toBe(0)
      })

      it('takes what was added in a window, blocks too', async () => {
        const items = Array.from({ length: 2500 }, (_, n) => (n % 10 === 0 ? aBlock() : anObject({ n })))
        await keep(store, items)
        const stamps = stampsOf(await page({ limit: 3000 }))
        const window = { addedAfter: stamps[99] as string, addedUntil: stamps[2399] as string }
        expect(await store.removeVersions(indicators, window)).toBe(2300)
        expect((await page()).entries.map(({ item }) => item)).toEqual([...items.slice(0, 100), ...items.slice(2400)])
        expect((await store.info()).collections[0]).toMatchObject({ ids: 200, versions: 200, blocks: 20 })
        expect((await store.verify()).problems).toEqual([])
        await keep(store, [anObject()])
        expect((await page()).entries).toHaveLength(201)
      })

      it('forgets with the last version that an id was revoked or had vanished', async () => {
        const object = anObject({ revoked: true })
        await keep(store, [object])
        const run = await aRun(store, indicators, { full: true })
        await keep(store, [], { runId: run })
        expect(await store.markVanished(indicators, run)).toBe(1)
        expect(await store.removeVersions(indicators, { id: object.id })).toBe(1)
        await keep(store, [anObject({ id: object.id })])
        expect((await all(store.versions({})))[0]).toMatchObject({ vanished: false, superseded: false })
        expect((await store.verify()).problems).toEqual([])
      })

      it('does nothing when nothing says which', async () => {
        await keep(store, [anObject()])
        for (const request of [{}, { specVersion: '2.1' as const }, { version: '2026-01-01T00:00:00.000Z' }]) {
          await expect(store.removeVersions(indicators, request)).rejects.toMatchObject({
            code: 'STORE_REMOVAL_UNBOUNDED',
          })
        }
        expect((await page()).entries).toHaveLength(1)
      })

      it('takes nothing from another collection', async () => {
        const object = anObject()
        await keep(store, [object])
        await keep(store, [object], { key: others })
        expect(await store.removeVersions(others, { id: object.id })).toBe(1)
        expect((await page()).entries).toHaveLength(1)
        expect((await page({}, others)).entries).toHaveLength(0)
      })
    })

    describe('commitAll', () => {
      const batch = async (items: readonly Item[], more: Partial<Parameters<Store['commit']>[0]> = {}) => {
        const key = more.key ?? indicators
        return { key, runId: await aRun(store, key), parts: [aPage(items)], checkpoint: () => undefined, ...more }
      }

      it('S1-22: stores into several collections and answers in their order', async () => {
        const shared = anObject()
        const told: string[] = []
        const onStored = (item: Item) => told.push(item.id)
        const counts = await store.commitAll([
          await batch([shared, shared], { onStored }),
          await batch([shared, anObject()], { key: others, onStored }),
        ])
        expect(counts).toMatchObject([
          { new: 1, unchanged: 1 },
          { new: 2, unchanged: 0 },
        ])
        expect(told).toHaveLength(3)
        expect(idsOf(await page({}, others))[0]).toBe(shared.id)
        expect(await store.commitAll([])).toEqual([])
      })

      it('the second batch of a collection goes on where the first ended', async () => {
        const [one, two] = [anObject(), anObject()]
        const counts = await store.commitAll([await batch([one]), await batch([one, two])])
        expect(counts).toMatchObject([{ new: 1 }, { new: 1, unchanged: 1 }])
        expect(idsOf(await page())).toEqual([one.id, two.id])
        expect((await store.verify()).problems).toEqual([])
      })

      it('S1-22: keeps nothing of any batch when one fails', async () => {
        await keep(store, [anObject()])
        const failing = {
          ...(await batch([anObject()], { key: others })),
          parts: (function* () {
            yield aPage([anObject({ filler: 'f'.repeat(9000) })])
            throw new Error('the second one failed')
          })(),
        }
        const first = await batch([anObject(), anObject()], { checkpoint: () => ({ stamp: 'moved', run: null }) })
        await expect(store.commitAll([first, failing])).rejects.toThrow('the second one failed')
        expect((await page()).entries).toHaveLength(1)
        expect((await page({}, others)).entries).toHaveLength(0)
        expect(await store.checkpoint(indicators)).toBeUndefined()
        expect((await store.runs()).map((run) => run.new)).toEqual([0, 0, 1])
        expect((await store.verify()).problems).toEqual([])
      })

      it('tells of each item what became of it, in order', async () => {
        const [known, fresh] = [anObject({ name: 'a' }), anObject()]
        await keep(store, [known])
        const later = anObject({ id: known.id, modified: '2026-04-01T00:00:00.000Z' })
        const other = anObject({ id: known.id, name: 'b' })
        const told: [Item, Settled][] = []
        const onSettled = (item: Item, outcome: Settled) => told.push([item, outcome])
        await keep(store, [known, fresh, later, other, fresh], { onSettled })
        expect(told).toEqual([
          [known, 'unchanged'],
          [fresh, 'new'],
          [later, 'updated'],
          [other, 'conflict'],
          [fresh, 'unchanged'],
        ])
        const many = Array.from({ length: 450 }, () => anObject())
        await keep(store, many)
        told.length = 0
        await keep(store, many, { onSettled })
        expect(told).toEqual(many.map((item) => [item, 'unchanged']))
      })

      it('S21-21: the records of a batch change with it', async () => {
        const objects = [anObject(), anObject()]
        let settled = 0
        await keep(store, objects, {
          onSettled: () => settled++,
          records: () => [{ kind: 'job', id: 'j1', body: { stored: settled }, revision: 0 }],
        })
        expect(await store.records.get('job', 'j1')).toMatchObject({ body: { stored: 2 }, revision: 1 })
      })

      it('asks for the records of each batch when the items of all are settled', async () => {
        const order: string[] = []
        const watched = (name: string) => ({
          onSettled: () => void order.push(name),
          records: () => [{ kind: 'note', id: name, body: [...order] }],
        })
        await store.commitAll([
          await batch([anObject()], watched('a')),
          await batch([anObject()], { ...watched('b'), key: others }),
        ])
        expect(await store.records.get('note', 'a')).toMatchObject({ body: ['a', 'b'] })
        expect(await store.records.get('note', 'b')).toMatchObject({ body: ['a', 'b'] })
      })

      it('E5: a record that was changed meanwhile undoes everything', async () => {
        const known = anObject()
        await keep(store, [known])
        await store.records.write([{ kind: 'job', id: 'j1', body: 1 }])
        const commit = store.commitAll([
          await batch([anObject({ revoked: true }), anObject({ id: known.id, modified: '2027-01-01T00:00:00.000Z' })]),
          await batch([anObject()], {
            key: others,
            records: () => [
              { kind: 'job', id: 'j2', body: 2 },
              { kind: 'job', id: 'j1', body: 2, revision: 7 },
            ],
          }),
        ])
        await expect(commit).rejects.toMatchObject({ code: 'STORE_RECORD_CHANGED', kind: 'conflict' })
        expect(idsOf(await page())).toEqual([known.id])
        expect((await page({}, others)).entries).toEqual([])
        expect(await store.records.get('job', 'j1')).toMatchObject({ body: 1, revision: 1 })
        expect(await store.records.get('job', 'j2')).toBeUndefined()
        expect((await store.verify()).problems).toEqual([])
        expect(await keep(store, [anObject()])).toMatchObject({ new: 1 })
      })

      it.each(['onSettled', 'records'] as const)('keeps nothing when %s throws', async (name) => {
        const failing = () => {
          throw new Error('not this one')
        }
        const damaged = [{ reason: 'STIX_ID_MISSING', detail: 'd', raw: Buffer.from('{}') }]
        await expect(keep(store, [anObject()], { [name]: failing, damaged })).rejects.toThrow('not this one')
        expect((await page()).entries).toEqual([])
        expect(await all(store.quarantined())).toEqual([])
        expect((await store.runs())[0]).toMatchObject({ new: 0, received: 0 })
      })
    })
  })
}
