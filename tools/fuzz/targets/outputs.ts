import { Writable } from 'node:stream'
import { parse as parseCsv } from 'csv-parse/sync'
import { parse as parseYaml } from 'yaml'
import { between, oneOf } from '../../campaign/seeded.ts'
import { printable } from '../../../src/core/printable.ts'
import { composeExport } from '../../../src/export/compose.ts'
import { csvLine } from '../../../src/export/csv-part.ts'
import { indicatorFormats } from '../../../src/export/registry.ts'
import type { Indicator } from '../../../src/indicators/indicator.ts'
import { openCheckedStream } from '../../../src/output/checked-stream.ts'
import { openWriter } from '../../../src/output/open-writer.ts'
import type { OutputFormat, OutputRecord, Shape } from '../../../src/output/writer.ts'
import { outputFormats } from '../../../src/output/writer.ts'
import { valueKinds } from '../../../src/stix/statement.ts'
import { normaliseValue } from '../../../src/stix/values/normalise.ts'
import { anyText, anyValue } from '../mutate-tree.ts'
import { holds, same, textOf } from '../target.ts'
import type { FuzzTarget, Random } from '../target.ts'

const shape: Shape = {
  columns: [
    { field: 'id', head: 'ID' },
    { field: 'title', head: 'TITLE', long: 'wrap' },
    { field: 'more', head: 'MORE', minor: 1 },
  ],
  name: 'id',
}

/** Records with anything in them, in each format of output: JSON and YAML read back the same, CSV in its cells, nothing that a terminal acts upon. */
export const output: FuzzTarget = {
  name: 'output',
  weight: 3,
  open: () => ({
    make: (random) => JSON.stringify(Array.from({ length: between(random, 0, 3) }, () => aRecord(random))),
    async judge(input, random) {
      const records = JSON.parse(textOf(input)) as OutputRecord[]
      const columns = oneOf(random, [0, 20, 80]) || undefined
      for (const format of outputFormats) checkWritten(await written(format, records, columns), format, records)
    },
  }),
}

function aRecord(random: Random): OutputRecord {
  const text = random() < 0.5 ? anyText(random) : oneOf(random, hostile)
  return { id: text, title: random() < 0.5 ? anyText(random) : oneOf(random, hostile), more: anyValue(random) }
}

const hostile = ['=1+1', ' \u00a0=1', 'a\n=1', 'a\r\n\t@x', '\u202e\\u{202e}', '\\u{1b}\u001b', "'=1", '"=1"', '\n'.repeat(300), '- a: b', '# x', '\u2028=1', '\u200b=1', '\ud800', '😀', 'a,b"c', '<script>'] // prettier-ignore

async function written(
  format: OutputFormat,
  records: readonly OutputRecord[],
  columns: number | undefined,
): Promise<string> {
  const chunks: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  const writer = openWriter(format, {
    stream: openCheckedStream(sink, 'standard output'),
    note: () => undefined,
    columns,
    colors: false,
  })
  await writer.list(records, shape)
  await writer.end()
  return Buffer.concat(chunks).toString('utf8')
}

function checkWritten(text: string, format: OutputFormat, records: readonly OutputRecord[]): void {
  same(printable(text, { lines: true }), text, `${format} has what a terminal acts upon`)
  if (format === 'json') same(JSON.parse(text), records, 'JSON')
  if (format === 'ndjson')
    same(
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
      records,
      'NDJSON',
    )
  if (format === 'yaml') same(parseYaml(text, { maxAliasCount: 0 }), plain(records), 'YAML')
  if (format === 'csv') {
    const rows = parseCsv(text, { relax_column_count: false }) as string[][]
    same(rows.length, records.length + 1, 'rows of CSV')
    for (const cells of rows.slice(1))
      for (const cell of cells) holds(isHarmless(cell), `a cell that runs: ${JSON.stringify(cell)}`)
  }
}

/** YAML has no halves of characters: they are written as what JSON makes of them. */
function plain(records: readonly OutputRecord[]): unknown {
  return JSON.parse(JSON.stringify(records))
}

/** Whether a spreadsheet takes a cell for text, on each of its lines, however blanks stand before it. */
function isHarmless(cell: string): boolean {
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell) || cell.startsWith("'")) return true
  return cell.split(/[\r\n]/).every((line) => !/^[=+\-@\t\r＝＋－＠]/u.test(line.replace(/^[\s\u00a0]+/u, '')))
}

/** A value that a store can hold: in the normal form of its kind. */
function aValue(random: Random): Pick<Indicator, 'kind' | 'value'> {
  const text = random() < 0.5 ? oneOf(random, hostile) : anyText(random)
  return normaliseValue(oneOf(random, valueKinds), text) ?? oneOf(random, plainValues)
}

const plainValues: readonly Pick<Indicator, 'kind' | 'value'>[] = [
  { kind: 'ipv4', value: '198.51.100.7' },
  { kind: 'ipv4', value: '203.0.113.0/24' },
  { kind: 'domain', value: 'bad.example' },
  { kind: 'url', value: 'http://bad.example/x' },
  { kind: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' },
]

function anIndicator(random: Random): Indicator {
  return {
    ...aValue(random),
    role: 'indicator',
    sound: true,
    ids: [anyText(random)],
    name: random() < 0.5 ? oneOf(random, hostile) : anyText(random),
    labels: [anyText(random), oneOf(random, hostile)],
    category: anyText(random),
    killChainPhases: [anyText(random)],
    relatedTo: [],
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: '2026-02-01T00:00:00.000000Z',
    sources: [anyText(random) || 'acme'],
  }
}

/** Indicators with anything in their texts, in each format for others: no format lets a text end its line. */
export const exported: FuzzTarget = {
  name: 'export',
  weight: 3,
  open: () => ({
    make: (random) => JSON.stringify(Array.from({ length: between(random, 1, 4) }, () => anIndicator(random))),
    async judge(input, random) {
      const indicators = JSON.parse(textOf(input)) as Indicator[]
      const format = oneOf(random, indicatorFormats)
      const options = { header: random() < 0.5, defang: random() < 0.3, rawCsv: false, name: 'fuzz', firstSid: 1 }
      await using composed = await composeExport(streamOf(indicators), {
        format,
        options,
        generatedAt: '2026-01-01T00:00:00Z',
        spoolFolder: '/nonexistent',
      })
      for (const file of composed.files) {
        const chunks: Buffer[] = [Buffer.from(file.head)]
        for await (const chunk of file.body()) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString('utf8')
        holds(
          !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text) || format.name === 'stix',
          `${format.name} lets control characters through`,
        )
        holds(/^[A-Za-z0-9._-]+$/.test(file.name), `a file called ${JSON.stringify(file.name)}`)
      }
      const line = (await csvLine({ rawCsv: false }))(indicators.map(({ name }) => name))
      const [cells = []] = parseCsv(line) as string[][]
      for (const cell of cells) holds(isHarmless(cell), `a cell that runs: ${JSON.stringify(cell)}`)
    },
  }),
}

async function* streamOf(indicators: readonly Indicator[]): AsyncGenerator<Indicator> {
  await Promise.resolve()
  yield* indicators
}
