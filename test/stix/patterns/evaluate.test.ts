import { describe, expect, it } from 'vitest'
import { evaluatePattern } from '../../../src/stix/patterns/evaluate.ts'
import { gatherObservations } from '../../../src/stix/patterns/observations.ts'
import { bound, matches, observed, read, seen } from './a-pattern.ts'

const file = seen('file', { name: 'evil.exe', size: 10, hashes: { 'SHA-256': 'ab', MD5: 'cd' }, is_signed: false })
const on = (pattern: string) => matches(pattern, file)
const ip = (value: string) => ({ 0: { type: 'ipv4-addr', value } })
const [one, two] = [ip('192.0.2.1'), ip('192.0.2.2')]
const first = "[ipv4-addr:value = '192.0.2.1']"
const second = "[ipv4-addr:value = '192.0.2.2']"

describe('PAT-1 and PAT-2: combinations in brackets', () => {
  it.each([
    ["[file:name = 'evil.exe' AND file:size = 10]", true],
    ["[file:name = 'evil.exe' AND file:size = 11]", false],
    ["[file:name = 'x' OR file:size = 10]", true],
    ["[file:size = 10 OR file:size = 11 AND file:name = 'x']", true],
    ["[(file:size = 10 OR file:size = 11) AND file:name = 'x']", false],
  ])('%s is %s', (pattern, holds) => {
    expect(on(pattern)).toBe(holds)
  })
})

describe('PAT-3: one object', () => {
  const two = [
    observed({
      0: { type: 'file', name: 'a', size: 1 },
      1: { type: 'file', name: 'b', size: 2 },
      2: { type: 'url', value: 'u' },
    }),
  ]

  it('has to meet all of AND', () => {
    expect(matches("[file:name = 'a' AND file:size = 1]", two)).toBe(true)
    expect(matches("[file:name = 'a' AND file:size = 2]", two)).toBe(false)
    expect(matches("[file:name = 'a'] AND [file:size = 2]", two)).toBe(false)
  })

  it('of any type may meet OR', () => {
    expect(matches("[file:name = 'x' OR url:value = 'u']", two)).toBe(true)
  })
})

describe('PAT-4: operators', () => {
  it.each([
    ["[file:name = 'evil.exe']", true],
    ["[file:name = 'Evil.exe']", false],
    ["[file:name != 'x']", true],
    ["[file:name NOT = 'evil.exe']", false],
    ["[file:name NOT != 'evil.exe']", true],
    ['[file:size < 11]', true],
    ['[file:size < 10]', false],
    ['[file:size <= 10.0]', true],
    ['[file:size > 9.5]', true],
    ['[file:size >= 11]', false],
    ['[file:size NOT > 9]', false],
    ["[file:name < 'f']", true],
    ["[file:name > 'evil.exd']", true],
    ["[file:name IN ('a', 'evil.exe')]", true],
    ["[file:name IN (1, 'a')]", false],
    ["[file:name NOT IN ('a', 'b')]", true],
    ['[file:is_signed = false]', true],
    ['[file:is_signed != false]', false],
    ['[EXISTS file:size]', true],
    ['[EXISTS file:mime_type]', false],
    ['[NOT EXISTS file:mime_type]', true],
    ['[NOT EXISTS url:value]', false],
  ])('%s is %s', (pattern, holds) => {
    expect(on(pattern)).toBe(holds)
  })

  it('text is ordered by code points', () => {
    const astral = seen('file', { name: '\u{1f600}' })
    expect(matches("[file:name > '\uffee']", astral)).toBe(true)
    expect(matches("[file:name < '\u{1f601}']", astral)).toBe(true)
  })

  it('times are compared as instants, whatever their digits', () => {
    const times = seen('file', { ctime: '2026-01-01T00:00:00Z' })
    expect(matches("[file:ctime = t'2026-01-01T00:00:00.000Z']", times)).toBe(true)
    expect(matches("[file:ctime < t'2026-01-01T00:00:00.000001Z']", times)).toBe(true)
    expect(matches("[file:ctime = '2026-01-01T00:00:00.000Z']", times)).toBe(false)
  })

  it('bytes are compared whatever they are written as', () => {
    const bytes = seen('artifact', { payload_bin: 'AAEC', x_hex: '0AFF' })
    expect(matches("[artifact:payload_bin = h'000102']", bytes)).toBe(true)
    expect(matches("[artifact:payload_bin = b'AAEC']", bytes)).toBe(true)
    expect(matches("[artifact:x_hex = h'0aff']", bytes)).toBe(true)
    expect(matches("[artifact:payload_bin != h'00']", bytes)).toBe(true)
  })
})

describe('PAT-5: LIKE and MATCHES', () => {
  it.each([
    ["[file:name LIKE 'evil.exe']", true],
    ["[file:name LIKE '%.exe']", true],
    ["[file:name LIKE 'evil']", false],
    ["[file:name LIKE 'e__l%e']", true],
    ["[file:name LIKE '_']", false],
    ["[file:name LIKE '%%e%']", true],
    ["[file:name NOT LIKE '%.dll']", true],
    ["[file:name LIKE 'evil_exe%']", true],
    ["[file:name MATCHES 'vil']", true],
    ["[file:name MATCHES '^vil']", false],
    ["[file:name MATCHES '^e.+[.]exe$']", true],
    ["[file:name NOT MATCHES 'x$']", true],
    ["[file:size LIKE '1%']", false],
    ["[file:size MATCHES '1']", false],
  ])('%s is %s', (pattern, holds) => {
    expect(on(pattern)).toBe(holds)
  })

  it('compare in NFC, while = compares code points', () => {
    const decomposed = seen('file', { name: 'cafe\u0301' })
    expect(matches("[file:name LIKE 'caf\u00e9']", decomposed)).toBe(true)
    expect(matches("[file:name MATCHES 'caf.$']", decomposed)).toBe(true)
    expect(matches("[file:name = 'caf\u00e9']", decomposed)).toBe(false)
  })

  it('% , _ and the dot take line feeds and characters beyond the basic plane', () => {
    const text = seen('file', { name: 'a\n\u{1f600}b' })
    expect(matches("[file:name LIKE 'a__b']", text)).toBe(true)
    expect(matches("[file:name LIKE 'a%b']", text)).toBe(true)
    expect(matches("[file:name MATCHES 'a..b']", text)).toBe(true)
  })

  it.each([
    ["[file:name MATCHES '(?=e)']", 'looks around'],
    ["[file:name MATCHES '(e)\\\\1']", 'refers back'],
    ["[file:name MATCHES '(']", 'missing'],
  ])('S14: what cannot be run is told, and holds for nothing: %s', (pattern, told) => {
    for (const text of [pattern, pattern.replace('MATCHES', 'NOT MATCHES')]) {
      const result = evaluatePattern(read(text), gatherObservations(file).list)
      expect(result).toEqual({ matched: false, bound: [], notRun: [expect.stringContaining(told)] })
    }
  })
})

describe('PAT-6: networks', () => {
  const address = seen('ipv4-addr', { value: '198.51.100.7' })
  const network = seen('ipv4-addr', { value: '198.51.100.0/25' })

  it.each([
    ["[ipv4-addr:value ISSUBSET '198.51.100.0/24']", true, true],
    ["[ipv4-addr:value ISSUBSET '198.51.100.7']", true, false],
    ["[ipv4-addr:value ISSUBSET '198.51.100.0/25']", true, true],
    ["[ipv4-addr:value NOT ISSUBSET '198.51.100.0/24']", false, false],
    ["[ipv4-addr:value ISSUPERSET '198.51.100.7/32']", true, true],
    ["[ipv4-addr:value ISSUPERSET '198.51.100.0/25']", false, true],
    ["[ipv4-addr:value ISSUPERSET '198.51.100.0/24']", false, false],
    ["[ipv4-addr:value ISSUBSET '::/0']", false, false],
    ["[ipv4-addr:value = '198.51.100.7/32']", true, false],
    ["[ipv4-addr:value != '198.51.100.7/32']", false, true],
    ["[ipv4-addr:value ISSUBSET 'word']", false, false],
  ])('%s is %s of an address and %s of a network', (pattern, ofAddress, ofNetwork) => {
    expect(matches(pattern, address)).toBe(ofAddress)
    expect(matches(pattern, network)).toBe(ofNetwork)
  })

  it('v6 too', () => {
    const six = seen('ipv6-addr', { value: '2001:DB8:0::1' })
    expect(matches("[ipv6-addr:value ISSUBSET '2001:db8::/32']", six)).toBe(true)
    expect(matches("[ipv6-addr:value ISSUBSET '2001:db9::/32']", six)).toBe(false)
  })
})

describe('PAT-8: paths', () => {
  const traffic = [
    observed({
      0: { type: 'ipv4-addr', value: '192.0.2.1' },
      1: {
        type: 'network-traffic',
        dst_ref: '0',
        src_ref: '9',
        protocols: ['ipv4', 'tcp'],
        extensions: { 'http-request-ext': { request_header: { 'User-Agent': ['Bad'] } } },
      },
      2: { type: 'email-message', to_refs: ['3', '4'], body_multipart: [{ content_type: 'a' }, { content_type: 'b' }] },
      3: { type: 'email-addr', value: 'a@bad.example' },
      4: { type: 'email-addr', value: 'b@bad.example' },
    }),
  ]

  it.each([
    ["[network-traffic:dst_ref.value = '192.0.2.1']", true],
    ["[network-traffic:dst_ref.type = 'ipv4-addr']", true],
    ["[network-traffic:dst_ref = '0']", true],
    ["[network-traffic:src_ref.value = '192.0.2.1']", false],
    ["[network-traffic:protocols[*] = 'tcp']", true],
    ["[network-traffic:protocols[1] = 'tcp']", true],
    ["[network-traffic:protocols[0] = 'tcp']", false],
    ["[network-traffic:protocols[2] != 'tcp']", false],
    ["[network-traffic:protocols = 'tcp']", false],
    ["[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'[*] = 'Bad']", true],
    ["[email-message:to_refs[*].value = 'b@bad.example']", true],
    ["[email-message:to_refs[0].value = 'b@bad.example']", false],
    ["[email-message:body_multipart[*].content_type = 'b']", true],
    ["[email-message:to_refs.value = 'b@bad.example']", false],
  ])('%s is %s', (pattern, holds) => {
    expect(matches(pattern, traffic)).toBe(holds)
  })

  it('STX-7: references of 2.1 are ids of other objects', () => {
    const objects = [
      { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '192.0.2.1' },
      { type: 'network-traffic', id: 'network-traffic--1', dst_ref: 'ipv4-addr--1' },
      { type: 'ipv4-addr', id: 'ipv4-addr--2', value: '192.0.2.2' },
      {
        type: 'observed-data',
        id: 'observed-data--1',
        first_observed: '2026-01-01T00:00:00Z',
        last_observed: '2026-01-01T00:00:00Z',
        object_refs: ['network-traffic--1', 'file--never-received'],
      },
    ]
    expect(matches("[network-traffic:dst_ref.value = '192.0.2.1']", objects)).toBe(true)
    expect(matches("[ipv4-addr:value = '192.0.2.2']", objects)).toBe(false)
  })

  it('S11: own properties only, whatever they are called', () => {
    const named = [observed({ 0: JSON.parse('{"type":"file","__proto__":{"name":"x"},"constructor":"c"}') as object })]
    expect(matches("[file:name = 'x']", named)).toBe(false)
    expect(matches("[file:'__proto__'.name = 'x']", named)).toBe(true)
    expect(matches("[file:constructor = 'c']", named)).toBe(true)
    expect(matches('[EXISTS file:toString]', named)).toBe(false)
  })
})

describe('PAT-9: qualifiers', () => {
  const three = [
    observed(one, { id: 'a', at: 0 }),
    observed(one, { id: 'b', at: 10 }),
    observed(one, { id: 'c', at: 30 }),
  ]

  it('REPEATS wants that many observations', () => {
    expect(bound(`${first} REPEATS 3 TIMES`, three)).toEqual(['a', 'b', 'c'])
    expect(matches(`${first} REPEATS 4 TIMES`, three)).toBe(false)
  })

  it('WITHIN holds all of them together', () => {
    expect(bound(`${first} REPEATS 2 TIMES WITHIN 10 SECONDS`, three)).toEqual(['a', 'b'])
    expect(bound(`${first} REPEATS 2 TIMES WITHIN 20 SECONDS`, three)).toEqual(['a', 'b'])
    expect(matches(`${first} REPEATS 2 TIMES WITHIN 9 SECONDS`, three)).toBe(false)
    expect(matches(`${first} REPEATS 3 TIMES WITHIN 29.9 SECONDS`, three)).toBe(false)
    expect(matches(`${first} REPEATS 3 TIMES WITHIN 30 SECONDS`, three)).toBe(true)
    expect(matches(`${first} WITHIN 0.1 SECONDS`, three)).toBe(true)
  })

  it('START is inclusive, STOP exclusive', () => {
    const between = (start: number, stop: number) =>
      bound(`${first} START t'2026-01-01T00:00:${start}Z' STOP t'2026-01-01T00:00:${stop}Z'`, three)
    expect(between(10, 11)).toEqual(['b'])
    expect(between(11, 30)).toEqual([])
    expect(between(11, 31)).toEqual(['c'])
  })

  it('a WITHIN inside a REPEATS is for each repetition, outside for all of them', () => {
    const pairs = [
      observed(one, { id: 'a', at: 0 }),
      observed(two, { id: 'b', at: 1 }),
      observed(one, { id: 'c', at: 30 }),
      observed(two, { id: 'd', at: 31 }),
    ]
    expect(matches(`(${first} AND ${second}) WITHIN 1 SECONDS REPEATS 2 TIMES`, pairs)).toBe(true)
    expect(matches(`(${first} AND ${second}) REPEATS 2 TIMES WITHIN 1 SECONDS`, pairs)).toBe(false)
  })

  it('what was observed n times counts n times, in the whole of its span', () => {
    const often = [observed(one, { id: 'a', at: 0, lasting: 20, count: 5 })]
    expect(bound(`${first} REPEATS 5 TIMES`, often)).toEqual(['a'])
    expect(matches(`${first} REPEATS 6 TIMES`, often)).toBe(false)
    expect(matches(`${first} REPEATS 5 TIMES WITHIN 19 SECONDS`, often)).toBe(false)
    expect(matches(`${first} REPEATS 5 TIMES WITHIN 20 SECONDS`, often)).toBe(true)
    expect(matches(`${first} AND ${first}`, often)).toBe(false)
  })
})

describe('between observations', () => {
  const ab = [observed(one, { id: 'a', at: 5 }), observed(two, { id: 'b', at: 10 })]

  it('AND wants different ones', () => {
    expect(bound(`${second} AND ${first}`, ab)).toEqual(['b', 'a'])
    expect(matches(`${first} AND ${first}`, ab)).toBe(false)
    expect(matches(`${first} AND [ipv4-addr:value LIKE '192%']`, ab)).toBe(true)
  })

  it('OR wants one', () => {
    expect(bound(`[ipv4-addr:value = 'x'] OR ${second}`, ab)).toEqual(['b'])
  })

  it('FOLLOWEDBY wants the second not earlier than the first', () => {
    expect(bound(`${first} FOLLOWEDBY ${second}`, ab)).toEqual(['a', 'b'])
    expect(matches(`${second} FOLLOWEDBY ${first}`, ab)).toBe(false)
    const together = [observed(one, { id: 'a', at: 5 }), observed(two, { id: 'b', at: 5 })]
    expect(matches(`${second} FOLLOWEDBY ${first}`, together)).toBe(true)
  })

  it('times of spans are chosen once for all that is asked of them', () => {
    const spans = [observed(one, { id: 'a', at: 0, lasting: 10 }), observed(two, { id: 'b', at: 0, lasting: 10 })]
    expect(matches(`${first} FOLLOWEDBY ${second}`, spans)).toBe(true)
    const apart =
      `(${first} START t'2026-01-01T00:00:08Z' STOP t'2026-01-01T00:01:00Z' FOLLOWEDBY ${second}` +
      ` START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:08Z')`
    expect(matches(apart, spans)).toBe(false)
  })
})

describe('PAT-10: missing and incompatible', () => {
  it.each([
    '=',
    '!=',
    'NOT =',
    'NOT !=',
    '<',
    'NOT <',
    'LIKE',
    'NOT LIKE',
    'MATCHES',
    'NOT MATCHES',
    'ISSUBSET',
    'NOT ISSUBSET',
  ])('a missing path makes %s false', (operator) => {
    expect(on(`[file:mime_type ${operator} 'x']`)).toBe(false)
    expect(on(`[file:hashes.'SHA-1' ${operator} 'x']`)).toBe(false)
    expect(on(`[url:value ${operator} 'x']`)).toBe(false)
  })

  it.each([
    ["[file:size = '10']", false],
    ["[file:size != '10']", true],
    ["[file:size < 'x']", false],
    ["[file:size IN ('10')]", false],
    ['[file:name = 1]', false],
    ['[file:name != 1]', true],
    ['[file:name = true]', false],
    ["[file:name > t'2020-01-01T00:00:00Z']", false],
    ["[file:hashes = 'ab']", false],
    ["[file:hashes != 'ab']", true],
  ])('types that cannot be compared: %s is %s', (pattern, holds) => {
    expect(on(pattern)).toBe(holds)
  })

  it('null is missing', () => {
    expect(matches("[file:name != 'x']", seen('file', { name: null }))).toBe(false)
  })
})

describe('observed data', () => {
  it('STX-5, STX-6: counts once, in its newest version, and not when that was revoked', () => {
    const versions = [
      { ...observed(two), modified: '2026-01-02T00:00:00Z' },
      { ...observed(one), modified: '2026-01-01T00:00:00Z' },
    ]
    expect(matches(second, versions)).toBe(true)
    expect(matches(first, versions)).toBe(false)
    expect(matches(second, [...versions, { ...observed(two), modified: '2026-01-03T00:00:00Z', revoked: true }])).toBe(
      false,
    )
  })

  it('without a time is left out and told', () => {
    const { list, notes } = gatherObservations([{ ...observed(one), first_observed: 'now', last_observed: 3 }])
    expect(list).toEqual([])
    expect(notes).toEqual(['observed-data--1 was left out: it says no time'])
  })
})
