import { describe, expect, it } from 'vitest'
import { beforeInstant, durationMs, parseDuration, parseInstant } from '../../src/core/duration.ts'
import type { StixTaxiiError } from '../../src/core/errors.ts'

const before = (now: string, text: string) => beforeInstant(now, parseDuration(text) ?? { count: 0, unit: 'h' })

describe('durations (T11)', () => {
  it.each([
    ['2026-03-31T12:00:00Z', '1mo', '2026-02-28T12:00:00.000000Z'],
    ['2024-03-31T12:00:00.123456Z', '1mo', '2024-02-29T12:00:00.123456Z'],
    ['2024-02-29T00:00:00Z', '12mo', '2023-02-28T00:00:00.000000Z'],
    ['2026-01-31T00:00:00Z', '2mo', '2025-11-30T00:00:00.000000Z'],
    ['2026-03-29T12:00:00Z', '1d', '2026-03-28T12:00:00.000000Z'],
    ['2026-03-08T12:00:00Z', '20d', '2026-02-16T12:00:00.000000Z'],
    ['2026-01-02T03:04:05.000001Z', '2h', '2026-01-02T01:04:05.000001Z'],
    ['2026-01-15T00:00:00Z', '1w', '2026-01-08T00:00:00.000000Z'],
    ['0001-06-01T00:00:00Z', '999999mo', '0001-01-01T00:00:00.000000Z'],
  ])('%s less %s is %s', (now, duration, expected) => {
    expect(before(now, duration)).toBe(expected)
  })

  it.each(['UTC', 'Europe/Copenhagen', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'])(
    'counts days of 24 hours with TZ=%s',
    (zone) => {
      const saved = process.env['TZ']
      try {
        process.env['TZ'] = zone
        expect(before('2026-03-29T12:00:00Z', '1d')).toBe('2026-03-28T12:00:00.000000Z')
        expect(before('2026-03-31T00:30:00Z', '1mo')).toBe('2026-02-28T00:30:00.000000Z')
      } finally {
        if (saved === undefined) delete process.env['TZ']
        else process.env['TZ'] = saved
      }
    },
  )

  it.each(['', '20', 'd', '-1d', '1.5d', '20 days', '1y', '20m', '9999999d', '0x1d'])(
    'does not take "%s" for one',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('measures intervals', () => {
    expect(durationMs({ count: 2, unit: 'd' })).toBe(172_800_000)
  })

  it('reads a time or a duration and names flag and value otherwise', () => {
    const now = new Date(Date.UTC(2026, 0, 21))
    expect(parseInstant('--since', '20d', now)).toBe('2026-01-01T00:00:00.000000Z')
    expect(parseInstant('--since', '2026-01-02T03:04:05+01:00', now)).toBe('2026-01-02T02:04:05.000000Z')
    expect(() => parseInstant('--since', 'yesterday', now)).toThrowError(
      expect.objectContaining({
        code: 'CORE_WINDOW_UNREADABLE',
        kind: 'usage',
        message: expect.stringContaining('"yesterday"'),
      }) as StixTaxiiError,
    )
  })
})
