import { cellText as anyText } from './cell.ts'
import type { Column, OpenWriter, OutputRecord, Shape, WriterOptions } from './writer.ts'

/** Columns narrower than this are not cut further: a terminal that is too narrow shows longer lines. */
const narrowest = 8
/** No column sends others away by being wider than this. */
const longest = 30
const gap = 2

/** One line a record: a line break in a cell is a blank here. */
const cellText = (value: unknown): string => anyText(value).replace(/\s*[\n\t]\s*/g, ' ')

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
      await stream.write(draw(fields.map((field) => [heads.get(field) ?? field, cellText(record[field])])))
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

type Draw = (rows: readonly (readonly string[])[], columns?: readonly Column[]) => string

async function loadTable({ columns: room, colors }: WriterOptions): Promise<Draw> {
  const [{ default: Table }, { Chalk }] = await Promise.all([import('cli-table3'), import('chalk')])
  const paint = new Chalk({ level: colors ? 1 : 0 })
  const draw = (rows: readonly (readonly string[])[], columns: readonly Column[] | undefined): string => {
    const head = columns?.map((column) => column.head)
    const style = { head: [], border: [], 'padding-left': 0, 'padding-right': gap }
    const colAligns = columns?.map((column) => column.align ?? 'left') ?? ['left', 'left']
    const lay = (colWidths?: number[]): InstanceType<typeof Table> => {
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
    const natural = lay()
    const text = natural.toString()
    // Drawing has filled in how wide each column came out, wide characters counted as two.
    const widths = [...(natural.options.colWidths as number[])]
    const kept = room === undefined || !columns ? undefined : keptColumns(rows, columns, { widths, room })
    if (columns && kept && kept.length < columns.length) {
      const only = <T>(all: readonly T[]): T[] => kept.map((index) => all[index] as T)
      return draw(rows.map(only), only(columns))
    }
    const fitted: readonly number[] = room === undefined ? widths : fit(widths, room)
    const drawn = fitted === widths ? text : lay([...fitted]).toString()
    return `${drawn.replace(/ +$/gm, '')}\n`
  }
  return draw
}

/**
 * Indexes of the columns that stay where not all have room. What is left may still be too wide: long cells are cut, so a
 * column counts as `longest` at most.
 */
function keptColumns(
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
  { widths, room }: { readonly widths: readonly number[]; readonly room: number },
): readonly number[] {
  const isEmpty = (index: number): boolean => rows.every((cells) => ['', '0'].includes(cells[index] ?? ''))
  const rank = (index: number): number => (columns[index]?.minor ?? 0) + (isEmpty(index) ? 1000 : 0)
  const leaving = columns
    .map((_, index) => index)
    .filter((index) => (columns[index]?.minor ?? 0) > 0 || (columns[index]?.minor === 0 && isEmpty(index)))
    .sort((a, b) => rank(b) - rank(a))
  let kept = columns.map((_, index) => index)
  const total = (): number => kept.reduce((sum, index) => sum + Math.min(widths[index] ?? 0, longest), 0) - gap
  for (const index of leaving) {
    if (total() <= room) break
    kept = kept.filter((each) => each !== index)
  }
  return kept
}

/** Takes from the widest column until all fit or none can give more. The same array when nothing had to be cut. */
function fit(widths: readonly number[], room: number): readonly number[] {
  const total = widths.reduce((sum, width) => sum + width, 0) - gap
  if (total <= room) return widths
  const cut = [...widths]
  for (let excess = total - room; excess > 0; excess -= 1) {
    const widest = cut.indexOf(Math.max(...cut))
    if ((cut[widest] ?? 0) <= narrowest + gap) break
    cut[widest] = (cut[widest] ?? 0) - 1
  }
  return cut
}
