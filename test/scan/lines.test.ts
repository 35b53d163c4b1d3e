import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasLineCore } from '../../src/scan/line-core.ts'
import { createLineScan, type LineKind, type LineScan, type LineTables } from '../../src/scan/line-scan.ts'
import { hashText } from '../../src/scan/value-hash.ts'
import { createLengths } from '../../src/scan/value-shape.ts'
import { openValueTable, shapeFor, signatureReference } from '../../src/scan/value-table.ts'

const known = [
  '192.0.2.7',
  'bad.example',
  'a@bad.example',
  'bad.example/x/y.php',
  'ftp://bad.example/x',
  'd41d8cd98f00b204e9800998ecf8427e',
  '2001:db8::1',
  'C:\\temp\\evil.exe',
  'caf\u00e9.exe',
]

const everything = { domains: true, urls: true, ipv6: true, networks: true, odd: true, lengths: 'f'.repeat(256) }

function lengthsOf(values: readonly string[]): string {
  const lengths = createLengths()
  for (const value of values) lengths.add(Buffer.from(value), 0, Buffer.byteLength(value))
  return lengths.text()
}

function aScan(
  core: 'webassembly' | 'typescript',
  values: readonly string[],
  tables: Partial<LineTables> = {},
): LineScan {
  const scan = createLineScan({ ...shapeFor(values.length), ...everything, ...tables }, core)
  const table = openValueTable(scan.tables, shapeFor(values.length))
  const hash = { place: 0, print: 0 }
  values.forEach((value, index) => {
    hashText(value, hash)
    table.add(hash, index + 1)
  })
  // 198.51.100.0/24
  if (scan.networks.length > 0) {
    const wide = 198 * 256 + 51
    scan.networks[wide >>> 3] = 1 << (wide & 7)
    scan.networks[8192 + ((wide * 256 + 100) >>> 3)] = 1 << (100 & 7)
  }
  return scan
}

interface Candidates {
  readonly lines: number
  readonly found: string[]
  /** The only value of each, where it is named. */
  readonly values: (string | undefined)[]
}

function candidates(scan: LineScan, kind: LineKind, bytes: Buffer): Candidates {
  const found: string[] = []
  const values: (string | undefined)[] = []
  const lines = scan.read(kind, bytes, 0, bytes.length, (start, end, from, to) => {
    found.push(bytes.toString('latin1', start, end))
    values.push(from < 0 ? undefined : bytes.toString('latin1', from, to))
  })
  return { lines, found, values }
}

const cores = [['webassembly'], ['typescript']] as const

it('runs the core for lines on every Node that is supported', () => {
  expect(hasLineCore).toBe(true)
})

describe.each(cores)('lines looked at by %s', (core) => {
  const scan = aScan(core, known)
  const isCandidate = (kind: LineKind, line: string) => candidates(scan, kind, Buffer.from(line)).found.length === 1
  const json = (value: string) => isCandidate('json', `${JSON.stringify({ a: 'nothing', b: value, c: 1 })}\n`)

  it.each([
    '192.0.2.7',
    ' 192.0.2.7 ',
    '192.0.2.7:443',
    '198.51.100.77',
    'BAD.example',
    'bad.example.',
    'www.deep.bad.example',
    'bad.example:8080',
    'A@Bad.Example',
    'someone@mail.bad.example',
    'Ann <a@bad.example>',
    'http://bad.example/x/y.php',
    'HTTPS://BAD.example/X/y.php/',
    'bad.example/x/y.php',
    'ftp://bad.example/x',
    'http://bad.example',
    'http://other.example:80/',
    'http://www.bad.example:8080/path?q',
    'http://198.51.100.1/x',
    'http://0xC6336401/',
    'http://u:p@other.example/',
    'http://b\u00fccher.example/',
    'b\u00fccher.example',
    'D41D8CD98F00B204E9800998ECF8427E',
    '2001:db8:0:0::1',
    '[2001:db8::1]:443',
    '::FFFF:192.0.2.7',
    'C:\\temp\\evil.exe',
    'caf\u00e9.exe',
  ])('takes the string %s for a candidate', (value) => {
    expect(json(value)).toBe(true)
    expect(scan.mayKnow(value)).toBe(true)
  })

  it.each([
    '192.0.2.70',
    '1192.0.2.7',
    '198.51.101.77',
    '198.51.100',
    'notbad.example',
    'bad.example.org',
    'x good.example',
    'notbad.example, 192.0.2.70; x|y',
    'someone@other.example',
    'http://other.example/x/y.php',
    'http://other.example/bad.example/',
    'http://other.example:8080/a%20b?c=d&e',
    '2026-11-23T09:30:00.000Z',
    '09:30:00',
    'Mozilla/5.0 (X11; Linux x86_64)',
    'C:\\Windows\\system32',
    '/var/log/x.log',
    '',
    ' ',
    '/',
  ])('passes the string %s by', (value) => {
    expect(json(value)).toBe(false)
    expect(scan.mayKnow(value)).toBe(false)
  })

  it('takes a string of more than 4 KiB for a candidate unseen', () => {
    expect(json('x'.repeat(5000))).toBe(true)
    expect(scan.mayKnow('x'.repeat(5000))).toBe(true)
  })

  it('knows a v4 address in v6 notation without any v6 value in the tables', () => {
    const plain = aScan(core, known, { ipv6: false })
    const found = (value: string) => candidates(plain, 'json', Buffer.from(JSON.stringify({ value }))).found.length
    expect([found('::ffff:192.0.2.7'), found('::ffff:198.51.100.9'), found('::ffff:192.0.2.8')]).toEqual([1, 1, 0])
  })

  it('looks at no key, and undoes escapes', () => {
    expect(isCandidate('json', '{"bad.example":1,"192.0.2.7" : "x"}\n')).toBe(false)
    expect(isCandidate('json', '{"u":"http:\\/\\/bad.example\\/x\\/y.php"}')).toBe(true)
    expect(isCandidate('json', '{"u":"\\u0062ad.example"}')).toBe(true)
    expect(isCandidate('json', '{"u":"\\"good.example"}')).toBe(false)
    expect(isCandidate('json', '{"u":"caf\\u00E9.exe"}')).toBe(true)
  })

  it('looks at strings of several values word by word', () => {
    const ends = [
      'x, bad.example',
      'bad.example,x',
      'a|bad.example|b',
      'x;192.0.2.7',
      'to 198.51.100.9.',
      '\\"bad.example\\"',
    ]
    for (const text of ends) {
      for (const before of ['', 'y'.repeat(50), 'y '.repeat(31), 'y '.repeat(32), 'y,'.repeat(100)]) {
        const line = JSON.stringify({
          a: 1,
          m: before.endsWith('y') ? `${before} ${text}` : `${before}${text}`,
          z: 'w',
        })
        expect([line, isCandidate('json', line)]).toEqual([line, true])
        const other = line.replaceAll('bad', 'good').replaceAll('192.0.2.7', '9.9.9.9').replaceAll('198.51.100.9', '8')
        expect([other, isCandidate('json', other)]).toEqual([other, false])
      }
    }
  })

  it('takes a line that is no JSON object for a candidate, and a blank one not', () => {
    const found = (line: string) => isCandidate('json', line)
    expect(['x', 'Jun 1 {"a":1}\n', '["a"]\n', '{"a":"b\n', '{"a":"b'].map(found)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(['\n', ' \r\n', '{"a":"b"}\n', ' {"a":"b"}', '\t{}'].map(found)).toEqual([false, false, false, false, false])
  })

  it('finds values anywhere in text, never within longer words', () => {
    for (const line of [
      'src=192.0.2.7, dst=x',
      'from 192.0.2.7.',
      '(198.51.100.9)',
      'user=someone@www.bad.example;',
      'GET http://bad.example/x/y.php HTTP/1.1',
      'see https://u@other.example/',
      'v6 2001:db8::1 ',
      'at ::1',
      'to 2001:db8:1:2:3:4:5:6 now',
      'a\\tbad.example',
      'x \\u0062 y \\u0062ad.example',
    ]) {
      expect([line, isCandidate('text', `${line}\n`)]).toEqual([line, true])
      expect([line, isCandidate('text', line)]).toEqual([line, true])
    }
    for (const line of [
      'src=192.0.2.71',
      'notbad.example',
      'bad.example.org',
      'at 09:30:00 std::string C:\\users\\x',
      '',
    ]) {
      expect([line, isCandidate('text', `${line}\n`)]).toEqual([line, false])
    }
  })

  it('names the value that alone makes a line of JSON a candidate, and none of several', () => {
    const lines = [
      '{"a":"192.0.2.7","b":"x"}',
      '{"a":"x","b":{"c":["to bad.example, x"]}}',
      '{"a":"192.0.2.7","b":"192.0.2.7"}',
      '{"a":"192.0.2.7","b":"x',
      'x "192.0.2.7"',
      '{"a":"x"}',
      '{"192.0.2.7":"http:\\/\\/bad.example"}',
    ]
    const { values } = candidates(scan, 'json', Buffer.from(lines.join('\n')))
    const [first, second, last] = ['192.0.2.7', 'to bad.example, x', 'http:\\/\\/bad.example']
    expect(values).toEqual([first, second, undefined, undefined, undefined, last])
  })

  it('forgets no value of a line with thousands of them, or of thousands of lines', () => {
    const names = Array.from({ length: 3000 }, (_, n) => `host-${n}.in.a.deep.zone.example`)
    for (const at of [0, 511, 512, 1700, 2999]) {
      const with7 = names.with(at, '192.0.2.7')
      const { found, values } = candidates(scan, 'json', Buffer.from(JSON.stringify({ a: 'x', with7 })))
      expect([found.length, values]).toEqual([1, ['192.0.2.7']])
      const lines = with7.map((name) => `${JSON.stringify({ name })}\n`).join('')
      expect(candidates(scan, 'json', Buffer.from(lines)).found).toEqual(['{"name":"192.0.2.7"}\n'])
      expect(candidates(scan, 'text', Buffer.from(with7.join(' '))).found.length).toBe(1)
      expect(candidates(scan, 'text', Buffer.from(`${with7.join('\n')}\n`)).found).toEqual(['192.0.2.7\n'])
    }
    // More hashes in one value than are gathered at once.
    const dots = `${'a.'.repeat(1990)}bad.example`
    expect(isCandidate('json', JSON.stringify({ a: dots, b: `${dots.slice(3)} x`, c: dots.replace('bad', 'x') }))).toBe(
      true,
    )
    expect(isCandidate('json', JSON.stringify({ a: dots.replace('bad', 'x') }))).toBe(false)
  })

  it('counts lines, and gives each candidate its borders, however long the input', () => {
    const plain = `{"a":"${'x'.repeat(90)}"}\n`
    const hit = '{"a":"192.0.2.7"}\n'
    const bytes = Buffer.from((plain.repeat(997) + hit).repeat(11) + hit.trimEnd())
    for (const kind of ['json', 'text'] as const) {
      const { lines, found } = candidates(scan, kind, bytes)
      expect(lines).toBe(998 * 11 + 1)
      expect(found).toEqual([...Array.from({ length: 11 }, () => hit), hit.trimEnd()])
    }
  })

  it('takes a line of a megabyte for a candidate, and goes on behind it', () => {
    const long = `{"a":"${'x'.repeat(1_000_000)}"}\n`
    const { lines, found } = candidates(scan, 'json', Buffer.from(`{}\n${long}{"a":"bad.example"}\n{}`))
    expect([lines, found.length, found[0]?.length, found[1]]).toEqual([4, 2, long.length, '{"a":"bad.example"}\n'])
  })
})

it('both cores name the same lines and values of any input, with any tables', () => {
  const part = fc.constantFrom(
    ...known,
    ...'"\\\n :/.@[]<>%?#,=a1\u00e9',
    '"',
    '"',
    '\n',
    '":"',
    'http://',
    'other.example',
    '198.51.100.3',
    '\\u00e9',
    '\\ud83d',
    '\\/',
    ':80/',
    '::',
    'www.',
    '0x7f.1',
    '::ffff:',
    '::FFFF:198.51.100.3',
    'x'.repeat(70),
  )
  const line = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''))
  const tables = fc.record({
    domains: fc.boolean(),
    urls: fc.boolean(),
    ipv6: fc.boolean(),
    networks: fc.boolean(),
    odd: fc.boolean(),
    lengths: fc.constantFrom('f'.repeat(256), lengthsOf(known)),
  })
  const opened = new Map<string, readonly [LineScan, LineScan]>()
  const open = (wanted: Partial<LineTables>): readonly [LineScan, LineScan] => {
    const made = opened.get(JSON.stringify(wanted))
    const scans = made ?? ([aScan('webassembly', known, wanted), aScan('typescript', known, wanted)] as const)
    opened.set(JSON.stringify(wanted), scans)
    return scans
  }
  fc.assert(
    fc.property(line, tables, fc.constantFrom('json' as const, 'text' as const), (text, wanted, kind) => {
      const [core, twin] = open(wanted)
      const bytes = Buffer.from(text)
      expect(candidates(core, kind, bytes)).toEqual(candidates(twin, kind, bytes))
    }),
    { numRuns: 2000 },
  )
})

it('a text that was seen before is told from those that differ in one place, known or not', () => {
  const scan = aScan('webassembly', known)
  const twin = aScan('typescript', known)
  const texts = [17, 18, 31, 32, 33, 64, 80, 123, 124, 125, 200].map((length) =>
    `a, ${'good words '.repeat(20)}`.slice(0, length),
  )
  const altered = texts.flatMap((text) => {
    const places = [...text].flatMap((_, at) => (at + 11 <= text.length ? [at] : []))
    return [text, ...places.map((at) => `${text.slice(0, at)}bad.example${text.slice(at + 11)}`), text]
  })
  const log = Buffer.from([...altered, ...altered].map((text) => `${JSON.stringify({ text })}\n`).join(''))
  expect(candidates(scan, 'json', log)).toEqual(candidates(twin, 'json', log))
  expect(candidates(scan, 'json', log).found.length).toBeGreaterThan(20)
})

it('both cores compute the same sum over the same tables', () => {
  expect(aScan('webassembly', known).checksum()).toBe(aScan('typescript', known).checksum())
  expect(aScan('webassembly', known).checksum()).not.toBe(aScan('webassembly', known.slice(1)).checksum())
})

it('a table gives back every reference of a hash, and none for a signature', () => {
  const shape = shapeFor(5)
  const scan = createLineScan({ ...shape, ...everything })
  const table = openValueTable(scan.tables, shape)
  const hash = { place: 0, print: 0 }
  hashText('one', hash)
  table.add(hash, signatureReference)
  expect([table.has(hash), table.references(hash)]).toEqual([true, []])
  table.add(hash, 7)
  table.add(hash, 8)
  table.add(hash, 8)
  expect(table.references(hash)).toEqual([7, 8])
  hashText('ONE', hash)
  expect(table.references(hash)).toEqual([7, 8])
  hashText('two', hash)
  expect([table.has(hash), table.references(hash)]).toEqual([false, []])
})
