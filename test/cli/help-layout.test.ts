import { expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'

// A line that has no blank before its end is an example or one word: it cannot be wrapped.
const canBeWrapped = (line: string): boolean => !/^ *(stixtaxii|Usage:|\$)/.test(line) && /\S \S/.test(line.trim())

it.each([40, 60, 80, 120])('L12 help fits into %i columns without a broken word', async (columns) => {
  const wide = await runCli('fetch --help', { columns: 120 })
  const { stdout } = await runCli('fetch --help', { columns })

  expect(stdout.split('\n').filter((line) => line.length > columns && canBeWrapped(line))).toEqual([])
  expect(stdout.split(/\s+/)).toEqual(wide.stdout.split(/\s+/))
})
