import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEnricher, type EnricherOptions } from '../../src/enrich/enricher.ts'
import { openIndex, type MatchIndex } from '../../src/enrich/open-index.ts'
import type { ValueKind } from '../../src/stix/statement.ts'
import { anIndexFile, anIndicator, enriched, now } from './an-index.ts'

// Lines whose fields the WebAssembly core adds by itself; its twin, which cannot, is what they are compared with.
const indicators = [
  anIndicator('ipv4', '192.0.2.7', { severity: 10, category: 'botnet', name: '' }),
  anIndicator('domain', 'bad.example', {
    confidence: 0,
    tlp: 'amber',
    name: 'q " \\ \u0007 \u202e \u00fc \u007f \ud800',
  }),
  anIndicator('url', 'http://other.example/a?id=5', { category: 'c2', name: 'x'.repeat(2000) }),
  anIndicator('url', 'http://long.example/b', { sources: ['y'.repeat(900)], name: 'z'.repeat(300) }),
  anIndicator('sha256', 'ab'.repeat(32), { validFrom: '2026-05-01T00:00:00Z', validUntil: '2026-06-02T00:00:00Z' }),
  anIndicator('md5', 'cd'.repeat(16), { validUntil: '2026-06-01T00:00:00Z' }),
  anIndicator('sha1', 'ef'.repeat(20), { validFrom: '2026-06-01T00:00:01Z' }),
  anIndicator('domain', 'twice.example'),
  anIndicator('file-name', 'twice.example', { severity: 3 }),
  anIndicator('file-name', 'evil tool.exe'),
  anIndicator('file-name', 'caf\u00e9.exe'),
  anIndicator('mutex', 'a"b'),
]
const known = [
  ...indicators.map(({ value }) => value),
  'www.bad.example',
  'http://bad.example/x',
  'BAD.example',
  'good',
]

let file: string
let core: MatchIndex
let twin: MatchIndex
beforeAll(async () => {
  file = await anIndexFile(indicators)
  core = openIndex(file)
  twin = openIndex(file, 'typescript')
})
afterAll(() => {
  core.close()
  twin.close()
})

const key = fc.constantFrom(
  'a',
  'src',
  'et_indicator',
  'et_',
  'e\\u0074_name',
  'k\\"',
  '\u00fc',
  'et',
  '',
  'x.y',
  'et_hits',
)
const string = fc.constantFrom(...known.map((value) => JSON.stringify(value)), '"b\\u0061d.example"', '" bad.example "')
const scalar = fc.oneof(
  { weight: 3, arbitrary: string },
  fc.constantFrom('1', '-0.5e+3', 'true', 'false', 'null', '""', 'nul', '-', '1x', '"\\\\"', '01', 'True', '"\t"'),
)
const blank = fc.constantFrom('', '', '', ' ', '\t', '  ', '\r', '\u00a0')
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('object'), tie('list')),
  object: fc
    .array(fc.tuple(key, blank, tie('value'), blank), { maxLength: 4 })
    .map(
      (members) => `{${members.map(([name, a, inner, b]) => `${a}"${name}"${b}:${a}${String(inner)}${b}`).join(',')}}`,
    ),
  list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
}))
const line = fc
  .record({
    members: fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }),
    spoilt: fc.constantFrom('', '', '', '', '{', '}', ',', '"', ']', '\\', '\ufeff', 'x'),
    at: fc.nat(),
    blanks: fc.tuple(blank, blank),
    end: fc.constantFrom('\n', '\n', '\r\n', '\r\r\n'),
  })
  .map(({ members, spoilt, at, blanks, end }) => {
    const text = `{${members.map(([name, inner]) => `"${name}":${String(inner)}`).join(',')}}`
    const place = at % (text.length + 1)
    return `${blanks[0]}${text.slice(0, place)}${spoilt}${text.slice(place)}${blanks[1]}${end}`
  })

const kinds = new Set<ValueKind>(['ipv4', 'url'])
const options: fc.Arbitrary<Partial<EnricherOptions>> = fc.constantFrom(
  {},
  { mode: 'filter' as const },
  { prefix: 'e' },
  { prefix: 'a-b' },
  { prefix: 'y'.repeat(60) },
  { maxLineBytes: 40 },
  { fields: new Map([['a', undefined]]) },
  { mode: 'filter' as const, fields: new Map([['src.a', kinds] as const, ['src', kinds] as const]) },
)

function outcome(log: string, index: MatchIndex, more: Partial<EnricherOptions>): unknown {
  const enricher = createEnricher({ index, format: 'ndjson', nowMs: () => now.getTime(), ...more })
  const output = [...enricher.push(Buffer.from(log)), ...enricher.end()]
  return [Buffer.concat(output).toString('latin1'), enricher.statistics]
}

it('lines that the core extends are in every byte those that are read properly, and counted alike', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), options, (lines, more) => {
      const log = `{}\n${lines.join('')}`
      expect(outcome(log, core, more)).toEqual(outcome(log, twin, more))
    }),
    { numRuns: 600 },
  )
})

it.each([
  ['a plain object', '{"a":"bad.example"}', 'a'],
  ['a path', '{"n":1,"src":{"list":[1,{"ip":"bad.example"}]}}', 'src.list.ip'],
  ['blanks', ' { "a" : [ true , "bad.example" ] , "b" : -1.5e+3 } \t', 'a'],
])('the core itself extends %s', (_, text, field) => {
  const closer = { ...core, recordsFor: () => expect.fail('was looked at closer') }
  // The first line decides about the format, without the core.
  const out = enriched(`{}\n${text}\r\n`, closer as MatchIndex).slice('{}\n'.length)
  expect(JSON.parse(Buffer.from(out, 'latin1').toString())).toMatchObject({
    et_indicator: 'bad.example',
    et_field: field,
    et_match: 'exact',
    et_hits: 1,
  })
})

it('a string with blanks around it is a text too: what is in front of its punctuation is found', () => {
  expect(enriched('{}\n{"a":" bad.example] "}\n', core)).toContain('"et_indicator":"bad.example"')
})

it('a path of more than 4 KiB, 70 brackets and records that do not fit are left to who looks closer', () => {
  const deep = `{"a":${'['.repeat(70)}"bad.example"${']'.repeat(70)}}\n`
  const wide = `{"${'k'.repeat(5000)}":"bad.example"}\n`
  const long = '{"a":"http://long.example/b"}\n'
  for (const text of [deep, wide, long]) {
    expect(enriched(`{}\n${text}`, core)).toBe(enriched(`{}\n${text}`, twin))
    expect(enriched(`{}\n${text}`, core)).toContain('et_indicator')
  }
})

it('more different indicators than records are kept in memory, and the same ones again', async () => {
  const many = Array.from({ length: 3000 }, (_, n) => anIndicator('domain', `n${n}.example`, { severity: n % 100 }))
  const log = [...many, ...many.toReversed(), ...many].map(({ value: host }) => `{"host":"${host}"}\n`).join('')
  const place = await anIndexFile(many)
  const [one, other] = [openIndex(place), openIndex(place, 'typescript')]
  expect(enriched(log, one)).toBe(enriched(log, other))
  one.close()
  other.close()
})

describe('a record that has changed in the file', () => {
  it('is no hit and no silence: the line is not made of it', async () => {
    const damaged = await anIndexFile(indicators)
    const bytes = readFileSync(damaged)
    bytes.write('X', bytes.indexOf('botnet'))
    writeFileSync(damaged, bytes)
    const index = openIndex(damaged)
    expect(() => enriched('{}\n{"a":"192.0.2.7"}\n', index)).toThrow(
      expect.objectContaining({ code: 'ENRICH_INDEX_DAMAGED' }),
    )
    expect(enriched('{}\n{"a":"bad.example"}\n', index)).toContain('et_indicator')
    index.close()
  })
})
