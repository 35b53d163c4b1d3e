import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { conformancePage, readNumberedTests, untested } from '../tools/docs/conformance-page.ts'
import { securityPage } from '../tools/docs/security-table.ts'

const root = path.resolve(import.meta.dirname, '..')
const tests = readNumberedTests(root)

it('has a test for every numbered requirement, or says why not', () => {
  expect(untested(tests)).toEqual([])
})

it('is told by docs/conformance.md as it is: npm run docs', () => {
  expect(readFileSync(path.join(root, 'docs', 'conformance.md'), 'utf8')).toBe(conformancePage(tests))
})

it('SECURITY.md has a table of its requirements and of what shows each: npm run docs', () => {
  const page = readFileSync(path.join(root, 'SECURITY.md'), 'utf8')
  expect(page).toBe(securityPage(page, tests))
  expect(page).not.toContain('nothing shows it')
})

it('reads numbers from the names of tests only, ranges whole', () => {
  expect(tests.get('C1H-4')).toEqual(['test/taxii/v1/exchange.test.ts'])
  expect(tests.get('C21-99')).toBeUndefined()
})
