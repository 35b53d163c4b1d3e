import { describe, expect, it } from 'vitest'
import type { Statement, Value } from '../../src/stix/statement.ts'
import type { KnownValueFilter, SourcedStatement } from '../../src/store/known-value.ts'
import type { Store } from '../../src/store/store.ts'
import { anObject } from '../support/items.ts'
import { aBlockSaying, anIndicatorSaying, aStatement, saying } from '../support/said.ts'
import { all, aRun, indicators, keep, others, storeOfEachTest, type StoreUnderTest } from './a-store.ts'

const bad: Value = { kind: 'domain', value: 'bad.example' }
const worse: Value = { kind: 'domain', value: 'worse.example' }
const md5: Value = { kind: 'md5', value: '00'.repeat(16) }
const another = { ...indicators, source: 'p-2' }
const later = { modified: '2026-02-01T00:00:00.000Z' }

/** What `Store` promises of looking values up: every driver passes all of it. Its stores must read by `readSaid`. */
export function lookupSuite(subject: StoreUnderTest): void {
  describe(`known values: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

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
  })
}
