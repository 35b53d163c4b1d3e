import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/stix/item.ts'
import type { CheckpointMove, Counts, Store, StoredVersion } from '../../src/store/store.ts'
import { aBlock, anObject, somethingDamaged } from '../support/items.ts'
import { acme, all, aPage, aRun, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

const none: Counts = {
  pages: 1,
  received: 0,
  new: 0,
  updated: 0,
  unchanged: 0,
  conflicts: 0,
  quarantined: 0,
  revoked: 0,
}

/** The contract of `src/store/store.ts`, what is kept: every driver passes all of it. */
export function storeSuite(subject: StoreUnderTest): void {
  describe(`store contract: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

    const stored = (filter = {}): Promise<StoredVersion[]> => all(store.versions(filter))

    describe('counting', () => {
      it('counts an id it has not seen as new and keeps its own bytes', async () => {
        const object = anObject({ name: 'päron \u{1f352}' })
        expect(await keep(store, [object])).toEqual({ ...none, received: 1, new: 1 })
        expect((await stored()).map(({ item }) => item)).toEqual([object])
      })

      it('T8: keeps every version of an id and counts the later ones as updated', async () => {
        const [first, second] = [anObject({ n: 1 }), anObject({ n: 2, modified: '2026-02-01T00:00:00.000Z' })]
        const later = { ...second, id: first.id }
        expect(await keep(store, [first, later])).toEqual({ ...none, received: 2, new: 1, updated: 1 })
        expect((await stored()).map(({ superseded }) => superseded)).toEqual([true, false])
        expect((await stored({ latest: true })).map(({ item }) => item)).toEqual([later])
      })

      it('T8: an older version that comes later is kept and does not supersede', async () => {
        const newer = anObject({ modified: '2026-02-01T00:00:00.000Z' })
        const older = { ...anObject({ modified: '2026-01-01T00:00:00.000Z' }), id: newer.id }
        await keep(store, [newer])
        expect(await keep(store, [older])).toEqual({ ...none, received: 1, updated: 1 })
        expect((await stored({ latest: true })).map(({ item }) => item)).toEqual([newer])
      })

      it('counts the same bytes as unchanged, in one page, over pages and over runs', async () => {
        const objects = [anObject(), anObject(), anObject()]
        expect(await keep(store, [...objects, ...objects])).toEqual({ ...none, received: 6, new: 3, unchanged: 3 })
        expect(await keep(store, objects)).toEqual({ ...none, received: 3, unchanged: 3 })
        expect(await stored()).toHaveLength(3)
      })

      it('settles a thousand unchanged objects with one changed among them', async () => {
        const objects = Array.from({ length: 1000 }, () => anObject())
        await keep(store, objects)
        const changed = anObject({ id: objects[613]?.id as string, modified: '2026-03-01T00:00:00.000Z' })
        const again = objects.with(613, changed)
        expect(await keep(store, again)).toEqual({ ...none, received: 1000, unchanged: 999, updated: 1 })
      })

      it('sees through another order of members and other spelling of numbers', async () => {
        const object = anObject({ a: 1, b: [1.5, 'é'] })
        const text = object.raw.toString().replace('"a":1,', '').replace('"b":[1.5,"é"],', '')
        const raw = Buffer.from(`{"b":[15e-1,"\\u00e9"],"a":1.0,${text.slice(1)}`)
        await keep(store, [object])
        expect(await keep(store, [{ ...object, raw }])).toEqual({ ...none, received: 1, unchanged: 1 })
      })

      it('T8: the same version with other content is a conflict: the first is kept, both are reported', async () => {
        const first = anObject({ name: 'first' })
        const other = anObject({ name: 'other', id: first.id })
        expect(await keep(store, [first, other])).toEqual({ ...none, received: 2, new: 1, conflicts: 1 })
        expect(await keep(store, [other, first])).toEqual({ ...none, received: 2, unchanged: 1, conflicts: 1 })
        expect((await stored()).map(({ item }) => item)).toEqual([first])
        const conflicts = await all(store.conflicts())
        expect(conflicts).toHaveLength(1)
        expect(conflicts[0]).toMatchObject({ id: first.id, version: first.version, kept: first.raw, other: other.raw })
      })

      it('T13: integers that a double cannot hold make a conflict and are kept as they are', async () => {
        const first = anObject()
        const withNumber = (digits: string) => Buffer.from(first.raw.toString().replace(/}$/, `,"x_big":${digits}}`))
        const object = { ...first, raw: withNumber('9007199254740993') }
        await keep(store, [object])
        expect(await keep(store, [{ ...first, raw: withNumber('9007199254740992') }])).toMatchObject({ conflicts: 1 })
        expect((await stored())[0]?.item.raw.toString()).toContain('9007199254740993')
      })

      it('counts a revocation once, besides', async () => {
        const object = anObject()
        const revoked = anObject({ id: object.id, modified: '2026-02-01T00:00:00.000Z', revoked: true })
        expect(await keep(store, [object, revoked])).toMatchObject({ new: 1, updated: 1, revoked: 1 })
        expect(await keep(store, [revoked])).toMatchObject({ unchanged: 1, revoked: 0 })
      })

      it('a block is never updated: other content is another block, the same content unchanged', async () => {
        const block = aBlock('<a/>', { timestampLabel: '2026-01-01T00:00:00.123456Z', subtype: 's', message: 'm' })
        expect(await keep(store, [block, aBlock('<b/>')])).toEqual({ ...none, received: 2, new: 2 })
        const relabelled = { ...block, timestampLabel: '2026-05-05T00:00:00Z' }
        expect(await keep(store, [relabelled])).toEqual({ ...none, received: 1, unchanged: 1 })
        expect((await stored({ kind: 'block' }))[0]?.item).toEqual(block)
      })

      it('keeps what is damaged aside, once, and counts it each time', async () => {
        const damaged = somethingDamaged()
        expect(await keep(store, [anObject()], { damaged: [damaged] })).toEqual({
          ...none,
          received: 2,
          new: 1,
          quarantined: 1,
        })
        expect(await keep(store, [], { damaged: [damaged] })).toEqual({ ...none, received: 1, quarantined: 1 })
        const entries = await all(store.quarantined())
        expect(entries).toHaveLength(1)
        expect(entries[0]).toMatchObject({ ...damaged, source: acme, key: indicators })
      })

      it('tells collections and sources apart', async () => {
        const object = anObject()
        await keep(store, [object])
        expect(await keep(store, [object], { key: others })).toMatchObject({ new: 1 })
        expect(await keep(store, [object], { key: { ...indicators, source: 'p-2' } })).toMatchObject({ new: 1 })
        expect(await keep(store, [object], { key: { ...indicators, root: 'https://taxii.example/2/' } })).toMatchObject(
          {
            new: 1,
          },
        )
        expect(await stored()).toHaveLength(4)
        expect(await stored({ source: 'p-2' })).toHaveLength(1)
        expect(await stored({ collection: 'c2' })).toHaveLength(1)
      })

      it('does not count the slabs of an answer as pages', async () => {
        const runId = await aRun(store)
        const parts = [{ ...aPage([anObject()]), partial: true }, aPage([anObject()])]
        const counts = await store.commit({ key: indicators, runId, parts, checkpoint: () => undefined })
        expect(counts).toEqual({ ...none, received: 2, new: 2 })
      })

      it('keeps what ids and versions look like, whatever they look like', async () => {
        const ids = [
          'indicator--A0000000-0000-4000-8000-00000000000F',
          'x--1',
          'indicator--',
          "o'brien--\u{1f352}",
          'a b--c',
        ]
        const versions = [
          '2026-01-01T00:00:00Z',
          '2026-01-01T00:00:00.0Z',
          '2026-01-01T00:00:00.000000001Z',
          'yesterday',
        ]
        const objects = ids.flatMap((id) => versions.map((modified) => anObject({ id, modified, type: 'a b' })))
        expect(await keep(store, objects)).toMatchObject({ new: ids.length, updated: objects.length - ids.length })
        expect(await keep(store, objects)).toMatchObject({ unchanged: objects.length })
        expect((await stored({ type: 'a b' })).map(({ item }) => item)).toEqual(objects)
      })
    })

    describe('order', () => {
      it('gives every version a later addedAt than the one before in its collection', async () => {
        for (let round = 0; round < 3; round++)
          await keep(
            store,
            Array.from({ length: 300 }, () => anObject()),
          )
        const stamps = (await stored()).map(({ addedAt }) => addedAt)
        expect(new Set(stamps).size).toBe(900)
        expect(stamps).toEqual([...stamps].sort())
        expect(stamps.every((stamp) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(stamp))).toBe(true)
      })

      it('goes on after an addedAt, which is exclusive', async () => {
        await keep(
          store,
          Array.from({ length: 250 }, () => anObject()),
        )
        const everything = await stored()
        for (const place of [0, 1, 99, 248, 249]) {
          const rest = await stored({ addedAfter: everything[place]?.addedAt })
          expect(rest.map(({ addedAt }) => addedAt)).toEqual(everything.slice(place + 1).map(({ addedAt }) => addedAt))
        }
      })

      it('finds by id, type and kind', async () => {
        const [indicator, malware, block] = [anObject(), anObject({ type: 'malware' }), aBlock()]
        await keep(store, [indicator, malware, block])
        expect((await stored({ id: malware.id })).map(({ item }) => item)).toEqual([malware])
        expect((await stored({ type: 'indicator' })).map(({ item }) => item)).toEqual([indicator])
        expect((await stored({ kind: 'block' })).map(({ item }) => item)).toEqual([block])
        expect((await stored({ kind: 'object' })).map(({ item }) => item)).toEqual([indicator, malware])
        expect(await stored({ type: 'block' })).toEqual([])
        expect(await stored({ id: 'indicator--nowhere' })).toEqual([])
      })

      it('keeps one object of several megabytes and many tiny ones around it', async () => {
        const big = anObject({ blob: 'x'.repeat(3_000_000) })
        const objects = [...Array.from({ length: 20 }, () => anObject()), big, anObject()]
        await keep(store, objects)
        const kept = (await stored()).map(({ item }) => item)
        expect(kept.map(({ id }) => id)).toEqual(objects.map(({ id }) => id))
        expect(kept.every(({ raw }, place) => raw.equals(objects[place]?.raw as Buffer))).toBe(true)
      })
    })

    describe('one transaction', () => {
      const move = (stamp: string): CheckpointMove => ({ stamp, run: null })

      it('moves the checkpoint with the page, at full text precision', async () => {
        await keep(store, [anObject()], { move: move('2026-01-01T00:00:00.123456789Z') })
        expect(await store.checkpoint(indicators)).toMatchObject({
          key: indicators,
          stamp: '2026-01-01T00:00:00.123456789Z',
        })
        expect(await store.checkpoint(others)).toBeUndefined()
      })

      it('keeps the stamp when a half-read run is recorded, and ends the run with null', async () => {
        const run = { filters: { begin: '2026-01-01T00:00:00Z', match: ['a'] }, position: { next: 'abc', part: 7 } }
        await keep(store, [], { move: move('2026-01-01T00:00:00Z') })
        await keep(store, [], { move: { run } })
        expect(await store.checkpoint(indicators)).toMatchObject({ stamp: '2026-01-01T00:00:00Z', run })
        await keep(store, [], { move: { run: null } })
        expect(await store.checkpoint(indicators)).toMatchObject({ stamp: '2026-01-01T00:00:00Z' })
        expect(await store.checkpoint(indicators)).not.toHaveProperty('run')
      })

      it('keeps nothing at all when the parts fail, and works afterwards', async () => {
        const runId = await aRun(store)
        const objects = Array.from({ length: 2000 }, () => anObject({ filler: 'f'.repeat(200) }))
        async function* parts() {
          for (let at = 0; at < 2000; at += 500) yield aPage(objects.slice(at, at + 500), [somethingDamaged()])
          throw new Error('the line went dead')
        }
        const told: Item[] = []
        const commit = store.commit({
          key: indicators,
          runId,
          parts: parts(),
          checkpoint: () => move('2026-01-01T00:00:00Z'),
          onStored: (item) => told.push(item),
        })
        await expect(commit).rejects.toThrow('the line went dead')
        expect(told).toEqual([])
        expect(await stored()).toEqual([])
        expect(await all(store.quarantined())).toEqual([])
        expect(await store.checkpoint(indicators)).toBeUndefined()
        expect((await store.runs())[0]).toMatchObject({ pages: 0, received: 0 })
        expect(await keep(store, objects)).toMatchObject({ new: 2000 })
        expect((await store.verify()).problems).toEqual([])
      })

      it('keeps nothing when a list of parts or the checkpoint fails', async () => {
        const runId = await aRun(store)
        function* parts() {
          yield aPage(Array.from({ length: 500 }, () => anObject({ filler: 'f'.repeat(500) })))
          throw new Error('first')
        }
        const commit = { key: indicators, runId, checkpoint: () => undefined }
        await expect(store.commit({ ...commit, parts: parts() })).rejects.toThrow('first')
        const failing = () => {
          throw new Error('second')
        }
        await expect(store.commit({ ...commit, parts: [aPage([anObject()])], checkpoint: failing })).rejects.toThrow(
          'second',
        )
        expect(await stored()).toEqual([])
      })

      it('tells of new and updated items in order, once they are kept', async () => {
        const [first, second, third] = [anObject(), anObject(), anObject()]
        await keep(store, [second])
        const told: Item[] = []
        await keep(store, [first, second, third, first], { onStored: (item) => told.push(item) })
        expect(told).toEqual([first, third])
      })

      it('tells of what a batch brought also when that is more than it remembers', async () => {
        const objects = Array.from({ length: 40 }, (_, n) => anObject({ n, blob: 'b'.repeat(500_000) }))
        const ids: string[] = []
        async function* parts() {
          for (const object of objects) yield aPage([object])
        }
        const runId = await aRun(store)
        const onStored = (item: Item) => ids.push(item.id)
        await keep(store, [anObject()], { runId })
        const counts = await store.commit({
          key: indicators,
          runId,
          parts: parts(),
          checkpoint: () => undefined,
          onStored,
        })
        expect(counts).toMatchObject({ pages: 40, new: 40 })
        expect(ids).toEqual(objects.map(({ id }) => id))
        expect((await stored()).slice(1).map(({ item }) => item.raw.length)).toEqual(
          objects.map(({ raw }) => raw.length),
        )
      })

      it('takes commits that are asked for at once one after the other', async () => {
        const runId = await aRun(store)
        const other = await aRun(store, others)
        const object = anObject()
        const commits = Array.from({ length: 10 }, (_, n) =>
          keep(store, [object, anObject()], n % 2 ? { runId } : { runId: other, key: others }),
        )
        const counts = await Promise.all(commits)
        expect(counts.reduce((sum, count) => sum + count.new, 0)).toBe(12)
        expect(counts.reduce((sum, count) => sum + count.unchanged, 0)).toBe(8)
      })

      it('refuses a run it does not know', async () => {
        await expect(keep(store, [], { runId: 'nobody' })).rejects.toMatchObject({ code: 'STORE_RUN_UNKNOWN' })
      })
    })

    describe.skipIf(!subject.openAgain)('kept on disk', () => {
      const openAgain = () => (subject.openAgain as () => Promise<Store>)()

      it('has everything after it was closed and opened again', async () => {
        const objects = [anObject(), aBlock(), anObject({ type: 'malware' })]
        await keep(store, objects, { move: { stamp: '2026-01-03T00:00:00Z', run: null } })
        await store[Symbol.asyncDispose]()
        await using again = await openAgain()
        expect((await all(again.versions({}))).map(({ item }) => item)).toEqual(objects)
        expect(await again.checkpoint(indicators)).toMatchObject({ stamp: '2026-01-03T00:00:00Z' })
        expect(await keep(again, objects)).toMatchObject({ unchanged: 3 })
        expect((await again.runs())[0]?.status).toBe('died')
      })

      it('L7: two that are open at once see what the other committed and share the locks', async () => {
        await using again = await openAgain()
        await keep(store, [anObject()])
        expect(await all(again.versions({}))).toHaveLength(1)
        expect(await keep(again, [anObject()])).toMatchObject({ new: 1 })
        expect(await stored()).toHaveLength(2)
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        await expect(again.lockSource(acme, { timeoutMs: 40 })).rejects.toMatchObject({ code: 'STORE_SOURCE_LOCKED' })
        await lock[Symbol.asyncDispose]()
      })
    })
  })
}
