import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { dated, feedThat, second } from './a-feed.ts'

const objects = someIndicators(30)
const codes = (notices: readonly { readonly code: string }[]): string[] => notices.map(({ code }) => code)

/** A server that pages by date alone; the objects from `first` on, `count` of them, share a stamp. */
const start = (first: number, count: number, pageCap = 10) =>
  startTaxii2Server({
    collections: [
      { id: 'c1', objects, addedAt: (index) => second(index >= first && index < first + count ? first : index) },
    ],
    paging: 'date',
    pageCap,
  })

const limitsOf = (server: { requests: readonly { path: string; url: URL }[] }): (string | null)[] =>
  server.requests.filter(({ path }) => path.endsWith('/objects/')).map(({ url }) => url.searchParams.get('limit'))

describe('T3: the place of a poll by date', () => {
  it('says the stamp, and what is before it, and how many objects are asked for', async () => {
    await using server = await start(0, 0)
    await using opened = await aClient(server.rootUrl)
    const { pages } = await readPoll(opened.client, { pageSize: 10 })
    expect(pages.map(({ position }) => position)).toEqual([
      { after: '2026-01-01T00:00:08.999999Z', stamp: second(9), limit: 10 },
      { after: '2026-01-01T00:00:17.999999Z', stamp: second(18), limit: 10 },
      { after: '2026-01-01T00:00:26.999999Z', stamp: second(27), limit: 10 },
      undefined,
    ])
  })

  it('is one that a later poll goes on from: nothing is lost, and only what shares the stamp comes again', async () => {
    await using server = await start(6, 7)
    await using opened = await aClient(server.rootUrl)
    const { pages } = await readPoll(opened.client, { pageSize: 10 })
    let given = 0
    for (const { position, items } of pages.slice(0, -1)) {
      given += items.length
      await using fresh = await aClient(server.rootUrl)
      const before = server.requests.length
      const { ids, error } = await readPoll(fresh.client, { pageSize: 20, position })
      expect(error).toBeUndefined()
      expect(
        idsOf(objects)
          .slice(given)
          .every((id) => ids.includes(id)),
      ).toBe(true)
      const again = ids.filter((id) => idsOf(objects).indexOf(id) < given)
      const stamps = again
        .map((id) => idsOf(objects).indexOf(id))
        .map((index) => (index >= 6 && index < 13 ? 6 : index))
      expect(stamps.every((index) => second(index) === position?.['stamp'])).toBe(true)
      expect(limitsOf({ requests: server.requests.slice(before) })[0]).toBe('10')
    }
  })

  it('without a size is asked for as many as the client usually asks', async () => {
    await using server = await start(0, 0)
    await using opened = await aClient(server.rootUrl)
    const position = { after: '2026-01-01T00:00:08.999999Z', stamp: second(9) }
    expect((await readPoll(opened.client, { position })).ids).toEqual(idsOf(objects.slice(9)))
    expect(limitsOf(server)[0]).toBe('1000')
  })
})

describe('T4: more objects of one stamp than a page holds', () => {
  it('are asked for in one page ten times as large, once; then the stamp is named', async () => {
    await using server = await start(5, 20)
    await using opened = await aClient(server.rootUrl)
    const { ids, error } = await readPoll(opened.client, { pageSize: 1000 })
    expect(error).toMatchObject({ code: 'TAXII_STAMP_OVERFULL', context: { stamp: second(5), objects: 10 } })
    expect(limitsOf(server)).toEqual(['1000', '1000', '10', '100'])
    expect(ids).toEqual(idsOf(objects.slice(0, 15)))
  })

  it('never in a page of more than a hundred thousand', async () => {
    const headers = dated(second(1))
    await using feed = await feedThat(() => ({ json: { more: true, objects: objects.slice(0, 2) }, headers }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { pageSize: 50_000 })
    expect(error).toMatchObject({ code: 'TAXII_STAMP_OVERFULL' })
    expect(feed.queries('limit')).toEqual(['50000', '50000', '100000'])
    await using other = await aClient(feed.url)
    const before = feed.asked()
    expect((await readPoll(other.client, { pageSize: 100_000 })).error).toMatchObject({ code: 'TAXII_STAMP_OVERFULL' })
    expect(feed.asked() - before).toBe(2)
  })

  it('that fit into the larger page are given once, and the pages after it stay as large', async () => {
    await using server = await start(5, 20, 1000)
    await using opened = await aClient(server.rootUrl)
    const { ids, error } = await readPoll(opened.client, { pageSize: 4 })
    expect([ids, error]).toEqual([idsOf(objects), undefined])
    expect(limitsOf(server)).toEqual(['4', '4', '4', '4', '40'])
  })

  it('a stamp that several pages bring anew in part is followed with the size that the server gives', async () => {
    let page = 0
    const stamps = [second(1), second(2), second(2), second(2), second(3)]
    await using feed = await feedThat((n) => {
      page = n
      const list = [
        objects.slice(0, 3),
        objects.slice(3, 6),
        objects.slice(4, 7),
        objects.slice(5, 8),
        objects.slice(8, 9),
      ]
      return { json: { more: n < 4, objects: list[n] }, headers: dated(stamps[n] ?? '') }
    })
    await using opened = await aClient(feed.url)
    const { ids, error } = await readPoll(opened.client, { pageSize: 100 })
    expect([page, error]).toEqual([4, undefined])
    expect(ids).toEqual(idsOf(objects.slice(0, 9)))
    expect(feed.queries('limit')).toEqual(['100', '100', '100', '3', '3'])
    expect(feed.queries('added_after')).toEqual([
      null,
      '2026-01-01T00:00:00.999999Z',
      ...Array<string>(3).fill('2026-01-01T00:00:01.999999Z'),
    ])
  })
})

describe('row 28: no way on', () => {
  it('is told where there is no date', async () => {
    await using feed = await feedThat(() => ({ json: { more: true, objects: objects.slice(0, 2) } }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { stateless: true, pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol', context: { url: feed.url } })
    expect(error?.message).toContain('neither a next page nor a date')
    expect(feed.asked()).toBe(1)
  })

  it('is told where added_after is refused', async () => {
    await using feed = await feedThat((_n, { url }) =>
      url.searchParams.has('added_after')
        ? { status: 400 }
        : { json: { more: true, objects: objects.slice(0, 2) }, headers: dated(second(1)) },
    )
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { begin: '2025-01-01T00:00:00Z' })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(error?.message).toContain('refuses added_after')
  })

  it('row 47: is told where added_after is ignored, before a larger page is asked for', async () => {
    const headers = dated(second(0), second(9))
    await using feed = await feedThat(() => ({ json: { more: true, objects: objects.slice(0, 10) }, headers }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(feed.queries('limit')).toEqual(['10', '10'])
  })

  it('a page that names only its last date is not taken for one that ignores added_after', async () => {
    const headers = { 'x-taxii-date-added-last': second(9) }
    await using feed = await feedThat(() => ({ json: { more: true, objects: objects.slice(0, 10) }, headers }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client, { pageSize: 10 })).error).toMatchObject({ code: 'TAXII_STAMP_OVERFULL' })
  })
})

describe('C21-17: next', () => {
  const paged = (sizes: readonly number[]) =>
    feedThat((n) => {
      const from = sizes.slice(0, n).reduce((sum, size) => sum + size, 0)
      const isLast = n === sizes.length - 1
      return {
        json: { objects: someIndicators(sizes[n] ?? 0, from), ...(isLast ? {} : { more: true, next: `n${n}` }) },
      }
    })

  it.each([
    [100, [20, 20, 5], ['100', '20', '20']],
    [100, [10, 10, 5], ['100', '10', '10']],
    [100, [9, 9, 5], ['100', '100', '100']],
    [20, [20, 20, 5], ['20', '20', '20']],
    [20, [30, 30, 5], ['20', '20', '20']],
    [100, [100, 20, 20], ['100', '100', '100']],
  ])(
    'row 27: %i are asked for; of a server that gives %j so many are asked for then: %j',
    async (pageSize, sizes, limits) => {
      await using feed = await paged(sizes)
      await using opened = await aClient(feed.url)
      expect((await readPoll(opened.client, { pageSize })).ids).toHaveLength(sizes.reduce((sum, size) => sum + size, 0))
      expect(feed.queries('limit')).toEqual(limits)
    },
  )

  it.each([
    [{ next: 'z' }, 5, 2],
    [{ next: 'z' }, 4, 1],
    [{ next: 'z', more: false }, 5, 1],
    [{ next: 'z', more: null }, 5, 2],
    [{ next: 7, more: 'true' }, 1, 2],
    [{ more: false }, 5, 1],
  ])('what %j means after %i of five objects that were asked for', async (words, count, asked) => {
    await using feed = await feedThat((n) => ({ json: n === 0 ? { ...words, objects: objects.slice(0, count) } : {} }))
    await using opened = await aClient(feed.url)
    const read = await readPoll(opened.client, { pageSize: 5 })
    expect([read.ids.length, read.error, feed.asked()]).toEqual([count, undefined, asked])
  })

  it('T1: an empty page that names another next is followed there, one that names its own is asked for again', async () => {
    const says = [
      { more: true, next: 'a' },
      { more: true, next: 'b' },
      { more: true, next: 'b' },
      { objects: objects.slice(0, 1) },
    ]
    await using feed = await feedThat((n) => ({ json: says[n] }))
    await using opened = await aClient(feed.url)
    const { ids, pages, error } = await readPoll(opened.client)
    expect([ids, pages.length, error]).toEqual([idsOf(objects.slice(0, 1)), 1, undefined])
    expect(feed.queries('next')).toEqual([null, 'a', 'b', 'b'])
    expect(opened.clock.slept).toEqual([1000, 2000, 4000])
  })

  it('a poll without anything is one empty page', async () => {
    await using feed = await feedThat(() => ({ json: { more: false } }))
    await using opened = await aClient(feed.url)
    const { pages } = await readPoll(opened.client)
    expect(pages).toMatchObject([{ items: [], damaged: [], partial: false, position: undefined, stamp: undefined }])
    expect(codes(opened.notices)).toEqual([])
  })
})
