import { describe, expect, it } from 'vitest'
import { changeCheckpoints } from '../../src/fetch/checkpoints.ts'
import { openStore } from '../../src/store/registry.ts'
import type { CollectionKey, Store } from '../../src/store/store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { loadSaid } from '../support/said.ts'

const source = { id: 's1', name: 'acme' }
const stamp = '2026-02-20T00:00:00.123456Z'
const keyOf = (collection: string, root = 'https://taxii.example/r1/'): CollectionKey => ({
  source: source.id,
  root,
  collection,
})
const target = { source, collections: [] as readonly string[], lockTimeoutMs: 0 }

async function aStore(...keys: readonly CollectionKey[]): Promise<Store> {
  const identity = { pid: 4711, host: 'host.example' }
  const store = await openStore('memory:', { clock: fakeClock(), identity, loadReader: loadSaid })
  for (const key of keys) await store.setCheckpoint(key, { stamp, run: { filters: {}, position: { next: 'n' } } })
  return store
}

describe('a checkpoint that is changed by hand', () => {
  it('is set to a stamp, forward or back, and the half-read run ends', async () => {
    await using store = await aStore(keyOf('c1'))
    for (const [before, after] of [
      [stamp, '2020-01-01T00:00:00.000000Z'],
      ['2020-01-01T00:00:00.000000Z', '2030-01-01T00:00:00.000000Z'],
    ] as const) {
      const changed = await changeCheckpoints(store, target, { verb: 'set', stamp: after })
      expect(changed).toEqual([{ collection: 'c1', root: 'https://taxii.example/r1/', before, after }])
      expect(await store.checkpoint(keyOf('c1'))).toMatchObject({ stamp: after })
      expect((await store.checkpoint(keyOf('c1')))?.run ?? null).toBeNull()
    }
  })

  it('is rewound by a duration; one without a stamp stays without, but its half-read run ends', async () => {
    await using store = await aStore(keyOf('c1'))
    await store.setCheckpoint(keyOf('c2'), { stamp: undefined, run: { filters: {}, position: { next: 'n' } } })
    const changed = await changeCheckpoints(store, target, { verb: 'rewind', by: { count: 20, unit: 'd' } })
    expect(changed.map(({ collection, before, after }) => [collection, before, after])).toEqual([
      ['c1', stamp, '2026-01-31T00:00:00.123456Z'],
      ['c2', null, null],
    ])
    expect((await store.checkpoint(keyOf('c2')))?.run ?? null).toBeNull()
  })

  it('is forgotten', async () => {
    await using store = await aStore(keyOf('c1'))
    const changed = await changeCheckpoints(store, target, { verb: 'reset' })
    expect(changed).toMatchObject([{ before: stamp, after: null }])
    expect(await store.checkpoint(keyOf('c1'))).toBeUndefined()
  })

  it('is that of each collection that is named, at every root that has it, and of no other', async () => {
    await using store = await aStore(keyOf('c1'), keyOf('c1', 'https://taxii.example/r2/'), keyOf('c2'), keyOf('c3'))
    const changed = await changeCheckpoints(store, { ...target, collections: ['c3', 'c1'] }, { verb: 'reset' })
    expect(changed.map(({ collection, root }) => `${collection} ${root.slice(-3)}`)).toEqual([
      'c3 r1/',
      'c1 r1/',
      'c1 r2/',
    ])
    expect((await store.checkpoints()).map(({ key }) => key.collection)).toEqual(['c2'])
  })

  it('may be of a collection that was only tried', async () => {
    await using store = await aStore(keyOf('c1'))
    const start = { source, version: '2.1', startedAt: '2026-01-02T03:04:05.000000Z' }
    await store.beginRun({ ...start, key: keyOf('tried') })
    await store.beginRun({ ...start, key: { source: source.id, root: '', collection: '' } })
    const wanted = { ...target, collections: ['tried'] }
    expect(await changeCheckpoints(store, wanted, { verb: 'set', stamp })).toMatchObject([
      { collection: 'tried', before: null, after: stamp },
    ])
    expect(await store.checkpoint(keyOf('tried'))).toMatchObject({ stamp })
    await using empty = await aStore()
    await empty.beginRun({ ...start, key: { source: source.id, root: '', collection: '' } })
    await expect(changeCheckpoints(empty, target, { verb: 'reset' })).rejects.toMatchObject({
      code: 'FETCH_CHECKPOINT_UNKNOWN',
    })
    await empty.beginRun({ ...start, key: keyOf('tried') })
    expect(await changeCheckpoints(empty, target, { verb: 'set', stamp })).toHaveLength(1)
  })

  it('that there is not is an error that knows the nearest name, and nothing is changed', async () => {
    await using store = await aStore(keyOf('indicators'), keyOf('c2'))
    const near = changeCheckpoints(store, { ...target, collections: ['c2', 'indicatorz'] }, { verb: 'reset' })
    await expect(near).rejects.toMatchObject({
      code: 'FETCH_CHECKPOINT_UNKNOWN',
      kind: 'not-found',
      hint: 'Did you mean "indicators"?',
    })
    const far = changeCheckpoints(store, { ...target, collections: ['nothing-like-it'] }, { verb: 'reset' })
    await expect(far).rejects.toMatchObject({ hint: 'List them with: stixtaxii checkpoint list' })
    expect(await store.checkpoints()).toHaveLength(2)
  })

  it('is never that of another source, though its collections are called the same', async () => {
    const other = { ...keyOf('c1'), source: 's2' }
    await using store = await aStore(keyOf('c1'), other)
    const start = { version: '2.1', startedAt: '2026-01-02T03:04:05.000000Z' }
    await store.beginRun({ ...start, source: { id: 's2', name: 'b' }, key: { ...other, collection: 'theirs' } })
    expect(await changeCheckpoints(store, target, { verb: 'reset' })).toHaveLength(1)
    expect(await store.checkpoint(other)).toMatchObject({ stamp })
    await expect(changeCheckpoints(store, target, { verb: 'reset' })).rejects.toMatchObject({ kind: 'not-found' })
    const theirs = changeCheckpoints(store, { ...target, collections: ['theirs'] }, { verb: 'reset' })
    await expect(theirs).rejects.toMatchObject({ code: 'FETCH_CHECKPOINT_UNKNOWN' })
  })

  it('waits for a fetch that is running as long as it may, and gives the source back', async () => {
    await using store = await aStore(keyOf('c1'))
    const lock = await store.lockSource(source, { timeoutMs: 0 })
    await expect(changeCheckpoints(store, target, { verb: 'reset' })).rejects.toMatchObject({
      code: 'STORE_SOURCE_LOCKED',
      kind: 'conflict',
    })
    await lock[Symbol.asyncDispose]()
    await expect(changeCheckpoints(store, { ...target, collections: ['no'] }, { verb: 'reset' })).rejects.toThrow()
    await changeCheckpoints(store, target, { verb: 'reset' })
    await using again = await store.lockSource(source, { timeoutMs: 0 })
    expect(again).toBeDefined()
  })
})
