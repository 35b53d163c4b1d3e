import { expect, it } from 'vitest'
import { refusalText } from '../../src/director/assumptions.ts'
import { readDocument } from '../../src/director/mended-json.ts'

it.each([
  ['arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
  ['objects', `${'{"message":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
])('what is nested deeper than any answer (%s) is no document', (_, text) => {
  expect(readDocument(text)).toBeUndefined()
})

it.each([
  ['before a word of Python', `["${'x'.repeat(15_000_000)}", True]`, true],
  ['without an end', `["${'x'.repeat(15_000_000)}`, false],
])('a string of megabytes %s ends the reading, not the program', (_, text, isDocument) => {
  expect(readDocument(text) !== undefined).toBe(isDocument)
})

it('a page that is all beginnings of a title is soon read', () => {
  const began = performance.now()
  expect(refusalText(undefined, '<title'.repeat(10_000))).toBe('an HTML page')
  expect(performance.now() - began).toBeLessThan(500)
})
