import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { faultChapters, faultPage, faults, filesThatShow, readTestFiles, unshown } from '../tools/docs/fault-page.ts'

const root = path.resolve(import.meta.dirname, '..')
const files = readTestFiles(root)

describe('the list of faults', () => {
  it('has a test for every named fault, or says why not', () => {
    expect(unshown(files)).toEqual([])
  })

  it('names faults for every row of the matrix, and none for another', () => {
    const rows = faultChapters.flatMap(({ requirements }) => requirements)
    const named = new Set(faults.map(({ row }) => row))
    expect(rows.filter(({ number, struck }) => struck === undefined && !named.has(number))).toEqual([])
    expect([...named].filter((row) => !rows.some(({ number }) => number === row))).toEqual([])
  })

  it('has at least 120, each once', () => {
    const names = faults.filter(({ struck }) => struck === undefined).map(({ row, about }) => `${row} ${about}`)
    expect(names.length).toBeGreaterThanOrEqual(120)
    expect(new Set(names).size).toBe(names.length)
  })

  it('is told by docs/faults.md as it is: npm run docs', () => {
    expect(readFileSync(path.join(root, 'docs', 'faults.md'), 'utf8')).toBe(faultPage(files))
  })

  it('takes no test for shown whose file does not carry the number of the row', () => {
    const shown = { row: 'L3', about: 'x', test: 'D4 sends no write' }
    expect(filesThatShow(shown, files)).toEqual([])
    expect(filesThatShow({ ...shown, row: 'D4' }, files)).toEqual(['test/cli/fleet.test.ts'])
  })
})
