import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Item, StixObject } from '../../src/stix/item.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import type { PageEntry, PageQuery } from '../../src/store/page-query.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import type { RemovalRequest, Store } from '../../src/store/store.ts'
import { indicators, keep } from '../contracts/a-store.ts'
import { bindings } from '../support/bindings.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject } from '../support/items.ts'
import { backToSchema2, forgetContents } from '../support/older-schema.ts'
import { loadSaid } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 1, host: 'host.example' }, loadReader: loadSaid }
let files = 0

interface Subject {
  readonly open: () => Promise<Store>
  /** Makes it look as if an older release had stored everything. */
  readonly age?: (store: Store) => Promise<Store>
}

const subjects: readonly (readonly [string, Subject])[] = [
  ['memory', { open: async () => openMemoryStore(dependencies) }],
  ...bindings.map((binding) => {
    const open = (file: string) => openSqliteStore(file, { ...dependencies, binding })
    const age = async (store: Store) => {
      const file = store.url.slice('sqlite:'.length)
      await store[Symbol.asyncDispose]()
      forgetContents(binding, file)
      return open(file)
    }
    return [binding.name, { open: () => open(path.join(folder, `${++files}.db`)), age }] as const
  }),
]

const versionTexts = [
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.000Z',
  '2026-02-01T00:00:00.000Z',
  '2026-03-01T00:00:00.000001Z',
  'sha256:none',
]
const typeNames = ['indicator', 'malware', 'ipv4-addr']
const bindingNames = ['urn:a', 'urn:b']

type Sent =
  | {
      readonly kind: 'object'
      readonly id: number
      readonly version: number
      readonly type: number
      readonly spec: '2.0' | '2.1'
      readonly size: number
    }
  | { readonly kind: 'block'; readonly content: number; readonly binding: number; readonly subtype: boolean }

const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('object' as const),
      id: fc.nat({ max: 6 }),
      version: fc.nat({ max: versionTexts.length - 1 }),
      type: fc.nat({ max: 2 }),
      spec: fc.constantFrom('2.0' as const, '2.1' as const),
      size: fc.constantFrom(0, 0, 30_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('block' as const),
      content: fc.nat({ max: 5 }),
      binding: fc.nat({ max: 1 }),
      subtype: fc.boolean(),
    }),
  },
)

type Step =
  | { readonly do: 'keep'; readonly things: readonly Sent[] }
  | {
      readonly do: 'remove'
      readonly id: number | undefined
      readonly version: number | undefined
      readonly spec: '2.0' | '2.1' | undefined
      readonly after: number
      readonly until: number
    }
  | { readonly do: 'prune' }
  | { readonly do: 'age' }

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('keep' as const), things: fc.array(sent, { maxLength: 14 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('remove' as const),
        id: maybe(fc.nat({ max: 6 })),
        version: maybe(fc.nat({ max: versionTexts.length - 1 })),
        spec: maybe(fc.constantFrom('2.0' as const, '2.1' as const)),
        after: fc.nat({ max: 20 }),
        until: fc.nat({ max: 30 }),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'prune' as const }, { do: 'age' as const }) },
  ),
  { minLength: 1, maxLength: 7 },
)

interface Asked extends Omit<PageQuery, 'ids' | 'types' | 'addedAfter' | 'addedUntil'> {
  readonly ids: readonly number[] | undefined
  readonly types: readonly number[] | undefined
  /** Places in the list of all that is stored. */
  readonly after: number | undefined
  readonly until: number | undefined
}

const asked: fc.Arbitrary<Asked> = fc.record({
  ids: maybe(fc.array(fc.nat({ max: 7 }), { maxLength: 4 })),
  types: maybe(fc.array(fc.nat({ max: 2 }), { maxLength: 2 })),
  kind: maybe(fc.constantFrom('object' as const, 'block' as const)),
  specVersions: maybe(
    fc.constantFrom('newest' as const, ['2.0'] as const, ['2.1'] as const, ['2.0', '2.1'] as const, [] as const),
  ),
  bindings: maybe(
    fc.array(fc.record({ id: fc.constantFrom(...bindingNames), subtypes: fc.constantFrom([], ['s'], ['t']) }), {
      maxLength: 2,
    }),
  ),
  versions: maybe(
    fc.array(fc.constantFrom('all', 'first', 'last', 'last', ...versionTexts, '2026-02-01T01:00:00+01:00'), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
  after: maybe(fc.nat({ max: 30 })),
  until: maybe(fc.nat({ max: 30 })),
  limit: fc.integer({ min: 1, max: 9 }),
  bodies: fc.constant(true),
})

const idOf = (id: number) => `indicator--00000000-0000-4000-9000-00000000000${id}`

function itemOf(thing: Sent): Item {
  if (thing.kind === 'block') {
    const binding = bindingNames[thing.binding] as string
    return aBlock(`<block n="${thing.content}"/>`, { binding, ...(thing.subtype && { subtype: 's' }) })
  }
  const version = versionTexts[thing.version] as string
  const raw = { id: idOf(thing.id), type: typeNames[thing.type] as string, modified: version }
  return { ...anObject({ ...raw, filler: 'f'.repeat(thing.size) }), specVersion: thing.spec }
}

/** What the contract says of pages, as plainly as can be: one list in the order of adding. */
class Model {
  items: Item[] = []

  keep(item: Item): void {
    const isKnown = this.items.some((known) => known.id === item.id && versionIn(known) === versionIn(item))
    if (!isKnown) this.items.push(item)
  }

  find(query: Asked): Item[] {
    return this.items.filter((item, place) => {
      if (query.after !== undefined && place <= query.after) return false
      if (query.until !== undefined && place > query.until) return false
      if (query.kind !== undefined && item.kind !== query.kind) return false
      if (query.ids && !query.ids.map(idOf).includes(item.id)) return false
      if (query.types && !(item.kind === 'object' && query.types.some((type) => typeNames[type] === item.type)))
        return false
      if (item.kind === 'block') {
        const { binding, subtype } = item
        const fits = query.bindings?.some(
          ({ id, subtypes }) =>
            id === binding && (subtypes.length === 0 || subtype === undefined || subtypes.includes(subtype)),
        )
        if (fits === false) return false
      }
      return this.isOfSpec(item, query) && this.isOfVersion(item, query)
    })
  }

  isOfSpec(item: Item, { specVersions }: Asked): boolean {
    if (specVersions === undefined || item.kind === 'block') return true
    if (specVersions !== 'newest') return specVersions.includes(item.specVersion)
    const specs = this.items.flatMap((other) =>
      other.id === item.id && other.kind === 'object' ? [other.specVersion] : [],
    )
    return specs.sort().at(-1) === item.specVersion
  }

  isOfVersion(item: Item, query: Asked): boolean {
    const siblings = this.items.filter((other) => other.id === item.id && this.isOfSpec(other, query))
    // The order of adding decides between equals: a stable sort keeps it.
    const ordered = siblings.toSorted((a, b) => instantOf(versionIn(a)) - instantOf(versionIn(b)))
    return (query.versions ?? ['all']).some((version) => {
      if (version === 'all') return true
      if (version === 'last') return ordered.at(-1) === item
      if (version === 'first') return ordered[0] === item
      return version === versionIn(item) || instantOf(version) === instantOf(versionIn(item), NaN)
    })
  }
}

function versionIn(item: Item): string {
  return item.kind === 'object' ? item.version : item.id
}

/** Milliseconds with the microseconds behind the point. */
function instantOf(version: string, none = -Infinity): number {
  const milliseconds = Date.parse(version)
  if (Number.isNaN(milliseconds)) return none
  return milliseconds + Number(/\.\d{3}(\d{3})/.exec(version)?.[1] ?? 0) / 1000
}

async function play(subject: Subject, history: readonly Step[], queries: readonly Asked[]): Promise<void> {
  let store = await subject.open()
  try {
    const model = new Model()
    for (const step of history) {
      if (step.do === 'age' && subject.age) store = await subject.age(store)
      else await act(store, model, step)
    }
    const { entries } = await store.readPage(indicators, { limit: 1000 })
    expect(entries.map(({ item }) => item)).toEqual(model.items)
    for (const query of queries) await ask(store, model, query, entries)
    expect((await store.verify()).problems).toEqual([])
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

async function act(store: Store, model: Model, step: Step): Promise<void> {
  if (step.do === 'keep') {
    const items = step.things.map(itemOf)
    await keep(store, items)
    for (const item of items) model.keep(item)
  } else if (step.do === 'remove') {
    const { entries } = await store.readPage(indicators, { limit: 1000 })
    const request: RemovalRequest = {
      id: step.id === undefined ? undefined : idOf(step.id),
      version: step.version === undefined ? undefined : versionTexts[step.version],
      specVersion: step.spec,
      addedAfter: entries[step.after]?.addedAt,
      addedUntil: entries[step.until]?.addedAt ?? '2030-01-01T00:00:00Z',
    }
    const query = { versions: request.version === undefined ? undefined : [request.version] }
    const left = model.items.filter(
      (item, place) =>
        (request.id !== undefined && item.id !== request.id) ||
        (step.spec !== undefined && (item.kind === 'block' || item.specVersion !== step.spec)) ||
        !model.isOfVersion(item, query as Asked) ||
        (place <= step.after && step.after < entries.length) ||
        place > step.until,
    )
    expect(await store.removeVersions(indicators, request)).toBe(model.items.length - left.length)
    model.items = left
  } else if (step.do === 'prune') {
    await store.prune({})
    model.items = model.items.filter((item) => model.isOfVersion(item, { versions: ['last'] } as unknown as Asked))
  }
}

async function ask(store: Store, model: Model, query: Asked, all: readonly PageEntry[]): Promise<void> {
  const { ids, types, after, until, limit, ...rest } = query
  const isBeyond = (place: number | undefined) => place === undefined || place >= all.length
  const real: Omit<PageQuery, 'limit'> = {
    ...rest,
    ids: ids?.map(idOf),
    types: types?.map((type) => typeNames[type] as string),
    addedUntil: isBeyond(until) ? undefined : all[until as number]?.addedAt,
  }
  const begin = isBeyond(after) ? undefined : all[after as number]?.addedAt
  const wanted = model.find({ ...query, after: isBeyond(after) ? undefined : after })
  const found: Item[] = []
  for (let addedAfter = begin; ;) {
    const { entries, more } = await store.readPage(indicators, { ...real, limit, addedAfter })
    expect(entries.length).toBeLessThanOrEqual(limit)
    found.push(...entries.map(({ item }) => item))
    expect(more).toBe(found.length < wanted.length)
    if (!more) break
    addedAfter = entries.at(-1)?.addedAt
  }
  expect(found).toEqual(wanted)
  expect(await store.countPage(indicators, { ...real, addedAfter: begin })).toBe(wanted.length)
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'pages of a store of schema 2 over %s',
  (_name, binding) => {
    it('L10: are those of the same store of today, also when its index was made again', async () => {
      const file = path.join(folder, `${++files}.db`)
      const open = () => openSqliteStore(file, { ...dependencies, binding })
      const id = anObject().id
      const [one, two, three] = ['01', '02', '03'].map((month) =>
        anObject({ id, modified: `2026-${month}-01T00:00:00.000Z` }),
      )
      const older = { ...(two as StixObject), specVersion: '2.0' as const }
      const alone = anObject({ type: 'malware' })
      {
        await using store = await open()
        await keep(store, [alone, one as Item, three as Item, older])
      }
      backToSchema2(binding, file)
      await using store = await open()
      const read = async (query: Omit<PageQuery, 'limit'>) =>
        (await store.readPage(indicators, { ...query, limit: 9 })).entries.map(({ item }) => item)
      for (const round of ['upgraded', 'made again']) {
        if (round === 'made again') await store.reindex()
        expect(await read({ versions: ['last'] })).toEqual([alone, three])
        expect(await read({ versions: ['last'], specVersions: ['2.0'] })).toEqual([older])
        expect(await read({ types: ['malware'] })).toEqual([alone])
        expect(await store.countPage(indicators, { versions: ['last'] })).toBe(2)
        expect((await store.verify()).problems).toEqual([])
      }
    })
  },
)

describe.each(subjects)('S21-19: pages of %s and the naive model', (_name, subject) => {
  it('agree on every history of versions, removals and prunings, for every query', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(asked, { minLength: 4, maxLength: 8 }), (history, queries) =>
        play(subject, history, queries),
      ),
      { numRuns: Number(process.env['STIXTAXII_TEST_RUNS'] ?? 20) },
    )
  })
})
