import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/stix/item.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import type { PageQuery } from '../../src/store/page-query.ts'
import type { Store } from '../../src/store/store.ts'
import { all, indicators, keep } from '../contracts/a-store.ts'
import { bindings } from '../support/bindings.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, anObject } from '../support/items.ts'
import { loadSaid } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const identity = { pid: 1, host: 'host.example' }

/** What has broken other servers: quotes, comments, wild cards, names of parameters, ends of text. */
const hostile: readonly string[] = [
  `'`,
  `"`,
  '`',
  `''`,
  `' OR '1'='1`,
  `' OR 1=1 --`,
  `" OR ""="`,
  `'; DROP TABLE version; --`,
  `'); DELETE FROM record; --`,
  `' UNION SELECT body FROM record --`,
  `1 OR 1=1`,
  `0x27204f522031`,
  `%`,
  `_`,
  `*`,
  `indicator%`,
  `?`,
  `?1`,
  `$1`,
  `:id`,
  `@id`,
  `\\`,
  `\\'`,
  `\u0000`,
  `a\u0000b`,
  `\n`,
  `/* */`,
  `--`,
  `[1]`,
  `{"a":1}`,
  `null`,
  `NaN`,
  `-1`,
  `9223372036854775808`,
  `\u2019`,
  `\uff07`,
  `x'27'`,
  `char(39)`,
  `' || (SELECT sql FROM sqlite_schema) || '`,
  `a`.repeat(5000),
]

async function filled(open: () => Promise<Store>): Promise<{ store: Store; items: readonly Item[] }> {
  const store = await open()
  const plain = [anObject({ id: 'indicator--1' }), anObject({ id: 'malware--1', type: 'malware' }), aBlock('<a/>')]
  const odd = hostile.flatMap((text): Item[] => [
    anObject({ id: `x--${text}`, type: text, modified: text }),
    aBlock(`<b>${text}</b>`, { binding: text, subtype: text }),
  ])
  const items = [...plain, ...odd]
  await keep(store, items)
  await store.records.write(hostile.map((text) => ({ kind: 'note', id: `1${text}`, owner: text, body: { text } })))
  return { store, items }
}

/** Every filter with this text in it. */
function queriesWith(text: string): readonly Omit<PageQuery, 'limit'>[] {
  return [
    { ids: [text] },
    { ids: [`x--${text}`] },
    { ids: [text, 'indicator--1', `x--${text}`] },
    { types: [text] },
    { types: ['malware', text] },
    { versions: [text] },
    { versions: [text, 'last'] },
    { bindings: [{ id: text, subtypes: [] }] },
    { bindings: [{ id: text, subtypes: [text] }], kind: 'block' },
    { bindings: [{ id: 'urn:none', subtypes: [text] }], kind: 'block' },
    { addedAfter: text },
    { addedUntil: text },
    { specVersions: [text as '2.1'], kind: 'object' },
    { kind: text as 'object' },
  ]
}

async function answersOf(store: Store): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const text of hostile) {
    for (const query of queriesWith(text)) {
      const { entries, more } = await store.readPage(indicators, { ...query, limit: 50 })
      answers.push([entries.map(({ item }) => item.id), more, await store.countPage(indicators, query)])
    }
    for (const filter of [{ id: `x--${text}` }, { type: text }, { source: text }, { collection: text }]) {
      answers.push((await all(store.versions(filter))).map(({ item }) => item.id))
    }
    const key = { source: text, root: text, collection: text }
    answers.push(await store.readPage(key, { limit: 1 }), await store.checkpoint(key))
    answers.push(await store.records.get('note', `1${text}`), await store.records.get(text, text))
    answers.push(await store.records.list('note', { owner: text }), await store.records.list(text))
    answers.push((await store.records.list('note', { afterId: text, limit: 3 })).map(({ id }) => id))
    answers.push(await store.removeVersions(indicators, { id: text, version: text, addedAfter: text }))
  }
  return answers
}

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'S20: text is data over %s',
  (name, binding) => {
    it(
      'whatever is asked, of whatever filter, the answer is that of the model in memory',
      { timeout: 60_000 },
      async () => {
        const dependencies = { clock: fakeClock(), identity, loadReader: loadSaid }
        const file = path.join(folder, `${name.replace(':', '-')}.db`)
        const tested = await filled(() => openSqliteStore(file, { ...dependencies, binding }))
        const model = await filled(async () => openMemoryStore(dependencies))
        await using store = tested.store
        await using memory = model.store
        expect(await answersOf(store)).toEqual(await answersOf(memory))
        for (const text of hostile) {
          expect(await store.removeVersions(indicators, { id: `x--${text}` })).toBe(1)
          expect(await store.records.write([{ kind: 'note', id: `1${text}` }])).toBe(true)
        }
        expect((await all(store.versions({}))).length).toBe(3 + hostile.length)
        expect(await store.records.list('note')).toEqual([])
        expect((await store.verify()).problems).toEqual([])
      },
    )
  },
)
