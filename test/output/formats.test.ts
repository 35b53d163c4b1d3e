import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Secret } from '../../src/core/secret.ts'
import { outputFormats, type OutputRecord, type Shape } from '../../src/output/writer.ts'
import { outputSuite, shape, written } from '../contracts/output-suite.ts'

const resultsOf = (value: unknown): unknown => (value as { results: unknown }).results
const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown)

outputSuite('json', (text, form) => (form === 'results' ? resultsOf(JSON.parse(text)) : JSON.parse(text)))
outputSuite('ndjson', (text, form) => (form === 'one' ? lines(text)[0] : lines(text)))
outputSuite('yaml', (text, form) => (form === 'results' ? resultsOf(parse(text)) : parse(text)))
outputSuite('table')
outputSuite('csv')
outputSuite('name')

describe('json', () => {
  it('streams a listing into the very bytes of the whole array', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), async (records) => {
        const { text } = await written('json', (writer) => writer.list(records as OutputRecord[], shape))
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(records)))
        expect(text.split('\n').length).toBe(`${JSON.stringify(records, null, 2)}\n`.split('\n').length)
      }),
      { numRuns: 100 },
    )
    const { text } = await written('json', (writer) => writer.list([{ a: 1, b: [{}] }, { a: 2 }], shape))
    expect(text).toBe(`${JSON.stringify([{ a: 1, b: [{}] }, { a: 2 }], null, 2)}\n`)
  })

  it('gives an action as results and totals', async () => {
    const { text } = await written('json', (writer) => writer.results([{ name: 'a' }], { failed: 0 }, shape))
    expect(JSON.parse(text)).toEqual({ results: [{ name: 'a' }], totals: { failed: 0 } })
  })

  it('never opens a secret, in any format', async () => {
    for (const format of outputFormats) {
      const record = { name: new Secret('canary'), note: [new Secret('canary')], count: { a: new Secret('canary') } }
      const { text } = await written(format, (writer) => writer.one(record, shape))
      expect(text).not.toContain('canary')
    }
  })
})

describe('csv', () => {
  const cell = async (note: unknown): Promise<string> => {
    const only = { columns: [{ field: 'note', head: 'Note' }], name: 'note' }
    const { text } = await written('csv', (writer) => writer.list([{ note }], only))
    return text.slice('note\n'.length, -1)
  }

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\\u{d}=1"],
    ['   =1', "'   =1"],
    ['\u00a0=1', "'\u00a0=1"],
    ['a\n=1', '"\'a\n=1"'],
    ['＝1', "'＝1"],
    ['plain', 'plain'],
    ['a=b', 'a=b'],
    ['a "b", c', '"a ""b"", c"'],
    ['two\nlines', '"two\nlines"'],
    [-5, '-5'],
    [null, ''],
    [['a', 'b'], '"a, b"'],
    [['=a'], "'=a"],
  ])('S10: writes %j as %j', async (value, expected) => {
    expect(await cell(value)).toBe(expected)
  })

  it('names its columns by field', async () => {
    const { text } = await written('csv', (writer) => writer.list([], shape))
    expect(text).toBe('name,count,note\n')
  })
})

describe('table', () => {
  const records = [
    { name: 'acme', count: 3, note: 'short' },
    { name: '日本語の名前', count: 12_345, note: 'x'.repeat(60) },
  ]

  it('aligns columns, wide characters counted as two, numbers to the right', async () => {
    const { text } = await written('table', (writer) => writer.list(records.slice(0, 2), shape))
    expect(text.split('\n').slice(0, 2)).toEqual(['Name          Count  Note', 'acme              3  short'])
    expect(text).toContain(`日本語の名前  12345  ${'x'.repeat(60)}\n`)
  })

  it.each([40, 80])('keeps one line per record at %i columns', async (columns) => {
    const { text } = await written('table', (writer) => writer.list(records, shape), { columns })
    expect(text.trimEnd().split('\n')).toHaveLength(3)
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
  })

  it('makes each record a block of lines where the terminal is too narrow for a table', async () => {
    const { text } = await written('table', (writer) => writer.list(records, shape), { columns: 20 })
    expect(text.split('\n').slice(0, 6)).toEqual([
      'Name   acme',
      'Count  3',
      'Note   short',
      '',
      'Name   日本語の名前',
      'Count  12345',
    ])
    expect(text.replace(/\s/g, '')).toContain('x'.repeat(60))
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(20)
  })

  it('cuts neither what has to be copied nor a sentence', async () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e'
    const columns = [
      { field: 'id', head: 'Id', long: 'whole' },
      { field: 'title', head: 'Title' },
      { field: 'fault', head: 'Fault', long: 'wrap' },
    ] as const
    const fault = 'The server wants to be asked again later, and says no more than that'
    const list = { columns, name: 'id' }
    const { text } = await written('table', (writer) => writer.list([{ id, title: 't'.repeat(50), fault }], list), {
      columns: 70,
    })
    expect(text).toContain(`${id}  ttt`)
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(70)
    for (const word of fault.split(' ')) expect(text).toContain(word)
  })

  it('shows times without the zeros at their end, and what is nested in words', async () => {
    const record = {
      name: 'a',
      at: '2026-01-02T03:04:05.120000Z',
      from: '2026-01-02T03:04:05.000000Z',
      tls: {},
      to: { x: 1 },
    }
    const { text } = await written('table', (writer) => writer.one(record, shape))
    expect(text).toBe('Name  a\nAt    2026-01-02T03:04:05.120Z\nFrom  2026-01-02T03:04:05Z\nTls   -\nTo    x 1\n')
  })

  it('leaves minor columns out where a terminal is too narrow: empty ones first, then by their number', async () => {
    const wide: Shape = {
      columns: [
        { field: 'name', head: 'Name' },
        { field: 'from', head: 'From', minor: 9 },
        { field: 'failed', head: 'Failed', minor: 1 },
        { field: 'fault', head: 'Fault', minor: 0 },
        { field: 'note', head: 'Note' },
      ],
      name: 'name',
    }
    const record = { name: 'acme', from: '2026-01-01', failed: 0, fault: 'broken', note: 'some words' }
    const headsAt = async (columns: number, change = {}): Promise<string> => {
      const { text } = await written('table', (writer) => writer.list([{ ...record, ...change }], wide), { columns })
      return text.split('\n')[0]?.replace(/ +/g, ' ') ?? ''
    }
    expect(await headsAt(80)).toBe('Name From Failed Fault Note')
    expect(await headsAt(38)).toBe('Name From Fault Note')
    expect(await headsAt(27)).toBe('Name Fault Note')
    expect(await headsAt(27, { fault: null })).toBe('Name Note')
  })

  it('cuts nothing where there is no terminal', async () => {
    const { text } = await written('table', (writer) => writer.list(records, shape))
    expect(text).toContain('x'.repeat(60))
  })

  it('says beside the data that a listing is empty, and totals', async () => {
    expect(await written('table', (writer) => writer.list([], shape))).toEqual({
      text: '',
      notes: ['There is nothing.'],
    })
    const { notes } = await written('table', (writer) => writer.results(records, { new: 2, failed: 0 }, shape))
    expect(notes).toEqual(['new 2, failed 0'])
    const narrow = await written('table', (writer) => writer.results(records, { new: 2, failed: 0, left: 1 }, shape), {
      columns: 18,
    })
    expect(narrow.notes).toEqual(['new 2, failed 0,', 'left 1'])
  })

  it('shows one record as two columns, with every field, a dash where it is empty', async () => {
    const { text } = await written('table', (writer) => writer.one({ name: 'a', extra: true, none: null }, shape))
    expect(text).toBe('Name   a\nExtra  true\nNone   -\n')
  })

  it('paints heads only where colours are wanted', async () => {
    const painted = await written('table', (writer) => writer.list(records, shape), { colors: true })
    expect(painted.text).toContain('\u001b[1mName')
    const plain = await written('table', (writer) => writer.list(records, shape))
    expect(plain.text).not.toContain('\u001b')
  })

  it('keeps a record on one line when a text has several', async () => {
    const { text } = await written('table', (writer) => writer.list([{ name: 'a\nb', count: 1, note: 'c' }], shape))
    expect(text.trimEnd().split('\n')).toHaveLength(2)
  })
})

function widthOf(line: string): number {
  return [...line].reduce((sum, character) => sum + (/[\u3000-\u9fff]/.test(character) ? 2 : 1), 0)
}
