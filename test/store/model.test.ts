import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import type { Item } from '../../src/stix/item.ts'
import type { Counts, Store } from '../../src/store/store.ts'
import { acme, all, aPage, aRun } from '../contracts/a-store.ts'
import { bindings } from '../support/bindings.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject, somethingDamaged } from '../support/items.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 1, host: 'host.example' } }
let files = 0
const subjects: readonly (readonly [string, () => Promise<Store>])[] = [
  ['memory', async () => openMemoryStore(dependencies)],
  ...bindings.map((binding) => {
    const open = () => openSqliteStore(path.join(folder, `${++files}.db`), { ...dependencies, binding })
    return [binding.name, open] as const
  }),
]

/** Something a server sends: few ids, versions and contents, so that they meet often. */
type Sent =
  | { readonly kind: 'object'; readonly id: number; readonly version: number; readonly content: number }
  | { readonly kind: 'block'; readonly content: number }
  | { readonly kind: 'damaged'; readonly content: number }

interface Step {
  readonly collection: number
  /** Pages of one commit. */
  readonly pages: readonly (readonly Sent[])[]
  readonly fails: boolean
}

const few = fc.nat({ max: 3 })
const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('object' as const),
      id: fc.nat({ max: 5 }),
      version: few,
      content: fc.nat({ max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('block' as const), content: few }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('damaged' as const), content: few }) },
)
const history: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    collection: fc.nat({ max: 1 }),
    pages: fc.array(fc.array(sent, { maxLength: 12 }), { maxLength: 3 }),
    fails: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  }),
  { maxLength: 8 },
)

const modified = (version: number) => `2026-01-0${version + 1}T00:00:00.000Z`
const idOf = (id: number) => `indicator--00000000-0000-4000-9000-00000000000${id}`
const keyOf = (collection: number) => ({
  source: acme.id,
  root: 'https://taxii.example/root/',
  collection: `c${collection}`,
})

function pageOf(things: readonly Sent[]) {
  const items = things.flatMap((thing): Item[] => {
    if (thing.kind === 'damaged') return []
    if (thing.kind === 'block') return [aBlock(`<block n="${thing.content}"/>`)]
    return [anObject({ id: idOf(thing.id), modified: modified(thing.version), content: thing.content })]
  })
  const damaged = things.flatMap((thing) =>
    thing.kind === 'damaged' ? [somethingDamaged(`bad ${thing.content}`)] : [],
  )
  return aPage(items, damaged)
}

/** What the contract says, as plainly as can be: lists of texts. */
class Model {
  readonly versions: { collection: number; id: string; version: number; content: number }[] = []
  readonly blocks = new Set<string>()
  readonly quarantine = new Set<string>()
  readonly conflicts = new Set<string>()

  receive(collection: number, thing: Sent): 'new' | 'updated' | 'unchanged' | 'conflicts' | 'quarantined' {
    if (thing.kind === 'damaged') {
      this.quarantine.add(`${collection} ${thing.content}`)
      return 'quarantined'
    }
    if (thing.kind === 'block') {
      const name = `${collection} ${thing.content}`
      if (this.blocks.has(name)) return 'unchanged'
      this.blocks.add(name)
      return 'new'
    }
    const id = idOf(thing.id)
    const siblings = this.versions.filter((known) => known.collection === collection && known.id === id)
    const same = siblings.find((known) => known.version === thing.version)
    if (same && same.content === thing.content) return 'unchanged'
    if (same) {
      this.conflicts.add(`${collection} ${id} ${thing.version} ${thing.content}`)
      return 'conflicts'
    }
    this.versions.push({ collection, id, version: thing.version, content: thing.content })
    return siblings.length > 0 ? 'updated' : 'new'
  }
}

async function play(store: Store, steps: readonly Step[]): Promise<void> {
  const model = new Model()
  for (const step of steps) {
    const key = keyOf(step.collection)
    const runId = await aRun(store, key)
    const failing = async function* () {
      for (const page of step.pages) yield pageOf(page)
      throw new Error('cut')
    }
    if (step.fails) {
      await expect(store.commit({ key, runId, parts: failing(), checkpoint: () => undefined })).rejects.toThrow('cut')
      continue
    }
    const expected = {
      pages: 0,
      received: 0,
      new: 0,
      updated: 0,
      unchanged: 0,
      conflicts: 0,
      quarantined: 0,
      revoked: 0,
    }
    for (const page of step.pages) {
      expected.pages++
      expected.received += page.length
      // Items come before what is damaged, as in a page.
      for (const thing of page) if (thing.kind !== 'damaged') expected[model.receive(step.collection, thing)]++
      for (const thing of page) if (thing.kind === 'damaged') expected[model.receive(step.collection, thing)]++
    }
    const counts: Counts = await store.commit({
      key,
      runId,
      parts: step.pages.map(pageOf),
      checkpoint: () => undefined,
    })
    expect(counts).toEqual(expected)
  }
  await compare(store, model)
}

async function compare(store: Store, model: Model): Promise<void> {
  const stored = await all(store.versions({}))
  const objects = stored.filter(({ item }) => item.kind === 'object')
  const shown = objects.map(({ key, item }) => {
    const {
      id,
      modified: version,
      content,
    } = JSON.parse(item.raw.toString()) as { id: string; modified: string; content: number }
    return `${key.collection} ${id} ${version} ${content}`
  })
  const wanted = model.versions.map((v) => `c${v.collection} ${v.id} ${modified(v.version)} ${v.content}`)
  expect([...shown].sort()).toEqual([...wanted].sort())
  for (const { key, item, superseded } of objects) {
    const siblings = model.versions.filter((v) => `c${v.collection}` === key.collection && v.id === item.id)
    const newest = Math.max(...siblings.map((v) => v.version))
    expect(superseded).toBe(item.kind === 'object' && item.version !== modified(newest))
  }
  expect(stored.length - objects.length).toBe(model.blocks.size)
  expect(await all(store.quarantined())).toHaveLength(model.quarantine.size)
  expect(await all(store.conflicts())).toHaveLength(model.conflicts.size)
  expect((await store.verify()).problems).toEqual([])
}

describe.each(subjects)('T8: %s and the naive model', (_name, open) => {
  it('agree on every history of versions, repeats, conflicts, damage and cut pages', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await using store = await open()
        await play(store, steps)
      }),
      { numRuns: 40 },
    )
  })
})
