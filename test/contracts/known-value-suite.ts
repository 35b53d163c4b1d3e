import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Statement, Value } from '../../src/stix/statement.ts'
import type { KnownValueFilter, SourcedStatement } from '../../src/store/known-value.ts'
import type { Store } from '../../src/store/store.ts'
import { anObject } from '../support/items.ts'
import { aBlockSaying, anIndicatorSaying, aStatement, saying } from '../support/said.ts'
import { all, aRun, indicators, keep, others, type StoreUnderTest } from './store-suite.ts'

const bad: Value = { kind: 'domain', value: 'bad.example' }
const worse: Value = { kind: 'domain', value: 'worse.example' }
const md5: Value = { kind: 'md5', value: '00'.repeat(16) }
const another = { ...indicators, source: 'p-2' }
const later = { modified: '2026-02-01T00:00:00.000Z' }

/** What `Store` promises of values: every driver passes all of it. Its stores must read by `readSaid`. */
export function knownValueSuite(subject: StoreUnderTest): void {
  describe(`known values: ${subject.name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await subject.open()
    })
    afterEach(async () => {
      await store[Symbol.asyncDispose]()
    })

    const about = async (value: Value): Promise<readonly SourcedStatement[]> =>
      (await store.lookup([value]))[0]?.statements ?? []
    const known = async (filter: KnownValueFilter = {}) => all(store.knownValues(filter))
    const namesOf = async (filter: KnownValueFilter = {}) => (await known(filter)).map(({ value }) => value)

    describe('lookup', () => {
      it('answers in the order asked, unknown values and repeats too', async () => {
        await keep(store, [anIndicatorSaying(), anIndicatorSaying({ about: [worse] })])
        const asked = [worse, md5, bad, worse]
        const answers = await store.lookup(asked)
        expect(answers.map(({ kind, value }) => ({ kind, value }))).toEqual(asked)
        expect(answers.map(({ statements }) => statements.length)).toEqual([1, 0, 1, 1])
        expect(await store.lookup([])).toEqual([])
      })

      it('finds nothing but the very value, of the very kind', async () => {
        await keep(store, [anIndicatorSaying()])
        const near: Value[] = [
          { kind: 'domain', value: 'bad.exampl' },
          { kind: 'domain', value: 'bad.example2' },
          { kind: 'domain', value: 'BAD.example' },
          { kind: 'domain', value: '' },
          { kind: 'url', value: 'bad.example' },
          { kind: 'email', value: 'bad.example' },
        ]
        expect((await store.lookup(near)).flatMap(({ statements }) => statements)).toEqual([])
      })

      it('gives the whole statement, with who made it and when it came', async () => {
        const statement = aStatement('indicator--1', {
          values: [{ ...bad, sound: false, original: 'hxxp://BAD[.]example' }],
          name: 'päron \u{1f352}',
          description: 'Seen "everywhere"\nand more',
          labels: ['malware', 'x'],
          killChainPhases: ['lockheed:c2'],
          confidence: 0,
          severity: 80,
          created: '2026-01-01T00:00:00.123456Z',
          modified: '2026-01-01T00:00:00.000Z',
          firstSeen: '2025-01-01T00:00:00Z',
          lastSeen: '2025-02-01T00:00:00Z',
          validFrom: '2026-01-01T00:00:00Z',
          validUntil: '2027-01-01T00:00:00Z',
          tlp: 'amber',
          markingRefs: ['marking-definition--x'],
          createdBy: 'identity--x',
          category: 'botnet',
          categoryTlp: 'red',
          sightings: 3,
          unused: ['part of the pattern'],
        })
        const item = saying({ statements: [statement] })
        await keep(store, [item])
        const { values, ...rest } = statement
        const [stored] = await all(store.versions({}))
        expect(await about(bad)).toEqual([
          {
            ...rest,
            source: { id: 'p-1', name: 'acme' },
            key: indicators,
            itemId: item.id,
            itemVersion: item.version,
            addedAt: stored?.addedAt,
            superseded: false,
            vanished: false,
            sound: false,
            original: values[0]?.original,
            relatedTo: [],
          },
        ])
      })

      it('gives a statement with nothing but an id as it is', async () => {
        await keep(store, [saying({ statements: [aStatement('')] })])
        const [statement] = await about(bad)
        expect(statement).toMatchObject({ id: '', labels: [], role: 'indicator', sound: true })
        expect(statement).not.toHaveProperty('name')
        expect(statement).not.toHaveProperty('tlp')
        expect(statement).not.toHaveProperty('original')
      })

      it('merges what every source and collection says, in order of time', async () => {
        await keep(store, [anIndicatorSaying({ name: 'one' })])
        await keep(store, [anIndicatorSaying({ name: 'two' })], { key: another })
        await keep(store, [anIndicatorSaying({ name: 'three' })], { key: others })
        const statements = await about(bad)
        expect(statements.map(({ name }) => name).toSorted()).toEqual(['one', 'three', 'two'])
        const stamps = statements.map(({ addedAt }) => addedAt)
        expect(stamps).toEqual(stamps.toSorted())
      })

      it('answers a thousand values at once', async () => {
        const domains = Array.from({ length: 1000 }, (_, n): Value => ({ kind: 'domain', value: `d${n}.example` }))
        await keep(
          store,
          domains.map((value) => anIndicatorSaying({ about: [value] })),
        )
        const answers = await store.lookup(domains.toReversed())
        expect(answers.every(({ statements }) => statements.length === 1)).toBe(true)
      })
    })

    describe('what became of the item', () => {
      it('is superseded by a later version of the same source, whatever that says', async () => {
        const first = anIndicatorSaying()
        await keep(store, [first])
        expect((await about(bad))[0]?.superseded).toBe(false)
        await keep(store, [anIndicatorSaying({ about: [worse] }, { id: first.id, ...later })])
        expect((await about(bad)).map(({ superseded }) => superseded)).toEqual([true])
        expect((await about(worse)).map(({ superseded }) => superseded)).toEqual([false])
      })

      it('is not superseded by an older version that comes later', async () => {
        const newer = anIndicatorSaying({}, later)
        await keep(store, [newer, anIndicatorSaying({ about: [worse] }, { id: newer.id })])
        expect((await about(bad))[0]?.superseded).toBe(false)
        expect((await about(worse))[0]?.superseded).toBe(true)
      })

      it('contracts 1: is superseded in another collection of the source, not by another source', async () => {
        const first = anIndicatorSaying()
        const second = anIndicatorSaying({ about: [worse] }, { id: first.id, ...later })
        await keep(store, [first])
        await keep(store, [second], { key: another })
        expect((await about(bad))[0]?.superseded).toBe(false)
        await keep(store, [second], { key: others })
        expect((await about(bad))[0]?.superseded).toBe(true)
      })

      it('is not superseded by itself in another collection', async () => {
        const item = anIndicatorSaying()
        await keep(store, [item])
        await keep(store, [item], { key: others })
        expect((await about(bad)).map(({ superseded }) => superseded)).toEqual([false, false])
      })

      it('STX-6: a revocation withdraws all versions, before and after it, of its source only', async () => {
        const first = anIndicatorSaying()
        const revocation = anObject({ id: first.id, revoked: true, ...later })
        const again = anIndicatorSaying({ about: [worse] }, { id: first.id, modified: '2026-03-01T00:00:00.000Z' })
        await keep(store, [first], { key: another })
        await keep(store, [first, revocation, again])
        expect((await about(bad)).map(({ source, revoked }) => [source.id, revoked]).toSorted()).toEqual([
          ['p-1', true],
          ['p-2', false],
        ])
        expect((await about(worse)).map(({ revoked }) => revoked)).toEqual([true])
      })

      it('keeps a revocation as long as the id is stored, and forgets it with the id', async () => {
        const item = anIndicatorSaying()
        await keep(store, [anObject({ id: item.id, revoked: true, modified: '2025-01-01T00:00:00.000Z' }), item])
        expect(await store.prune({})).toBe(1)
        expect((await about(bad))[0]?.revoked).toBe(true)
        await store.reindex()
        expect((await about(bad))[0]?.revoked).toBe(true)
        await store.prune({ all: true })
        await keep(store, [item])
        expect((await about(bad))[0]?.revoked).toBe(false)
      })

      it('T9: vanishes with a full read that misses it, and comes back', async () => {
        const item = anIndicatorSaying()
        await keep(store, [item])
        const full = await aRun(store, indicators, { full: true })
        await keep(store, [], { runId: full })
        await store.markVanished(indicators, full)
        expect((await about(bad))[0]?.vanished).toBe(true)
        await keep(store, [item])
        expect((await about(bad))[0]?.vanished).toBe(false)
      })

      it('goes with its version when that is pruned', async () => {
        const first = anIndicatorSaying({ about: [bad, md5] })
        await keep(store, [first, anIndicatorSaying({ about: [worse] }, { id: first.id, ...later })])
        await store.prune({})
        expect(await namesOf()).toEqual(['worse.example'])
        expect((await store.verify()).problems).toEqual([])
        await store.prune({ all: true })
        expect(await known()).toEqual([])
        expect(await store.countValues()).toEqual([])
        expect((await store.verify()).problems).toEqual([])
      })

      it('is not there when the transaction failed', async () => {
        const runId = await aRun(store)
        async function* parts() {
          yield { page: { url: 'x', digest: 'ab', receivedAt: 'x' }, items: [anIndicatorSaying()], damaged: [] }
          throw new Error('cut')
        }
        await expect(
          store.commit({ key: indicators, runId, parts: parts(), checkpoint: () => undefined }),
        ).rejects.toThrow('cut')
        expect(await about(bad)).toEqual([])
      })

      it('is not changed by the same version with other content', async () => {
        const first = anIndicatorSaying({ name: 'first' })
        await keep(store, [first, anIndicatorSaying({ name: 'other', about: [worse] }, { id: first.id })])
        expect(await namesOf()).toEqual(['bad.example'])
      })
    })

    describe('what it is related to', () => {
      const malware = (name: string, id = 'malware--m') =>
        saying({ named: [{ id, type: 'malware', name }] }, { type: 'malware', id })
      const indicates = (from: string, to: string, properties = {}) =>
        saying({ relations: [{ from, type: 'indicates', to }] }, { type: 'relationship', ...properties })

      it('STX-12: is found in whatever order things arrive', async () => {
        const item = anIndicatorSaying()
        await keep(store, [indicates(item.id, 'malware--m')])
        await keep(store, [item])
        expect((await about(bad))[0]?.relatedTo).toEqual([])
        await keep(store, [malware('Zeus')])
        expect((await about(bad))[0]?.relatedTo).toEqual([{ relation: 'indicates', type: 'malware', name: 'Zeus' }])
      })

      it('is named once, in order of name, by the newest name', async () => {
        const item = anIndicatorSaying()
        const zeus = malware('Old name')
        const renamed = saying(
          { named: [{ id: 'malware--m', type: 'malware', name: 'Zeus' }] },
          { id: 'malware--m', ...later },
        )
        const actor = saying({ named: [{ id: 'threat-actor--a', type: 'threat-actor', name: 'Ann' }] })
        const links = ['malware--m', 'threat-actor--a', 'malware--m'].map((to) => indicates(item.id, to))
        await keep(store, [item, zeus, renamed, actor, ...links])
        expect((await about(bad))[0]?.relatedTo.map(({ name }) => name)).toEqual(['Ann', 'Zeus'])
      })

      it('is what its own source says, and what others say only where that is silent', async () => {
        const [first, second] = [anIndicatorSaying(), anIndicatorSaying({ about: [worse] })]
        await keep(store, [first, second, indicates(first.id, 'malware--m'), malware('ours')])
        await keep(
          store,
          [
            indicates(first.id, 'malware--n'),
            indicates(second.id, 'malware--m'),
            malware('theirs'),
            malware('n', 'malware--n'),
          ],
          {
            key: another,
          },
        )
        expect((await about(bad))[0]?.relatedTo.map(({ name }) => name)).toEqual(['ours'])
        expect((await about(worse))[0]?.relatedTo.map(({ name }) => name)).toEqual(['ours'])
      })

      it('is not what a revoked or replaced relationship said', async () => {
        const item = anIndicatorSaying()
        const gone = indicates(item.id, 'malware--m')
        const replaced = indicates(item.id, 'malware--n')
        await keep(store, [item, malware('m'), malware('n', 'malware--n'), malware('o', 'malware--o'), gone, replaced])
        await keep(store, [anObject({ type: 'relationship', id: gone.id, revoked: true, ...later })])
        await keep(store, [indicates(item.id, 'malware--o', { id: replaced.id, ...later })])
        expect((await about(bad))[0]?.relatedTo.map(({ name }) => name)).toEqual(['o'])
      })

      it('STX-6: is not what its own source has revoked', async () => {
        const item = anIndicatorSaying()
        const relations = [{ from: item.id, type: 'indicates', to: 'malware--1' }]
        const named = [{ id: 'malware--1', type: 'malware', name: 'Withdrawn' }]
        const malware = { id: 'malware--1', type: 'malware' }
        await keep(store, [item, saying({ relations }), saying({ named }, malware)])
        expect((await about(bad))[0]?.relatedTo).toHaveLength(1)
        await keep(store, [anObject({ ...malware, revoked: true, ...later })], { key: another })
        expect((await about(bad))[0]?.relatedTo).toHaveLength(1)
        await keep(store, [anObject({ ...malware, revoked: true, ...later })])
        expect((await about(bad))[0]?.relatedTo).toEqual([])
      })

      it('S26: is marked as it and the relationship are, also by definitions in the store', async () => {
        const item = anIndicatorSaying()
        const names = [
          { id: 'malware--m', type: 'malware', name: 'by definition', markingRefs: ['marking-definition--ours'] },
          { id: 'malware--n', type: 'malware', name: 'by itself', tlp: 'amber' as const },
          { id: 'malware--o', type: 'malware', name: 'by the relationship' },
          { id: 'malware--p', type: 'malware', name: 'not at all' },
          { id: 'malware--q', type: 'malware', name: 'not at all', tlp: 'red' as const },
        ]
        const from = item.id
        const relations = [
          ...['m', 'n', 'p', 'q'].map((name) => ({ from, type: 'indicates', to: `malware--${name}` })),
          { from, type: 'indicates', to: 'malware--o', tlp: 'green' as const, markingRefs: ['marking-definition--x'] },
          { from, type: '[odd', to: 'malware--p' },
        ]
        await keep(store, [item, aBlockSaying({ relations, named: names })])
        const tlpOf = async () =>
          Object.fromEntries(
            ((await about(bad))[0]?.relatedTo ?? []).map((one) => [`${one.relation} ${one.name}`, one.tlp]),
          )
        const expected = {
          'indicates by definition': undefined,
          'indicates by itself': 'amber',
          'indicates by the relationship': 'green',
          'indicates not at all': undefined,
          '[odd not at all': undefined,
        }
        expect(await tlpOf()).toEqual(expected)
        const definition = { type: 'marking-definition', name: 'ours', tlp: 'red' as const }
        await keep(store, [saying({ named: [{ id: 'marking-definition--ours', ...definition }] })])
        expect(await tlpOf()).toEqual({ ...expected, 'indicates by definition': 'red' })
        await keep(store, [saying({ named: [{ id: 'marking-definition--x', ...definition }] })])
        expect((await tlpOf())['indicates by the relationship']).toBe('red')
        expect((await store.verify()).problems).toEqual([])
      })

      it('names who made it, and takes identities and markings for no threat', async () => {
        const item = anIndicatorSaying({ createdBy: 'identity--i' })
        const named = [
          { id: 'identity--i', type: 'identity', name: 'ACME' },
          { id: 'identity--victim', type: 'identity', name: 'Victim' },
        ]
        await keep(store, [item, saying({ named }), indicates(item.id, 'identity--victim')])
        expect((await about(bad))[0]).toMatchObject({ createdByName: 'ACME', relatedTo: [] })
      })

      it('S26: a marking definition in the store can only make it stricter, its own source’s first', async () => {
        const marking = (tlp: Statement['tlp']) =>
          saying({ named: [{ id: 'marking-definition--x', type: 'marking-definition', name: 'X', tlp }] })
        await keep(store, [anIndicatorSaying({ tlp: 'green', markingRefs: ['marking-definition--x'] })])
        expect((await about(bad))[0]?.tlp).toBe('green')
        await keep(store, [marking('amber')], { key: another })
        expect((await about(bad))[0]?.tlp).toBe('amber')
        await keep(store, [marking('red')])
        await keep(store, [marking('clear')])
        expect((await about(bad))[0]?.tlp).toBe('red')
      })
    })

    describe('knownValues', () => {
      const mixed: readonly Value[] = [
        { kind: 'ipv4', value: '9.0.0.1' },
        { kind: 'ipv4', value: '192.0.2.10' },
        { kind: 'ipv4', value: '198.51.0.0/16' },
        { kind: 'ipv4', value: '192.0.2.0/24' },
        { kind: 'ipv6', value: '2001:db8::1' },
        { kind: 'ipv6', value: '2001:db8::/32' },
        { kind: 'domain', value: 'a.example' },
        { kind: 'domain', value: 'b.example' },
        { kind: 'url', value: 'http://a.example/é' },
        { kind: 'md5', value: '0f'.repeat(16) },
        { kind: 'md5', value: 'f0'.repeat(16) },
        { kind: 'sha256', value: 'ab'.repeat(32) },
        { kind: 'file-name', value: '__proto__' },
        { kind: 'mutex', value: 'Global\\x' },
        { kind: 'certificate-serial', value: '00ff' },
      ]

      it('comes in order of kind, addresses before networks, then value', async () => {
        for (const value of mixed.toReversed()) await keep(store, [anIndicatorSaying({ about: [value] })])
        expect((await known()).map(({ kind, value }) => ({ kind, value }))).toEqual(mixed)
        expect(await store.networkLengths()).toEqual({ ipv4: [16, 24], ipv6: [32] })
        expect(await store.countValues()).toEqual(
          [
            ['ipv4', 4],
            ['ipv6', 2],
            ['domain', 2],
            ['url', 1],
            ['md5', 2],
            ['sha256', 1],
            ['file-name', 1],
            ['mutex', 1],
            ['certificate-serial', 1],
          ].map(([kind, values]) => ({ kind, values, statements: values })),
        )
      })

      it('keeps values of any length in their order, and apart where they differ late', async () => {
        const like = 'http://long.example/' + 'p'.repeat(1980)
        const texts = [
          'a',
          like,
          `${like}/`,
          ...Array.from({ length: 1200 }, (_, n) => `${like}/${'ü'.repeat(n % 7)}${n}`),
        ]
        texts.push(`${like}/${'z'.repeat(14_000)}`, `${like}0`, `${like}q`, 'http://other.example/')
        const urls = texts.map((value): Value => ({ kind: 'url', value }))
        await keep(
          store,
          urls.map((url) => anIndicatorSaying({ about: [url] })),
        )
        await keep(store, [anIndicatorSaying({ about: urls.slice(-5) })], { key: others })
        const inBytes = urls.toSorted((a, b) => Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)))
        expect(await namesOf()).toEqual(inBytes.map(({ value }) => value))
        const answers = await store.lookup(urls)
        expect(answers.map(({ statements }) => statements.length)).toEqual(
          urls.map((_, n) => (n < urls.length - 5 ? 1 : 2)),
        )
        expect(await store.countValues()).toEqual([{ kind: 'url', values: urls.length, statements: urls.length + 5 }])
        expect(await namesOf({ collections: ['c2'] })).toHaveLength(5)
        await store.prune({ all: true, collection: 'c1' })
        expect(await namesOf()).toHaveLength(5)
        expect((await store.verify()).problems).toEqual([])
      })

      it('says the same as lookup, descriptions only where they were asked for', async () => {
        await keep(
          store,
          mixed.map((value, n) => anIndicatorSaying({ about: [value, bad], description: `nr ${n}` })),
        )
        const values = await known({ descriptions: true })
        expect(await store.lookup(values)).toEqual(values)
        expect(values.find(({ value }) => value === bad.value)?.statements).toHaveLength(mixed.length)
        const without = (await known()).flatMap(({ statements }) => statements)
        expect(without.some((statement) => 'description' in statement)).toBe(false)
      })

      it('can be narrowed by kind, source, collection and role, and leaves values that have nothing left', async () => {
        await keep(store, [anIndicatorSaying({ about: [bad, md5] })])
        await keep(store, [anIndicatorSaying({ about: [worse, md5], role: 'observable' })], { key: others })
        await keep(store, [anIndicatorSaying({ about: [md5] })], { key: another })
        expect(await namesOf({ kinds: ['md5'] })).toEqual([md5.value])
        expect(await namesOf({ kinds: [] })).toEqual([])
        expect(await namesOf({ sources: ['acme'] })).toEqual(['bad.example', 'worse.example', md5.value])
        expect(await namesOf({ sources: ['p-2'] })).toEqual([md5.value])
        expect((await known({ sources: ['p-2'] }))[0]?.statements).toHaveLength(1)
        expect(await namesOf({ sources: ['nobody'] })).toEqual([])
        expect(await namesOf({ collections: ['c2'] })).toEqual(['worse.example', md5.value])
        expect(await namesOf({ role: 'observable' })).toEqual(['worse.example', md5.value])
        expect(await namesOf({ role: 'indicator', sources: ['acme'] })).toEqual(['bad.example', md5.value])
      })

      it('keeps thousands of statements of one value together', async () => {
        const count = 2345
        await keep(
          store,
          Array.from({ length: count }, (_, n) =>
            anIndicatorSaying({ about: [bad, { kind: 'asn', value: String(n) }] }),
          ),
        )
        const values = await known()
        expect(values).toHaveLength(count + 1)
        expect(values[0]?.statements).toHaveLength(count)
      })

      it('L7: reads on when another process adds a collection of the same things meanwhile', async () => {
        const count = 2345
        const items = Array.from({ length: count }, (_, n) =>
          anIndicatorSaying({ about: [{ kind: 'asn', value: String(n) }] }),
        )
        await keep(store, items)
        const writer = subject.openAgain ? await subject.openAgain() : store
        const values: string[] = []
        for await (const { value } of store.knownValues()) {
          if (values.push(value) === 1) await keep(writer, items, { key: { ...another, collection: 'c3' } })
        }
        if (writer !== store) await writer[Symbol.asyncDispose]()
        expect(new Set(values).size).toBe(count)
      })

      it('takes no longer for thousands of versions of one thing than for as many things', async () => {
        const spent = async (value: Value, idOf: (n: number) => string) => {
          const items = Array.from({ length: 4000 }, (_, n) =>
            anIndicatorSaying({ about: [value] }, { id: idOf(n), modified: new Date(1.7e12 + n * 1000).toISOString() }),
          )
          await keep(store, items)
          const begun = performance.now()
          const statements = await about(value)
          const newest = statements.filter(({ superseded }) => !superseded)
          return { ms: performance.now() - begun, statements: statements.length, newest: newest.length }
        }
        const many = await spent(bad, (n) => `indicator--${n}`)
        const one = await spent(worse, () => 'indicator--one')
        expect(many).toMatchObject({ statements: 4000, newest: 4000 })
        expect(one).toMatchObject({ statements: 4000, newest: 1 })
        expect(one.ms).toBeLessThan(4 * many.ms + 500)
      })

      it('finds each of the many statements of a block', async () => {
        const statements = Array.from({ length: 3000 }, (_, n) =>
          aStatement(`acme:indicator-${n}`, { about: [{ kind: 'domain', value: `d${n}.example` }, bad] }),
        )
        const block = aBlockSaying({ statements })
        await keep(store, [block])
        expect(await known()).toHaveLength(3001)
        expect(await about({ kind: 'domain', value: 'd2999.example' })).toMatchObject([
          { id: 'acme:indicator-2999', itemId: block.id, superseded: false },
        ])
        expect((await store.info()).collections[0]).toMatchObject({ statements: 3000, unusable: 0, blocks: 1 })
        await store.prune({ all: true })
        expect(await known()).toEqual([])
        expect((await store.info()).collections[0]).toMatchObject({ statements: 0 })
      })
    })

    describe('hostile values', () => {
      it('keeps controls, quotes, NUL and names of prototypes as they are', async () => {
        const values = [
          'a\u0000b',
          "o'brien; DROP TABLE stated",
          '__proto__',
          'constructor',
          '\u202etxt.exe',
          '\u001b[2J',
          '=1+1',
        ]
        const stated = values.map((value): Value => ({ kind: 'file-name', value }))
        await keep(store, [anIndicatorSaying({ about: stated, name: 'x\u0000y', labels: ['__proto__', 'a\nb'] })])
        expect((await namesOf()).toSorted()).toEqual(values.toSorted())
        for (const value of stated) {
          expect(await about(value)).toMatchObject([{ name: 'x\u0000y', labels: ['__proto__', 'a\nb'] }])
        }
      })

      it('leaves out what no key can hold, says so, and keeps the rest', async () => {
        const broken: Value[] = [
          { kind: 'url', value: `http://${'a'.repeat(5_000_000)}` },
          { kind: 'domain', value: 'half\ud800' },
          { kind: 'md5', value: 'abc' },
          { kind: 'ipv4', value: '1.2.3.4.5' },
          { kind: 'ipv4', value: '1.2.3.0/33' },
          { kind: 'file-name', value: '' },
        ]
        await keep(store, [
          anIndicatorSaying({ about: [...broken, bad], name: 'n'.repeat(100_000) }),
          anIndicatorSaying({ about: broken }),
          anIndicatorSaying({ about: [] }),
        ])
        expect(await namesOf()).toEqual(['bad.example'])
        const [statement] = await about(bad)
        expect(statement?.unused).toHaveLength(broken.length + 1)
        expect(statement?.unused[0]).toMatch(/url.*5000007/)
        expect(statement?.name?.length).toBeLessThan(3000)
        expect((await store.lookup(broken)).every(({ statements }) => statements.length === 0)).toBe(true)
        expect((await store.info()).collections[0]).toMatchObject({ statements: 1, unusable: 2 })
        expect((await store.verify()).problems).toEqual([])
      })

      it('keeps the same value twice in one statement once, sound when either is', async () => {
        const values = [
          { ...bad, sound: false },
          { ...bad, sound: true },
        ]
        await keep(store, [anIndicatorSaying({ values })])
        expect((await about(bad)).map(({ sound }) => sound)).toEqual([true])
      })
    })

    describe('reindex', () => {
      it('makes the same index again', async () => {
        const item = anIndicatorSaying({ about: [bad, md5], description: 'd', labels: ['a'] })
        await keep(store, [
          item,
          anIndicatorSaying({ about: [worse], labels: ['a'] }, { id: item.id, ...later }),
          anObject(),
        ])
        await keep(
          store,
          [
            saying({ relations: [{ from: item.id, type: 'indicates', to: 'malware--m' }] }),
            anIndicatorSaying({ about: [] }),
          ],
          {
            key: others,
          },
        )
        await keep(store, [saying({ named: [{ id: 'malware--m', type: 'malware', name: 'Zeus' }] }), item], {
          key: another,
        })
        const before = [
          await known({ descriptions: true }),
          await store.countValues(),
          (await store.info()).collections,
        ]
        const told: { done: number; total: number }[] = []
        expect(await store.reindex({ onProgress: (progress) => told.push(progress) })).toEqual({
          versions: 7,
          statements: 3,
          values: 5,
          unusable: 1,
        })
        expect(told.at(-1)).toEqual({ done: 7, total: 7 })
        expect([
          await known({ descriptions: true }),
          await store.countValues(),
          (await store.info()).collections,
        ]).toEqual(before)
        expect((await store.verify()).problems).toEqual([])
      })

      it('has nothing to do where nothing is missing', async () => {
        await keep(store, [anIndicatorSaying()])
        expect(await store.reindex({ missingOnly: true })).toMatchObject({ versions: 0 })
        expect(await about(bad)).toHaveLength(1)
      })

      it('stops when told to', async () => {
        await keep(store, [anIndicatorSaying()])
        await expect(store.reindex({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
        expect(await about(bad)).toHaveLength(1)
      })
    })

    describe.skipIf(!subject.openAgain)('kept on disk', () => {
      it('is there when opened again, and for another that has it open', async () => {
        await using again = await (subject.openAgain as () => Promise<Store>)()
        await keep(store, [anIndicatorSaying({ description: 'why' })])
        expect(await again.lookup([bad])).toEqual(await store.lookup([bad]))
        await store[Symbol.asyncDispose]()
        await using third = await (subject.openAgain as () => Promise<Store>)()
        expect((await third.lookup([bad]))[0]?.statements).toMatchObject([{ description: 'why' }])
      })
    })
  })
}
