import { describe, expect, it } from 'vitest'
import { gatherBatch, slabParts } from '../../src/fetch/batches.ts'
import { describePage, sizeOf } from '../../src/fetch/receive.ts'
import type { PageReader } from '../../src/fetch/read-ahead.ts'
import type { Page } from '../../src/taxii/client.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aBlock, somethingDamaged } from '../support/items.ts'

const aPage = (name: string, count = 1, more: Partial<Page> = {}): Page => ({
  items: Array.from({ length: count }, (_, at) => aBlock(`<${name} n="${at}"/>`)),
  damaged: [],
  digest: () => `digest of ${name}`,
  url: `https://taxii.example/${name}`,
  partial: false,
  ...more,
})

/** Gives these one after the other, then the end; an Error is thrown. `waits` gets what each was waited for. */
function reading(...coming: readonly (Page | 'later' | Error)[]): PageReader & { waits: (number | undefined)[] } {
  const waits: (number | undefined)[] = []
  let at = 0
  return {
    waits,
    next(waitMs) {
      waits.push(waitMs)
      const next = coming[at++]
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    close: () => Promise.resolve(),
  }
}

const clock = fakeClock()
const options = { clock, repairs: undefined, wanted: Infinity }
const urls = (batch: { parts: readonly { page: { url: string } }[] }): string[] =>
  batch.parts.map(({ page }) => page.url.slice(-1))

describe('pages that are committed together', () => {
  it('are all that come in time, with the newest of them and the server’s clock of the first', async () => {
    const last = aPage('b', 1, { serverDate: 'second' })
    const batch = await gatherBatch(reading(aPage('a', 1, { serverDate: 'first' }), last, 'later'), options)
    expect([urls(batch), batch.last, batch.serverDate]).toEqual([['a', 'b'], last, 'first'])
    expect(batch).toMatchObject({ end: false, slab: undefined, error: undefined })
  })

  it('wait for the first as long as it takes, then 200 ms in all', async () => {
    const passing = fakeClock()
    const inner = reading(aPage('a'), aPage('b'), aPage('c'), 'later')
    const reader: PageReader = {
      async next(waitMs) {
        const page = await inner.next(waitMs)
        await passing.sleep(150)
        return page
      },
      close: () => Promise.resolve(),
    }
    await gatherBatch(reader, { ...options, clock: passing })
    // The time begins with the first page, 150 ms after the beginning.
    expect(inner.waits).toEqual([undefined, 200, 50, 0])
  })

  it('end with the poll', async () => {
    const batch = await gatherBatch(reading(aPage('a')), options)
    expect([urls(batch), batch.end]).toEqual([['a'], true])
    expect(await gatherBatch(reading(), options)).toMatchObject({ parts: [], end: true, last: undefined })
  })

  it('are kept when the poll fails after them', async () => {
    const error = new Error('lost')
    const batch = await gatherBatch(reading(aPage('a'), error), options)
    expect([urls(batch), batch.error, batch.end]).toEqual([['a'], error, false])
  })

  it('are no more than what is wanted, and than ten thousand objects', async () => {
    const pages = [aPage('a', 2), aPage('b', 2), aPage('c', 2)]
    expect(urls(await gatherBatch(reading(...pages), { ...options, wanted: 3 }))).toEqual(['a', 'b'])
    expect(urls(await gatherBatch(reading(...pages), { ...options, wanted: 4 }))).toEqual(['a', 'b'])
    expect(urls(await gatherBatch(reading(...pages), { ...options, wanted: 5 }))).toEqual(['a', 'b', 'c'])
    const huge = [aPage('a', 9_999), aPage('b', 1), aPage('c', 1)]
    expect(urls(await gatherBatch(reading(...huge), options))).toEqual(['a', 'b'])
  })

  it('end before a page that comes in slabs', async () => {
    const slab = aPage('s', 1, { partial: true, serverDate: 'now' })
    expect(await gatherBatch(reading(slab, aPage('x')), options)).toMatchObject({ parts: [], slab, serverDate: 'now' })
    const after = await gatherBatch(reading(aPage('a'), slab), options)
    expect([urls(after), after.slab, after.end]).toEqual([['a'], slab, false])
  })
})

describe('a page that comes in slabs', () => {
  const all = async (first: Page, reader: PageReader): Promise<{ seen: string[]; last: Page }> => {
    const { parts, last } = slabParts(first, reader, options)
    const seen: string[] = []
    for await (const part of parts) seen.push(`${part.page.url.slice(-1)} ${part.partial}`)
    return { seen, last: last() }
  }
  const first = aPage('1', 1, { partial: true })

  it('is read to its last one, and no further', async () => {
    const last = aPage('3')
    const reader = reading(aPage('2', 1, { partial: true }), last, aPage('4'))
    expect(await all(first, reader)).toEqual({ seen: ['1 true', '2 true', '3 false'], last })
    expect(reader.waits).toEqual([undefined, undefined])
  })

  it.each([
    ['nothing', undefined],
    ['a pause', 'later' as const],
  ])('N5 that ends with %s is not kept', async (_what, end) => {
    const reader = end === undefined ? reading() : reading(end, aPage('3'))
    await expect(all(first, reader)).rejects.toMatchObject({
      code: 'FETCH_PAGE_UNFINISHED',
      kind: 'protocol',
      context: { url: 'https://taxii.example/1' },
    })
  })
})

describe('a page as the store takes it', () => {
  const object = { kind: 'object', raw: Buffer.from('{"type":"indicator"}') } as const

  it('has its objects described, and what is none put aside with what was damaged on the way', () => {
    const damaged = somethingDamaged()
    const block = aBlock()
    const page = aPage('a', 0, {
      items: [block, object as never],
      damaged: [damaged],
      peerFingerprint: 'f',
      addedLast: 'l',
    })
    const part = describePage(page, fakeClock({ start: '2026-01-02T03:04:05.000Z' }))
    expect(part.items).toEqual([block])
    expect(part.damaged).toHaveLength(2)
    expect(part.damaged[0]).toBe(damaged)
    expect(part.page).toMatchObject({
      url: page.url,
      digest: 'digest of a',
      receivedAt: '2026-01-02T03:04:05.000000Z',
      peerFingerprint: 'f',
      addedLast: 'l',
    })
    expect([sizeOf(page), sizeOf(aPage('b', 5))]).toEqual([3, 5])
  })
})
