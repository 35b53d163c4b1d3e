import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEnricher } from '../../src/enrich/enricher.ts'
import { guessLogFormat } from '../../src/enrich/formats/registry.ts'
import type { MatchIndex } from '../../src/enrich/open-index.ts'
import { anIndex, anIndicator, enriched, now } from './an-index.ts'

let index: MatchIndex
beforeAll(async () => {
  index = await anIndex([
    anIndicator('ipv4', '192.0.2.7', { severity: 5 }),
    anIndicator('domain', 'bad.example', { severity: 5, lastSeen: '2026-04-01T00:00:00.000000Z' }),
    anIndicator('domain', 'worse.example', { severity: 99, name: '"}\n{"x":1} <script>\u001b]0;t\u0007\u202e' }),
    anIndicator('ipv4', '192.0.2.8', { validUntil: '2026-05-01T00:00:00Z' }),
    anIndicator('ipv4', '192.0.2.9', { validFrom: '2026-07-01T00:00:00Z' }),
    anIndicator('file-name', '__proto__'),
  ])
})
afterAll(() => index.close())

const values = (line: string) => JSON.parse(Buffer.from(line, 'latin1').toString()) as Record<string, unknown>

describe('a line with several hits', () => {
  it('is written once, with the highest severity', () => {
    const out = enriched('{"a":"192.0.2.7","b":"worse.example","c":"bad.example"}\n', index)
    expect(out.match(/\n/g)).toHaveLength(1)
    expect(values(out)).toMatchObject({ et_indicator: 'worse.example', et_field: 'b', et_hits: 3 })
  })

  it('has the newest of equal severity', () => {
    expect(values(enriched('{"a":"192.0.2.7","c":"bad.example"}', index))).toMatchObject({
      et_indicator: 'bad.example',
      et_hits: 2,
    })
  })
})

it('an indicator counts only while it is valid, also when the index is older', () => {
  expect(enriched('{"a":"192.0.2.8"}\n{"a":"192.0.2.9"}\n', index, { mode: 'filter' })).toBe('')
  const later = { mode: 'filter' as const, nowMs: () => Date.parse('2026-08-01T00:00:00Z') }
  expect(values(enriched('{"a":"192.0.2.8"}\n{"a":"192.0.2.9"}\n', index, later))).toMatchObject({ a: '192.0.2.9' })
})

describe('what is not to be changed stays as it is', () => {
  it.each([
    ['an unfinished object', '{"a":"good.example"\n'],
    ['text', 'to good.example\n'],
    ['no line feed in the end', '{"a":1}'],
    ['empty lines', '\n\n\r\n'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x22, 0x0a, 0xc3, 0x28, 0x0a])],
  ])('%s', (_, line) => {
    const format = 'ndjson'
    expect(enriched(line, index, { format })).toBe(Buffer.from(line as string).toString('latin1'))
    expect(enriched(line, index, { format, mode: 'filter' })).toBe('')
  })
})

it.each([
  ['an unfinished object', '{"a":"bad.example"'],
  ['an unfinished string', '{"a":"bad.example'],
  ['two objects on a line', '{"a":"bad.example"}{}'],
  ['a comma too many', '{"a":"bad.example",}'],
  ['brackets that do not match', '{"a":["bad.example"}]'],
  ['a value that is none', '{"a":nothing,"b":"bad.example"}'],
  ['text', 'Jun  1 host app: GET http://bad.example/'],
])('%s among JSON is looked at as text', (_, line) => {
  const enricher = createEnricher({ index, format: 'ndjson', mode: 'filter', nowMs: () => now.getTime() })
  const out = Buffer.concat(enricher.push(Buffer.from(`{"a":1}\n\n${line}\n`))).toString()
  expect(out.startsWith(`${line} et_indicator="bad.example"`)).toBe(true)
  expect(enricher.statistics).toMatchObject({ lines: 3, hits: 1 })
})

it('JSON that is no object is counted and written, but has no place for fields', () => {
  const enricher = createEnricher({ index, format: 'ndjson', mode: 'filter', nowMs: () => now.getTime() })
  const out = Buffer.concat(enricher.push(Buffer.from('["bad.example"]\n["good.example"]\nx y\n'))).toString()
  expect(out).toBe('["bad.example"]\n')
  expect(enricher.statistics).toMatchObject({ lines: 3, hits: 1, other: 3 })
})

describe('a value that is a text or a list is searched word by word', () => {
  it.each([
    ['ndjson', '{"message":"GET http://bad.example/x from 10.0.0.1","n":1}'],
    ['ndjson', '{"message":"10.0.0.1, 192.0.2.7"}'],
    ['ndjson', '{"event":{"original":"{\\"src\\":\\"192.0.2.7\\"}"}}'],
    ['ndjson', '{"raw":"a\\nbad.example\\tx"}'],
    ['ndjson', '{"raw":"a|b|192.0.2.7|c"}'],
    ['kv', 'a=b xff=1.1.1.1,192.0.2.7 c=d'],
    ['kv', 'a=b msg="denied 192.0.2.7 by rule" c=d'],
    ['csv', 'a,b,c\n1,"10.0.0.1, 192.0.2.7",2'],
    ['cef', 'CEF:0|v|p|1|1|n|3|cs1=10.0.0.1, 192.0.2.7 b=x'],
    ['syslog', '<13>1 2026-06-01T00:00:00Z h a - - [x@1 l="10.0.0.1;192.0.2.7"] m'],
    ['syslog', 'Jun  1 00:00:00 h a: {"message":"to 192.0.2.7 again"}'],
    ['ndjson', '{"a":"192.0.2.7:443"}'],
    ['ndjson', '{"a":"https://bad.example/some/where?x=1"}'],
  ] as const)('%s: %s', (format, line) => {
    expect(enriched(line, index, { format, mode: 'filter' })).toMatch(/bad\.example|192\.0\.2\.7/)
    expect(enriched(line.replace('bad.', 'good.').replace('192.0.2.7', '9.9.9.9'), index, { format })).not.toContain(
      'et_h=',
    )
  })
})

it('keeps a byte order mark, a carriage return, blanks and bytes that are no UTF-8 around a hit', () => {
  const line = Buffer.concat([
    Buffer.from('\ufeff { "x" : "'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('" , "a":"bad.example" }  \r\n'),
  ])
  const out = enriched(line, index)
  expect(out.startsWith('\u00ef\u00bb\u00bf { "x" : "\u00ff\u00fe" , "a":"bad.example" ,"et_indicator"')).toBe(true)
  expect(out.endsWith('"et_hits":1}  \r\n')).toBe(true)
})

it('adds to an empty list of members nothing that is no JSON, and reads deep ones', () => {
  const deep = `{"a":${'['.repeat(5000)}"bad.example"${']'.repeat(5000)}}`
  expect(values(enriched(deep, index))).toMatchObject({ et_indicator: 'bad.example', et_field: 'a' })
  const path = `{"k":${'{"k":'.repeat(5000)}"bad.example"${'}'.repeat(5000)}}`
  expect(values(enriched(path, index)).et_field).toBe(Array.from({ length: 5001 }, () => 'k').join('.'))
})

it('takes __proto__ for a name like any other', () => {
  const out = enriched('{"__proto__":{"a":"bad.example"},"b":"__proto__"}', index)
  expect(out).toContain('"et_hits":2')
  expect(({} as Record<string, unknown>).a).toBeUndefined()
  expect(enriched('{"__proto__":"bad.example"}', index, { fields: new Map([['__proto__', undefined]]) })).toContain(
    'et_',
  )
})

it('replaces the fields of an earlier run, and does not take them for values of the log', () => {
  for (const [format, log] of [
    ['ndjson', '{"a":"bad.example","z":[1,{"et_kind":2}]}\n'],
    ['kv', 'a=bad.example b="x y"\n'],
    ['cef', 'CEF:0|v|p|1|1|n|3|a=bad.example b=x y\n'],
    ['syslog', '<13>1 2026-06-01T00:00:00Z h a - - - to bad.example\n'],
    ['syslog', 'Jun  1 00:00:00 h a: to bad.example\n'],
    ['csv', 'a,b\nbad.example,1\nx,2\n'],
    ['text', 'to bad.example\n'],
  ] as const) {
    const once = enriched(log, index, { format })
    expect(once).not.toBe(log)
    expect([format, enriched(once, index, { format })]).toEqual([format, once])
  }
})

it('takes the fields of an earlier run away where nothing is known any more, and nothing else', async () => {
  const other = await anIndex([anIndicator('domain', 'new.example')])
  for (const [format, log] of [
    ['ndjson', ' { "a":"bad.example" , "z":[1,{"et_kind":2}]} \r\n'],
    ['kv', 'a=bad.example b="x y"\n'],
    ['cef', 'CEF:0|v|p|1|1|n|3|a=bad.example b=x y\n'],
    ['syslog', '<13>1 2026-06-01T00:00:00Z h a - - - to bad.example\n'],
    ['syslog', '<13>1 2026-06-01T00:00:00Z h a - - [x@1 b="c"] to bad.example\n'],
    ['syslog', 'Jun  1 00:00:00 h a: to bad.example\n'],
    ['text', 'to bad.example\n'],
  ] as const) {
    const logs = log.repeat(3) + log.replace('bad', 'new') + log + log.replace('bad', 'good')
    const once = enriched(logs, index, { format })
    expect(once).toContain('et_indicator')
    const found = enriched(once, other, { format, borders: [70, 400] })
    expect(found).toBe(enriched(logs, other, { format }))
    expect(found.split('et_hits')).toHaveLength(2)
    expect(enriched(once, index, { format })).toBe(once)
  }
  expect(enriched('{"et_indicator":"192.0.2.7","a":"x"}\n{"b":"et_indicator"}\n{"et_indicator":', index)).toBe(
    '{"a":"x"}\n{"b":"et_indicator"}\n{"et_indicator":',
  )
  other.close()
})

describe('a hostile name of an indicator', () => {
  it.each(['ndjson', 'kv', 'cef', 'syslog', 'csv', 'text'] as const)('stays within its field in %s', (format) => {
    const log =
      format === 'ndjson' ? '{"a":"worse.example"}' : format === 'csv' ? 'a,b,c\nworse.example,1,2' : 'a=worse.example'
    const text = Buffer.from(enriched(log, index, { format }), 'latin1').toString()
    expect(text.split('\n')).toHaveLength(log.split('\n').length)

    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    if (format === 'ndjson') expect(values(text).et_name).toBe('"}\n{"x":1} <script>\u001b]0;t\u0007\u202e')
    if (format === 'csv') expect(text.split('\n')[1]).toContain('"""}')
  })
})

describe('long lines', () => {
  const long = `{"a":"bad.example","b":"${'x'.repeat(5_000_000)}"}`

  it('are not looked at, but counted: they pass with all, are left out with filter', () => {
    for (const mode of ['all', 'filter'] as const) {
      const enricher = createEnricher({ index, mode, nowMs: () => now.getTime() })
      const log = Buffer.from(`{"a":"bad.example"}\n${long}\n{"a":1}\n`)
      let longest = 0
      const out: Buffer[] = []
      for (let at = 0; at < log.length; at += 65_536) {
        const pieces = enricher.push(log.subarray(at, at + 65_536))
        longest = Math.max(
          longest,
          pieces.reduce((sum, piece) => sum + piece.length, 0),
        )
        out.push(...pieces)
      }
      const text = Buffer.concat([...out, ...enricher.end()]).toString()
      expect(enricher.statistics).toMatchObject({ lines: 3, hits: 1, tooLong: 1, bytes: log.length })
      expect(text.split('\n').map((line) => line.length > 1000)).toEqual(
        mode === 'all' ? [false, true, false, false] : [false, false],
      )
      // What it holds back is one line at most.
      expect(longest).toBeLessThan(1_300_000)
    }
  })

  it('are read up to --max-line', () => {
    const out = enriched(long, index, { maxLineBytes: 8_000_000, mode: 'filter' })
    expect(values(out).et_indicator).toBe('bad.example')
    expect(enriched(long, index, { maxLineBytes: 8_000_000, mode: 'filter', borders: [10, 1_000_000] })).toBe(out)
  })
})

describe('CSV', () => {
  it('gives every record the columns, also one over several lines, whatever the separator', () => {
    for (const separator of [',', ';', '\t', '|']) {
      const log = `a,b,c\nx,"bad.example",1\n"two\nlines, and ""quotes""",bad.example,2\nx,y,3`.replaceAll(
        ',',
        separator,
      )
      const out = enriched(log, index, { format: 'csv', borders: [3, 30, 41] })
      const lines = out.split('\n')
      expect(lines).toHaveLength(5)
      expect(lines[0]).toBe(`a,b,c,et_indicator,et_kind`.replaceAll(',', separator) + lines[0]?.slice(26))
      expect(lines[1]).toContain(`1${separator}bad.example${separator}domain`)
      expect(lines[2]).toBe('"two')
      expect(lines[3]).toContain(`2${separator}bad.example${separator}domain`)
      expect(lines[4]).toBe(`x${separator}y${separator}3${separator.repeat(14)}`)
    }
  })

  it('gives records with too few or too many cells the columns where the header has them, and counts them', () => {
    const log = 'a,b,c\nbad.example\nx,bad.example,y,extra,more\nx\n1,2,3,4\n"1,2",bad.example,3\n\n'
    const enricher = createEnricher({ index, format: 'csv', nowMs: () => now.getTime() })
    const out = Buffer.concat([...enricher.push(Buffer.from(log)), ...enricher.end()]).toString()
    const rows = parse(out, { relax_column_count: true, skip_empty_lines: true })
    const [header, ...records] = rows
    const at = header?.indexOf('et_indicator') ?? 0
    expect(records.map((record) => [record.slice(0, 3), record[at], record.slice(header?.length)])).toEqual([
      [['bad.example', '', ''], 'bad.example', []],
      [['x', 'bad.example', 'y'], 'bad.example', ['extra', 'more']],
      [['x', '', ''], '', []],
      [['1', '2', '3'], '', ['4']],
      [['1,2', 'bad.example', '3'], 'bad.example', []],
    ])
    expect(enricher.statistics.ragged).toBe(4)
    expect(enriched(out, index, { format: 'csv' })).toBe(out)
  })

  it('without a header keeps the first record one, and names columns by number', () => {
    const out = enriched('bad.example,x\ny,192.0.2.7\nz\n', index, { format: 'csv', csvHeader: false })
    const rows = parse(out)
    expect(rows.map((row) => [row.length, row[2], row[13]])).toEqual([
      [16, 'bad.example', '1'],
      [16, '192.0.2.7', '2'],
      [16, '', ''],
    ])
  })

  it('says when what it takes for the header has an indicator in it', () => {
    const told: string[] = []
    const onHeaderHit = (line: string) => void told.push(line)
    enriched('bad.example,x\ny,z\n', index, { format: 'csv', onHeaderHit })
    enriched('a,b\nbad.example,z\n', index, { format: 'csv', onHeaderHit })
    expect(told).toEqual(['bad.example,x'])
  })

  it('gets over a quote that nobody closes', () => {
    const log = `a,b,c\nx,"open,bad.example\n${'y,z,1\n'.repeat(400)}q,bad.example,2\n`
    const out = enriched(log, index, { format: 'csv', mode: 'filter', maxLineBytes: 1024 })
    expect(out.split('\n').at(-2)).toContain('q,bad.example,2,bad.example')
  })
})

it('guesses the format from the first line', () => {
  const guesses = {
    '{"a":1}': 'ndjson',
    '\u00ef\u00bb\u00bf {"a":1}': 'ndjson',
    'CEF:0|v|p|1|1|n|3|src=1.2.3.4': 'cef',
    '<13>Jun  1 00:00:00 h CEF:0|v|p|1|1|n|3|src=1.2.3.4': 'cef',
    '<13>1 2026-06-01T00:00:00Z h a - - - x': 'syslog',
    'Jun  1 00:00:00 host app[1]: x=y z=a': 'syslog',
    'date=2026-06-01 src=192.0.2.7': 'kv',
    'time,source,destination': 'csv',
    '"time";"source address";"destination"': 'csv',
    'a,b': 'csv',
    'hello, world': 'text',
    'GET / HTTP/1.1': 'text',
    '': 'text',
  }
  for (const [line, format] of Object.entries(guesses)) expect([line, guessLogFormat(line)]).toEqual([line, format])
})

it('guesses the format from the first line that says something', () => {
  const told: string[] = []
  const onFormat = (format: string) => void told.push(format)
  const log = `\n \r\n{"x":"${'y'.repeat(2000)}"}\na=1 b=bad.example\n`
  for (const borders of [[], [1, 2, 700, 1900]]) {
    expect(enriched(log, index, { onFormat, maxLineBytes: 1024, borders })).toContain('b=bad.example et_indicator')
  }
  expect(told).toEqual(['kv', 'kv'])
})

it('says which of the wanted fields lines have, also lines that need no closer look', () => {
  const fields = new Map(['a', 'n.b', 'c', 'none'].map((name) => [name, undefined]))
  const enricher = createEnricher({ index, fields, nowMs: () => now.getTime() })
  enricher.push(Buffer.from('{"a":"c none"}\n{"x":"c"}\n{"n":{"b":"x"},"none":1}\n{"c":"y"}\n'))
  expect([...enricher.statistics.seenFields].sort()).toEqual(['a', 'c', 'n.b'])
})

it('looks only at the fields that are named, and there only for the kinds that are asked for', () => {
  const line = '{"src":"192.0.2.7","n":{"src":"bad.example"}}\n'
  const found = (name: string, kinds?: readonly ('ipv4' | 'domain')[]) =>
    enriched(line, index, { mode: 'filter', fields: new Map([[name, kinds && new Set(kinds)]]) }) !== ''
  expect([found('src'), found('n.src'), found('n'), found('dst')]).toEqual([true, true, false, false])
  expect([found('src', ['ipv4']), found('src', ['domain']), found('n.src', ['domain'])]).toEqual([true, false, true])
})

it('goes on with another index from the next line', async () => {
  const other = await anIndex([anIndicator('domain', 'new.example')])
  const enricher = createEnricher({ index, mode: 'filter', nowMs: () => now.getTime() })
  const lines = Buffer.from('{"a":"bad.example"}\n{"a":"new.example"}\n')
  const first = Buffer.concat(enricher.push(lines)).toString()
  enricher.use(other)
  const second = Buffer.concat(enricher.push(lines)).toString()
  expect([first.includes('"a":"bad'), second.includes('"a":"new')]).toEqual([true, true])
  expect([first.split('\n').length, second.split('\n').length]).toEqual([2, 2])
  other.close()
})

describe('what is made to be slow or large', () => {
  it('a quote in CSV that nobody closes takes linear time', () => {
    const rows = 100_000
    const log = `a,b,c\n1,"x,2\n${'1,x,2\n'.repeat(rows)}192.0.2.7,x,2\n`
    const begun = performance.now()
    const out = enriched(log, index, { format: 'csv', mode: 'filter' })
    expect(performance.now() - begun).toBeLessThan(4000)
    expect(out.split('\n').filter((line) => line.startsWith('192.0.2.7,x,2,'))).toHaveLength(1)
  })

  it('a line of CSV without an end, within quotes or not, is not kept in memory', () => {
    for (const start of ['', '"', '1,"x\n']) {
      const enricher = createEnricher({ index, format: 'csv', maxLineBytes: 4096, nowMs: () => now.getTime() })
      let written = enricher.push(Buffer.from(`a,b\n${start}`)).reduce((sum, { length }) => sum + length, 0)
      const header = written
      for (let round = 0; round < 100; round++) {
        for (const { length } of enricher.push(Buffer.alloc(1024, 'x'))) written += length
      }
      expect(written - header).toBeGreaterThan(90 * 1024)
      expect(enricher.statistics.tooLong).toBe(1)
      const rest = [...enricher.push(Buffer.from('\n192.0.2.7,y\n')), ...enricher.end()]
      expect(Buffer.concat(rest).toString()).toMatch(/\n192\.0\.2\.7,y,192\.0\.2\.7,/)
    }
  })

  it('a line with very many hits takes linear time', async () => {
    const addresses = Array.from({ length: 40_000 }, (_, n) => `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    const large = await anIndex(addresses.map((address) => anIndicator('ipv4', address)))
    const begun = process.cpuUsage()
    const out = enriched(`${addresses.join(' ')}\n`, large, { format: 'text' })
    // Quadratic time would be minutes.
    expect(process.cpuUsage(begun).user / 1000).toBeLessThan(10_000)
    expect(out).toContain('et_hits="40000"')
    large.close()
  })
})

it('S8: what an indicator says reaches JSON without anything that does not show', async () => {
  const name = 'a\u3164b\u180ec\u{e0041}d\u034fe\u202ef'
  const index = await anIndex([anIndicator('ipv4', '192.0.2.7', { name })])
  const written = enriched('{"src":"192.0.2.7"}\n', index, { format: 'ndjson' })
  expect(written).toMatch(/^[\n -~]*$/)
  expect((JSON.parse(written) as { et_name: string }).et_name).toBe(name)
})
