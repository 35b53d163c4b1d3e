import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTimestamps } from '../../../src/core/timestamp.ts'
import { beforeEqualStamps, ignoresBegin } from '../../../src/taxii/v2/stamps.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, readPoll } from '../a-client.ts'
import { feedThat } from './a-feed.ts'

const codes = (notices: readonly { readonly code: string }[]): string[] => notices.map(({ code }) => code)
const date = 'Fri, 02 Jan 2026 03:04:05 GMT'

/** What polls prove whose pages have these headers, one page after the other. */
async function proved(...pages: readonly Record<string, string>[]) {
  await using feed = await feedThat((n) => {
    const more = n < pages.length - 1 ? { more: true, next: `n${n}` } : {}
    return { headers: pages[n] ?? {}, json: { objects: someIndicators(2, n * 2), ...more } }
  })
  await using opened = await aClient(feed.url)
  const read = await readPoll(opened.client, { stateless: true })
  return {
    stamps: read.pages.map(({ stamp }) => stamp),
    read,
    codes: [...new Set(codes(opened.notices))],
    notices: opened.notices,
  }
}

const added = (first: string | undefined, last?: string) => ({
  date,
  ...(first === undefined ? {} : { 'x-taxii-date-added-first': first }),
  ...(last === undefined ? {} : { 'x-taxii-date-added-last': last }),
})

describe('where equal stamps are read again', () => {
  it.each([
    ['2026-01-01T00:00:07Z', '2026-01-01T00:00:06.000000Z'],
    ['2026-01-01T00:00:07.5Z', '2026-01-01T00:00:07.400000Z'],
    ['2026-01-01T00:00:07.12Z', '2026-01-01T00:00:07.110000Z'],
    ['2026-01-01T00:00:07.123Z', '2026-01-01T00:00:07.122000Z'],
    ['2026-01-01T00:00:07.1234Z', '2026-01-01T00:00:07.123300Z'],
    ['2026-01-01T00:00:07.12345Z', '2026-01-01T00:00:07.123440Z'],
    ['2026-01-01T00:00:07.123456Z', '2026-01-01T00:00:07.123455Z'],
  ])('T3, T4: of %s from %s on', (stamp, before) => {
    expect(beforeEqualStamps(stamp)).toBe(before)
  })

  it('T3, T4: always before the stamp, by no more than a unit of its last digit', () => {
    const stamps = fc.record({
      ms: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }),
      digits: fc.stringMatching(/^\d{0,9}$/),
    })
    fc.assert(
      fc.property(stamps, ({ ms, digits }) => {
        const stamp = `${new Date(ms).toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`
        const before = beforeEqualStamps(stamp)
        const order = compareTimestamps(before, stamp)
        expect(order).toBeLessThan(0)
        const apart = Date.parse(stamp) - Date.parse(before)
        expect(apart).toBeLessThanOrEqual(Math.max(1, 10 ** (3 - Math.min(digits.length, 3))))
      }),
    )
  })
})

describe('T4, row 47: a page that ignores added_after', () => {
  const dates = (addedFirst: string | undefined) => ({ serverDate: undefined, addedFirst, addedLast: undefined })
  it.each([
    ['2026-01-01T00:00:09.000000Z', false],
    ['2026-01-01T00:00:08.999999Z', true],
    ['2026-01-01T00:00:10Z', false],
    [undefined, false],
  ])('asked for what came after 00:00:10, with %s as its first: %s', (first, ignored) => {
    expect(ignoresBegin('2026-01-01T00:00:10Z', dates(first))).toBe(ignored)
  })
})

describe('T5: dates that headers tell', () => {
  it('are taken without the blanks around them; an empty one is none, and nothing to tell', async () => {
    const { stamps, codes } = await proved(added('', ' 2026-01-01T00:00:00Z '))
    expect([stamps, codes]).toEqual([['2026-01-01T00:00:00Z'], []])
    const nothing = await proved(added('', ''))
    expect([nothing.stamps, nothing.codes]).toEqual([[undefined], []])
  })

  it('that are no time are told, whichever of them it is, and a long one only in part', async () => {
    const first = await proved(added('x'.repeat(200), '2026-01-01T00:00:00Z'))
    expect([first.stamps, first.codes]).toEqual([['2026-01-01T00:00:00Z'], ['TAXII_DATES_ODD']])
    expect(first.notices[0]?.message.length).toBeLessThan(150)
    expect(first.read.pages[0]?.addedFirst).toBeUndefined()
  })

  it('of which one is missing are not compared', async () => {
    const { stamps, codes, read } = await proved(added('2026-01-01T00:00:00Z'))
    expect([stamps, codes]).toEqual([[undefined], []])
    expect(read.pages[0]).toMatchObject({
      addedFirst: '2026-01-01T00:00:00Z',
      serverDate: '2026-01-02T03:04:05.000000Z',
    })
  })

  it('of which the last lies before the first are both dropped, and the clock of the server is kept', async () => {
    const { read, codes } = await proved(added('2026-01-01T00:00:01Z', '2026-01-01T00:00:00Z'))
    const none = { addedFirst: undefined, addedLast: undefined, serverDate: '2026-01-02T03:04:05.000000Z' }
    expect(read.pages[0]).toMatchObject(none)
    expect(codes).toEqual(['TAXII_DATES_ODD'])
  })

  it('of an empty page are dropped, and the clock of the server is kept', async () => {
    await using feed = await feedThat(() => ({
      headers: added('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
      json: {},
    }))
    await using opened = await aClient(feed.url)
    const { pages } = await readPoll(opened.client)
    expect(pages[0]).toMatchObject({
      addedFirst: undefined,
      stamp: undefined,
      serverDate: '2026-01-02T03:04:05.000000Z',
    })
  })
})

describe('what a page proves', () => {
  it.each([
    ['2026-01-02T03:09:05.000000Z', '2026-01-02T03:09:05.000000Z', []],
    ['2026-01-02T03:09:05.000001Z', '2026-01-02T03:04:05.000000Z', ['TAXII_DATE_IN_FUTURE']],
  ])('T5: a last page dated %s proves %s: a clock may be five minutes wrong', async (last, stamp, told) => {
    const read = await proved(added(last, last))
    expect([read.stamps, read.codes]).toEqual([[stamp], told])
  })

  it('T5: without a clock of the server ours counts', async () => {
    const undated = Object.fromEntries(Object.entries(added('2099-01-01T00:00:00Z', '2099-01-01T00:00:00Z')).slice(1))
    await using feed = await feedThat(() => ({
      headers: { ...undated, date: '' },
      json: { objects: someIndicators(1) },
    }))
    await using opened = await aClient(feed.url)
    const { pages } = await readPoll(opened.client)
    expect(pages[0]?.stamp).toBe(opened.clock.now().toISOString().replace('Z', '000Z'))
  })

  it('pages that begin with the date at which the one before ended are in order', async () => {
    const [a, b, c] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'] as const
    expect((await proved(added(a, b), added(b, b), added(b, c))).stamps).toEqual([b, b, c])
    expect((await proved(added(b, c), added(a, c), added(c, c))).stamps).toEqual([c, undefined, c])
  })
})
