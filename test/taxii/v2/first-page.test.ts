import { describe, expect, it } from 'vitest'
import type { SimulatedResponse } from '../../../src/simulate/loopback-server.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { startScript } from '../a-script.ts'
import { dated, feedThat, second } from './a-feed.ts'

const objects = someIndicators(3)
const begin = '2026-01-01T00:00:00.000000Z'
const codes = (notices: readonly { readonly code: string }[]): string[] => notices.map(({ code }) => code)
const start = (options: Taxii2Options = {}) => startTaxii2Server({ collections: [{ id: 'c1', objects }], ...options })

describe('a stored place', () => {
  it.each(['0', '20', '123456789'])(
    'ThreatConnect: %s counts objects, which may have moved: it is not gone on from',
    async (next) => {
      await using feed = await feedThat(() => ({ json: { objects } }))
      await using opened = await aClient(feed.url)
      const { error } = await readPoll(opened.client, { position: { next } })
      expect(error).toMatchObject({ code: 'TAXII_POSITION_REFUSED', kind: 'protocol', context: { next } })
      expect(feed.asked()).toBe(0)
    },
  )

  it.each(['1234567890', '1a', 'a1', '-1'])('%s is a cursor, and gone on from', async (next) => {
    await using feed = await feedThat(() => ({ json: { objects } }))
    await using opened = await aClient(feed.url)
    expect((await readPoll(opened.client, { position: { next } })).ids).toEqual(idsOf(objects))
    expect(feed.queries('next')).toEqual([next])
  })

  it('what is no text or no number in it counts as not there', async () => {
    await using feed = await feedThat(() => ({ json: { objects } }))
    await using opened = await aClient(feed.url)
    const position = { next: 7, after: 8, stamp: 9, limit: '10' }
    expect((await readPoll(opened.client, { position, begin, pageSize: 5 })).ids).toEqual(idsOf(objects))
    expect([feed.queries('next'), feed.queries('added_after'), feed.queries('limit')]).toEqual([[null], [begin], ['5']])
  })

  it.each([416, 400])('%i says that it is forgotten, and no other way to ask is tried', async (status) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { position: { next: 'a' }, begin })
    expect(error).toMatchObject({ code: 'TAXII_POSITION_REFUSED', context: { status } })
    expect(feed.asked()).toBe(1)
  })

  it.each([401, 413])('%i says nothing of it', async (status) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url)
    const { error } = await readPoll(opened.client, { position: { next: 'a' }, pageSize: 10 })
    expect(error?.code).not.toBe('TAXII_POSITION_REFUSED')
    expect(error?.context).toMatchObject({ status })
  })
})

describe('row 37: a first page that is too much', () => {
  it.each([413, 500, 504])('%i is answered with half as many objects, down to ten', async (status) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url, {}, { retry: { maxRetries: 0 } })
    const { error } = await readPoll(opened.client, { pageSize: 45 })
    expect(error?.context).toMatchObject({ status })
    expect(feed.queries('limit')).toEqual(['45', '22', '11', '5'])
    expect(codes(opened.notices)).toEqual(Array(3).fill('TAXII_LIMIT_LOWERED'))
  })

  it.each([
    [503, 45],
    [413, 10],
    [400, 5],
  ])('%i to %i objects is not', async (status, pageSize) => {
    await using feed = await feedThat(() => ({ status }))
    await using opened = await aClient(feed.url, {}, { retry: { maxRetries: 0 } })
    expect((await readPoll(opened.client, { pageSize })).error?.context).toMatchObject({ status })
    expect(codes(opened.notices)).toEqual([])
  })

  it('the pages that follow, and a later poll from their place, ask for as many', async () => {
    await using feed = await feedThat((n) => {
      if (n === 0) return { status: 413 }
      return { json: n < 3 ? { objects: someIndicators(30, n * 30), more: true, next: `n${n}` } : { objects } }
    })
    await using opened = await aClient(feed.url)
    const { pages } = await readPoll(opened.client, { pageSize: 60 })
    expect(feed.queries('limit')).toEqual(['60', '30', '30', '30'])
    expect(pages[0]?.position).toEqual({ next: 'n1', limit: 30 })
    await readPoll(opened.client, { pageSize: 60, position: pages[0]?.position })
    expect(feed.queries('limit').at(-1)).toBe('30')
  })
})

describe('C21-1: slashes of a collection that nobody describes', () => {
  const bare = '/r/collections/c1/objects'
  const only = (path: string, version: '2.0' | '2.1') =>
    startScript((request) => {
      if (request.path === '/r/') return { json: { title: 'r', versions: [], max_content_length: 1 } }
      const headers = { 'content-type': version === '2.0' ? 'application/vnd.oasis.stix+json; version=2.0' : '' }
      return request.path === path ? { json: { objects }, headers: version === '2.0' ? headers : {} } : undefined
    })

  it.each([
    [bare, '2.1'],
    [`${bare}/`, '2.1'],
    [bare, '2.0'],
    [`${bare}/`, '2.0'],
  ] as const)('objects at %s of TAXII %s are found', async (path, version) => {
    await using server = await only(path, version)
    await using opened = await aClient(`${server.url}/r/collections/c1/`, { version })
    expect(await readPoll(opened.client)).toMatchObject({ ids: idsOf(objects), error: undefined })
    const before = server.requests.length
    expect((await readPoll(opened.client)).ids).toEqual(idsOf(objects))
    expect(server.requests.slice(before).map((request) => request.path)).toEqual([path])
  })

  it.each(['2.0', '2.1'] as const)(
    'objects of TAXII %s at neither end as not found at the usual address',
    async (version) => {
      await using server = await only('/nowhere', version)
      await using opened = await aClient(`${server.url}/r/collections/c1/`, { version })
      const { error } = await readPoll(opened.client)
      expect(error).toMatchObject({
        code: 'TAXII_NOT_FOUND',
        context: { url: expect.stringContaining(`${server.url}${bare}/`) as string },
      })
      expect(server.requests.filter(({ path }) => path.startsWith(bare)).map(({ path }) => path)).toEqual([
        `${bare}/`,
        bare,
      ])
    },
  )
})

describe('row 48: a server that hangs up', () => {
  const dropping = (when: (request: { url: URL; path: string }) => boolean, otherwise?: SimulatedResponse) =>
    start({
      onRequest: (request) => {
        if (when(request)) return 'drop'
        return otherwise && /c1\/$/.test(request.path) && gone ? otherwise : undefined
      },
    })
  let gone = false

  it('at the sight of added_after is read whole, which is said', async () => {
    await using server = await dropping(({ url }) => url.searchParams.has('added_after'))
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client, { begin })).ids).toEqual(idsOf(objects))
    expect(codes(opened.notices)).toEqual(['TAXII_BEGIN_REFUSED'])
    expect(opened.client.features.begin).toBe(false)
    const before = server.requests.length
    expect((await readPoll(opened.client, { begin })).ids).toEqual(idsOf(objects))
    expect(server.requests).toHaveLength(before + 1)
    expect(codes(opened.notices)).toEqual(['TAXII_BEGIN_REFUSED'])
  })

  it('without any added_after is in trouble, and asked nothing else', async () => {
    await using server = await dropping(({ path }) => path.endsWith('/objects/'))
    await using opened = await aClient(server.rootUrl)
    const { error } = await readPoll(opened.client)
    expect(error).toMatchObject({ kind: 'network' })
    expect(server.requests.filter(({ path }) => path.endsWith('/c1/'))).toHaveLength(1)
  })

  it('with or without added_after ends as network trouble, and is asked as usual the next time', async () => {
    await using server = await dropping(({ path }) => path.endsWith('/objects/'))
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client, { begin })).error).toMatchObject({ kind: 'network' })
    const queries = () =>
      server.requests
        .filter(({ path }) => path.endsWith('/objects/'))
        .map(({ url }) => url.searchParams.has('added_after'))
    expect([queries()[0], queries().at(-1)]).toEqual([true, false])
    const before = queries().length
    await readPoll(opened.client, { begin })
    expect(queries()[before]).toBe(true)
    expect(codes(opened.notices)).toEqual([])
  })

  it.each([
    ['hangs up at its collection too', undefined],
    ['answers 500 at its collection', { status: 500, headers: {}, body: Buffer.alloc(0) }],
  ])('and %s is down: it is not asked without added_after', async (_name, otherwise) => {
    gone = false
    await using server = await dropping(({ path }) => path.endsWith('/objects/') || (gone && !otherwise), otherwise)
    await using opened = await aClient(server.rootUrl)
    await opened.client.v2?.collection('c1')
    gone = true
    expect((await readPoll(opened.client, { begin })).error).toMatchObject({ kind: 'network' })
    gone = false
    const queries = server.requests.filter(({ path }) => path.endsWith('/objects/')).map(({ url }) => url.searchParams)
    expect(queries.every((query) => query.has('added_after'))).toBe(true)
  })
})

describe('what a first page says of dates', () => {
  const asked = (server: { requests: readonly { path: string }[] }, name: string): number =>
    server.requests.filter(({ path }) => path.endsWith(`/${name}/`)).length

  it('row 34: a later poll of the same client reads the manifest first, and the objects once', async () => {
    await using server = await start({ dateHeaders: 'omitted' })
    await using opened = await aClient(server.rootUrl)
    expect((await readPoll(opened.client)).pages.at(-1)?.stamp).toBe('2026-01-01T00:00:00.002003Z')
    expect([asked(server, 'manifest'), asked(server, 'objects')]).toEqual([1, 2])
    expect((await readPoll(opened.client)).pages.at(-1)?.stamp).toBe('2026-01-01T00:00:00.002003Z')
    expect([asked(server, 'manifest'), asked(server, 'objects')]).toEqual([2, 3])
    expect(codes(opened.notices)).toEqual([])
  })

  it('row 34: that there are no dates is said once, and looked for once', async () => {
    await using server = await start({ dateHeaders: 'omitted', manifest: 'missing' })
    await using opened = await aClient(server.rootUrl)
    for (let polls = 1; polls <= 2; polls++) {
      expect((await readPoll(opened.client)).ids).toEqual(idsOf(objects))
      expect(asked(server, 'objects')).toBe(polls)
    }
    expect(codes(opened.notices)).toEqual(['TAXII_DATES_MISSING'])
  })

  it('no manifest is read after headers with dates, an empty page, or a place in the middle', async () => {
    await using server = await start()
    await using opened = await aClient(server.rootUrl)
    await readPoll(opened.client)
    await using silent = await start({ dateHeaders: 'omitted', pageCap: 2 })
    await using other = await aClient(silent.rootUrl)
    expect((await readPoll(other.client, { begin: '2026-02-01T00:00:00Z' })).ids).toEqual([])
    const { pages } = await readPoll(other.client, { stateless: true })
    expect((await readPoll(other.client, { position: pages[0]?.position })).ids).toEqual(idsOf(objects.slice(2)))
    expect([asked(server, 'manifest'), asked(silent, 'manifest')]).toEqual([0, 0])
  })

  it('of one page, which has dates where the one before had none, those are taken', async () => {
    await using feed = await feedThat((n) =>
      n === 0
        ? { json: { objects: someIndicators(1), more: true, next: 'a' } }
        : { json: { objects: someIndicators(1, 1) }, headers: dated(second(5)) },
    )
    await using opened = await aClient(feed.url)
    const { pages } = await readPoll(opened.client)
    expect(pages.at(-1)?.stamp).toBe(second(5))
  })
})

describe('row 67: a first page of more than 32 MiB', () => {
  const large = Array.from({ length: 34 }, (_, index) => `{"type":"x","id":"x--${index}","t":"${'y'.repeat(1 << 20)}"}`)
  const ids = large.map((_text, index) => `x--${index}`)
  const body = Buffer.from(`{"objects":[${large.join(',')}]}`)
  const manifest = { objects: ids.map((id, index) => ({ id, date_added: second(index), version: second(0) })) }

  it.each(['2.0', '2.1'] as const)(
    'in TAXII %s is given in slabs, and the manifest dates it where it has no dates',
    async (version) => {
      await using server = await start({
        version,
        onResponse: ({ path }, { headers }) => {
          const name = path.split('/').at(-2)
          if (name === 'manifest') return { status: 200, headers, body: Buffer.from(JSON.stringify(manifest)) }
          return name === 'objects' ? { status: 200, headers, body } : undefined
        },
        dateHeaders: 'omitted',
        noContentRange: true,
      })
      await using opened = await aClient(server.rootUrl, { version })
      const read = await readPoll(opened.client)
      expect([read.ids, read.error]).toEqual([ids, undefined])
      expect(read.pages.map(({ partial, stamp, position }) => [partial, stamp, position])).toEqual([
        [true, undefined, undefined],
        [false, second(33), undefined],
      ])
      expect(server.requests.filter(({ path }) => path.endsWith('/objects/'))).toHaveLength(2)
    },
  )
})
