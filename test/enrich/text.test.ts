import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MatchIndex } from '../../src/enrich/open-index.ts'
import { anIndex, anIndicator, enriched } from './an-index.ts'

const indicators = [
  anIndicator('ipv4', '192.0.2.7'),
  anIndicator('ipv4', '198.51.100.0/24'),
  anIndicator('ipv6', '2001:db8::1'),
  anIndicator('domain', 'bad.example'),
  anIndicator('url', 'http://other.example/a?id=5&b=(c)'),
  anIndicator('email', 'a+b@mail.example'),
  anIndicator('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
]
const bad = [
  ...['192.0.2.7', '198.51.100.77', '2001:db8::1', '2001:DB8:0::1', 'bad.example', 'www.BAD.example', 'bad.example.'],
  ...['http://other.example/a?id=5&b=(c)', 'https://x:y@bad.example/', 'http://0xC0000207/', 'bad.example/path'],
  ...['a+b@mail.example', 'x@bad.example', 'D41D8CD98F00B204E9800998ECF8427E', '::ffff:192.0.2.7', '192.0.2.7:443'],
]
const good = [
  '192.0.2.70',
  '1192.0.2.7',
  'notbad.example',
  'bad.example.org',
  '09:30:00',
  'std::string',
  'http://other.example/b',
]
const around = fc.constantFrom(
  ' ',
  '  ',
  ' (',
  ') ',
  '="',
  '" ',
  ', ',
  '; ',
  ' <',
  '> ',
  '[',
  '] ',
  '\t',
  ' | ',
  "'",
  '. ',
  ': ',
)

const closing = ['', ' ', ') ', '" ', ', ', '; ', '> ', '] ', '\t', "'", '.', ' | ']

let index: MatchIndex
beforeAll(async () => {
  index = await anIndex(indicators)
})
afterAll(() => index.close())

it('finds each value wherever it stands between blanks and punctuation, and nothing in longer words', () => {
  const word = fc.oneof(fc.constantFrom(...bad), fc.constantFrom(...good))
  fc.assert(
    fc.property(fc.array(fc.tuple(around, word), { maxLength: 4 }), fc.constantFrom(...closing), (words, last) => {
      const line = `${words.map(([before, one]) => ` ${before}${one}`).join(' ')}${last}`
      const isHit = words.some(([, one]) => bad.includes(one))
      const found = enriched(`${line}\n`, index, { format: 'text', mode: 'filter' })
      expect([line, found !== '']).toEqual([line, isHit])
      if (isHit) expect(found.startsWith(`${line} et_indicator="`)).toBe(true)
    }),
    { numRuns: 1500 },
  )
})

it('finds an e-mail address at the end of a sentence', () => {
  for (const end of ['.', '...', '.)', '']) {
    expect(enriched(`mail from a+b@mail.example${end}\n`, index, { format: 'text', mode: 'filter' })).not.toBe('')
  }
})

it('takes the pairs of an earlier run away before it adds its own', () => {
  const once = enriched('from 192.0.2.7\n', index, { format: 'text' })
  expect(once).toMatch(/^from 192\.0\.2\.7 et_indicator="192\.0\.2\.7" .* et_hits="1"\n$/)
  expect(enriched(once, index, { format: 'text' })).toBe(once)
})

it.each([
  ['a lot of dots', '.'.repeat(300_000)],
  ['a lot of letters before ://', `${'a'.repeat(300_000)}://bad.example/`],
  ['a lot of blanks', `bad.example${' '.repeat(300_000)}x`],
  ['a lot of at signs', `bad.example ${'@'.repeat(300_000)}`],
  ['a lot of colons', `bad.example ${':'.repeat(300_000)}`],
  ['a hundred thousand labels', `bad.example ${'a.'.repeat(70_000)}`],
  ['a hundred thousand brackets', `bad.example ${'[<('.repeat(70_000)}`],
  ['a lot of pairs', `bad.example ${'a=b '.repeat(70_000)}`],
  ['a lot of quotes', `bad.example ${'"'.repeat(300_000)}`],
])('is done with %s in a moment', (_, line) => {
  for (const format of ['text', 'kv', 'cef', 'syslog', 'csv', 'ndjson'] as const) {
    const begun = performance.now()
    enriched(`${line}\n`, index, { format })
    expect([format, performance.now() - begun < 5000]).toEqual([format, true])
  }
})
