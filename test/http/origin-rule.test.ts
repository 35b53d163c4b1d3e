import { expect, test } from 'vitest'
import { playOriginRule } from './origin-rule/play.ts'

test('S1, N15, T16: no spelling of another origin gets a secret: a sample; all of it is in test/slow', async () => {
  const played = await playOriginRule({ kinds: ['header'], places: ['redirect', 'api_roots'] })

  expect(played.crossed).toEqual([])
  expect(played.spellings).toBeGreaterThanOrEqual(40)
  expect(played.checks).toBe(played.spellings * 2)
  // The same way leads there once the profile allows it: the silence above is not for want of hearing.
  expect(played.reached).toEqual(['header, redirect', 'header, api_roots'])
})
