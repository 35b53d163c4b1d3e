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

it.each([
  ['exit-codes', 40],
  ['environment', 40],
  ['formats', 40],
  ['exit-codes', 80],
  ['environment', 80],
  ['formats', 80],
])('L12 the topic %s fits into %i columns without a broken word', async (topic, columns) => {
  const wide = await runCli(`help ${topic}`, { columns: 120 })
  const { stdout } = await runCli(`help ${topic}`, { columns })

  expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([])
  expect(stdout.split(/\s+/)).toEqual(wide.stdout.split(/\s+/))
})

it('L12 a usage that is too long for the terminal goes on below its first word', async () => {
  const { stdout } = await runCli('server account create --help', { columns: 40 })
  expect(stdout).toMatch(/^Usage: stixtaxii server account create\n {7}\[options\] <NAME>\n/)
})

it('L12 the topic environment has what each global flag means in one column', async () => {
  const { stdout } = await runCli('help environment', { columns: 100 })
  const flags = stdout.split('\n').filter((line) => /^ {2}-/.test(line))
  expect(flags.length).toBeGreaterThan(8)
  expect(
    new Set(
      flags.map((line) => /\S {2,}(?=\S)/.exec(line.slice(2))).map((gap) => (gap?.index ?? 0) + (gap?.[0].length ?? 0)),
    ).size,
  ).toBe(1)
})
