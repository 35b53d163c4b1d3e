// Also behind blanks, behind a quote, and at the start of any line of the cell. Blanks are those of one line, so that a cell
// of nothing but line ends is gone over once.
const formula = /(?:^|[\r\n])[^\S\r\n]*(?:["'][^\S\r\n]*)?[=+\-@\t\r＝＋－＠]/u

/** Whether a spreadsheet that opens a CSV file would run a cell (S10). */
export function isFormula(cell: string): boolean {
  return formula.test(cell)
}
