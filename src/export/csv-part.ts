import { isFormula } from '../core/formula.ts'
import { visible } from '../core/visible.ts'
import type { FormatOptions } from './format.ts'

/**
 * Makes a line of CSV out of cells, quoted as in RFC 4180. A text that a spreadsheet would run gets a leading apostrophe, and
 * what a terminal would act upon stands as `\u{..}` in it (S8); with `rawCsv` cells are as they are.
 */
export async function csvLine({ rawCsv }: Pick<FormatOptions, 'rawCsv'>): Promise<(cells: readonly Cell[]) => string> {
  const { stringify } = await import('csv-stringify/sync')
  const safe = (cell: Cell): string => {
    if (typeof cell !== 'string') return cell === undefined ? '' : String(cell)
    if (rawCsv) return cell
    // Judged as it came and as it is written: making a control character visible must not hide a formula.
    const text = visible(cell, { lines: true, spell: kept })
    return isFormula(cell) || isFormula(text) ? `'${text}` : text
  }
  return (cells) => stringify([cells.map(safe)], { quoted_match: /[\r\n]/, record_delimiter: 'unix' })
}

// A carriage return may end a line of a cell.
function kept(codePoint: number): string {
  return codePoint === 0x0d ? '\r' : `\\u{${codePoint.toString(16)}}`
}

export type Cell = string | number | undefined
