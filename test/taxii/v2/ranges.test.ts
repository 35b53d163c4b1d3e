import { describe, expect, it } from 'vitest'
import { readContentRange } from '../../../src/taxii/v2/ranges.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { dated, feedThat, rangeOf, rangesThat, second, stix20 } from './a-feed.ts'

const objects = someIndicators(25)
const texts = objects.map((object) => JSON.stringify(object))
const version = '2.0' as const
/** Without the word about the media type of the collection, which comes from a script for 2.1. */
const codes = (notices: readonly { readonly code: string }[]): string[] =>
  notices.map(({ code }) => code).filter((code) => code !== 'TAXII_MEDIA_TYPE_LOOSE')
const start = (options: Taxii2Options = {}) =>
  startTaxii2Server({ version, collections: [{ id: 'c1', objects }], pageCap: 10, ...options })
const unknownTotal = (first: number, last: number): string => `items ${first}-${last}/*`

describe('Content-Range', () => {
  it.each([
    ['items 0-49/500', { start: 0, end: 49, total: 500 }],
    ['items=10-10/11', { start: 10, end: 10, total: 11 }],
    [' Items  5-6/* ', { start: 5, end: 6, total: undefined }],
    ['items 0-123456789012345/*', { start: 0, end: 123_456_789_012_345, total: undefined }],
  ])('%j is read', (header, range) => {
    expect(readContentRange(header)).toEqual(range)
  })

  it.each([
    undefined,
    '',
    'items 6-5/10',
    'bytes 0-1/2',
    'x items 0-1/2',
    'items 0-1/2 x',
    'items 0-1',
    'items */*',
    'items0-1/2',
  ])('%j is none', (header) => {
    expect(readContentRange(header)).toBeUndefined()
  })
})

describe('how a range is asked for', () => {
  it('row 25: a server that refuses Range in any spelling is asked without, and so it stays', async () => {
    for (const status of [400, 416, 422]) {
      await using feed = await feedThat((_n, request) =>
        request.headers.range === undefined ? { json: { objects }, headers: { 'content-type': stix20 } } : { status },
      )
      await using opened = await aClient(feed.url, { version })
      expect((await readPoll(opened.client, { pageSize: 10 })).ids).toEqual(idsOf(objects))
      expect(feed.ranges()).toEqual(['items=0-9', 'items 0-9', undefined])
      await readPoll(opened.client, { pageSize: 10 })
      expect(feed.ranges().slice(3)).toEqual([undefined])
    }
  })

  it('C20-5: the spelling and the query that a server took are those of the ranges that follow', async () => {
    await using feed = await feedThat((_n, request) => {
      const isTaken = /^items /.test(request.headers.range ?? '') && /Z$/.test(request.url.search)
      return isTaken ? rangeOf(request, texts) : { status: 400 }
    })
    await using opened = await aClient(feed.url, { version })
    const begin = '2025-01-01T00:00:00Z'
    expect((await readPoll(opened.client, { pageSize: 10, begin })).ids).toEqual(idsOf(objects))
    expect(feed.ranges()).toEqual(['items=0-9', 'items 0-9', 'items 9-18', 'items 18-27'])
  })

  it('rows 41, 42: added_after is written as the server insists, and a later range does not try again', async () => {
    await using feed = await feedThat((_n, request) =>
      /:\d\dZ$/.test(request.url.searchParams.get('added_after') ?? '') ? rangeOf(request, texts) : { status: 400 },
    )
    await using opened = await aClient(feed.url, { version })
    const { ids } = await readPoll(opened.client, { pageSize: 10, begin: '2025-01-01T00:00:00.5Z' })
    expect(ids).toEqual(idsOf(objects))
    expect(feed.queries('added_after').slice(-3)).toEqual(Array(3).fill('2025-01-01T00:00:00Z'))
    expect(opened.client.features.begin).toBe(true)
    expect(codes(opened.notices)).not.toContain('TAXII_BEGIN_REFUSED')
  })

  it('row 47: a server that refuses added_after is read whole, and that is said', async () => {
    await using feed = await feedThat((_n, request) =>
      request.url.searchParams.has('added_after') ? { status: 400 } : rangeOf(request, texts),
    )
    await using opened = await aClient(feed.url, { version })
    const { ids } = await readPoll(opened.client, { pageSize: 10, begin: '2025-01-01T00:00:00Z' })
    expect(ids).toEqual(idsOf(objects))
    expect(codes(opened.notices).filter((code) => code === 'TAXII_BEGIN_REFUSED')).toHaveLength(1)
    expect(opened.client.features.begin).toBe(false)
  })

  it('row 47: that added_after is ignored is said once, and only where a begin was asked for', async () => {
    const headers = () => dated('2026-01-01T00:00:00Z')
    await using feed = await rangesThat(texts, { headers })
    await using opened = await aClient(feed.url, { version })
    await readPoll(opened.client, { pageSize: 10 })
    await readPoll(opened.client, { pageSize: 10, begin: '2025-06-01T00:00:00Z' })
    expect([codes(opened.notices), opened.client.features.begin]).toEqual([[], true])
    await readPoll(opened.client, { pageSize: 10, begin: '2026-06-01T00:00:00Z' })
    expect([codes(opened.notices), opened.client.features.begin]).toEqual([['TAXII_BEGIN_IGNORED'], false])
  })

  it('the first refusal is the one that is shown, and the next poll asks as the standard says', async () => {
    await using feed = await feedThat((n) => ({ status: 400, json: { title: `no ${n}` } }))
    await using opened = await aClient(feed.url, { version })
    const request = { begin: '2025-01-01T00:00:00Z', pageSize: 10 }
    expect((await readPoll(opened.client, request)).error?.message).toContain('no 0')
    expect(feed.asked()).toBe(6)
    await readPoll(opened.client, request)
    expect(feed.queries('added_after')[6]).toBe('2025-01-01T00:00:00.000000Z')
    expect(feed.ranges()[6]).toBe('items=0-9')
  })

  it.each([401, 404])('a %i is not answered with other spellings', async (status) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url, { version })
    expect((await readPoll(opened.client)).error?.context).toMatchObject({ status })
    expect(feed.asked()).toBe(1)
  })

  it('row 37: a 413 is answered with smaller ranges, down to ten items', async () => {
    await using feed = await feedThat((_n, request) => {
      const [from = 0, to = 0] = (request.headers.range ?? '').match(/\d+/g)?.map(Number) ?? []
      return to - from >= 300 ? { status: 413 } : rangeOf(request, texts)
    })
    await using opened = await aClient(feed.url, { version })
    expect((await readPoll(opened.client, { stateless: true })).ids).toEqual(idsOf(objects))
    expect(feed.ranges()).toEqual(['items=0-999', 'items=0-499', 'items=0-249', 'items=9-258', 'items=18-267'])
    expect(codes(opened.notices)).toEqual(['TAXII_LIMIT_LOWERED', 'TAXII_LIMIT_LOWERED'])
    await using never = await feedThat(() => ({ status: 413 }))
    await using other = await aClient(never.url, { version })
    expect((await readPoll(other.client, { pageSize: 40 })).error).toMatchObject({ code: 'TAXII_TOO_LARGE' })
    expect(never.ranges()).toEqual(['items=0-39', 'items=0-19', 'items=0-9'])
  })
})

describe('dates of ranges', () => {
  const newest = '2026-01-01T00:00:00.024025Z'
  const pathsOf = (server: { requests: readonly { path: string }[] }) =>
    server.requests
      .map(({ path }) => path.split('/').at(-2))
      .filter((name) => name === 'objects' || name === 'manifest')

  it('C21-21, row 34: without date headers the manifest is read before the objects, and its newest date is the stamp', async () => {
    await using server = await start({ dateHeaders: 'omitted' })
    await using opened = await aClient(server.discoveryUrl, { version })
    const { pages, ids } = await readPoll(opened.client, { pageSize: 10 })
    expect(ids).toEqual(idsOf(objects))
    expect(pages.map(({ stamp }) => stamp)).toEqual([undefined, undefined, newest])
    const paths = pathsOf(server)
    expect(paths.filter((name) => name === 'objects')).toHaveLength(4)
    expect(paths.lastIndexOf('manifest')).toBeLessThan(paths.indexOf('objects', 1))
    const before = server.requests.length
    expect((await readPoll(opened.client, { pageSize: 10 })).pages.at(-1)?.stamp).toBe(newest)
    const again = pathsOf({ requests: server.requests.slice(before) })
    expect(again.lastIndexOf('manifest')).toBeLessThan(again.indexOf('objects'))
    expect(again.filter((name) => name === 'objects')).toHaveLength(3)
  })

  it.each(['missing', 'empty'] as const)(
    'row 34: with the manifest %s too, it is said once that there are no dates',
    async (manifest) => {
      await using server = await start({ dateHeaders: 'omitted', manifest })
      await using opened = await aClient(server.discoveryUrl, { version })
      for (const asked of [1, 1]) {
        const { pages, ids } = await readPoll(opened.client, { pageSize: 10 })
        expect(ids).toEqual(idsOf(objects))
        expect(pages.map(({ stamp }) => stamp)).toEqual([undefined, undefined, undefined])
        expect(codes(opened.notices)).toEqual(Array(asked).fill('TAXII_DATES_MISSING'))
      }
      expect(pathsOf(server).filter((name) => name === 'objects')).toHaveLength(6)
    },
  )

  it('no manifest is read where headers have dates, where nobody keeps the stamp, and in the middle of a poll', async () => {
    await using server = await start()
    await using opened = await aClient(server.discoveryUrl, { version })
    expect((await readPoll(opened.client, { pageSize: 10 })).pages.at(-1)?.stamp).toBe(newest)
    await using silent = await start({ dateHeaders: 'omitted' })
    await using other = await aClient(silent.discoveryUrl, { version })
    const { pages } = await readPoll(other.client, { pageSize: 10, stateless: true })
    await using fresh = await aClient(silent.discoveryUrl, { version })
    const rest = await readPoll(fresh.client, { pageSize: 10, position: pages[0]?.position })
    expect(rest.ids).toEqual(idsOf(objects.slice(10)))
    expect([...pathsOf(server), ...pathsOf(silent)]).not.toContain('manifest')
    expect(codes([...opened.notices, ...other.notices, ...fresh.notices])).toEqual([])
  })

  it('row 34: a poll that ends where nothing more is there proves what the manifest said', async () => {
    const entries = objects.map(({ id }, index) => ({ id, date_added: second(index), versions: ['v'] }))
    const elsewhere = ({ path }: { path: string }) =>
      path.endsWith('/manifest/') ? { json: { objects: entries } } : undefined
    await using feed = await rangesThat(texts, { cap: 1, contentRange: unknownTotal }, elsewhere)
    await using opened = await aClient(feed.url, { version })
    const { pages, ids } = await readPoll(opened.client)
    expect(ids).toEqual(idsOf(objects))
    expect(pages.at(-1)).toMatchObject({
      items: [],
      damaged: [],
      partial: false,
      position: undefined,
      stamp: second(24),
    })
    expect(pages.slice(0, -1).every(({ stamp, position }) => stamp === undefined && position !== undefined)).toBe(true)
  })

  it('ranges that do not come oldest first prove their newest date at the end, also when that is past the last', async () => {
    const headers = (first: number, last: number) => ({
      ...dated(second(100 - last), second(100 - first)),
      date: 'Sat, 02 May 2026 00:00:00 GMT',
    })
    for (const contentRange of [unknownTotal, undefined]) {
      await using feed = await rangesThat(texts.slice(0, 4), { cap: 1, headers, ...(contentRange && { contentRange }) })
      await using opened = await aClient(feed.url, { version })
      const { pages } = await readPoll(opened.client)
      const proved = pages.map(({ stamp }) => stamp)
      expect(proved).toEqual([second(100), undefined, undefined, ...(contentRange ? [undefined] : []), second(100)])
    }
  })
})

describe('C20-9: items that move while they are read', () => {
  it('a range that is gone is no end: what was moved is read again by date', async () => {
    await using server = await start({
      onResponse: (request) => {
        if (request.headers.range === 'items=0-9')
          for (let index = 0; index < 20; index++) server.shelf('c1').remove(idAt(index))
        return undefined
      },
    })
    await using opened = await aClient(server.discoveryUrl, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toBeUndefined()
    expect(ids).toEqual(idsOf([...objects.slice(0, 10), ...objects.slice(20)]))
    expect(codes(opened.notices)).toEqual(['TAXII_RANGE_MOVED'])
    const after = server.requests.map(({ url }) => url.searchParams.get('added_after'))
    expect(after.at(-1)).toBe('2026-01-01T00:00:00.009009Z')
  })

  it('a position after such a beginning anew says from which date its items are counted', async () => {
    let removed = false
    await using server = await start({
      onResponse: (request) => {
        if (request.headers.range !== 'items=0-3' || removed) return undefined
        removed = true
        server.shelf('c1').remove(idAt(1))
        return undefined
      },
    })
    await using opened = await aClient(server.discoveryUrl, { version })
    const { pages } = await readPoll(opened.client, { pageSize: 4 })
    const positions = pages.map(({ position }) => position)
    expect(positions[0]).not.toHaveProperty('after')
    expect(positions[1]).toMatchObject({ after: '2026-01-01T00:00:00.003003Z' })
    await using fresh = await aClient(server.discoveryUrl, { version })
    const before = server.requests.length
    const { ids } = await readPoll(fresh.client, { pageSize: 4, position: positions[1] })
    const given = pages.slice(0, 2).flatMap(({ items }) => items).length
    expect(ids).toEqual(idsOf(objects.slice(given)))
    const polls = server.requests.slice(before).filter(({ path }) => path.endsWith('/objects/'))
    expect(polls.map(({ url }) => url.searchParams.get('added_after'))).toEqual(
      polls.map(() => '2026-01-01T00:00:00.003003Z'),
    )
  })

  it.each([
    ['knows no dates', () => ({}), null],
    ['ignores added_after', () => dated('2020-01-01T00:00:00Z', second(1)), '2025-01-01T00:00:00.000000Z'],
  ])('a server that %s is asked for all of it again', async (_name, headers, after) => {
    let list = texts
    await using feed = await feedThat((n, request) => {
      if (n === 1) list = texts.slice(1)
      return rangeOf(request, list, { headers })
    })
    await using opened = await aClient(feed.url, { version })
    const begin = after === null ? undefined : after
    const { ids } = await readPoll(opened.client, { pageSize: 10, begin, stateless: true })
    expect(ids).toEqual(idsOf(objects))
    expect(feed.ranges().slice(0, 3)).toEqual(['items=0-9', 'items=9-18', 'items=0-9'])
    expect(feed.queries('added_after')).toEqual(feed.queries('added_after').map(() => after))
  })

  it('a collection that moves at every request without anything new is given up', async () => {
    const turned = (n: number): string[] => [...texts.slice(n, 10), ...texts.slice(0, n), ...texts.slice(10)]
    await using feed = await feedThat((n, request) => rangeOf(request, n % 2 === 0 ? turned(n) : texts.slice(1)))
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10, stateless: true })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol', context: { restarts: 2 } })
    expect(ids).toEqual(idsOf(objects.slice(0, 10)))
    expect(feed.asked()).toBe(6)
    expect(codes(opened.notices)).toEqual(['TAXII_RANGE_MOVED', 'TAXII_RANGE_MOVED'])
  })

  it('one that moves again and again and brings something new each time is read to its end', async () => {
    let list = texts
    await using feed = await feedThat((n, request) => {
      if (n % 2 === 1 && n < 12) list = list.slice(1)
      return rangeOf(request, list)
    })
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 4, stateless: true })
    expect(error).toBeUndefined()
    expect(ids.at(-1)).toBe(idAt(24))
    expect(new Set(ids).size).toBe(ids.length)
    expect(codes(opened.notices).length).toBeGreaterThan(2)
  })

  it('an object that is written in another way each time has not moved; one without a name is known by its bytes', async () => {
    await using feed = await feedThat((n, request) =>
      rangeOf(
        request,
        objects.map((object) => JSON.stringify({ n, ...object })),
      ),
    )
    await using opened = await aClient(feed.url, { version })
    expect((await readPoll(opened.client, { pageSize: 10, stateless: true })).ids).toEqual(idsOf(objects))
    const nameless = Array.from({ length: 7 }, (_, index) => `{"type":"x","n":${index}}`)
    await using other = await feedThat((n, request) => rangeOf(request, n === 2 ? nameless.slice(1) : nameless))
    await using client = await aClient(other.url, { version })
    const { pages } = await readPoll(client.client, { pageSize: 3, stateless: true })
    expect(pages.flatMap(({ items }) => items.map(({ raw }) => raw.toString()))).toEqual(nameless)
    expect([codes(opened.notices), codes(client.notices)]).toEqual([[], ['TAXII_RANGE_MOVED']])
  })

  it('an object of the same name and another date has moved', async () => {
    const dates = ['2026-01-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']
    await using feed = await feedThat((n, request) =>
      rangeOf(
        request,
        [texts[0], JSON.stringify({ ...objects[1], modified: dates[Math.min(n, 1)] }), texts[2]].map(String),
      ),
    )
    await using opened = await aClient(feed.url, { version })
    await readPoll(opened.client, { pageSize: 2, stateless: true })
    expect(codes(opened.notices)).toEqual(['TAXII_RANGE_MOVED'])
  })

  it('a bare count as a position is refused without a request, and says where it stood', async () => {
    await using feed = await rangesThat(texts)
    await using opened = await aClient(feed.url, { version })
    const { error } = await readPoll(opened.client, { position: { start: 10 } })
    expect(error).toMatchObject({
      code: 'TAXII_POSITION_REFUSED',
      kind: 'protocol',
      context: { url: feed.url, start: 10 },
    })
    expect(feed.asked()).toBe(0)
  })
})

describe('T6: what a range may say', () => {
  it('items after those that were asked for are a gap, and nothing of it is given', async () => {
    await using feed = await feedThat((_n, request) => rangeOf(request, texts, { contentRange: () => 'items 5-14/25' }))
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_RANGE_GAP', kind: 'protocol', context: { asked: 0, given: 5 } })
    expect([ids, feed.asked()]).toEqual([[], 1])
  })

  it.each([
    ['as many as came', (first: number, last: number) => `items ${first}-${last}/25`, 0],
    ['more than came', (first: number, last: number) => `items ${first}-${last + 1}/25`, 3],
    ['fewer than came', (first: number, last: number) => `items ${first}-${last - 1}/25`, 3],
    [
      'others, before those that were asked for',
      (first: number, last: number) => `items ${Math.max(0, first - 1)}-${last}/25`,
      0,
    ],
  ])('a range that announces %s is told as odd so many times', async (_name, contentRange, times) => {
    await using feed = await rangesThat(texts, { contentRange })
    await using opened = await aClient(feed.url, { version })
    expect((await readPoll(opened.client, { pageSize: 10 })).ids).toEqual(idsOf(objects))
    expect(codes(opened.notices).filter((code) => code === 'TAXII_RANGE_ODD')).toHaveLength(times)
  })

  it('empty ranges that promise more are taken for moved items, asked for again three times, then it is no progress', async () => {
    await using feed = await feedThat((n, request) => {
      const answer = rangeOf(request, texts)
      return n === 0 ? answer : { ...answer, text: '{"type":"bundle"}' }
    })
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect([ids, feed.asked()]).toEqual([idsOf(objects.slice(0, 10)), 6])
  })

  it.each([
    ['items 0-9/25', 4],
    ['items 0-0/0', 1],
    ['items 0-9/*', 1],
    [undefined, 1],
  ])('an empty first range with Content-Range %s is asked for %i times', async (range, times) => {
    const headers = { 'content-type': stix20, ...(range === undefined ? {} : { 'content-range': range }) }
    await using feed = await feedThat(() => ({ status: 206, headers, json: { type: 'bundle' } }))
    await using opened = await aClient(feed.url, { version })
    const { error } = await readPoll(opened.client, { pageSize: 10 })
    expect([feed.asked(), error?.code]).toEqual([times, times > 1 ? 'TAXII_NO_PROGRESS' : undefined])
  })

  it.each([
    [200, 7, 10, 1, 7],
    [200, 10, 10, 2, 10],
    [200, 50, 1000, 2, 50],
    [200, 51, 1000, 1, 51],
    [200, 51, 50, 1, 51],
    [206, 7, 10, 2, 7],
  ])(
    'row 26: without Content-Range, status %i with %i of %i items is asked %i times where Range is ignored',
    async (status, count, pageSize, times, given) => {
      const list = someIndicators(count).map((object) => JSON.stringify(object))
      await using feed = await feedThat((_n, request) =>
        rangeOf({ ...request, headers: {} }, list, { status, cap: 1000, contentRange: () => undefined }),
      )
      await using opened = await aClient(feed.url, { version })
      const { ids, error } = await readPoll(opened.client, { pageSize })
      expect([feed.asked(), ids.length, error]).toEqual([times, given, undefined])
    },
  )

  it('row 26: a server that caps its ranges and tells none is read to its end', async () => {
    const list = someIndicators(120).map((object) => JSON.stringify(object))
    for (const status of [200, 206]) {
      await using feed = await rangesThat(list, { status, cap: 50, contentRange: () => undefined })
      await using opened = await aClient(feed.url, { version })
      const { ids, pages } = await readPoll(opened.client, { pageSize: 1000 })
      expect(ids).toHaveLength(120)
      expect(pages.slice(0, 2).map(({ position }) => position)).toEqual([{ start: 50 }, { start: 100 }])
    }
  })
})
