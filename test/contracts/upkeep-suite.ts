import { describe, expect, it } from 'vitest'
import type { Store, StoredVersion } from '../../src/store/store.ts'
import { aBlock, anObject, somethingDamaged } from '../support/items.ts'
import { acme, all, aPage, aRun, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

/** The contract of `src/store/store.ts`, runs, locks and what keeps a store in order: every driver passes all of it. */
export function upkeepSuite(subject: StoreUnderTest): void {
  describe(`store contract: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

    const stored = (filter = {}): Promise<StoredVersion[]> => all(store.versions(filter))

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
  })
}
