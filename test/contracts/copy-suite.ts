import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import { copyStore } from '../../src/store/copy.ts'
import { refuseUnfinished } from '../../src/store/copy-mark.ts'
import { newPieceSum } from '../../src/store/piece-sum.ts'
import type { Store } from '../../src/store/store.ts'
import { copyRecord, type StorePiece } from '../../src/store/store-piece.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject, somethingDamaged } from '../support/items.ts'
import { anIndicatorSaying } from '../support/said.ts'
import { all, aPage, aRun, indicators, keep, others, type StoreUnderTest } from './a-store.ts'

const elsewhere = { source: 'p-2', root: 'http://192.0.2.1/poll', collection: 'a "feed" \u0000 <x>' }
const parts = { clock: fakeClock(), lockTimeoutMs: 0 }

/** `store copy` from one driver to another: everything moves exactly. Both open stores that read by `readSaid`. */
export function copySuite(from: StoreUnderTest, to: StoreUnderTest): void {
  describe(`copy contract: ${from.name} to ${to.name}`, () => {
    /** Two open stores, closed at the end. */
    const both = async (work: (a: Store, b: Store) => Promise<void>) => {
      await using a = await from.open()
      await using b = await to.open()
      await work(a, b)
    }

    it('moves everything exactly: a dump of the copy is a dump of the store', () =>
      both(async (a, b) => {
        await fillWithEverything(a)
        const told: unknown[] = []
        const report = await copyStore(a, b, { ...parts, onProgress: (progress) => told.push(progress) })
        expect(await dump(b)).toEqual(await dump(a))
        expect(await answers(b)).toEqual(await answers(a))
        expect(await b.verify()).toMatchObject({ ok: true, problems: [] })
        const { digest, restarted, ...counts } = report
        expect({ restarted, counts }).toEqual({ restarted: false, counts: (await summed(a)).counts() })
        expect(digest).toBe((await summed(b)).digest())
        expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([])
        expect(told.at(-1)).toEqual({ step: 'checking', done: counts.versions, total: counts.versions })
      }))

    it('is gone on with: pages are not read again, checkpoints and stamps go on from where they were', () =>
      both(async (a, b) => {
        const [known] = await fillWithEverything(a)
        await copyStore(a, b, parts)
        const fresh = anObject()
        expect(await keep(b, [known as ReturnType<typeof anObject>, fresh])).toMatchObject({ new: 1, unchanged: 1 })
        const last = async (store: Store) => (await all(store.versions({ collection: 'c1' }))).at(-1)
        expect((await last(b))?.item.id).toBe(fresh.id)
        expect((await last(b))?.addedAt.localeCompare((await last(a))?.addedAt ?? '')).toBe(1)
        expect(await b.verify()).toMatchObject({ ok: true, problems: [] })
      }))

    it('copies a store that has nothing', () =>
      both(async (a, b) => {
        expect(await copyStore(a, b, parts)).toMatchObject({ versions: 0, sources: 0, restarted: false })
        expect(await dump(b)).toEqual([])
      }))

    it('refuses a store that has something, and changes nothing', () =>
      both(async (a, b) => {
        await keep(a, [anObject()])
        await b.records.write([{ kind: 'account', id: 'alice', body: {} }])
        const before = await dump(b)
        await expect(copyStore(a, b, parts)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY', kind: 'conflict' })
        expect(await dump(b)).toEqual(before)
        await expect(refuseUnfinished(b)).resolves.toBeUndefined()
      }))

    it('is no whole store while it has not ended, and begins anew', () =>
      both(async (a, b) => {
        await fillWithEverything(a)
        const stop = new AbortController()
        const signal = stop.signal
        const stopped = copyStore(a, b, { ...parts, signal, onProgress: () => stop.abort(new Error('stopped')) })
        await expect(stopped).rejects.toThrow('stopped')
        await expect(refuseUnfinished(b)).rejects.toMatchObject({ code: 'STORE_COPY_UNFINISHED', kind: 'local' })
        const notices: string[] = []
        const again = { ...parts, notices: ({ code }: Notice) => notices.push(code) }
        expect(await copyStore(a, b, again)).toMatchObject({ restarted: true })
        expect(notices).toEqual(['STORE_COPY_RESTARTED'])
        await expect(refuseUnfinished(b)).resolves.toBeUndefined()
        expect(await dump(b)).toEqual(await dump(a))
      }))

    it('tells that the copy is not what was copied', () =>
      both(async (a, b) => {
        await fillWithEverything(a)
        const meddled: Store = {
          ...b,
          fill: async (pieces) => {
            await b.fill(pieces)
            await b.records.write([{ kind: 'account', id: 'mallory', body: {} }])
          },
        }
        await expect(copyStore(a, meddled, parts)).rejects.toMatchObject({
          code: 'STORE_COPY_DIFFERS',
          context: { differences: ['records'] },
        })
        await expect(refuseUnfinished(b)).rejects.toMatchObject({ code: 'STORE_COPY_UNFINISHED' })
      }))

    it('is made by one at a time', () =>
      both(async (a, b) => {
        const lock = await b.lockSource({ id: copyRecord.kind, name: 'store copy' }, { timeoutMs: 0 })
        await expect(copyStore(a, b, parts)).rejects.toMatchObject({ code: 'STORE_SOURCE_LOCKED', kind: 'conflict' })
        await lock[Symbol.asyncDispose]()
      }))

    it('is one moment: what is fetched meanwhile is not in it', () =>
      both(async (a, b) => {
        await keep(a, [anObject(), anObject()])
        const before = await dump(a)
        let isDone = false
        const slowly: Store = {
          ...a,
          async *pieces() {
            for await (const piece of a.pieces()) {
              yield piece
              if (!isDone) await keep(a, [anObject()], { key: others })
              isDone = true
            }
          },
        }
        await copyStore(slowly, b, parts)
        expect(await dump(b)).toEqual(before)
      }))
  })
}

/** Something of each kind, and what is left of removed things. Answers some of the items that are still there. */
async function fillWithEverything(store: Store): Promise<readonly ReturnType<typeof anObject>[]> {
  const many = Array.from({ length: 300 }, (_, n) =>
    anIndicatorSaying({ about: [{ kind: 'domain', value: `d${n}.example` }] }),
  )
  const first = anIndicatorSaying()
  const run = await aRun(store)
  const move = {
    stamp: '2026-01-01T00:00:00.123456789Z',
    run: { filters: { since: '2d' }, position: { next: 'ü\u0000' } },
  }
  await keep(store, [first, ...many.slice(0, 150)], {
    runId: run,
    move,
    damaged: [somethingDamaged(), somethingDamaged()],
  })
  await keep(store, many.slice(150), { runId: run })
  const withdrawn = anObject({ id: first.id, revoked: true, modified: '2026-03-01T00:00:00Z' })
  await keep(store, [withdrawn, anObject({ id: 'x'.repeat(3000) })])
  // The version that revoked is gone, what it said is not.
  await keep(store, [anObject({ id: first.id, modified: '2026-04-01T00:00:00Z' })])
  await store.prune({})
  const clash = anObject({ modified: '2026-05-01T00:00:00Z' })
  await keep(store, [clash])
  await keep(store, [{ ...clash, raw: Buffer.from(clash.raw.toString().replace('}', ',"name":"other"}')) }])
  const full = await aRun(store, indicators, { full: true })
  await keep(store, many.slice(0, 200), { runId: full })
  await store.markVanished(indicators, full)
  const finishedAt = '2026-01-02T04:00:00.000000Z'
  await store.finishRun(full, { finishedAt, status: 'ok', to: 'there' })
  const error = { code: 'X', kind: 'network', message: 'no' }
  await store.finishRun(run, { finishedAt, status: 'failed', error })
  await keepElsewhere(store)
  await store.records.write([
    { kind: 'account', id: 'alice', body: { name: 'päron\u0000', hash: 'x' } },
    { kind: 'job', id: 'b', owner: 'alice', body: [1, null], expiresAt: '2099-01-01T00:00:00.000001Z' },
    { kind: 'job', id: 'a', owner: 'alice', body: 'x', expiresAt: '2001-01-01T00:00:00Z' },
  ])
  await store.records.write([{ kind: 'account', id: 'alice', body: { name: 'again' } }])
  return many.slice(0, 3)
}

async function keepElsewhere(store: Store): Promise<void> {
  const block = aBlock('<a/>', { subtype: 's', timestampLabel: '2026-01-01T00:00:00Z', message: 'm' })
  const parts = [
    { ...aPage([block, anObject({ id: 'indicator--odd', originalId: 'Indicator--ODD' })]), partial: true },
    aPage([anObject({ n: 12345678901234567890n.toString() })]),
  ]
  await store.commit({ key: elsewhere, runId: await aRun(store, elsewhere), parts, checkpoint: () => undefined })
  await store.removeVersions(elsewhere, { id: block.id })
  // A run that reads everything and is not over: what it has seen counts when it goes on.
  await keep(store, [aBlock('<b/>')], { key: others, runId: await aRun(store, others, { full: true }) })
  await aRun(store, { source: 'p-3', root: '', collection: '' })
}

/** All pieces, versions one by one, so that the sizes of pieces do not matter; sets of ids in order. */
async function dump(store: Store): Promise<readonly unknown[]> {
  const found: unknown[] = []
  const sets = new Map<string, string[]>()
  for await (const piece of store.pieces()) {
    if (piece.kind === 'versions') found.push(...piece.versions.map((version) => ({ key: piece.key, version })))
    else if ('ids' in piece) sets.set(nameOf(piece), [...(sets.get(nameOf(piece)) ?? []), ...piece.ids])
    else found.push(piece)
  }
  return [...found, ...[...sets].sort().map(([name, ids]) => [name, [...ids].sort()])]
}

function nameOf(piece: Extract<StorePiece, { ids: unknown }>): string {
  return JSON.stringify([piece.kind, piece.kind === 'seen' ? piece.runId : piece.key])
}

async function summed(store: Store) {
  const sum = newPieceSum()
  for await (const piece of store.pieces()) sum.add(piece)
  return sum
}

/** What a user is told; no part of it depends on the driver. */
async function answers(store: Store): Promise<unknown> {
  const versions = await all(store.versions({}))
  return {
    versions,
    sources: await store.sources(),
    collections: await store.collections(),
    info: (await store.info()).collections,
    runs: await store.runs(),
    checkpoints: await store.checkpoints(),
    provenance: await store.provenance(versions[0]?.item.id ?? ''),
    quarantined: await all(store.quarantined()),
    conflicts: await all(store.conflicts()),
    values: await all(store.knownValues({ descriptions: true })),
    accounts: await store.records.list('account'),
  }
}
