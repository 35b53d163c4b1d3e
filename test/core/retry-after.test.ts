import { afterEach, describe, expect, it } from 'vitest'
import { httpDateMs, retryAfterMs } from '../../src/core/retry-after.ts'

const at = Date.UTC(1994, 10, 6, 8, 49, 37)
const zone = process.env['TZ']

afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

describe('an HTTP date', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 09:49:37 +0100',
  ])('T10: "%s" is the same time, wherever this machine is', (text) => {
    process.env['TZ'] = 'Asia/Tokyo'
    expect(new Date(0).getTimezoneOffset()).toBe(-540)
    expect(httpDateMs(text)).toBe(at)
    expect(retryAfterMs(text, new Date(at - 5000))).toBe(5000)
  })

  it.each(['', '2', '-5', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 19940 08:49:37 GMT', 'Sun, 99 Nov 1994 08:49:37 GMT'])(
    '"%s" is none',
    (text) => {
      expect(httpDateMs(text)).toBeUndefined()
    },
  )
})

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['1.5', 1500],
    ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
  ])('"%s" asks for %s ms', (text, ms) => {
    expect(retryAfterMs(text, new Date(at))).toBe(ms)
  })
})
