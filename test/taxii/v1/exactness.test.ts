import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareTimestamps, timestampOfDate } from '../../../src/core/timestamp.ts'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import { startTaxii1Server } from '../../../src/simulate/taxii1-server.ts'
import type { Page, PollPosition } from '../../../src/taxii/client.ts'
import { openTaxii1 } from '../../../src/taxii/v1/adapter.ts'
import { labelOf } from '../../../src/taxii/v1/requests.ts'
import { readLabel } from '../../../src/taxii/v1/labels.ts'
import { aClient, aPollServer, aTransport, block, message, taxiiHeaders } from './support.ts'

const day = 86_400_000
const start = Date.parse('2026-01-01T00:00:00Z')
const now = (): Date => new Date('2026-01-11T00:00:00Z')

describe('T12: labels', () => {
  const fraction = fc.integer({ min: 0, max: 9 }).chain((digits) => fc.stringMatching(new RegExp(`^\\d{${digits}}$`)))
  const zone = fc.constantFrom('Z', '+00:00', '-05:30', '+14:00')

  test('of every precision and zone are kept as written and sent at most a microsecond earlier', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fraction, zone, (seconds, digits, offset) => {
        const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
        const written = `${whole}${digits === '' ? '' : `.${digits}`}${offset}`
        expect(readLabel(` ${written}\n`)).toEqual({ stamp: written, guessed: false })
        const sent = labelOf(written)
        expect(sent).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/)
        expect(compareTimestamps(sent, written)).toBeLessThanOrEqual(0)
        if (digits.length <= 6) expect(sent).toBe(written)
      }),
    )
  })

  test('a leap second, a lower case z and the years 0001 and 9999 are labels', () => {
    for (const label of [
      '2016-12-31T23:59:60Z',
      '2026-01-01T00:00:00z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999Z',
    ]) {
      expect(readLabel(label)).toEqual({ stamp: label, guessed: false })
    }
    for (const label of ['2026-02-30T00:00:00Z', '1767225600', '', 'now']) expect(readLabel(label)).toBeUndefined()
  })
})

function isGivable(offsets: readonly number[]): boolean {
  return offsets.every((offset) => offsets.filter((other) => other === offset).length <= 2)
}

describe('exactness', () => {
  const histories = fc.record({
    // Blocks may share a second, but not so many that no window could hold them.
    offsets: fc.array(fc.integer({ min: 1, max: 9 * 24 * 3600 }), { maxLength: 30 }).filter(isGivable),
    partSize: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    maxBlocks: fc.option(fc.integer({ min: 5, max: 12 }), { nil: undefined }),
    maxWindowMs: fc.option(fc.constantFrom(day, day / 3), { nil: undefined }),
    ends: fc.constantFrom('asked', 'newest', 'none', 'half'),
    forgetsAfterParts: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    stops: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  })
  type History = typeof histories extends fc.Arbitrary<infer T> ? T : never

  /** Reads as fetch does: goes on from positions, starts again from the last stamp when one is refused. */
  async function readAll(history: History) {
    const labels = [...history.offsets]
      .sort((a, b) => a - b)
      .map((seconds) => timestampOfDate(new Date(start + seconds * 1000)))
    const blocks = labels.map((label, at) => ({ content: `<a xmlns="urn:a">${at}</a>`, label }))
    const { ends, stops, ...options } = history
    const newest = labels.at(-1)
    const halfway = timestampOfDate(new Date(start + 4 * day))
    const server = await startTaxii1Server({
      ...options,
      collections: [{ name: 'feed', blocks }],
      now,
      endLabel: (asked, present) => {
        if (ends === 'none') return null
        if (ends === 'newest')
          return newest && compareTimestamps(newest, asked ?? present) < 0 ? newest : (asked ?? present)
        const end = asked ?? present
        return ends === 'half' &&
          compareTimestamps(end, halfway) > 0 &&
          askedBefore(server.requests.at(-1)?.body, halfway)
          ? halfway
          : end
      },
    })
    const { http, clock, notices } = aTransport(server.url)
    const settings = {
      url: new URL(server.addresses.discovery),
      version: '1.1',
      maxWindowMs: options.maxWindowMs,
    } as const
    const got: string[] = []
    let [begin, position, stop] = [timestampOfDate(new Date(start)), undefined as PollPosition | undefined, 0]
    const stamps: string[] = []
    const keep = (page: Page): void => {
      got.push(...page.items.map((item) => item.raw.toString()))
      if (page.stamp !== undefined) stamps.push((begin = page.stamp))
      position = page.position
    }
    for (let runs = 0; runs < 60; runs++) {
      const client = await openTaxii1(settings, { http, clock, notices })
      const most = stops[stop++] ?? Infinity
      let pages = 0
      try {
        for await (const page of client.poll({ collection: 'feed', begin, position })) {
          keep(page)
          if (++pages >= most) break
        }
        if (pages < most || position === undefined) break
      } catch (error) {
        if (!(error instanceof StixTaxiiError) || error.code !== 'TAXII_POSITION_REFUSED') throw error
        position = undefined
      }
    }
    await server.close()
    return { got, stamps, blocks }
  }

  test('T10, C1P-3: whatever the parts, windows, end labels, interruptions: every block, stamps that only rise', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { got, stamps, blocks } = await readAll(history)
        const expected = blocks.map(({ content }) => content)
        expect([...new Set(got)].sort()).toEqual([...expected].sort())
        if (history.forgetsAfterParts === undefined) expect(got).toEqual(expected)
        expect(stamps).toEqual([...stamps].sort(compareTimestamps))
        expect(stamps.length).toBeGreaterThan(0)
      }),
      { numRuns: 20, endOnFailure: true },
    )
  }, 60_000)
})

/** Whether a poll's begin lies before a stamp: only then may an answer end there. */
function askedBefore(body: Buffer | undefined, stamp: string): boolean {
  const begin = /Exclusive_Begin_Timestamp>([^<]*)</.exec(body?.toString() ?? '')?.[1]
  return begin === undefined || compareTimestamps(begin, stamp) < 0
}

describe('row 67: very large answers that break off', () => {
  test('are not asked for again once a part was given, and end as network trouble', async () => {
    const many = Array.from({ length: 40 }, (_, at) => block(`<a>${at}${'x'.repeat(1_000_000)}</a>`)).join('')
    const server = await aPollServer(({ id }) => ({
      headers: { ...taxiiHeaders, 'content-length': String(many.length + 10_000) },
      body: message('Poll_Response', id, '', many).slice(0, -40),
    }))
    const { client } = await aClient(server.url, {}, { limits: { idleTimeoutMs: 300 } })
    const pages: Page[] = []
    const reading = (async () => {
      for await (const page of client.poll({ collection: 'feed', begin: '2026-01-01T00:00:00Z' })) pages.push(page)
    })()
    await expect(reading).rejects.toMatchObject({ kind: 'network' })
    expect(pages.length).toBeGreaterThan(0)
    expect(pages.every(({ partial }) => partial)).toBe(true)
  })
})
