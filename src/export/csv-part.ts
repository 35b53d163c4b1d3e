import type { FormatOptions } from './format.ts'

// What a spreadsheet takes for a formula, also behind blanks, behind a quote, and at the start of any line of the cell.
// Blanks are those of one line, so that a cell of nothing but line ends is gone over once.
const formula = /(?:^|[\r\n])[^\S\r\n]*(?:["'][^\S\r\n]*)?[=+\-@\t\r＝＋－＠]/u

/** Makes a line of CSV out of cells, quoted as in RFC 4180. A text that a spreadsheet would run gets a leading apostrophe. */
export async function csvLine({ rawCsv }: Pick<FormatOptions, 'rawCsv'>): Promise<(cells: readonly Cell[]) => string> {
  const { stringify } = await import('csv-stringify/sync')
  const safe = (cell: Cell): string => {
    if (typeof cell !== 'string') return cell === undefined ? '' : String(cell)
    return !rawCsv && formula.test(cell) ? `'${cell}` : cell
  }
  return (cells) => stringify([cells.map(safe)], { quoted_match: /[\r\n]/, record_delimiter: 'unix' })
}

export type Cell = string | number | undefined
