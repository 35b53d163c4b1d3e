import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { rows } from './rows.ts'

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

it('has one row for each of the 72 numbers of the list, and a version for each', () => {
  const spans = [span(1, 5), span(7, 11), [13], span(15, 19), span(21, 32), span(34, 37), span(39, 42), span(44, 73)]
  expect(rows.map((row) => row.number)).toEqual([...spans, span(76, 78), span(80, 82)].flat())
  for (const row of rows) expect(row.versions, String(row.number)).not.toHaveLength(0)
})

it('is written down in docs/quirks.md, row for row', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/quirks.md'), 'utf8')
  const lines = rows.map(({ number, versions, title }) => `| ${number} | ${versions.join(', ')} | ${title} |`)
  expect(page.split('\n').filter((line) => /^\| \d/.test(line))).toEqual(lines)
})
