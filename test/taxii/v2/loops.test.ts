import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { isObjects, objectsUrl, oneCollection, startScript, type Said } from '../a-script.ts'
import type { SimulatedRequest } from '../../../src/simulate/loopback-server.ts'

/** A collection whose objects endpoint says what `say` says to its n-th request, from 0 on. */
async function feedThat(say: (n: number, request: SimulatedRequest) => Said | undefined) {
  let asked = 0
  const server = await startScript(oneCollection((request) => (isObjects(request) ? say(asked++, request) : undefined)))
  return { server, url: objectsUrl(server), asked: () => asked, [Symbol.asyncDispose]: () => server.close() }
}

const page = (n: number, size = 3) => someIndicators(size, n * size)
const dated = (first: string, last = first) => ({
  'x-taxii-date-added-first': first,
  'x-taxii-date-added-last': last,
})

describe('servers that never end', () => {
  it('T1, C21-18: an empty page with more is asked again at most three times, with waits, then it is no progress', async () => {
    await using feed = await feedThat((n) => ({
      json: n === 0 ? { more: true, next: 'a', objects: page(0) } : { more: true },
    }))
    await using opened = await aClient(feed.url)
    const { ids, error, pages } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(ids).toEqual(idsOf(page(0)))
    expect(pages.at(-1)?.position).toMatchObject({ next: 'a' })
    expect(feed.asked()).toBe(5)
    expect(opened.clock.slept).toEqual([1000, 2000, 4000])
  })

  it('T1: an empty page with more may be followed by what was promised', async () => {
    await using feed = await feedThat((n) => ({ json: n < 2 ? { more: true } : { objects: page(0) } }))
    await using opened = await aClient(feed.url)
    expect(await readPoll(opened.client)).toMatchObject({ ids: idsOf(page(0)), error: undefined })
  })

  it('T2, row 29: a next that repeats ends the poll as a loop after at most two requests for it', async () => {
    await using feed = await feedThat((n) => ({ json: { more: true, next: 'same', objects: page(n) } }))
    await using opened = await aClient(feed.url)
    const { error, ids } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_CURSOR_LOOP', kind: 'protocol', context: { cursor: 'next same' } })
    expect(ids.length).toBeGreaterThanOrEqual(3)
    expect(feed.asked()).toBeLessThanOrEqual(3)
  })

  it('T2: cursors that go A, B, A end as a loop', async () => {
    await using feed = await feedThat((n) => ({ json: { more: true, next: ['A', 'B'][n % 2], objects: page(n) } }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client)).error).toMatchObject({ code: 'TAXII_CURSOR_LOOP' })
    expect(feed.asked()).toBeLessThanOrEqual(4)
  })

  it('T2: pages that repeat under ever new cursors end after the third', async () => {
    await using feed = await feedThat((n) => ({ json: { more: true, next: `n${n}`, objects: page(n % 2) } }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol', context: { objects: 3 } })
    expect(feed.asked()).toBeLessThanOrEqual(6)
  })

  it('row 28: more without a next page or a date is no silent end', async () => {
    await using feed = await feedThat((n) => ({ json: { more: true, objects: page(n) } }))
    await using opened = await aClient(feed.url)
    const { error, ids } = await readPoll(opened.client, { stateless: true })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(ids).toEqual([])
  })

  it('row 47: a server that pages by date and ignores added_after ends as no progress', async () => {
    await using feed = await feedThat(() => ({
      json: { more: true, objects: page(0) },
      headers: dated('2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:09.000000Z'),
    }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client)).error).toMatchObject({ kind: 'protocol' })
    expect(feed.asked()).toBeLessThanOrEqual(4)
  })
})

describe('paging by date alone', () => {
  it.each([
    ['microseconds', '2026-01-01T00:00:00.000007Z'],
    ['milliseconds', '2026-01-01T00:00:00.007Z'],
    ['seconds', '2026-01-01T00:00:07Z'],
  ])(
    'T3, T4, row 32: loses and doubles nothing when several objects share a stamp told in %s',
    async (_unit, stamp) => {
      const objects = someIndicators(30)
      const shared = {
        id: 'c1',
        objects,
        addedAt: (index: number) => (index >= 8 && index < 14 ? stamp : added(index, stamp)),
      }
      await using server = await startTaxii2Server({ collections: [shared], paging: 'date', pageCap: 10 })
      await using opened = await aClient(server.rootUrl)
      const { ids, error } = await readPoll(opened.client)
      expect(error).toBeUndefined()
      expect(ids).toEqual(idsOf(objects))
    },
  )

  it('T4, contracts 2: names the stamp and the count when more objects share a stamp than a page holds', async () => {
    const stamp = '2026-01-05T00:00:00.000000Z'
    const shared = {
      id: 'c1',
      objects: someIndicators(40),
      addedAt: (index: number) => (index < 5 ? added(index, stamp) : stamp),
    }
    await using server = await startTaxii2Server({ collections: [shared], paging: 'date', pageCap: 10 })
    await using opened = await aClient(server.rootUrl)
    const { ids, error } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_STAMP_OVERFULL', kind: 'protocol', context: { stamp, objects: 10 } })
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(10)
    expect(server.requests.length).toBeLessThanOrEqual(8)
  })

  it('asks for larger pages before it gives such a stamp up', async () => {
    const stamp = '2026-01-05T00:00:00.000000Z'
    const objects = someIndicators(40)
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects, addedAt: () => stamp }],
      paging: 'date',
      pageCap: 1000,
    })
    await using opened = await aClient(server.rootUrl)
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toBeUndefined()
    expect(ids).toEqual(idsOf(objects))
  })

  it('row 31: repeats the other filters as they were', async () => {
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects: someIndicators(30) }],
      paging: 'date',
      pageCap: 10,
    })
    await using opened = await aClient(server.rootUrl)
    await readPoll(opened.client, { match: [{ field: 'type', values: ['indicator'] }] })
    const polls = server.requests.filter(({ path }) => path.endsWith('/objects/'))
    expect(polls.every(({ url }) => url.searchParams.get('match[type]') === 'indicator')).toBe(true)
  })
})

// Stamps around the shared one: before it for low indexes, after it for high ones, distinct.
function added(index: number, shared: string): string {
  const base = Date.parse(shared)
  const offsetMs = (index - 10) * 60_000
  return new Date(base + offsetMs).toISOString()
}

describe('positions', () => {
  it.each([400, 404, 410, 422])('a position that the server answers with %i is refused as one', async (status) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { position: { next: 'old' } })
    expect(error).toMatchObject({ code: 'TAXII_POSITION_REFUSED', kind: 'protocol' })
    expect(feed.asked()).toBe(1)
  })

  it('N13: keeps what came before a 401 in the middle, with the place where to go on', async () => {
    await using feed = await feedThat((n) =>
      n === 2 ? { status: 401 } : { json: { objects: page(n), more: true, next: `n${n}` } },
    )
    await using opened = await aClient(feed.url)
    const { pages, error } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_UNAUTHORIZED', kind: 'auth' })
    expect(pages.map(({ position }) => position?.['next'])).toEqual(['n0', 'n1'])
  })
})

describe('habits of servers', () => {
  it('Sekoia: a next on the last page without more is the end', async () => {
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects: someIndicators(25) }],
      pageCap: 10,
      nextOnLast: true,
      explicitMore: true,
    })
    await using opened = await aClient(server.rootUrl)
    const { ids, error } = await readPoll(opened.client)
    expect([ids.length, error]).toEqual([25, undefined])
  })

  it('a full page with next and no word of more is followed', async () => {
    await using feed = await feedThat((n) => ({
      json: n < 2 ? { next: `n${n}`, objects: page(n) } : { objects: page(2, 2) },
    }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client, { pageSize: 3 })).ids).toHaveLength(8)
  })

  it('row 27: a server that gives fewer objects than asked for is read to its end, and asked for what it gives', async () => {
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects: someIndicators(60) }],
      pageCap: 20,
      cursorPlace: 'after',
    })
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client, { pageSize: 1000 })).ids).toHaveLength(60)
    const limits = server.requests
      .filter(({ path }) => path.endsWith('/objects/'))
      .map(({ url }) => url.searchParams.get('limit'))
    expect(limits).toEqual(['1000', '20', '20'])
  })

  it('row 37: a 413 is answered with smaller pages', async () => {
    await using feed = await feedThat((_n, { url }) => {
      const limit = Number(url.searchParams.get('limit'))
      return limit > 300 ? { status: 413 } : { json: { objects: page(0) } }
    })
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client)).ids).toHaveLength(3)
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_LIMIT_LOWERED')
  })

  it.each([
    ['row 41: no fraction at all', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/],
    ['three digits', /\.\d{3}Z$/],
  ])('writes added_after as the server insists: %s', async (_name, wanted) => {
    await using feed = await feedThat((_n, { url }) =>
      wanted.test(url.searchParams.get('added_after') ?? '') ? { json: { objects: page(0) } } : { status: 400 },
    )
    await using opened = await aClient(feed.url)
    const { ids } = await readPoll(opened.client, { begin: '2026-01-01T00:00:00.999999Z' })
    expect(ids).toHaveLength(3)
    expect(opened.client.features.begin).toBe(true)
  })

  it('rows 47, 48: drops added_after where a server refuses it or hangs up on it, and says so', async () => {
    await using feed = await feedThat((_n, { url }) =>
      url.searchParams.has('added_after') ? { status: 400 } : { json: { objects: page(0) } },
    )
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client, { begin: '2026-01-01T00:00:00Z' })).ids).toHaveLength(3)
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_BEGIN_REFUSED')
    expect(opened.client.features.begin).toBe(false)
  })

  it('T4: notices that added_after is ignored', async () => {
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects: someIndicators(5) }],
      ignoresAddedAfter: true,
    })
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client, { begin: '2026-06-01T00:00:00Z' })).ids).toHaveLength(5)
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_BEGIN_IGNORED')
    expect(opened.client.features.begin).toBe(false)
  })

  it('reports the first refusal when no way of writing the query helps', async () => {
    await using feed = await feedThat((n) => ({ status: 400, json: { title: `no ${n}` } }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { begin: '2026-01-01T00:00:00Z' })
    expect(error?.message).toContain('no 0')
    expect(feed.asked()).toBeLessThanOrEqual(6)
  })
})

describe('damaged pages', () => {
  it('N5, N7: a page that is cut each time is asked again, then it is a protocol error, and nothing of it is given', async () => {
    await using feed = await feedThat((n) =>
      n === 0 ? { json: { more: true, next: 'a', objects: page(0) } } : { text: '{"objects":[{"id":"x"}' },
    )
    await using opened = await aClient(feed.url)
    const { ids, error } = await readPoll(opened.client)
    expect(ids).toEqual(idsOf(page(0)))
    expect(error).toMatchObject({ code: 'TAXII_PAGE_CUT', kind: 'protocol' })
    expect(feed.asked()).toBe(3)
  })

  it('N6: bytes after the end of a page are a protocol error', async () => {
    await using feed = await feedThat(() => ({ text: '{"objects":[]}{"objects":[]}' }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client)).error).toMatchObject({ code: 'TAXII_PAGE_DAMAGED', kind: 'protocol' })
  })

  it('gives what is no object, or breaks a limit, apart from the rest', async () => {
    const deep = `{"id":"x--deep","a":${'['.repeat(120)}${']'.repeat(120)}}`
    const good = JSON.stringify(page(0)[0])
    await using feed = await feedThat(() => ({ text: `{"objects":[1,${good},null,"x",[],${deep},${good}]}` }))
    await using opened = await aClient(feed.url)
    const { pages, error } = await readPoll(opened.client)
    expect(error).toBeUndefined()
    expect(pages[0]?.items.map(({ raw }) => raw.toString())).toEqual([good, good])
    expect(pages[0]?.damaged.map(({ reason }) => reason)).toEqual([
      'STIX_NOT_AN_OBJECT',
      'STIX_NOT_AN_OBJECT',
      'STIX_NOT_AN_OBJECT',
      'STIX_NOT_AN_OBJECT',
      'STIX_LIMIT',
    ])
  })

  it('gives a very large answer in slabs, all but the last partial, with nothing lost', async () => {
    const objects = Array.from({ length: 40 }, (_, index) => ({
      type: 'x',
      id: `x--${index}`,
      text: 'y'.repeat(1024 * 1024),
    }))
    await using feed = await feedThat(() => ({ json: { objects } }))
    await using opened = await aClient(feed.url)
    const { pages, ids, error } = await readPoll(opened.client)
    expect(error).toBeUndefined()
    expect(ids).toEqual(objects.map(({ id }) => id))
    expect(pages.map(({ partial }) => partial)).toEqual([true, false])
  })
})
