import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timestampKey, toEpochMicroseconds } from '../../../src/core/timestamp.ts'
import type { Clock } from '../../../src/core/ports.ts'
import { selectEntries, type ShelfEntry } from '../../../src/simulate/taxii2-shelf.ts'
import type { Store } from '../../../src/store/store.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { ask, aServer, idsOf, oldIndicators, post, type TestServer } from './a-server.ts'

const hostileIds = [
  "indicator--' OR '1'='1",
  'indicator--100%',
  'indicator--a_b',
  'indicator--"); DROP TABLE version; --',
  'indicator--💥\\',
  'INDICATOR--00000000-0000-4000-8000-000000000001',
]
const days = ['01', '02', '03', '04'].map((day) => `2026-02-${day}T00:00:00.000Z`)

let server: TestServer
let shelf: readonly ShelfEntry[]

async function fill(): Promise<void> {
  // Both specifications have versions of ids 10 to 19, now one the newer, now the other.
  const versioned = (index: number, hour: string) =>
    days.slice(0, index % 4).map((day) => ({ modified: day.replace('T00', hour) }))
  const objects = [
    ...Array.from({ length: 20 }, (_, index) =>
      versioned(index, 'T00').flatMap((day) => someIndicators(1, index, day)),
    ).flat(),
    ...Array.from({ length: 20 }, (_, index) =>
      versioned(index + 2, 'T12').flatMap((day) => oldIndicators(1, 10 + index, day)),
    ).flat(),
    ...someIndicators(10, 60, { type: 'malware' }),
    ...hostileIds.flatMap((id) => someIndicators(1, 0, { id, modified: days[1] })),
    ...[1, 2, 3].map((n) => ({ type: 'url', id: `url--${n}`, value: `https://bad.example/${n}` })),
    // Without dates, in two states: two versions that only the dates of adding tell apart.
    { type: 'url', id: 'url--1', value: 'https://bad.example/other' },
  ]
  // In an order of its own, and in several posts.
  const shuffled = objects.map((object, index) => ({ object, at: (index * 37) % 101 })).sort((a, b) => a.at - b.at)
  for (let from = 0; from < shuffled.length; from += 50)
    await post(
      server,
      shuffled.slice(from, from + 50).map(({ object }) => object),
    )
  shelf = await shelfOf(server)
  expect(shelf).toHaveLength(objects.length)
}

async function shelfOf({ store }: TestServer): Promise<ShelfEntry[]> {
  const entries: ShelfEntry[] = []
  for await (const { item, addedAt } of store.versions({})) {
    if (item.kind !== 'object') continue
    const { id, type, specVersion, raw } = item
    const version = timestampKey(item.version) === undefined ? addedAt : item.version
    const added = toEpochMicroseconds(addedAt) ?? 0n
    entries.push({ sequence: entries.length, added, id, group: id, type, version, specVersion, raw: String(raw) })
  }
  return entries
}

type Query = Partial<
  Record<'added_after' | 'match[id]' | 'match[type]' | 'match[version]' | 'match[spec_version]', string>
>

/** What the standard makes of a query; undefined where it is malformed. */
function model(query: Query): readonly ShelfEntry[] | undefined {
  const list = (name: keyof Query) => query[name]?.split(',')
  const [ids, types, versions, specs] = [
    list('match[id]'),
    list('match[type]'),
    list('match[version]'),
    list('match[spec_version]'),
  ]
  const after = query.added_after
  const isWord = (value: string) => ['all', 'first', 'last'].includes(value)
  const isMalformed =
    [ids, types, versions, specs].some((values) => values?.includes('') === true) ||
    (versions !== undefined && versions.length > 1 && versions.includes('all')) ||
    versions?.some((value) => !isWord(value) && timestampKey(value) === undefined) === true ||
    specs?.some((value) => !/^\d+(\.\d+)+$/.test(value)) === true ||
    (after !== undefined && toEpochMicroseconds(after) === undefined)
  if (isMalformed) return undefined
  return selectEntries(shelf, {
    id: ids,
    type: types,
    version: versions,
    specVersion: specs,
    addedAfter: after === undefined ? undefined : toEpochMicroseconds(after),
  })
}

const keyOf = ({ id, raw }: Pick<ShelfEntry, 'id' | 'raw'>) => `${id} ${raw}`

/** Reads all pages; the status of a refusal. */
async function readAll(query: Query, limit: number): Promise<string[] | number> {
  const found: string[] = []
  const parameters = new URLSearchParams({ ...query, limit: String(limit) })
  for (;;) {
    const page = await ask(server, `${server.path}objects/?${parameters}`)
    if (page.status !== 200) return page.status
    const objects = page.body.objects ?? []
    expect(objects.length).toBeLessThanOrEqual(limit)
    found.push(...objects.map((object) => keyOf({ id: object.id, raw: JSON.stringify(object) })))
    if (page.body.more !== true) return found
    expect(objects.length).toBeGreaterThan(0)
    parameters.set('next', String(page.body.next))
  }
}

const some = <T>(values: readonly T[], maxLength: number) =>
  fc.array(fc.constantFrom(...values), { minLength: 1, maxLength }).map((chosen) => chosen.join(','))

const anyQuery: fc.Arbitrary<Query> = fc.record(
  {
    'match[id]': some([...Array.from({ length: 30 }, (_, index) => idAt(index)), ...hostileIds, 'url--1', 'x', ''], 8),
    'match[type]': some(['indicator', 'malware', 'url', 'no-such-type', 'INDICATOR', '%', "' OR 1=1--"], 3),
    'match[version]': fc.oneof(
      some(['last', 'first', ...days, '2026-02-02T01:00:00+01:00', '2026-02-02T00:00:00.0000000Z'], 4),
      fc.constantFrom('all', 'all', 'all,last', 'newest', ''),
    ),
    'match[spec_version]': some(['2.0', '2.1', '2.1', '3.0', 'x'], 2),
    added_after: fc.oneof(
      fc.nat(1000).map((share) => addedAt(share)),
      fc.constantFrom('2020-01-01T00:00:00Z', '9999-01-01T00:00:00Z', 'yesterday'),
    ),
  },
  { requiredKeys: [] },
)

/** The stamp of one of the entries. */
function addedAt(share: number): string {
  const { added } = shelf[Math.floor((share / 1001) * shelf.length)] as ShelfEntry
  return `${new Date(Number(added / 1000n)).toISOString().slice(0, 23)}${String(added % 1000n).padStart(3, '0')}Z`
}

/**
 * Every filter against a model that shares no line with the server: the shelf of the simulated servers. And all that
 * could be taken for a part of a question to a database, everywhere a client can write.
 */
export function filtersSuite(name: string, openStore: (clock: Clock) => Promise<Store>): void {
  describe(`S20, S21-19: filters against a model, ${name}`, () => {
    beforeAll(async () => {
      server = await aServer({ taxii2: { maxPageSize: 40 }, openStore })
      await fill()
    })
    afterAll(() => server[Symbol.asyncDispose]())

    it('any filters together give what the model gives, in its order, whatever the size of pages', async () => {
      await fc.assert(
        fc.asyncProperty(anyQuery, fc.integer({ min: 1, max: 40 }), async (query, limit) => {
          const expected = model(query)
          expect(await readAll(query, limit)).toEqual(expected?.map(keyOf) ?? 400)
        }),
        { numRuns: 120, seed: 20260102, endOnFailure: false },
      )
    }, 120_000)

    const corpus = [
      "'",
      "''",
      '"',
      "' OR '1'='1",
      "' OR 1=1 --",
      "'; DROP TABLE version; --",
      "1' UNION SELECT body FROM record --",
      '") OR ("a"="a',
      "x' AND (SELECT count(*) FROM sqlite_master) > 0 --",
      "'||(SELECT version())||'",
      '$1',
      '?1',
      ':id',
      '%',
      '_',
      '\\',
      '%27%20OR%201=1',
      '*',
      '[a-z]*',
      '{"$gt":""}',
      '${7*7}',
      '\u0000',
      'a\u0000b',
      '\u2028',
      '\ufeff',
      '﹏',
      'İ',
      '../../etc/passwd',
      '\r\nX-Injected: yes',
      '-1',
      '1e309',
      'NaN',
      'null',
      'undefined',
      '__proto__',
      'constructor',
      'toString',
      'a'.repeat(5000),
      ','.repeat(100),
      'x,'.repeat(300),
    ]

    it.each(['match[id]', 'match[type]', 'match[version]', 'match[spec_version]', 'added_after'] as const)(
      'S20, S19: nothing that is injected into %s finds more than it names, or says anything of what is inside',
      async (name) => {
        const known = {
          'match[id]': idAt(1),
          'match[type]': 'malware',
          'match[version]': 'last',
          'match[spec_version]': '2.1',
        }
        for (const text of corpus)
          for (const value of [text, ...(name === 'added_after' ? [] : [`${known[name]},${text}`])]) {
            const answer = await ask(
              server,
              `${server.path}objects/?${new URLSearchParams({ [name]: value, limit: '40' })}`,
            )
            const expected = model({ [name]: value })
            expect([value, answer.status]).toEqual([value, expected ? 200 : 400])
            if (expected) expect(idsOf(answer)).toEqual(expected.slice(0, 40).map(({ id }) => id))
            // What was sent may be shown again; nothing else may speak of what is inside.
            else
              expect(answer.text.replaceAll(/\\".*\\"/g, '')).not.toMatch(
                /sql|syntax|sqlite|postgres|\bat .*:\d+|node_modules|\.ts\b/i,
              )
            expect(answer.headers.get('x-injected')).toBeNull()
          }
        expect(server.errors).toEqual([])
      },
    )

    it.each(['next', 'limit', 'match[x]', 'objects', "a'b"])(
      'S20, S19: nothing that is injected into %s is a failure of ours',
      async (name) => {
        for (const text of corpus)
          for (const kind of ['objects', 'manifest']) {
            const { status } = await ask(server, `${server.path}${kind}/?${new URLSearchParams({ [name]: text })}`)
            expect([200, 400]).toContain(status)
          }
        expect(server.errors).toEqual([])
      },
    )

    it.each(['objects', 'versions', 'manifest'])('S20: nothing that is injected into a path finds %s', async (kind) => {
      const names = corpus.filter((text) => text !== '../../etc/passwd').map(encodeURIComponent)
      for (const name of names) {
        const [object, collection] = [`${server.path}objects/${name}/`, `/api/collections/${name}/`]
        const path = kind === 'objects' ? object : kind === 'versions' ? `${object}versions/` : `${collection}manifest/`
        expect([name, (await ask(server, path)).status]).toEqual([name, 404])
      }
      expect(server.errors).toEqual([])
    })
  })
}
