import { lineSafe, textOf } from '../byte-string.ts'
import type { Addition, FormatOptions, LogFormat } from './format.ts'

const delimiters = [',', ';', '\t', '|'] as const

/**
 * CSV by RFC 4180: separated by `,`, `;`, tab or `|`, whichever the first line has most; with a header, or (`header: false`)
 * columns that are named by their number. Every record gets the added columns in the places that the header gives them: a
 * short record is filled up before them, what a long one has too much comes after them. Those of an earlier run are replaced.
 */
export function createCsv({ header = true }: FormatOptions = {}): LogFormat {
  let delimiter = ','
  // Columns of the log itself.
  let width = 0
  let names: readonly string[] = []
  let added: readonly string[] = []
  // Columns behind them that are ours from an earlier run.
  let ownColumns = 0
  let ragged = 0

  function begin(line: string, columns: readonly string[]): readonly string[] {
    delimiter = mostFrequent(line)
    const cells = cellsOf(line, delimiter).map(({ value }) => textOf(value).trim())
    width = cells.length
    added = columns
    return cells
  }

  function beginWithout(line: string, columns: readonly string[]): void {
    if (!header && width === 0) begin(line, columns)
  }

  // A record with these cells in our columns.
  function withCells(line: string, cells: readonly string[]): string {
    const ends = endsOf(line, delimiter)
    if (ends.length !== width + ownColumns) ragged++
    const inner = line.slice(0, ends[Math.min(ends.length, width) - 1])
    const missing = delimiter.repeat(Math.max(0, width - ends.length))
    const beyond = ends.length > width + ownColumns ? line.slice(ends[width + ownColumns - 1]) : ''
    return `${inner}${missing}${delimiter}${cells.join(delimiter)}${beyond}`
  }

  return {
    name: 'csv',
    lineKind: 'text',
    readHeader: header
      ? (line, columns) => {
          const written = begin(line, columns)
          const isOwn =
            columns.length < written.length && columns.every((name, at) => written.at(at - columns.length) === name)
          ownColumns = isOwn ? columns.length : 0
          width -= ownColumns
          names = written.slice(0, width)
          return isOwn ? line : [line, ...columns].join(delimiter)
        }
      : undefined,
    read(line, own, visit) {
      beginWithout(line, [...own])
      for (const [index, { value }] of cellsOf(line, delimiter).entries()) {
        if (index >= width && index < width + ownColumns) continue
        visit(() => names[index] ?? String(index + 1), textOf(value), 'value')
      }
      return (additions) => withCells(line, cellsFor(additions, added, delimiter))
    },
    extendEmpty(line, columns) {
      beginWithout(line, columns)
      return line === '' ? line : withCells(line, emptyCells(added))
    },
    goesOn: (line) => hasOpenQuote(line),
    raggedRecords: () => ragged,
  }
}

const emptyCells = (added: readonly string[]): readonly string[] => added.map(() => '')

function mostFrequent(line: string): string {
  const counts = delimiters.map((one) => [one, line.split(one).length] as const)
  return counts.reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}

interface Cell {
  readonly value: string
  readonly to: number
}

/** A cell in quotes may have separators and line feeds; a quote within is doubled. */
function cellsOf(line: string, delimiter: string): readonly Cell[] {
  const cells: Cell[] = []
  let at = 0
  for (;;) {
    const isQuoted = line[at] === '"'
    let from = at
    if (isQuoted) {
      at++
      for (;;) {
        const quote = line.indexOf('"', at)
        if (quote < 0) return [...cells, { value: line.slice(from), to: line.length }]
        at = quote + 1
        if (line[at] !== '"') break
        at++
      }
    }
    const inner = isQuoted ? line.slice(from + 1, at - 1).replaceAll('""', '"') : undefined
    if (isQuoted) from = at
    const next = line.indexOf(delimiter, at)
    const to = next < 0 ? line.length : next
    cells.push({ value: inner ?? line.slice(from, to), to })
    if (next < 0) return cells
    at = next + delimiter.length
  }
}

/** Where each cell ends. */
function endsOf(line: string, delimiter: string): readonly number[] {
  if (line.includes('"')) return cellsOf(line, delimiter).map(({ to }) => to)
  const ends: number[] = []
  for (let at = line.indexOf(delimiter); at >= 0; at = line.indexOf(delimiter, at + 1)) ends.push(at)
  ends.push(line.length)
  return ends
}

function hasOpenQuote(record: string): boolean {
  let quotes = 0
  for (let at = record.indexOf('"'); at >= 0; at = record.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 1
}

function cellsFor(additions: readonly Addition[], added: readonly string[], delimiter: string): readonly string[] {
  return added.map((name) => {
    const addition = additions.find((one) => one.name === name)
    return addition === undefined ? '' : cellOf(addition.value, delimiter)
  })
}

/** A text that a spreadsheet would take for a formula gets an apostrophe. */
function cellOf(value: string | number, delimiter: string): string {
  if (typeof value === 'number') return String(value)
  const safe = lineSafe(value)
  const inert = /^[\s\u00a0]*[=+@-]/.test(textOf(safe)) ? `'${safe}` : safe
  const needsQuotes = inert.includes('"') || inert.includes(delimiter) || inert !== inert.trim()
  return needsQuotes ? `"${inert.replaceAll('"', '""')}"` : inert
}
