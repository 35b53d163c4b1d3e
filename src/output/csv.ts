import { isFormula } from '../core/formula.ts'
import { cellText } from './cell.ts'
import type { OpenWriter, OutputRecord, Shape } from './writer.ts'

/**
 * CSV quoted as in RFC 4180, lines ending in a line feed, field names as heads. A text that a spreadsheet would run gets a
 * leading apostrophe; numbers are left alone.
 */
export const openCsv: OpenWriter = async ({ stream }) => {
  const { stringify } = await import('csv-stringify/sync')
  const row = (cells: readonly string[]): Promise<void> =>
    stream.write(stringify([[...cells]], { quoted_match: /[\r\n]/, record_delimiter: 'unix' }))
  const fields = (shape: Shape): string[] => shape.columns.map((column) => column.field)
  const cells = (record: OutputRecord, shape: Shape): string[] => fields(shape).map((field) => safeCell(record[field]))
  return {
    format: 'csv',
    get closed() {
      return stream.closed
    },
    async list(records, shape) {
      await row(fields(shape))
      for await (const record of records) await row(cells(record, shape))
    },
    async one(record, shape) {
      await row(fields(shape))
      await row(cells(record, shape))
    },
    async results(results, _totals, shape) {
      await row(fields(shape))
      for (const result of results) await row(cells(result, shape))
    },
    raw: (chunk) => stream.write(chunk),
    end: () => stream.end(),
  }
}

function safeCell(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  // Judged as it came and as it is written: making a control character visible must not hide a formula, nor make one.
  const text = cellText(value)
  return isFormula(typeof value === 'string' ? value : text) || isFormula(text) ? `'${text}` : text
}
