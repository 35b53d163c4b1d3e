import { lineSafe, textOf } from '../byte-string.ts'
import type { Addition, LogFormat } from './format.ts'

const delimiters = [',', ';', '\t', '|'] as const

/**
 * CSV with a header, by RFC 4180: separated by `,`, `;`, tab or `|`, whichever the header has most. Every record gets the
 * columns, so that a table stays a table; those of an earlier run are replaced.
 */
export function createCsv(): LogFormat {
  let delimiter = ','
  let names: readonly string[] = []
  let added: readonly string[] = []
  // Columns at the end that are ours from an earlier run.
  let ownColumns = 0

  function withoutOwn(line: string): string {
    if (ownColumns === 0) return line
    const cells = cellsOf(line, delimiter)
    const last = cells[names.length - 1]
    return last ? line.slice(0, last.to) : line
  }

  return {
    name: 'csv',
    lineKind: 'text',
    readHeader(line, columns) {
      delimiter = mostFrequent(line)
      const cells = cellsOf(line, delimiter)
      const written = cells.map(({ value }) => textOf(value).trim())
      const isOwn =
        columns.length <= written.length && columns.every((name, at) => written.at(at - columns.length) === name)
      ownColumns = isOwn ? columns.length : 0
      names = isOwn ? written.slice(0, -columns.length) : written
      added = columns
      return isOwn ? line : [line, ...columns].join(delimiter)
    },
    read(line, _own, visit) {
      const bare = withoutOwn(line)
      for (const [index, { value }] of cellsOf(bare, delimiter).entries()) {
        visit(() => names[index] ?? String(index + 1), textOf(value), 'value')
      }
      return (additions) => [bare, ...cellsFor(additions, added, delimiter)].join(delimiter)
    },
    extendEmpty: (line) => (line === '' ? line : [withoutOwn(line), ...added.map(() => '')].join(delimiter)),
    goesOn: (record) => hasOpenQuote(record),
  }
}

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
