import { expect, it } from 'vitest'
import { nearestName } from '../../src/core/nearest-name.ts'

const names = ['indicators', 'malware', 'Demo Organization', 'osint-high']

it.each([
  ['indicator', 'indicators'],
  ['idnicators', 'indicators'],
  ['MALWARE', 'malware'],
  ['demo organisation', 'Demo Organization'],
  ['osint', 'osint-high'],
  ['high', 'osint-high'],
])('takes %s for %s', (typed, meant) => {
  expect(nearestName(typed, names)).toBe(meant)
})

it.each(['xyz', 'c1', '', 'vulnerabilities'])('has no guess for "%s"', (typed) => {
  expect(nearestName(typed, names)).toBeUndefined()
})

it('is quick on names of any length', () => {
  const long = 'a'.repeat(100_000)
  expect(nearestName(long, [`${long}b`, 'b'])).toBe(`${long}b`)
})
