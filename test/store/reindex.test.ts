import { rm } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/core/notice.ts'
import type { Statement, Value } from '../../src/stix/statement.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { connect } from '../../src/store/sqlite/binding.ts'
import { openDatabase } from '../../src/store/sqlite/database.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import { migrate, schemaVersion } from '../../src/store/sqlite/migrate.ts'
import { prune } from '../../src/store/sqlite/prune.ts'
import { migrations } from '../../src/store/sqlite/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { acme, all, aRun, indicators, keep } from '../contracts/a-store.ts'
import { bindings } from '../support/bindings.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { anObject } from '../support/items.ts'
import { backToSchema2 } from '../support/older-schema.ts'
import { anIndicatorSaying, aStatement, loadSaid, readSaid, saying } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0
const newFile = () => path.join(folder, `${++files}.db`)
const dependencies = { clock: fakeClock(), identity: { pid: 1, host: 'host.example' }, loadReader: loadSaid }

/** Everything the store says of values; sizes apart, this must not depend on how the index came to be. */
async function told(store: Store): Promise<unknown> {
  const collections = (await store.info()).collections.map(({ statements, unusable }) => ({ statements, unusable }))
  return [await all(store.knownValues({ descriptions: true })), await store.countValues(), collections]
}

const few = fc.nat({ max: 3 })
const value: fc.Arbitrary<Value> = fc.oneof(
  few.map((n): Value => ({ kind: 'domain', value: `d${n}.example` })),
  few.map((n): Value => ({ kind: 'ipv4', value: `192.0.2.${n}` })),
  few.map((n): Value => ({ kind: 'ipv4', value: `192.0.${n}.0/24` })),
  fc.constant<Value>({ kind: 'md5', value: 'no hash' }),
)
const statement: fc.Arbitrary<Parameters<typeof aStatement>[1]> = fc.record({
  about: fc.array(value, { maxLength: 3 }),
  role: fc.constantFrom<Statement['role']>('indicator', 'observable'),
  labels: fc.subarray(['a', 'b', '"c\u0000']),
  description: fc.constantFrom('x', undefined),
  name: fc.constantFrom('n', '\ud800', undefined),
  confidence: fc.constantFrom(0, 50, undefined),
  markingRefs: fc.subarray(['marking-definition--0']),
})
type Thing =
  | {
      readonly is: 'indicator'
      readonly id: number
      readonly version: number
      readonly revoked: boolean
      readonly says: readonly Parameters<typeof aStatement>[1][]
    }
  | { readonly is: 'relation'; readonly id: number; readonly to: number }
  | { readonly is: 'name'; readonly id: number; readonly version: number }
const thing: fc.Arbitrary<Thing> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('indicator' as const),
      id: few,
      version: few,
      revoked: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
      says: fc.array(statement, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('relation' as const), id: few, to: few }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('name' as const), id: few, version: few }) },
)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('keep' as const),
      source: fc.nat({ max: 1 }),
      collection: fc.nat({ max: 1 }),
      things: fc.array(thing, { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('prune' as const), all: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('full' as const), things: fc.array(thing, { maxLength: 3 }) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const modified = (version: number) => `2026-01-0${version + 1}T00:00:00.000Z`

function itemOf(made: Thing) {
  switch (made.is) {
    case 'indicator': {
      const id = `indicator--${made.id}`
      const statements = made.says.map((says) =>
        aStatement(id, { ...says, revoked: made.revoked, modified: modified(made.version) }),
      )
      return saying({ statements }, { id, revoked: made.revoked, modified: modified(made.version) })
    }
    case 'relation': {
      const relations = [{ from: `indicator--${made.id}`, type: 'indicates', to: `malware--${made.to}` }]
      return saying({ relations }, { type: 'relationship', id: `relationship--${made.id}-${made.to}` })
    }
    case 'name': {
      const named = [
        { id: `malware--${made.id}`, type: 'malware', name: `M${made.version}` },
        { id: `marking-definition--${made.id}`, type: 'marking-definition', name: 'T', tlp: 'amber' as const },
      ]
      return saying({ named }, { type: 'malware', id: `malware--${made.id}`, modified: modified(made.version) })
    }
  }
}

async function play(store: Store, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.does === 'prune') await store.prune({ all: step.all && steps.length % 2 === 0 })
    else if (step.does === 'full') {
      const runId = await aRun(store, indicators, { full: true })
      await keep(store, step.things.map(itemOf), { runId })
      await store.markVanished(indicators, runId)
    } else {
      const key = { ...indicators, source: `p-${step.source + 1}`, collection: `c${step.collection + 1}` }
      await keep(store, step.things.map(itemOf), { key })
    }
  }
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))('the index over %s', (_name, binding) => {
  const open = (file: string, more = {}) => openSqliteStore(file, { ...dependencies, binding, ...more })

  it('says what the model in memory says after every history, and the same once it was made anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const model = openMemoryStore({ ...dependencies, clock: fakeClock() })
        await using store = await open(newFile(), { clock: fakeClock() })
        await play(model, steps)
        await play(store, steps)
        const before = await told(store)
        expect(before).toEqual(await told(model))
        expect((await store.verify()).problems).toEqual([])
        await store.reindex()
        expect(await told(store)).toEqual(before)
        expect((await store.verify()).problems).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  /** A store of the first release: its schema, and something in it. */
  async function anOldStore(count: number): Promise<string> {
    const file = newFile()
    {
      await using store = await open(file)
      await keep(
        store,
        Array.from({ length: count }, (_, n) =>
          anIndicatorSaying({ about: [{ kind: 'asn', value: String(n) }] }, { filler: 'f'.repeat(2000) }),
        ),
      )
    }
    backToSchema2(binding, file)
    const connection = connect(binding, file)
    for (const table of ['stated', 'statement', 'trait', 'relation', 'named', 'revoked', 'unread', 'reading'])
      connection.exec(`DROP TABLE ${table}`)
    connection.exec(
      'ALTER TABLE collection DROP COLUMN statements; ALTER TABLE collection DROP COLUMN unusable; PRAGMA user_version = 1',
    )
    connection.close()
    return file
  }

  it('L10: is made of what an older release stored, once, when it is first needed', async () => {
    const file = await anOldStore(50)
    const told: Notice[] = []
    await using store = await open(file, { notices: (notice: Notice) => told.push(notice) })
    expect(told.splice(0)).toMatchObject([{ code: 'STORE_UPGRADED' }])
    expect((await store.lookup([{ kind: 'asn', value: '7' }]))[0]?.statements).toHaveLength(1)
    expect(told).toMatchObject([{ code: 'STORE_INDEXING' }])
    expect(await all(store.knownValues())).toHaveLength(50)
    expect(told).toHaveLength(1)
    expect((await store.verify()).problems).toEqual([])
  })

  it('L10: a migration that fails leaves the old store, and a copy was made before', async () => {
    const file = await anOldStore(3)
    const database = await openDatabase(file, binding, dependencies.clock)
    const broken = [...migrations.slice(0, 1), `${migrations[1]}; nonsense`]
    await expect(migrate(database, broken, dependencies)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(schemaVersion(database.reader)).toBe(1)
    await database.close()
    await rm(file)
    await using copy = await open(`${file}.schema-1-20260102T030405Z`)
    expect(await all(copy.knownValues())).toHaveLength(3)
  })

  it('stores new items beside old ones that are not indexed yet, and prunes them', async () => {
    const file = await anOldStore(10)
    await using store = await open(file)
    const [first] = await all(store.versions({}))
    await keep(store, [
      anIndicatorSaying({ about: [{ kind: 'asn', value: '100' }] }),
      anObject({ id: first?.item.id as string, modified: '2027-01-01T00:00:00.000Z' }),
    ])
    expect((await store.verify()).problems).toEqual([])
    expect(await store.prune({})).toBe(1)
    expect((await all(store.knownValues())).map(({ value }) => value)).toEqual([
      '1',
      '100',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
    ])
    expect((await store.verify()).problems).toEqual([])
  })

  it('goes on where it was stopped, and is never asked half of it', async () => {
    const file = await anOldStore(2500)
    await using store = await open(file)
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('enough'))
    await expect(store.reindex({ onProgress, signal: stop.signal })).rejects.toThrow('enough')
    const connection = connect(binding, file)
    const unread = () => connection.all('SELECT * FROM unread').length
    expect(unread()).toBe(1)
    expect((await store.verify()).problems).toEqual([])
    const rest = await store.reindex({ missingOnly: true })
    expect(rest.versions).toBeGreaterThan(0)
    expect(rest.versions).toBeLessThan(2500)
    expect(unread()).toBe(0)
    connection.close()
    expect(await all(store.knownValues())).toHaveLength(2500)
    expect((await store.verify()).problems).toEqual([])
  })

  it('is never read half while another process makes it anew', async () => {
    const file = newFile()
    await using store = await open(file)
    const items = Array.from({ length: 2500 }, (_, n) =>
      anIndicatorSaying({
        about: [{ kind: 'domain', value: `d${n}.example` }],
        labels: [n % 2 === 0 ? 'even' : 'odd'],
      }),
    )
    await keep(store, items)
    const expected = await all(store.knownValues({}))
    expect(expected).toHaveLength(2500)
    const forget = ['stated', 'statement', 'trait', 'relation', 'named', 'unread'].map(
      (table) => `DELETE FROM ${table}`,
    )
    for (const when of [0, 1, 1500]) {
      const found: unknown[] = []
      for await (const known of store.knownValues({})) {
        if (found.length === when) {
          const other = connect(binding, file)
          other.exec(`BEGIN; ${forget.join('; ')}; UPDATE collection SET statements = 0, unusable = 0;
            INSERT INTO unread SELECT number, 0, last_added FROM collection WHERE last_added > 0; COMMIT`)
          other.close()
        }
        found.push(known)
      }
      expect(found).toEqual(expected)
    }
  })

  it('forgets what a prune takes away while it is being made', async () => {
    const file = newFile()
    await using store = await open(file)
    const says = (n: number, value: number, modified: string) =>
      anIndicatorSaying(
        { about: [{ kind: 'asn', value: String(value) }] },
        { id: `indicator--${n}`, modified, filler: 'f'.repeat(2000) },
      )
    const numbers = Array.from({ length: 1500 }, (_, n) => n)
    await keep(
      store,
      numbers.map((n) => says(n, n, '2026-01-01T00:00:00.000Z')),
    )
    await keep(
      store,
      numbers.map((n) => says(n, n + 2000, '2027-01-01T00:00:00.000Z')),
    )
    const stop = new AbortController()
    const onProgress = () => stop.abort(new Error('enough'))
    await expect(store.reindex({ onProgress, signal: stop.signal })).rejects.toThrow('enough')
    // As one that had begun before: it does not wait for the index to be whole.
    const database = await openDatabase(file, binding, dependencies.clock)
    expect(await prune(database, loadSaid, {})).toBe(1500)
    await database.close()
    await store.reindex({ missingOnly: true })
    expect((await store.verify()).problems).toEqual([])
    expect((await store.countValues()).map(({ statements }) => statements)).toEqual([1500])
  })

  it('STX-6: keeps a revocation whose version was pruned', async () => {
    await using store = await open(newFile())
    const item = anIndicatorSaying({ about: [{ kind: 'asn', value: '7' }] })
    await keep(store, [anObject({ id: item.id, revoked: true, modified: '2025-01-01T00:00:00.000Z' }), item])
    const isRevoked = async () => (await store.lookup([{ kind: 'asn', value: '7' }]))[0]?.statements[0]?.revoked
    expect(await store.prune({})).toBe(1)
    expect(await isRevoked()).toBe(true)
    await store.reindex()
    expect(await isRevoked()).toBe(true)
    expect((await store.verify()).problems).toEqual([])
  })

  it('is made anew by a release that reads otherwise, and left alone by an older one', async () => {
    const file = newFile()
    let reads = 0
    const counting = {
      loadReader: () => Promise.resolve((item: Parameters<typeof readSaid>[0]) => (reads++, readSaid(item))),
    }
    await using store = await open(file, counting)
    await keep(store, [anIndicatorSaying()])
    const connection = connect(binding, file)
    const readerIs = (version: number) => connection.run('UPDATE reading SET reader = ?', [version])
    readerIs(0)
    reads = 0
    await store.countValues()
    expect(reads).toBe(1)
    readerIs(1_000_000)
    await store.countValues()
    expect(reads).toBe(1)
    expect(connection.get('SELECT reader FROM reading')?.['reader']).toBe(1_000_000)
    connection.close()
    expect((await store.sources()).map(({ id }) => id)).toEqual([acme.id])
  })
})
