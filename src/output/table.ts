import { cellText as anyText } from './cell.ts'
import { fit, gap, keptColumns, sumOf, wrapped } from './table-layout.ts'
import type { Column, OpenWriter, OutputRecord, Shape, WriterOptions } from './writer.ts'

/** One line a record: a line break in a cell is a blank here. Zeros that only fill up microseconds are left out. */
const cellText = (value: unknown): string =>
  anyText(value)
    .replace(/\s*[\n\t]\s*/g, ' ')
    .replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.000|(\.\d{3}))000Z$/, '$1$2Z')

/** A value of the only record: what is nested in words, not as JSON. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join('; ')
  if (typeof value !== 'object' || value === null) return cellText(value)
  return Object.entries(value)
    .filter(([, inner]) => inner !== null && inner !== undefined)
    .map(([name, inner]) => `${name} ${wordsOf(inner)}`)
    .join(', ')
}

/** `fetchInterval` as a head: `Fetch interval`. */
function headOf(field: string): string {
  const words = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

/** Aligned columns for a person: heads in bold, no lines; cells are cut only to fit a terminal. */
export const openTable: OpenWriter = async (options) => {
  const { stream, note } = options
  const draw = await loadTable(options)
  const rows = async (records: readonly OutputRecord[], shape: Shape): Promise<void> => {
    if (records.length === 0) return shape.empty === undefined ? undefined : note(shape.empty)
    const cells = records.map((record) => shape.columns.map(({ field }) => cellText(record[field])))
    await stream.write(draw(cells, shape.columns))
  }
  return {
    format: 'table',
    get closed() {
      return stream.closed
    },
    async list(records, shape) {
      const gathered: OutputRecord[] = []
      for await (const record of records) gathered.push(record)
      await rows(gathered, shape)
    },
    async one(record, shape) {
      const heads = new Map(shape.columns.map(({ field, head }) => [field, head]))
      const fields = Object.keys(record).filter((field) => record[field] !== undefined)
      await stream.write(
        draw(fields.map((field) => [heads.get(field) ?? headOf(field), wordsOf(record[field]) || '-'])),
      )
    },
    async results(results, totals, shape) {
      await rows(results, shape)
      const said = Object.entries(totals).filter(([, value]) => value !== undefined && value !== null)
      const words = said.map(([name, value]) => `${name} ${cellText(value)}`)
      for (const line of folded(words, options.columns ?? Infinity)) note(line)
    },
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}

/** Words joined with commas, a new line where the next would not fit. */
function folded(words: readonly string[], room: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 3 <= room) lines[lines.length - 1] = `${last}, ${word}`
    else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`
      lines.push(word)
    }
  }
  return lines
}

type Cells = readonly (readonly string[])[]
type Draw = (cells: Cells, columns?: readonly Column[]) => string

async function loadTable({ columns: room, colors }: WriterOptions): Promise<Draw> {
  const [{ default: Table }, { Chalk }] = await Promise.all([import('cli-table3'), import('chalk')])
  const paint = new Chalk({ level: colors ? 1 : 0 })
  // Head and value of each field that is not empty, a blank line between the records.
  const blocks = (rows: Cells, columns: readonly Column[], room: number): string => {
    const heads = Math.max(...columns.map(({ head }) => head.length)) + gap
    const lines = (cells: readonly string[]): string =>
      columns
        .flatMap(({ head }, index) => {
          const [first = '', ...rest] = wrapped(cells[index] ?? '', room - heads)
          const more = rest.map((line) => ' '.repeat(heads) + line)
          return first === '' ? [] : [paint.bold(head) + ' '.repeat(heads - head.length) + first, ...more]
        })
        .join('\n')
    return `${rows.map(lines).join('\n\n')}\n`
  }
  const draw = (cells: Cells, columns: readonly Column[] | undefined, whole = { cells, columns }): string => {
    const head = columns?.map((column) => column.head)
    const style = { head: [], border: [], 'padding-left': 0, 'padding-right': gap }
    const colAligns = columns?.map((column) => column.align ?? 'left') ?? ['left', 'left']
    const lay = (rows: Cells, colWidths?: number[]): InstanceType<typeof Table> => {
      const table = new Table({
        chars: noBorders,
        style,
        colAligns,
        ...(head ? { head: head.map((text) => paint.bold(text)) } : {}),
        ...(colWidths ? { colWidths } : {}),
      })
      for (const row of rows) table.push([...row])
      return table
    }
    const natural = lay(cells)
    const text = natural.toString()
    // Drawing has filled in how wide each column came out, wide characters counted as two.
    const widths = [...(natural.options.colWidths as number[])]
    const kept = room === undefined || !columns ? undefined : keptColumns(cells, columns, { widths, room })
    if (columns && kept && kept.length < columns.length) {
      const only = <T>(all: readonly T[]): T[] => kept.map((index) => all[index] as T)
      return draw(cells.map(only), only(columns), whole)
    }
    const fitted = room === undefined ? widths : fit(widths, columns ?? pair, room)
    if (fitted === widths) return `${trimmed(text)}\n`
    if (whole.columns && room !== undefined && sumOf(fitted) - gap > room)
      return blocks(whole.cells, whole.columns, room)
    const folds = (index: number): boolean => (columns ?? pair)[index]?.long === 'wrap'
    const rows = cells.map((row) =>
      row.map((cell, index) => (folds(index) ? wrapped(cell, (fitted[index] ?? 0) - gap).join('\n') : cell)),
    )
    return `${trimmed(lay(rows, [...fitted]).toString())}\n`
  }
  return draw
}

const trimmed = (text: string): string => text.replace(/ +$/gm, '')

/** How head and value of the only record are drawn. */
const pair: readonly Column[] = [
  { field: 'head', head: '', long: 'whole' },
  { field: 'value', head: '', long: 'wrap' },
]
