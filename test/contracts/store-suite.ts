import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { timestampOfDate } from '../../src/core/timestamp.ts'
import type { Damaged, Item } from '../../src/stix/item.ts'
import type {
  CheckpointMove,
  CollectionKey,
  Counts,
  PageBatch,
  PagePart,
  SourceRef,
  Store,
  StoredVersion,
} from '../../src/store/store.ts'
import { aBlock, anObject, somethingDamaged } from '../support/items.ts'

/** What a driver's test hands over: a fresh store each time, and the same one opened again where it is kept. */
export interface StoreUnderTest {
  readonly name: string
  /** An empty store. */
  open(): Promise<Store>
  /** The same store once more, as another process would; undefined where it is not kept. */
  openAgain?: (() => Promise<Store>) | undefined
}

export const acme: SourceRef = { id: 'p-1', name: 'acme' }
export const indicators: CollectionKey = { source: 'p-1', root: 'https://taxii.example/root/', collection: 'c1' }
export const others: CollectionKey = { ...indicators, collection: 'c2' }

export function aPage(items: readonly Item[], damaged: readonly Damaged[] = []): PagePart {
  const page = {
    url: 'https://taxii.example/root/collections/c1/objects/',
    digest: 'ab'.repeat(32),
    receivedAt: '2026-01-02T03:04:05.000000Z',
    peerFingerprint: 'cd'.repeat(32),
    addedLast: '2026-01-01T00:00:00.123456Z',
  }
  return { page, items, damaged }
}

export async function aRun(store: Store, key = indicators, more: { full?: boolean } = {}): Promise<string> {
  const startedAt = timestampOfDate(new Date('2026-01-02T03:04:05Z'))
  return store.beginRun({ source: { ...acme, id: key.source }, key, version: '2.1', startedAt, ...more })
}

/** One page into the store, in a run of its own unless one is given. */
export async function keep(
  store: Store,
  items: readonly Item[],
  more: Partial<PageBatch> & { damaged?: readonly Damaged[]; move?: CheckpointMove } = {},
): Promise<Counts> {
  const key = more.key ?? indicators
  const runId = more.runId ?? (await aRun(store, key))
  return store.commit({ key, runId, parts: [aPage(items, more.damaged)], checkpoint: () => more.move, ...more })
}

export async function all<Entry>(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const found: Entry[] = []
  for await (const entry of entries) found.push(entry)
  return found
}

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

/** The contract of `src/store/store.ts`: every driver passes all of it. */
export function storeSuite(subject: StoreUnderTest): void {
  describe(`store contract: ${subject.name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await subject.open()
    })
    afterEach(async () => {
      await store[Symbol.asyncDispose]()
    })

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

    describe('checkpoints by hand', () => {
      it('sets, lists by id and by name, and removes', async () => {
        await aRun(store)
        await store.setCheckpoint(indicators, { stamp: '2026-01-01T00:00:00Z', run: null })
        await store.setCheckpoint({ ...indicators, source: 'p-9' }, { stamp: '2026-01-02T00:00:00Z', run: null })
        expect((await store.checkpoints()).map(({ stamp }) => stamp)).toEqual([
          '2026-01-01T00:00:00Z',
          '2026-01-02T00:00:00Z',
        ])
        expect(await store.checkpoints({ source: 'acme' })).toHaveLength(1)
        expect(await store.checkpoints({ source: 'p-1' })).toHaveLength(1)
        expect(await store.removeCheckpoint(indicators)).toBe(true)
        expect(await store.removeCheckpoint(indicators)).toBe(false)
        expect(await store.checkpoints()).toHaveLength(1)
      })
    })

    describe('runs', () => {
      it('adds up the pages that were committed and keeps the end', async () => {
        const runId = await aRun(store)
        await keep(store, [anObject(), anObject()], { runId })
        await keep(store, [anObject()], { runId, damaged: [somethingDamaged()] })
        const error = { code: 'TAXII_CURSOR_LOOP', kind: 'protocol', message: 'the cursor repeats' }
        await store.finishRun(runId, { finishedAt: '2026-01-02T03:05:05.000000Z', status: 'failed', error })
        const [run] = await store.runs()
        expect(run).toMatchObject({ id: runId, status: 'failed', pages: 2, received: 4, new: 3, quarantined: 1, error })
        expect(run).toMatchObject({ source: acme, key: indicators, version: '2.1' })
      })

      it('lists newest first, by source and collection, so many', async () => {
        const ids = [await aRun(store), await aRun(store, others), await aRun(store, { ...indicators, source: 'p-2' })]
        expect((await store.runs()).map(({ id }) => id)).toEqual(ids.toReversed())
        expect((await store.runs({ source: 'p-1' })).map(({ id }) => id)).toEqual([ids[1], ids[0]])
        expect((await store.runs({ source: 'p-1', collection: 'c2' })).map(({ id }) => id)).toEqual([ids[1]])
        expect((await store.runs({ limit: 1 })).map(({ id }) => id)).toEqual([ids[2]])
        expect(await store.runs({ source: 'nobody' })).toEqual([])
      })

      it('a run without an end is running while its source is locked, and died otherwise', async () => {
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        await aRun(store)
        expect((await store.runs())[0]?.status).toBe('running')
        await lock[Symbol.asyncDispose]()
        expect((await store.runs())[0]?.status).toBe('died')
      })

      it('shows a source under its latest name', async () => {
        await keep(store, [anObject()])
        const start = { key: indicators, version: '2.1', startedAt: '2026-01-02T03:04:05.000000Z', title: 'All' }
        await store.beginRun({ ...start, source: { id: 'p-1', name: 'renamed' } })
        expect(await store.sources()).toEqual([{ id: 'p-1', name: 'renamed' }])
        expect((await stored({ source: 'renamed' }))[0]?.source.name).toBe('renamed')
        expect((await store.info()).collections[0]).toMatchObject({ title: 'All', version: '2.1' })
      })
    })

    describe('locks', () => {
      it('L7: a second one waits, then says who has it', async () => {
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        await expect(store.lockSource(acme, { timeoutMs: 100 })).rejects.toMatchObject({
          code: 'STORE_SOURCE_LOCKED',
          kind: 'conflict',
          context: { source: 'acme', pid: 4711, host: 'host.example' },
        })
        await lock[Symbol.asyncDispose]()
        await (await store.lockSource(acme, { timeoutMs: 0 }))[Symbol.asyncDispose]()
      })

      it('is had by who waited long enough', async () => {
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        const waiting = store.lockSource(acme, { timeoutMs: 60_000 })
        await lock[Symbol.asyncDispose]()
        await (await waiting)[Symbol.asyncDispose]()
      })

      it('keeps sources apart and can be let go twice', async () => {
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        const second = await store.lockSource({ id: 'p-2', name: 'second' }, { timeoutMs: 0 })
        await lock[Symbol.asyncDispose]()
        await lock[Symbol.asyncDispose]()
        await expect(store.lockSource({ id: 'p-2', name: 'second' }, { timeoutMs: 0 })).rejects.toMatchObject({
          code: 'STORE_SOURCE_LOCKED',
        })
        await second[Symbol.asyncDispose]()
      })

      it('stops waiting when told to', async () => {
        const lock = await store.lockSource(acme, { timeoutMs: 0 })
        const signal = AbortSignal.abort(new Error('enough'))
        await expect(store.lockSource(acme, { timeoutMs: 60_000, signal })).rejects.toThrow('enough')
        await lock[Symbol.asyncDispose]()
      })
    })

    describe('provenance', () => {
      it('S27: names source, collection, page, certificate and run of every version', async () => {
        const first = anObject()
        const second = anObject({ id: first.id, modified: '2026-02-01T00:00:00.000Z' })
        const runId = await aRun(store)
        const [pageOne, pageTwo] = [aPage([anObject(), first]), aPage([second])]
        const digest = 'ef'.repeat(32)
        await store.commit({
          key: indicators,
          runId,
          parts: [pageOne, { ...pageTwo, page: { ...pageTwo.page, digest } }],
          checkpoint: () => undefined,
        })
        await keep(store, [first], { key: others })
        const told = await store.provenance(first.id)
        expect(told.map(({ version, page, key }) => [version, page.digest, key.collection])).toEqual([
          [first.version, pageOne.page.digest, 'c1'],
          [second.version, digest, 'c1'],
          [first.version, pageOne.page.digest, 'c2'],
        ])
        expect(told[0]).toMatchObject({ source: acme, runId, page: pageOne.page })
        expect(told[0]?.addedAt).toBe((await stored({ id: first.id }))[0]?.addedAt)
        expect(await store.provenance('indicator--nowhere')).toEqual([])
      })
    })

    describe('--full', () => {
      it('T9: marks what was not received, unmarks what was', async () => {
        const [stays, goes, comesBack] = [anObject(), anObject(), anObject()]
        await keep(store, [stays, goes, comesBack])
        const vanished = async () => (await stored()).filter((version) => version.vanished).map(({ item }) => item.id)

        const full = await aRun(store, indicators, { full: true })
        await keep(store, [stays], { runId: full })
        expect(await store.markVanished(indicators, full)).toBe(2)
        expect(await vanished()).toEqual([goes.id, comesBack.id])

        await keep(store, [comesBack])
        expect(await vanished()).toEqual([goes.id])

        const again = await aRun(store, indicators, { full: true })
        await keep(store, [stays, goes], { runId: again })
        expect(await store.markVanished(indicators, again)).toBe(1)
        expect(await vanished()).toEqual([comesBack.id])
      })

      it('refuses to mark by a run that did not read everything', async () => {
        const runId = await aRun(store)
        await keep(store, [anObject()], { runId })
        await expect(store.markVanished(indicators, runId)).rejects.toMatchObject({ code: 'STORE_RUN_NOT_FULL' })
      })
    })

    describe('prune', () => {
      const versions = (id: string) =>
        ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'].map((modified) =>
          anObject({ id, modified }),
        )

      it('removes what is superseded, keeps the newest and the checkpoint', async () => {
        const objects = [...versions('indicator--a'), anObject(), aBlock(), ...versions('indicator--b').toReversed()]
        await keep(store, objects, { move: { stamp: '2026-01-03T00:00:00Z', run: null } })
        expect(await store.prune({ dryRun: true })).toBe(4)
        expect(await stored()).toHaveLength(8)
        expect(await store.prune({})).toBe(4)
        expect((await stored()).map(({ item }) => item)).toEqual([objects[2], objects[3], objects[4], objects[5]])
        expect(await store.prune({})).toBe(0)
        expect(await store.checkpoint(indicators)).toMatchObject({ stamp: '2026-01-03T00:00:00Z' })
        expect((await store.info()).collections[0]).toMatchObject({ ids: 4, versions: 4, blocks: 1 })
        expect(await store.verify()).toMatchObject({ ok: true, checked: 4 })
      })

      it('removes newest versions and blocks too when told to, by time and by source', async () => {
        const [older, newer] = [anObject(), anObject()]
        await keep(store, [older, aBlock(), newer])
        await keep(store, [older], { key: { ...indicators, source: 'p-2' } })
        const border = (await stored({ id: newer.id }))[0]?.addedAt
        expect(await store.prune({ all: true, addedBefore: border, source: 'p-1' })).toBe(2)
        expect((await stored({ source: 'p-1' })).map(({ item }) => item)).toEqual([newer])
        expect(await stored({ source: 'p-2' })).toHaveLength(1)
        expect(await store.prune({ all: true })).toBe(2)
        expect(await keep(store, [older])).toMatchObject({ new: 1 })
        expect((await store.verify()).problems).toEqual([])
      })
    })

    describe('info and verify', () => {
      it('lists the run of a source that failed before its collections were known, and no collection for it', async () => {
        const runId = await aRun(store, { source: 'p-1', root: '', collection: '' })
        await store.finishRun(runId, { finishedAt: '2026-01-02T03:05:05.000000Z', status: 'failed' })
        expect((await store.runs())[0]).toMatchObject({ id: runId, source: acme, status: 'failed' })
        expect((await store.info()).collections).toEqual([])
      })

      it('counts ids, versions, blocks, quarantine and conflicts of each collection', async () => {
        const object = anObject()
        const update = anObject({ id: object.id, modified: '2026-02-01T00:00:00.000Z' })
        const clash = anObject({ id: object.id, name: 'other' })
        await keep(store, [object, update, clash, aBlock()], { damaged: [somethingDamaged()] })
        const info = await store.info()
        expect(info.schemaVersion).toBeGreaterThan(0)
        expect(info.collections).toHaveLength(1)
        expect(info.collections[0]).toMatchObject({ ids: 2, versions: 3, blocks: 1, quarantined: 1, conflicts: 1 })
        expect(info.collections[0]?.lastAddedAt).toBe((await stored()).at(-1)?.addedAt)
        expect(await store.verify()).toEqual({ ok: true, checked: 3, problems: [] })
      })

      it('L7: verify finds nothing wrong while others store and remove', async () => {
        const filler = 'x'.repeat(20_000)
        const some = () => Array.from({ length: 20 }, (_, n) => anObject({ filler: `${filler}${n}` }))
        await keep(store, some())
        for (let round = 0; round < 5; round++) {
          const writing = (async () => {
            for (let page = 0; page < 3; page++) {
              const { entries } = await store.readPage(indicators, { limit: 1 })
              await keep(store, some())
              await store.removeVersions(indicators, { id: entries[0]?.item.id })
            }
          })()
          const [report] = await Promise.all([store.verify(), writing])
          expect(report.problems).toEqual([])
        }
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
