import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogFormatName } from '../../src/enrich/formats/format.ts'
import type { MatchIndex } from '../../src/enrich/open-index.ts'
import { anIndex, anIndicator, enriched } from './an-index.ts'
import { naiveBest, naiveMatches } from './reference.ts'

const indicators = [
  anIndicator('ipv4', '192.0.2.7', { severity: 10, category: 'botnet' }),
  anIndicator('ipv4', '198.51.100.0/24', { severity: 10, category: 'scanner' }),
  anIndicator('ipv4', '198.51.100.128/25', { lastSeen: '2026-03-01T00:00:00.000000Z' }),
  anIndicator('ipv6', '2001:db8::1'),
  anIndicator('ipv6', '2001:db8:5::/48', { severity: 90 }),
  anIndicator('domain', 'bad.example', { severity: 50, name: 'Bad "one" | a=b \\ ]' }),
  anIndicator('domain', 'deep.bad.example', { severity: 50, category: 'c2' }),
  anIndicator('domain', 'evil.co.example', { name: 'caf\u00e9 \u4e2d\u6587' }),
  anIndicator('url', 'http://bad.example/x/y.php', { severity: 70 }),
  anIndicator('url', 'http://other.example/a?id=5&b=(c)', { name: '=HYPERLINK("x")' }),
  anIndicator('url', 'ftp://files.example/k%20l', { tlp: 'amber' }),
  anIndicator('email', 'ann@bad.example', { confidence: 80 }),
  anIndicator('email', 'a+b@mail.example', { severity: 1, sources: ['one', 'two'] }),
  anIndicator('md5', 'd41d8cd98f00b204e9800998ecf8427e', { name: 'line\nbreak\u001b[31m' }),
  anIndicator('sha256', 'ab'.repeat(32)),
  anIndicator('file-name', 'evil tool.exe'),
  anIndicator('file-path', 'C:\\temp\\new.exe'),
]

const values = [
  ...indicators.map(({ value }) => value.replace(/\/\d+$/, '')),
  ...[
    '198.51.100.5',
    '198.51.100.200',
    '::ffff:192.0.2.7',
    '::ffff:198.51.100.9',
    '2001:DB8:0:0::1',
    '2001:db8:5:9::2',
  ],
  ...[
    'BAD.example',
    'www.bad.example.',
    'x.deep.bad.example',
    'notbad.example',
    'bad.example.org',
    'a.evil.co.example',
  ],
  ...[
    'HTTP://BAD.Example/x/y.php',
    'https://bad.example:443/x/y.php/',
    'http://bad.example/X/y.php',
    'bad.example/x/y.php',
  ],
  ...[
    'http://www.bad.example/',
    'http://other.example/a?id=5&b=(c)#top',
    'http://198.51.100.7/x',
    'http://[2001:db8::1]/',
  ],
  ...[
    'http://user:pw@bad.example/',
    'http://other.example/a/./b/../?id=5&b=(c)',
    'HTTP://bad.example:80/x/y.php/',
    'ftp://files.example/k l',
  ],
  ...['Ann@Bad.Example', 'x@deep.bad.example', 'bad.example:8080', '192.0.2.7:443', '[2001:db8::1]:53'],
  ...[
    'D41D8CD98F00B204E9800998ECF8427E',
    'AB'.repeat(32),
    'ab'.repeat(31),
    'Evil Tool.exe',
    '192.0.2.70',
    '1192.0.2.7',
  ],
  ...[
    '2026-11-23T09:30:00Z',
    '09:30:00',
    'allow',
    'user7',
    'Mozilla/5.0 (X11; Linux)',
    'caf\u00e9',
    '-',
    '1.2.3',
    'C:\\temp',
  ],
]
const names = ['src', 'dst', 'host', 'url', 'user.name', 'msg1']

interface Line {
  readonly fields: readonly (readonly [string, string])[]
  readonly end: string
}
const line: fc.Arbitrary<Line> = fc.record({
  fields: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)), { minLength: 1, maxLength: 5 }),
  end: fc.constantFrom('\n', '\n', '\n', '\r\n'),
})
const log = fc.record({
  lines: fc.array(line, { maxLength: 12 }),
  isCut: fc.boolean(),
  borders: fc.array(fc.nat(), { maxLength: 8 }),
  mode: fc.constantFrom('filter' as const, 'all' as const),
  only: fc.option(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), { nil: undefined }),
})

type Additions = readonly (readonly [string, string | number])[]

/** How one format is written, from fields and not from text. */
interface Writing {
  readonly format: LogFormatName
  readonly render: (fields: Line['fields']) => string
  readonly add: (line: string, additions: Additions) => string
  readonly header?: string
  readonly empty?: (line: string) => string
  readonly usable?: (value: string) => boolean
}

const shown = (text: string | number) =>
  String(text).replace(/[\n\u001b]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
const inQuotes = (text: string | number) => `"${shown(text).replace(/["\\]/g, '\\$&')}"`
const pairs = (additions: Additions) => additions.map(([name, value]) => ` ${name}=${inQuotes(value)}`).join('')
const columns = ['indicator', 'kind', 'indicator_id', 'name', 'category', 'severity', 'confidence', 'source', 'tlp']
  .concat(['first_seen', 'last_seen', 'field', 'match', 'hits'])
  .map((name) => `et_${name}`)

const writings: readonly Writing[] = [
  {
    format: 'ndjson',
    render: (fields) => JSON.stringify({ list: fields.map(([name, value]) => ({ [name]: value })), n: 1 }),
    add: (text, additions) => `${text.slice(0, -1)},${JSON.stringify(Object.fromEntries(additions)).slice(1)}`,
  },
  {
    format: 'kv',
    render: (fields) => fields.map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\')}"`).join(' '),
    add: (text, additions) => `${text}${pairs(additions)}`,
  },
  {
    format: 'cef',
    render: (fields) =>
      `CEF:0|v|p|1|100|na\\|me|5|${fields.map(([name, value]) => `${name}=${value.replace(/[\\=]/g, '\\$&')}`).join(' ')}`,
    add: (text, additions) =>
      `${text} ${additions.map(([name, value]) => `${name}=${shown(value).replace(/[\\=]/g, '\\$&')}`).join(' ')}`,
  },
  {
    format: 'syslog',
    render: (fields) =>
      `<13>1 2026-06-01T00:00:00Z - - - - [x@32473 ${fields
        .map(([name, value]) => `${name}="${value.replace(/["\\\]]/g, '\\$&')}"`)
        .join(' ')}] hello`,
    add: (text, additions) =>
      text.replace(
        /\] hello$/,
        () =>
          `][stixtaxii@32473 ${additions.map(([name, value]) => `${name}="${shown(value).replace(/["\\\]]/g, '\\$&')}"`).join(' ')}] hello`,
      ),
  },
  {
    format: 'csv',
    header: `${names.join(',')}`,
    render: (fields) =>
      names.map((name) => `"${fields.find(([one]) => one === name)?.[1].replaceAll('"', '""') ?? ''}"`).join(','),
    add: (text, additions) =>
      `${text},${columns.map((name) => csvCell(additions.find(([one]) => one === name)?.[1] ?? '')).join(',')}`,
    empty: (text) => `${text}${','.repeat(columns.length)}`,
  },
]

function csvCell(value: string | number): string {
  const text = /^[=+@-]/.test(String(value)) ? `'${value}` : shown(value)
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Every line as it has to come out. */
function expected(writing: Writing, lines: readonly string[], fields: readonly Line['fields'][], given: Given): string {
  return lines
    .map((text, index) => {
      const end = /\r?\n$/.exec(text)?.[0] ?? ''
      const bare = text.slice(0, text.length - end.length)
      const path = writing.format === 'ndjson' ? 'list.' : ''
      const seen = writing.format === 'csv' ? firstOfEach(fields[index] ?? []) : (fields[index] ?? [])
      const matches = seen
        .filter(([name]) => !given.only || given.only.includes(name))
        .flatMap(([name, value]) =>
          naiveMatches(value, indicators).map((match) => ({ ...match, field: `${path}${name}` })),
        )
      const best = naiveBest(matches)
      if (!best) return given.mode === 'filter' ? '' : `${writing.empty?.(bare) ?? bare}${end}`
      const hits = new Set(matches.map(({ indicator }) => indicator.value)).size
      const { indicator: it } = best
      const additions = [
        ...[it.value, it.kind, it.ids[0], it.name, it.category, it.severity, it.confidence, it.sources.join(', ')],
        ...[it.tlp, it.firstSeen, it.lastSeen, best.field, best.how, hits],
      ].flatMap((value, at) => (value === undefined ? [] : [[columns[at] as string, value] as const]))
      return `${writing.add(bare, additions)}${end}`
    })
    .join('')
}

const firstOfEach = (fields: Line['fields']) =>
  names.flatMap((name) => fields.filter(([one]) => one === name).slice(0, 1))

interface Given {
  readonly mode: 'filter' | 'all'
  readonly only: readonly string[] | undefined
}

describe.each(['webassembly', 'typescript'] as const)('by %s', (core) => {
  let index: MatchIndex
  beforeAll(async () => {
    index = await anIndex(indicators, core)
  })
  afterAll(() => index.close())

  it.each(writings)('enriches $format as the obvious way does, in every byte, however it is cut', (writing) => {
    fc.assert(
      fc.property(log, ({ lines, isCut, borders, mode, only }) => {
        const header = writing.header === undefined ? '' : `${writing.header}\n`
        const texts = lines.map(
          ({ fields, end }, at) => writing.render(fields) + (isCut && at === lines.length - 1 ? '' : end),
        )
        const path = writing.format === 'ndjson' ? 'list.' : ''
        const found = enriched(header + texts.join(''), index, {
          format: writing.format,
          mode,
          borders,
          fields: only && new Map(only.map((name) => [`${path}${name}`, undefined])),
        })
        const begin =
          header === '' || (texts.length === 0 && header === '') ? '' : `${[writing.header, ...columns].join(',')}\n`
        const wanted =
          begin +
          expected(
            writing,
            texts,
            lines.map(({ fields }) => fields),
            { mode, only },
          )
        expect(Buffer.from(found, 'latin1').toString()).toBe(wanted)
      }),
      { numRuns: 400 },
    )
  })
})
