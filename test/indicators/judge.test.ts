import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/core/duration.ts'
import { parseAllowList } from '../../src/indicators/allow-list.ts'
import { builtInLists } from '../../src/indicators/built-in-lists.ts'
import { judge, type Rules } from '../../src/indicators/judge.ts'
import { tlpLevels, type Value } from '../../src/stix/statement.ts'
import { known, type GivenStatement } from '../support/known.ts'

const bad: Value = { kind: 'domain', value: 'bad.example' }
const plain: Rules = {
  now: '2026-06-01T00:00:00Z',
  observables: false,
  hints: false,
  includeExpired: false,
  includeRevoked: false,
  includeVanished: false,
  warningLists: [],
}

/** The codes of why a statement about bad.example does not count. */
function codes(statement: GivenStatement, rules: Partial<Rules> = {}, value = bad): readonly string[] {
  const { verdicts, indicator } = judge(known(value, statement), { ...plain, ...rules })
  const found = verdicts.flatMap(({ reasons }) => reasons.map(({ code }) => code))
  expect(indicator === undefined).toBe(found.length > 0)
  return found
}

describe('judge', () => {
  it('lets pass what nothing speaks against', () => {
    expect(codes({})).toEqual([])
    expect(judge({ ...bad, statements: [] }, plain)).toEqual({ verdicts: [] })
  })

  it('leaves out what its source withdrew, replaced or no longer has, unless told otherwise', () => {
    expect(codes({ revoked: true })).toEqual(['revoked'])
    expect(codes({ superseded: true })).toEqual(['superseded'])
    expect(codes({ vanished: true })).toEqual(['vanished'])
    expect(codes({ revoked: true }, { includeRevoked: true })).toEqual([])
    expect(codes({ vanished: true }, { includeVanished: true })).toEqual([])
    expect(codes({ superseded: true }, { includeRevoked: true, includeVanished: true })).toEqual(['superseded'])
  })

  it('STX-4: counts from valid_from on, until but not including valid_until', () => {
    expect(codes({ validUntil: '2026-06-01T00:00:00Z' })).toEqual(['expired'])
    expect(codes({ validUntil: '2026-06-01T00:00:00.000001Z' })).toEqual([])
    expect(codes({ validUntil: '2026-06-01T02:00:00+02:00' })).toEqual(['expired'])
    expect(codes({ validUntil: '2020-01-01T00:00:00Z' }, { includeExpired: true })).toEqual([])
    expect(codes({ validFrom: '2026-06-01T00:00:00Z' })).toEqual([])
    expect(codes({ validFrom: '2026-06-01T00:00:00.001Z' })).toEqual(['not-yet-valid'])
  })

  it('leaves out bare observables and hints, unless told otherwise', () => {
    expect(codes({ role: 'observable' })).toEqual(['observable'])
    expect(codes({ role: 'observable' }, { observables: true })).toEqual([])
    expect(codes({ sound: false })).toEqual(['hint'])
    expect(codes({ sound: false }, { hints: true })).toEqual([])
  })

  it('S26: lets out nothing above the ceiling, for every pair of levels', () => {
    for (const [place, tlp] of tlpLevels.entries()) {
      for (const [ceiling, tlpCeiling] of tlpLevels.entries()) {
        expect(codes({ tlp }, { tlpCeiling })).toEqual(place > ceiling ? ['tlp'] : [])
      }
      expect(codes({ tlp })).toEqual([])
    }
    expect(codes({}, { tlpCeiling: 'clear' })).toEqual([])
  })

  it('S26: what is above the ceiling leaves no trace in what is merged', () => {
    const secret = {
      tlp: 'red',
      name: 'secret',
      labels: ['secret'],
      description: 'secret',
      category: 'secret',
      from: 'secret',
    } as const
    const { indicator } = judge(known(bad, secret, { tlp: 'green', name: 'open' }), { ...plain, tlpCeiling: 'amber' })
    expect(indicator).toMatchObject({ name: 'open', tlp: 'green' })
    expect(JSON.stringify(indicator)).not.toContain('secret')
  })

  it('wants the confidence to be stated where it has to be high', () => {
    expect(codes({ confidence: 69 }, { minConfidence: 70 })).toEqual(['confidence'])
    expect(codes({ confidence: 70 }, { minConfidence: 70 })).toEqual([])
    expect(codes({}, { minConfidence: 1 })).toEqual(['confidence'])
    expect(codes({}, { minConfidence: 0 })).toEqual([])
  })

  it('goes by when it was last said or seen; times to come do not make it young', () => {
    const maxAge = parseDuration('30d')
    expect(codes({ modified: '2026-05-20T00:00:00Z' }, { maxAge })).toEqual([])
    expect(codes({ modified: '2026-01-20T00:00:00Z' }, { maxAge })).toEqual(['age'])
    expect(codes({ modified: '2026-01-20T00:00:00Z', lastSeen: '2026-05-20T00:00:00Z' }, { maxAge })).toEqual([])
    expect(codes({ modified: '2026-01-20T00:00:00Z', lastSeen: '2083-05-20T00:00:00Z' }, { maxAge })).toEqual(['age'])
    expect(codes({ addedAt: '2026-05-20T00:00:00.000000Z' }, { maxAge })).toEqual([])
  })

  it('keeps to the kinds and sources asked for', () => {
    expect(codes({}, { kinds: ['url'] })).toEqual(['kind'])
    expect(codes({}, { sources: ['other'] })).toEqual(['source'])
    expect(codes({}, { sources: ['acme'] })).toEqual([])
    expect(codes({}, { sources: ['p-acme'] })).toEqual([])
  })

  it('the allow list always wins, and every reason is told', () => {
    const allowList = parseAllowList('ours.txt', 'bad.example')
    expect(codes({ confidence: 100, severity: 100 }, { allowList })).toEqual(['allow-list'])
    expect(codes({ revoked: true, validUntil: '2020-01-01T00:00:00Z' }, { allowList })).toEqual([
      'allow-list',
      'revoked',
      'expired',
    ])
    const everything = { includeExpired: true, includeRevoked: true, observables: true, hints: true, allowList }
    expect(codes({}, everything)).toEqual(['allow-list'])
  })

  it('says in a sentence which list has which entry', () => {
    const { verdicts } = judge(known({ kind: 'ipv4', value: '10.1.2.3' }), { ...plain, warningLists: builtInLists })
    expect(verdicts[0]?.reasons).toEqual([
      { code: 'warning-list', sentence: 'the warning list "addresses that are not on the Internet" has 10.0.0.0/8' },
    ])
  })

  it('judges each statement by itself and merges only those that count', () => {
    const { verdicts, indicator } = judge(
      known(bad, { name: 'one', revoked: true }, { name: 'two', from: 'other' }, { name: 'three', sound: false }),
      plain,
    )
    expect(verdicts.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([['revoked'], [], ['hint']])
    expect(indicator).toMatchObject({ name: 'two', sources: ['other'], sound: true })
  })
})

describe('merging', () => {
  const merged = (...statements: GivenStatement[]) => judge(known(bad, ...statements), plain).indicator

  it('is decided by severity, then the newest, then the category in lexical order', () => {
    const older = { modified: '2026-01-01T00:00:00Z' }
    const newer = { modified: '2026-02-01T00:00:00Z' }
    expect(merged({ ...newer, category: 'a' }, { ...older, severity: 10, category: 'b' })?.category).toBe('b')
    expect(merged({ ...older, category: 'a' }, { ...newer, category: 'b' })?.category).toBe('b')
    expect(merged({ ...older, category: 'b' }, { ...older, category: 'a' })?.category).toBe('a')
    expect(merged({ ...newer }, { ...older, category: 'a', name: 'n' })).toMatchObject({ category: 'a', name: 'n' })
  })

  it('takes the highest of confidence and severity, the strictest TLP, the widest time', () => {
    expect(
      merged(
        {
          confidence: 10,
          severity: 5,
          tlp: 'green',
          validFrom: '2026-02-01T00:00:00Z',
          validUntil: '2027-01-01T00:00:00Z',
        },
        { confidence: 90, tlp: 'amber', validFrom: '2026-01-01T00:00:00Z', validUntil: '2028-01-01T00:00:00Z' },
      ),
    ).toMatchObject({
      confidence: 90,
      severity: 5,
      tlp: 'amber',
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2028-01-01T00:00:00Z',
    })
    expect(merged({ validUntil: '2027-01-01T00:00:00Z' }, {})).not.toHaveProperty('validUntil')
  })

  it('takes the category from its own word, else malware before actors, else the first label', () => {
    const actor = { relation: 'indicates', type: 'threat-actor', name: 'Ann' }
    const malware = { relation: 'indicates', type: 'malware', name: 'Zeus' }
    expect(merged({ category: 'own', relatedTo: [malware], labels: ['l'] })?.category).toBe('own')
    expect(merged({ relatedTo: [actor, malware], labels: ['l'] })?.category).toBe('Zeus')
    expect(merged({ relatedTo: [actor], labels: ['l'] })?.category).toBe('Ann')
    expect(merged({ labels: ['l', 'm'] })?.category).toBe('l')
    expect(merged({ labels: ['misp:type="ip-dst"', 'tlp:amber', 'Remote access: tool'] })?.category).toBe(
      'Remote access: tool',
    )
    expect(merged({ labels: ['misp:type="ip-dst"'] })?.category).toBe('misp:type="ip-dst"')
    expect(merged({})).not.toHaveProperty('category')
  })

  it('writes times that come from fields of many kinds alike', () => {
    const { firstSeen, lastSeen } =
      merged({ created: '2026-01-01T02:00:15+02:00' }, { addedAt: '2026-02-01T00:00:00.120450Z' }) ?? {}
    expect([firstSeen, lastSeen]).toEqual(['2026-01-01T00:00:15.000Z', '2026-02-01T00:00:00.12045Z'])
  })

  it('is the same whatever the order of the statements', () => {
    const statement = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('x', 'y', undefined),
      severity: fc.constantFrom(1, 2, undefined),
      confidence: fc.constantFrom(1, 2, undefined),
      modified: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00Z'),
      category: fc.constantFrom('p', 'q', undefined),
      labels: fc.uniqueArray(fc.constantFrom('m', 'n')),
      from: fc.constantFrom('acme', 'other'),
    })
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (statements) => {
        const value = known(bad, ...(statements as GivenStatement[]))
        const turned = { ...value, statements: value.statements.toReversed() }
        expect(judge(turned, plain).indicator).toEqual(judge(value, plain).indicator)
      }),
    )
  })
})
