import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareTimestamps, timestampOfDate } from '../../../src/core/timestamp.ts'
import { conclude, halved, readPosition, windowOf, writePosition } from '../../../src/taxii/v1/poll-window.ts'
import type { Stand, WindowEnd } from '../../../src/taxii/v1/poll-window.ts'

const day = (n: number, hour = 0): string => timestampOfDate(new Date(Date.UTC(2026, 0, n, hour)))
const dayMs = 86_400_000
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const anyDay = fc.integer({ min: 1, max: 28 }).map((n) => day(n))

describe('T3: positions', () => {
  const stands: fc.Arbitrary<Stand> = fc.record({
    begin: maybe(anyDay),
    spanMs: maybe(fc.integer({ min: 1, max: 10 * dayMs })),
    wanted: maybe(anyDay),
    result: maybe(
      fc.record({
        id: fc.string(),
        part: fc.integer({ min: 1, max: 9 }),
        address: fc.webUrl(),
        end: maybe(anyDay),
        now: maybe(anyDay),
        label: maybe(anyDay),
      }),
    ),
  })

  test('are read as they were written, also after a time as JSON', () => {
    fc.assert(
      fc.property(stands, (stand) => {
        const position = writePosition(stand)
        expect(Object.values(position)).not.toContain(undefined)
        expect(readPosition(JSON.parse(JSON.stringify(position)) as typeof position)).toEqual(stand)
      }),
    )
  })

  const whole = { v: 1, resultId: 'r', part: 2, address: 'http://taxii.example/' }
  test.each([
    [{ ...whole, v: 2 }, undefined],
    [{ ...whole, resultId: 5 }, {}],
    [{ ...whole, part: '2' }, {}],
    [{ v: 1, part: 2, address: 'x' }, {}],
    [{ v: 1, resultId: 'r', address: 'x' }, {}],
    [{ v: 1, resultId: 'r', part: 2 }, {}],
    [{ v: 1, begin: 5, spanMs: '1', wanted: true }, {}],
  ])('of others, or damaged, %j, mean no half-read result', (position, stand) => {
    expect(readPosition(position as Parameters<typeof readPosition>[0])).toEqual(stand)
  })
})

describe('windows', () => {
  test.each([
    [{ begin: day(1) }, day(9), { begin: day(1), end: day(9) }],
    [{ begin: day(1), spanMs: dayMs }, undefined, { begin: day(1), end: undefined }],
    [{ begin: day(1), wanted: day(5) }, day(9), { begin: day(1), end: day(9) }],
    [{ begin: day(1), spanMs: dayMs, wanted: day(5) }, day(9), { begin: day(1), end: day(2) }],
    [{ begin: day(4, 12), spanMs: dayMs, wanted: day(5) }, undefined, { begin: day(4, 12), end: day(5) }],
    [{ begin: day(5), spanMs: dayMs, wanted: day(5) }, undefined, undefined],
    [{ begin: day(6), spanMs: dayMs, wanted: day(5) }, undefined, undefined],
    [
      { spanMs: dayMs, wanted: day(5) },
      undefined,
      { begin: '1970-01-01T00:00:00Z', end: '1970-01-02T00:00:00.000000Z' },
    ],
  ])('of the stand %j with the end %s', (stand, end, window) => {
    expect(windowOf(stand, end)).toEqual(window)
  })

  test.each([
    [{}, {}, undefined, undefined],
    [{}, { begin: day(1) }, day(5), { begin: '1970-01-01T00:00:00Z', spanMs: 2 * dayMs, wanted: day(5) }],
    [{ begin: day(1) }, { begin: day(1), end: day(3) }, day(9), { begin: day(1), spanMs: dayMs, wanted: day(3) }],
    [
      { begin: day(1), wanted: day(8) },
      { begin: day(1), end: day(3) },
      day(9),
      { begin: day(1), spanMs: dayMs, wanted: day(8) },
    ],
    [
      { begin: '2026-01-01T00:00:00Z' },
      { begin: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:01Z' },
      undefined,
      undefined,
    ],
    [
      { begin: '2026-01-01T00:00:00Z' },
      { begin: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:01.5Z' },
      undefined,
      { begin: '2026-01-01T00:00:00Z', spanMs: 1000, wanted: '2026-01-01T00:00:01.5Z' },
    ],
  ])('the stand %j halved, whose window was %j and the clock %s', (stand, window, now, half) => {
    expect(halved(stand, window, now)).toEqual(half)
  })
})

describe('what the end of a window proves', () => {
  const none: WindowEnd = { window: {}, label: undefined, now: undefined, isEmpty: false }
  test.each<[string, Stand, Partial<WindowEnd>, string | undefined, ReturnType<typeof conclude>]>([
    ['nothing, where nothing is said', {}, {}, undefined, { stamp: undefined, future: false }],
    ['its label', {}, { label: day(3) }, undefined, { stamp: day(3), future: false }],
    ['the end that was asked for', {}, { window: { end: day(3) } }, day(3), { stamp: day(3), future: false }],
    ['the clock before it', {}, { now: day(3) }, undefined, { stamp: day(3), future: false }],
    [
      'the label, of a window with an end and no clock',
      {},
      { window: { begin: day(1), end: day(5) }, label: day(4) },
      day(5),
      { stamp: day(4), next: { begin: day(4) }, future: false },
    ],
    [
      'the clock, when the label lies in the future',
      {},
      { label: '2026-01-03T00:05:00.000001Z', now: day(3) },
      undefined,
      { stamp: day(3), future: true },
    ],
    [
      'the label, five minutes after the clock at the most',
      {},
      { label: '2026-01-03T00:05:00.000000Z', now: day(3) },
      undefined,
      { stamp: '2026-01-03T00:05:00.000000Z', future: false },
    ],
    [
      'the clock, and no more is asked, where the end lies in the future',
      {},
      { window: { end: day(9) }, label: day(9), now: day(3) },
      day(9),
      { stamp: day(3), future: true },
    ],
    [
      'its label, and the rest is asked for, when that lies a minute before the clock',
      {},
      { label: '2026-01-02T23:58:59Z', now: day(3) },
      undefined,
      { stamp: '2026-01-02T23:58:59Z', next: { begin: '2026-01-02T23:58:59Z' }, future: false },
    ],
    [
      'its label, and nothing is left, when that is younger',
      {},
      { label: '2026-01-02T23:59:00Z', now: day(3) },
      undefined,
      { stamp: '2026-01-02T23:59:00Z', future: false },
    ],
    [
      'its begin, when nothing came after it',
      { begin: day(3) },
      { window: { begin: day(3) }, label: day(3), now: day(9) },
      undefined,
      { stamp: day(3), future: false },
    ],
    [
      'nothing, when the label lies before its begin',
      { begin: day(3) },
      { window: { begin: day(3) }, label: day(2), now: day(9) },
      undefined,
      { stamp: undefined, future: false },
    ],
    [
      'its own end in a slice without a label or a clock',
      { begin: day(1), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(1), end: day(2) } },
      undefined,
      { stamp: day(2), next: { begin: day(2), spanMs: dayMs, wanted: day(9) }, future: false },
    ],
    [
      'its own end in a slice whose label lies before it',
      { begin: day(3), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(3), end: day(4) }, label: day(2), now: day(9) },
      undefined,
      { stamp: day(4), next: { begin: day(4), spanMs: dayMs, wanted: day(9) }, future: false },
    ],
    [
      'its label in a slice that covers less, which is followed on from there',
      { begin: day(3), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(3), end: day(4) }, label: day(3, 12), now: day(9) },
      undefined,
      { stamp: day(3, 12), next: { begin: day(3, 12), spanMs: dayMs, wanted: day(9) }, future: false },
    ],
    [
      'everything that was wanted, in the last slice',
      { begin: day(8), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(8), end: day(9) }, label: day(9), now: day(9) },
      undefined,
      { stamp: day(9), future: false },
    ],
    [
      'its own end in an empty slice, after which slices are twice as long',
      { begin: day(1), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(1), end: day(2) }, isEmpty: true },
      undefined,
      { stamp: day(2), next: { begin: day(2), spanMs: 2 * dayMs, wanted: day(9) }, future: false },
    ],
    [
      'its own end in a slice that begins with the epoch',
      { spanMs: dayMs, wanted: day(9) },
      { window: { end: '1970-01-02T00:00:00.000000Z' } },
      undefined,
      {
        stamp: '1970-01-02T00:00:00.000000Z',
        next: { begin: '1970-01-02T00:00:00.000000Z', spanMs: dayMs, wanted: day(9) },
        future: false,
      },
    ],
    [
      'its begin in a slice of which nothing is said, so that it is asked for again',
      { begin: day(2), spanMs: dayMs, wanted: day(9) },
      { window: { begin: day(2) } },
      undefined,
      { stamp: day(2), next: { begin: day(2), spanMs: dayMs, wanted: day(9) }, future: false },
    ],
    [
      'a window that has only one of span and goal is no slice',
      { begin: day(1), spanMs: dayMs },
      { window: { begin: day(1), end: day(2) }, label: day(2), now: day(9) },
      day(2),
      { stamp: day(2), future: false },
    ],
    [
      'nor is one that has only the other',
      { begin: day(1), wanted: day(9) },
      { window: { begin: day(1), end: day(2) }, label: day(2), now: day(9) },
      day(2),
      { stamp: day(2), future: false },
    ],
  ])('%s', (_name, stand, end, asked, conclusion) => {
    expect(conclude(stand, { ...none, ...end }, { end: asked })).toEqual({
      ...conclusion,
      ...(conclusion.next ? {} : { next: undefined }),
    })
  })

  test('slices grow up to what the provider wants', () => {
    const stand = { begin: day(1), spanMs: 2 * dayMs, wanted: day(9) }
    const end = { ...none, window: { begin: day(1), end: day(3) }, isEmpty: true }
    expect(conclude(stand, end, { maxSpanMs: 3 * dayMs }).next?.spanMs).toBe(3 * dayMs)
  })

  test('T10: never more than the label, the end that was asked for and the clock say, and it is gone on from there', () => {
    const ends = fc.record({ begin: maybe(anyDay), end: maybe(anyDay), label: maybe(anyDay), now: maybe(anyDay) })
    fc.assert(
      fc.property(ends, ({ begin, end, label, now }) => {
        const read = { window: { begin, end }, label, now, isEmpty: false }
        const { stamp, next } = conclude({ begin }, read, { end })
        if (stamp !== undefined) {
          for (const bound of [end, now]) if (bound) expect(compareTimestamps(stamp, bound)).toBeLessThanOrEqual(0)
          if (label && !now) expect(compareTimestamps(stamp, label)).toBeLessThanOrEqual(0)
          if (begin) expect(compareTimestamps(stamp, begin)).toBeGreaterThanOrEqual(0)
        }
        if (next) expect(next).toEqual({ begin: stamp })
      }),
    )
  })
})
