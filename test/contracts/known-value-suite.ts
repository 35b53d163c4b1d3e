import { describe, expect, it } from 'vitest'
import type { Value } from '../../src/stix/statement.ts'
import type { KnownValueFilter, SourcedStatement } from '../../src/store/known-value.ts'
import type { Store } from '../../src/store/store.ts'
import { anObject } from '../support/items.ts'
import { aBlockSaying, anIndicatorSaying, aStatement, saying } from '../support/said.ts'
import { all, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

const bad: Value = { kind: 'domain', value: 'bad.example' }
const worse: Value = { kind: 'domain', value: 'worse.example' }
const md5: Value = { kind: 'md5', value: '00'.repeat(16) }
const another = { ...indicators, source: 'p-2' }
const later = { modified: '2026-02-01T00:00:00.000Z' }

/** What `Store` promises of all its values: every driver passes all of it. Its stores must read by `readSaid`. */
export function knownValueSuite(subject: StoreUnderTest): void {
  describe(`known values: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

    const about = async (value: Value): Promise<readonly SourcedStatement[]> =>
      (await store.lookup([value]))[0]?.statements ?? []
    const known = async (filter: KnownValueFilter = {}) => all(store.knownValues(filter))
    const namesOf = async (filter: KnownValueFilter = {}) => (await known(filter)).map(({ value }) => value)

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
