import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareTimestamps,
  fromEpochMicroseconds,
  isTimestamp,
  laterTimestamp,
  minusMicroseconds,
  timestampKey,
  timestampOfDate,
  toEpochMicroseconds,
  toMicroseconds,
} from '../../src/core/timestamp.ts'

describe('timestamps as text (T12)', () => {
  it.each([
    ['2025-02-13T19:41:56.302472Z', '2025-02-13T19:41:56.302472000Z'],
    ['2025-02-13T19:41:56Z', '2025-02-13T19:41:56.000000000Z'],
    ['2025-02-13T19:41:56.3z', '2025-02-13T19:41:56.300000000Z'],
    ['2025-02-13t19:41:56.123456789+00:00', '2025-02-13T19:41:56.123456789Z'],
    ['2025-02-13T19:41:56.123456789123Z', '2025-02-13T19:41:56.123456789123Z'],
    ['2024-02-29T23:30:00-02:00', '2024-03-01T01:30:00.000000000Z'],
    ['2025-01-01T00:15:00.5+05:45', '2024-12-31T18:30:00.500000000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:60.000000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999000Z'],
    [' 2020-01-01T00:00:00+00:00 ', '2020-01-01T00:00:00.000000000Z'],
    ['2020-01-01 00:00:00Z', '2020-01-01T00:00:00.000000000Z'],
  ])('reads %s', (text, key) => {
    expect(timestampKey(text)).toBe(key)
  })

  it.each([
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:00:61Z',
    '2025-01-01',
    '2025-01-01T00:00:00',
    '',
    'undefined',
    '2025-01-01T00:00:00.Z',
    '2025-01-01T00:00:00+99:00',
  ])('refuses "%s"', (text) => {
    expect(isTimestamp(text)).toBe(false)
    expect(toMicroseconds(text)).toBeUndefined()
  })

  it('keeps microseconds that Date would cut', () => {
    expect(toMicroseconds('2025-02-13T19:41:56.302472Z')).toBe('2025-02-13T19:41:56.302472Z')
    expect(toMicroseconds('2025-02-13T19:41:56.302472999Z')).toBe('2025-02-13T19:41:56.302472Z')
  })

  it('compares as instants at nine digits and more', () => {
    expect(compareTimestamps('2020-01-01T00:00:00.000000001Z', '2020-01-01T00:00:00Z')).toBe(1)
    expect(compareTimestamps('2020-01-01T01:00:00+01:00', '2020-01-01T00:00:00.000Z')).toBe(0)
    expect(compareTimestamps('2019-12-31T23:59:60Z', '2020-01-01T00:00:00Z')).toBe(-1)
    expect(laterTimestamp('2020-01-01T00:00:00Z', undefined)).toBe('2020-01-01T00:00:00Z')
    expect(laterTimestamp('2020-01-01T00:00:00Z', '2020-01-01T00:00:00.1Z')).toBe('2020-01-01T00:00:00.1Z')
  })

  it('subtracts single microseconds across every border', () => {
    expect(minusMicroseconds('2020-01-01T00:00:00Z', 1)).toBe('2019-12-31T23:59:59.999999Z')
    expect(minusMicroseconds('1970-01-01T00:00:00Z', 1)).toBe('1969-12-31T23:59:59.999999Z')
    expect(minusMicroseconds('0001-01-01T00:00:00Z', 1)).toBe('0001-01-01T00:00:00.000000Z')
    expect(minusMicroseconds('nonsense', 1)).toBeUndefined()
  })

  it('goes through epoch microseconds and back without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -62135596800000000n, max: 253402300799999999n }), (micros) => {
        const text = fromEpochMicroseconds(micros)
        expect(toEpochMicroseconds(text)).toBe(micros)
        expect(toMicroseconds(text)).toBe(text)
      }),
    )
  })

  it('orders keys as it orders instants', () => {
    const micros = fc.bigInt({ min: -62135596800000000n, max: 253402300799999999n })
    fc.assert(
      fc.property(micros, micros, (a, b) => {
        const expected = a < b ? -1 : a > b ? 1 : 0
        expect(compareTimestamps(fromEpochMicroseconds(a), fromEpochMicroseconds(b))).toBe(expected)
      }),
    )
  })

  it('writes a Date with six digits', () => {
    expect(timestampOfDate(new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)))).toBe('2026-01-02T03:04:05.006000Z')
  })
})
