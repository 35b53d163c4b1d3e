import { describe, expect, it } from 'vitest'
import { describeObject, isDamaged } from '../../../src/stix/describe.ts'
import type { Item } from '../../../src/stix/item.ts'
import { readStatements } from '../../../src/stix/read-statements.ts'
import type { Reading, Statement } from '../../../src/stix/statement.ts'

const dates = { created: '2026-01-01T00:00:00Z', modified: '2026-01-02T00:00:00.123456Z' }
const red = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'
const green2 = 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb'

function itemOf(object: object): Item {
  const item = describeObject(Buffer.from(JSON.stringify(object)))
  if (isDamaged(item)) throw new Error(item.detail)
  return item
}

function reading(object: object): Reading {
  return readStatements(itemOf(object))
}

function indicator(more: object = {}): Statement {
  const one = {
    type: 'indicator',
    spec_version: '2.1',
    id: 'indicator--1',
    pattern: "[domain-name:value = 'bad.example']",
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
    ...dates,
  }
  return reading({ ...one, ...more }).statements[0] as Statement
}

function observable(object: object): Statement | undefined {
  return reading({ spec_version: '2.1', id: 'x--1', ...object }).statements[0]
}

const shown = (statement: Statement | undefined) => statement?.values.map(({ kind, value }) => `${kind} ${value}`)

describe('STX-3: an indicator', () => {
  it('of 2.0 has labels and no pattern type', () => {
    const { statements } = reading({
      type: 'indicator',
      id: 'indicator--1',
      labels: ['malicious-activity', 'tlp:amber'],
      pattern: "[file:hashes.MD5 = '44d88612fea8a8f36de82e1278abb02f']",
      valid_from: '2026-01-01T00:00:00Z',
      ...dates,
    })
    expect(statements).toMatchObject([
      {
        id: 'indicator--1',
        role: 'indicator',
        values: [{ kind: 'md5', value: '44d88612fea8a8f36de82e1278abb02f', sound: true }],
        labels: ['malicious-activity', 'tlp:amber'],
        tlp: 'amber',
        revoked: false,
      },
    ])
  })

  it('of 2.1 has types, and says everything else of itself', () => {
    const statement = indicator({
      name: 'Bad',
      description: 'Very bad',
      labels: ['misp-galaxy:malpedia="DarkGate"'],
      indicator_types: ['malicious-activity'],
      kill_chain_phases: [{ kill_chain_name: 'lockheed', phase_name: 'delivery' }, { phase_name: 'x' }, 3],
      confidence: 80,
      x_opencti_score: 60,
      valid_until: '2026-02-01T00:00:00+01:00',
      created_by_ref: 'identity--1',
      object_marking_refs: [green2, 'marking-definition--own'],
      revoked: true,
    })
    expect(statement).toEqual({
      id: 'indicator--1',
      role: 'indicator',
      values: [{ kind: 'domain', value: 'bad.example', sound: true }],
      name: 'Bad',
      description: 'Very bad',
      labels: ['misp-galaxy:malpedia="DarkGate"', 'malicious-activity'],
      killChainPhases: ['lockheed:delivery', 'x'],
      confidence: 80,
      severity: 60,
      ...dates,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2026-01-31T23:00:00Z',
      revoked: true,
      tlp: 'green',
      markingRefs: ['marking-definition--own'],
      createdBy: 'identity--1',
      category: 'DarkGate',
      unused: [],
    })
  })

  it('with a pattern of another type is kept without values, and says so', () => {
    for (const patternType of ['yara', 'sigma', 'snort', 'pcre']) {
      expect(indicator({ pattern_type: patternType, pattern: 'rule x {}' })).toMatchObject({
        values: [],
        unused: [`Patterns of type ${patternType} are not read`],
      })
    }
  })

  it('PAT-11: with an invalid pattern is kept without values, and says why', () => {
    expect(indicator({ pattern: "[domain-name:value = 'x' AND url:value = 'y']" })).toMatchObject({
      values: [],
      unused: ['The pattern is invalid at character 2: AND joins objects of different types'],
    })
    expect(indicator({ pattern: 7 })).toMatchObject({ values: [], unused: ['It has no pattern'] })
  })

  it('STX-9: keeps dates as text with all their digits, in UTC; what is no date is told', () => {
    expect(indicator({ modified: '2026-01-01T00:00:00.1234567Z' }).modified).toBe('2026-01-01T00:00:00.1234567Z')
    expect(indicator({ valid_until: 'soon' })).toMatchObject({
      validUntil: undefined,
      unused: ['valid_until is no time'],
    })
  })
})

describe('confidence and severity', () => {
  it.each([
    [0, 0],
    [100, 100],
    [101, undefined],
    [-1, undefined],
    ['High', 85],
    ['Med', 50],
    ['None', 0],
    ['7/10', 70],
    ['85', 85],
    ['2 - Probably True', 70],
    ['Highly Likely', 90],
    ['constructor', undefined],
    [{}, undefined],
  ])('STX-8: %j is %s of a hundred', (confidence, value) => {
    expect(indicator({ confidence }).confidence).toBe(value)
  })

  it('come from labels and properties of providers too', () => {
    expect(indicator({ labels: ['threatstream-confidence-73', 'threatstream-severity-very-high'] })).toMatchObject({
      confidence: 73,
      severity: 90,
    })
    expect(indicator({ x_severity: 'critical' }).severity).toBe(100)
    expect(indicator({ x_tc_threat_rating: 3 }).severity).toBe(60)
  })
})

describe('STX-11: markings', () => {
  it('the strictest counts, granular ones included', () => {
    expect(
      indicator({ object_marking_refs: [green2], granular_markings: [{ marking_ref: red, selectors: ['pattern'] }] })
        .tlp,
    ).toBe('red')
    expect(indicator({ object_marking_refs: ['marking-definition--own'] })).toMatchObject({
      tlp: undefined,
      markingRefs: ['marking-definition--own'],
    })
  })

  it.each([
    [{ id: red }, 'red'],
    [{ definition_type: 'tlp', definition: { tlp: 'white' } }, 'clear'],
    [{ definition_type: 'tlp', definition: { tlp: 'amber+strict' } }, 'amber+strict'],
    [{ name: 'TLP:AMBER+STRICT' }, 'amber+strict'],
    [{ definition_type: 'TLP', x_opencti_definition: 'TLP:GREEN' }, 'green'],
    [
      {
        extensions: {
          'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d': {
            extension_type: 'property-extension',
            tlp_2_0: 'red',
          },
        },
      },
      'red',
    ],
  ])('a definition %j is TLP %s', (more, tlp) => {
    const { named } = reading({
      type: 'marking-definition',
      spec_version: '2.1',
      id: 'marking-definition--1',
      created: dates.created,
      ...more,
    })
    expect(named).toMatchObject([{ type: 'marking-definition', tlp }])
  })

  it('another definition is named by its statement, and is no TLP', () => {
    const statement = { definition_type: 'statement', definition: { statement: 'Red Hat, 2026' } }
    expect(
      reading({ type: 'marking-definition', id: 'marking-definition--2', created: dates.created, ...statement }).named,
    ).toEqual([{ id: 'marking-definition--2', type: 'marking-definition', name: 'Red Hat, 2026' }])
  })
})

describe('STX-7: observed data and observables', () => {
  it('observed data of 2.0 states what is in it, with its times', () => {
    const { statements } = reading({
      type: 'observed-data',
      id: 'observed-data--1',
      ...dates,
      first_observed: '2026-01-01T00:00:00Z',
      last_observed: '2026-01-01T01:00:00Z',
      number_observed: 3,
      objects: {
        0: { type: 'file', name: 'x.exe', hashes: { MD5: '44D88612FEA8A8F36DE82E1278ABB02F' } },
        1: { type: 'ipv4-addr', value: '192.0.2.1' },
        2: { type: 'ipv4-addr', value: '192.0.2.1' },
        3: { type: 'directory', path: 'C:\\Bad' },
      },
    })
    expect(statements).toMatchObject([
      {
        role: 'observable',
        firstSeen: '2026-01-01T00:00:00Z',
        lastSeen: '2026-01-01T01:00:00Z',
        sightings: 3,
        values: [
          { kind: 'file-name', value: 'x.exe', sound: true },
          { kind: 'md5', value: '44d88612fea8a8f36de82e1278abb02f', original: '44D88612FEA8A8F36DE82E1278ABB02F' },
          { kind: 'ipv4', value: '192.0.2.1' },
          { kind: 'file-path', value: 'C:\\Bad' },
        ],
      },
    ])
  })

  it.each([
    [{ type: 'ipv6-addr', value: '2001:DB8::1' }, ['ipv6 2001:db8::1']],
    [{ type: 'url', value: 'HTTP://bad.example' }, ['url http://bad.example/']],
    [{ type: 'email-addr', value: 'Ann@bad.example' }, ['email ann@bad.example']],
    [{ type: 'email-message', subject: 'You won', is_multipart: false }, ['email-subject You won']],
    [{ type: 'mac-addr', value: '00:11:22:33:44:55' }, ['mac 00:11:22:33:44:55']],
    [{ type: 'mutex', name: 'Bad' }, ['mutex Bad']],
    [{ type: 'autonomous-system', number: 64496 }, ['asn AS64496']],
    [{ type: 'windows-registry-key', key: 'HKCU\\Bad' }, ['registry-key HKEY_CURRENT_USER\\bad']],
    [
      { type: 'x509-certificate', serial_number: '00:36', hashes: { 'SHA-1': 'ab'.repeat(20) } },
      ['certificate-serial 36', `sha1 ${'ab'.repeat(20)}`],
    ],
    [
      { type: 'network-traffic', extensions: { 'http-request-ext': { request_header: { 'User-Agent': ['Bad/1'] } } } },
      ['user-agent Bad/1'],
    ],
  ])('an observable %j is known by its values', (object, values) => {
    expect(shown(observable(object))).toEqual(values)
  })

  it.each(['MD5', 'md5', 'Md-5'])(
    'STX-10: a hash called %s is MD5; one of another name is told by its length',
    (name) => {
      expect(shown(observable({ type: 'file', hashes: { [name]: 'ab'.repeat(16) } }))).toEqual([
        `md5 ${'ab'.repeat(16)}`,
      ])
      expect(shown(observable({ type: 'file', hashes: { x_sha: 'ab'.repeat(32) } }))).toEqual([
        `sha256 ${'ab'.repeat(32)}`,
      ])
    },
  )

  it('what has no value of its kind is told', () => {
    expect(observable({ type: 'domain-name', value: '*.bad.example' })).toMatchObject({
      values: [],
      unused: ['domain-name:value has no value of its kind: *.bad.example'],
    })
    expect(observable({ type: 'file', size: 3 })).toBeUndefined()
  })
})

describe('names and relations', () => {
  it('objects that references show have names', () => {
    expect(reading({ type: 'malware', id: 'malware--1', name: 'Pegasus', ...dates }).named).toEqual([
      { id: 'malware--1', type: 'malware', name: 'Pegasus' },
    ])
  })

  it('STX-12: relationships are told without asking whether their ends exist; revoked ones are not', () => {
    const relationship = {
      type: 'relationship',
      id: 'relationship--1',
      relationship_type: 'indicates',
      source_ref: 'indicator--1',
      target_ref: 'malware--1',
      ...dates,
    }
    expect(reading(relationship).relations).toEqual([{ from: 'indicator--1', type: 'indicates', to: 'malware--1' }])
    expect(reading({ ...relationship, revoked: true }).relations).toEqual([])
  })

  it('a sighting tells of what, by whom and in which observed data', () => {
    const sighting = {
      sighting_of_ref: 'indicator--1',
      where_sighted_refs: ['identity--1'],
      observed_data_refs: ['observed-data--1'],
    }
    expect(reading({ type: 'sighting', id: 'sighting--1', ...dates, ...sighting }).relations).toEqual([
      { from: 'sighting--1', type: 'sighting-of', to: 'indicator--1' },
      { from: 'indicator--1', type: 'sighted-by', to: 'identity--1' },
      { from: 'indicator--1', type: 'sighted-in', to: 'observed-data--1' },
    ])
  })

  it('STX-8: an unknown type says nothing', () => {
    expect(reading({ type: 'x-thing', id: 'x-thing--1', name: 'x', value: '192.0.2.1' })).toEqual({
      statements: [],
      relations: [],
      named: [],
      losses: [],
    })
    expect(reading({ type: 'constructor', id: 'constructor--1' }).statements).toEqual([])
  })
})

describe('blocks', () => {
  const block = (text: string): Reading =>
    readStatements({ kind: 'block', id: 'block--1', binding: 'application/stix+json', raw: Buffer.from(text) })

  it('that hold STIX 2 say what their objects say', () => {
    const objects = [
      { type: 'indicator', id: 'indicator--1', pattern: "[url:value = 'http://bad.example/']", ...dates },
      { type: 'malware', id: 'malware--1', name: 'Bad', ...dates },
      { type: 'domain-name', id: 'domain-name--1', value: 'bad.example' },
      null,
      7,
    ]
    const found = block(`\ufeff${JSON.stringify({ type: 'bundle', id: 'bundle--1', objects })}`)
    expect(found.statements.map(({ role, values }) => [role, values[0]?.value])).toEqual([
      ['indicator', 'http://bad.example/'],
      ['observable', 'bad.example'],
    ])
    expect(found.named).toHaveLength(1)
    expect(block(JSON.stringify(objects)).statements).toHaveLength(2)
    expect(block(JSON.stringify(objects[0])).statements).toHaveLength(1)
  })

  it('that are neither XML nor JSON say so', () => {
    expect(block('192.0.2.1').losses).toEqual(['The content is neither XML nor JSON that can be read'])
    expect(block('').statements).toEqual([])
  })
})

describe('S11, S13: hostile objects', () => {
  const hostile: readonly unknown[] = [
    null,
    0,
    -1,
    1e300,
    '',
    'x',
    true,
    [],
    [null],
    [[[]]],
    {},
    { a: {} },
    '\0',
    'x'.repeat(100_000),
  ]
  const names = [
    ...[
      'pattern',
      'pattern_type',
      'pattern_version',
      'valid_from',
      'valid_until',
      'labels',
      'indicator_types',
      'confidence',
    ],
    ...[
      'kill_chain_phases',
      'object_marking_refs',
      'granular_markings',
      'created_by_ref',
      'name',
      'description',
      'objects',
    ],
    ...['hashes', 'value', 'number', 'extensions', 'definition', 'source_ref', 'where_sighted_refs', 'x_opencti_score'],
  ]

  it('properties of any type are borne with', () => {
    for (const type of [
      'indicator',
      'observed-data',
      'file',
      'network-traffic',
      'marking-definition',
      'relationship',
      'sighting',
      'malware',
    ]) {
      for (const value of hostile) {
        for (const name of names) {
          const found = reading({ type, id: `${type}--1`, ...dates, [name]: value })
          expect(Array.isArray(found.statements)).toBe(true)
          for (const { name: title, unused } of found.statements) {
            expect(title?.length ?? 0).toBeLessThanOrEqual(1025)
            expect(unused.every((sentence) => sentence.length < 400)).toBe(true)
          }
        }
      }
    }
  })

  it('names of prototypes stay data', () => {
    const raw = '{"type":"file","id":"file--1","__proto__":{"name":"x"},"hashes":{"__proto__":"ab","constructor":"cd"}}'
    const item = describeObject(Buffer.from(raw))
    if (isDamaged(item)) throw new Error(item.detail)
    expect(readStatements(item).statements[0]?.values).toEqual([])
    expect(({} as Record<string, unknown>)['name']).toBeUndefined()
  })

  it('values of 5 MB, ten thousand values and much nesting are bounded', () => {
    const long = 'x'.repeat(5_000_000)
    const statement = indicator({
      pattern: `[file:name = '${long}']`,
      description: long,
      name: long,
      labels: [long, 'a'],
    })
    expect(statement.unused).toEqual(['The pattern is invalid: longer than 64 KiB'])
    expect(JSON.stringify(statement).length).toBeLessThan(40_000)
    const objects = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [n, { type: 'file', name: `f${n}` }]))
    expect(
      reading({ type: 'observed-data', id: 'observed-data--1', ...dates, objects }).statements[0]?.values,
    ).toHaveLength(5000)
    const deep = `${'['.repeat(90)}${']'.repeat(90)}`
    expect(indicator(JSON.parse(`{"labels":${deep},"granular_markings":${deep}}`) as object).labels).toEqual([])
  })
})
