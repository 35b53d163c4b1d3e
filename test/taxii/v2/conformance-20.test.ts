import { describe, expect, it } from 'vitest'
import type { Taxii2Operations, TaxiiClient } from '../../../src/taxii/client.ts'
import type { SimulatedRequest } from '../../../src/simulate/loopback-server.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { aClient, errorOf, idsOf, readPages, readPoll } from '../a-client.ts'
import { isObjects, objectsUrl, oneCollection, startScript, type Said } from '../a-script.ts'

const objects = someIndicators(25).map(({ spec_version: _, ...object }) => object)
const collection = { id: 'c1', title: 'c1', objects, canWrite: true }
const start = (options: Taxii2Options = {}) =>
  startTaxii2Server({ version: '2.0', collections: [collection], pageCap: 10, ...options })
const v2Of = (client: TaxiiClient) => client.v2 as Taxii2Operations
const version = '2.0' as const
const taxii = 'application/vnd.oasis.taxii+json; version=2.0'
const stix = 'application/vnd.oasis.stix+json; version=2.0'

async function feedThat(say: (n: number, request: SimulatedRequest) => Said | undefined) {
  let asked = 0
  const server = await startScript((request) => {
    const said = oneCollection((at) => (isObjects(at) ? say(asked++, at) : undefined))(request)
    return said && { ...said, headers: { 'content-type': stix, ...said.headers } }
  })
  return {
    url: objectsUrl(server),
    requests: server.requests,
    asked: () => asked,
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Answers item ranges out of a list, as a script spoils them. */
function rangeOf(request: SimulatedRequest, list: readonly unknown[], most = 10) {
  const [, from, to] = /^items[ =](\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const first = Number(from ?? 0)
  const last = Math.min(Number(to ?? list.length - 1), first + most - 1, list.length - 1)
  return { first, last, objects: list.slice(first, last + 1) }
}

it('C20-1: asks for objects with the STIX type and for everything else with the TAXII type', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  await opened.client.discovery()
  await readPoll(opened.client)
  await readPages(v2Of(opened.client).object(idAt(3), { collection: 'c1' }))
  for await (const entries of v2Of(opened.client).manifest({ collection: 'c1' })) void entries
  for (const { path, headers } of server.requests)
    expect([path, headers.accept]).toEqual([path, path.includes('/objects/') ? stix : taxii])
})

it('C20-2, C20-10: posts a bundle and reads the status resource of 2.0', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  const pushed = someIndicators(2, 900).map((object) => Buffer.from(JSON.stringify(object)))
  const [job] = await v2Of(opened.client).push(pushed, { collection: 'c1' })
  expect(job).toMatchObject({ status: 'complete', successCount: 2 })
  const post = server.requests.find(({ method }) => method === 'POST')
  expect([post?.headers['content-type'], post?.headers.accept]).toEqual([stix, taxii])
  expect(JSON.parse(post?.body.toString() ?? '')).toMatchObject({
    type: 'bundle',
    id: expect.stringMatching(/^bundle--[0-9a-f-]{36}$/) as string,
    spec_version: '2.0',
    objects: someIndicators(2, 900),
  })
})

it('C20-10: lists of ids in a status resource are details', async () => {
  const json = {
    id: 'j',
    status: 'pending',
    successes: ['a'],
    pendings: ['b'],
    failures: [{ id: 'c', message: 'no' }],
    failure_count: 1,
  }
  await using server = await startScript(oneCollection(({ path }) => (path === '/r/status/j/' ? { json } : undefined)))
  await using opened = await aClient(objectsUrl(server), { version })
  expect(await v2Of(opened.client).job('j')).toMatchObject({
    successes: [{ id: 'a' }],
    pendings: [{ id: 'b' }],
    failures: [{ id: 'c', message: 'no' }],
  })
})

it('C20-3: takes objects out of bundles, also a single one, and an empty bundle for nothing', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  expect((await readPages(v2Of(opened.client).object(idAt(3), { collection: 'c1' }))).ids).toEqual([idAt(3)])
  const { ids, error } = await readPoll(opened.client, { begin: '2026-06-01T00:00:00Z' })
  expect([ids, error]).toEqual([[], undefined])
})

describe('C20-4, C20-5, C20-6: item ranges', () => {
  it.each(['equals', 'blank'] as const)('row 25: finds the spelling "%s" out and keeps to it', async (form) => {
    for (const refusal of [400, 416] as const) {
      await using server = await start({ range: { form, refusal } })
      await using opened = await aClient(server.discoveryUrl, { version })
      expect((await readPoll(opened.client)).ids).toEqual(idsOf(objects))
      const ranges = server.requests
        .filter(({ path }) => path.endsWith('/objects/'))
        .map(({ headers }) => headers.range ?? '')
      expect(ranges.slice(-2).every((range) => range.startsWith(form === 'equals' ? 'items=' : 'items '))).toBe(true)
    }
  })

  it('begins with items=0, and ends at the total or at a 416', async () => {
    await using server = await start()
    await using opened = await aClient(server.discoveryUrl, { version })
    await readPoll(opened.client, { pageSize: 10 })
    const ranges = server.requests.filter(({ path }) => path.endsWith('/objects/')).map(({ headers }) => headers.range)
    expect(ranges).toEqual(['items=0-9', 'items=9-18', 'items=18-27'])
    await using unknown = await feedThat((_n, request) => {
      const { first, last, objects: items } = rangeOf(request, objects)
      if (first >= objects.length) return { status: 416 }
      return {
        status: 206,
        headers: { 'content-range': `items ${first}-${last}/*` },
        json: { type: 'bundle', objects: items },
      }
    })
    await using other = await aClient(unknown.url, { version })
    expect((await readPoll(other.client)).ids).toEqual(idsOf(objects))
    expect(unknown.asked()).toBe(4)
  })

  it('row 26: reads a server without Content-Range to its end, and no further', async () => {
    await using server = await start({ noContentRange: true })
    await using opened = await aClient(server.discoveryUrl, { version })
    expect((await readPoll(opened.client, { pageSize: 10 })).ids).toEqual(idsOf(objects))
    expect(server.requests.length).toBeLessThanOrEqual(7)
  })

  it('a server that ignores Range gives each object once', async () => {
    for (const count of [25, 50, 100]) {
      const list = someIndicators(count)
      await using server = await start({ range: 'ignored', pageCap: 1000, collections: [{ id: 'c1', objects: list }] })
      await using opened = await aClient(server.discoveryUrl, { version })
      const { ids, error } = await readPoll(opened.client, { pageSize: 50 })
      expect([ids, error]).toEqual([idsOf(list), undefined])
    }
  })
})

describe('T6: lies in Content-Range', () => {
  const declared = 3
  const lies: [string, (first: number, last: number, n: number) => string][] = [
    ['a total that grows', (first, last, n) => `items ${first}-${last}/${25 + n}`],
    ['a total that shrinks', (first, last, n) => `items ${first}-${last}/${27 - n}`],
    ['no numbers at all', () => 'items */*'],
    ['an end before the start', (first, last) => `items ${last}-${first}/25`],
    ['ranges that overlap', (first, last) => `items ${Math.max(0, first - 3)}-${last}/25`],
    ['a range larger than what comes', (first, last) => `items ${first}-${last + 40}/25`],
    ['a range smaller than what comes', (first, last) => `items ${first}-${Math.max(first, last - 4)}/25`],
    ['numbers from 1 on', (first, last) => `items ${first + 1}-${last + 1}/25`],
  ]
  it.each(lies)('%s: nothing is lost, nothing doubled, and it ends', async (_name, lie) => {
    await using feed = await feedThat((n, request) => {
      const { first, last, objects: items } = rangeOf(request, objects)
      if (first >= objects.length) return { status: 416 }
      return {
        status: 206,
        headers: { 'content-range': lie(first, last, n) },
        json: { type: 'bundle', objects: items },
      }
    })
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toBeUndefined()
    expect(ids).toEqual(idsOf(objects))
    expect(feed.asked()).toBeLessThanOrEqual(declared + 3)
  })

  it('a gap that stays is an error', async () => {
    await using feed = await feedThat((n) => ({
      status: 206,
      headers: { 'content-range': n % 2 === 0 ? 'items 0-9/40' : 'items 30-39/40' },
      json: { type: 'bundle', objects: someIndicators(10, (n % 2) * 30) },
    }))
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(ids).toHaveLength(10)
    expect(feed.asked()).toBeLessThanOrEqual(6)
  })

  it('a server that gives the same range for ever is stopped', async () => {
    await using feed = await feedThat(() => ({
      status: 206,
      headers: { 'content-range': 'items 0-9/1000' },
      json: { type: 'bundle', objects: someIndicators(10) },
    }))
    await using opened = await aClient(feed.url, { version })
    const { ids, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toMatchObject({ code: 'TAXII_NO_PROGRESS', kind: 'protocol' })
    expect(ids).toHaveLength(10)
    expect(feed.asked()).toBeLessThanOrEqual(6)
  })
})

it('C20-9: objects deleted before our place shift the others, and none is skipped', async () => {
  await using server = await start({
    onResponse: (request) => {
      if (request.headers.range === 'items=0-9') for (const index of [0, 1, 2]) server.shelf('c1').remove(idAt(index))
      return undefined
    },
  })
  await using opened = await aClient(server.discoveryUrl, { version })
  const { ids } = await readPoll(opened.client, { pageSize: 10 })
  expect(new Set(ids)).toEqual(new Set(idsOf(objects)))
  expect(ids).toHaveLength(25)
  expect(opened.notices.map(({ code }) => code)).toContain('TAXII_RANGE_MOVED')
})

it('C20-9: an earlier object that gets a new version shifts the others, and none is skipped', async () => {
  let updates = 0
  await using server = await start({
    onResponse: (request) => {
      if (!request.path.endsWith('/objects/') || updates === 3) return undefined
      const later = { ...objects[updates], modified: `2026-02-0${++updates}T00:00:00.000Z` }
      server.shelf('c1').add(later)
      return undefined
    },
  })
  await using opened = await aClient(server.discoveryUrl, { version })
  const { pages, error } = await readPoll(opened.client, { pageSize: 10 })
  expect(error).toBeUndefined()
  const read = new Set(pages.flatMap(({ items }) => items.map(({ raw }) => raw.toString())))
  for (const { raw } of server.truth('c1')) expect(read.has(raw)).toBe(true)
})

it('C20-9: a stored position whose items have moved is refused, and one whose items have not goes on', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  const { pages } = await readPoll(opened.client, { pageSize: 10 })
  const position = pages[0]?.position
  expect((await readPoll(opened.client, { pageSize: 10, position })).ids).toEqual(idsOf(objects.slice(10)))
  server.shelf('c1').remove(idAt(4))
  const { error } = await readPoll(opened.client, { pageSize: 10, position })
  expect(error).toMatchObject({ code: 'TAXII_POSITION_REFUSED', kind: 'protocol' })
})

it.each([
  ['without Content-Range', { noContentRange: true }],
  ['one item at a time', { pageCap: 1 }],
])(
  'C20-9: a stored position of a server that gives items %s is refused: nothing would tell that they moved',
  async (_what, options) => {
    await using server = await start(options)
    await using opened = await aClient(server.discoveryUrl, { version })
    const { pages } = await readPoll(opened.client, { pageSize: 10 })
    const { error } = await readPoll(opened.client, { pageSize: 10, position: pages[0]?.position })
    expect(pages[0]?.position).toBeDefined()
    expect(error).toMatchObject({ code: 'TAXII_POSITION_REFUSED', kind: 'protocol' })
  },
)

it('C20-7, C20-8: sends added_after and match, and neither limit nor next; the stamp is the last date', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  const { pages } = await readPoll(opened.client, {
    begin: '2025-01-01T00:00:00Z',
    match: [{ field: 'version', values: ['all'] }],
  })
  expect(pages.at(-1)?.stamp).toBe('2026-01-01T00:00:00.024025Z')
  const polls = server.requests.filter(({ path }) => path.endsWith('/objects/'))
  for (const { url } of polls) expect([...url.searchParams.keys()]).toEqual(['added_after', 'match[version]'])
})

it('C20-8: has neither versions nor delete', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl, { version })
  expect(opened.client.features).toMatchObject({ versions: false, delete: false })
  const versions = (async () => {
    for await (const list of v2Of(opened.client).versions(idAt(0), { collection: 'c1' })) void list
  })()
  expect(await errorOf(versions)).toMatchObject({ code: 'TAXII_UNSUPPORTED', kind: 'usage' })
  expect(await errorOf(v2Of(opened.client).deleteObject(idAt(0), { collection: 'c1' }))).toMatchObject({
    kind: 'usage',
  })
})

it('C20-11: a manifest entry has a list of versions, and one record is made of each', async () => {
  const json = {
    objects: [{ id: 'x--1', date_added: '2026-01-01T00:00:00Z', versions: ['v2', 'v1'], media_types: [stix] }],
  }
  await using server = await startScript(
    oneCollection(({ path }) => (path.endsWith('/manifest/') ? { json } : undefined)),
  )
  await using opened = await aClient(objectsUrl(server), { version })
  const entries = []
  for await (const list of v2Of(opened.client).manifest({ collection: 'c1' })) entries.push(...list)
  expect(entries).toEqual([
    { id: 'x--1', dateAdded: '2026-01-01T00:00:00Z', version: 'v2', mediaType: stix },
    { id: 'x--1', dateAdded: '2026-01-01T00:00:00Z', version: 'v1', mediaType: stix },
  ])
})

it('C20-4: collections page by ranges too', async () => {
  const listed = Array.from({ length: 25 }, (_, index) => ({
    id: `c${index}`,
    title: 't',
    can_read: true,
    can_write: false,
  }))
  await using server = await startScript((request) => {
    if (request.path !== '/r/collections/') return undefined
    const { first, last, objects: collections } = rangeOf(request, listed)
    return { status: 206, headers: { 'content-range': `items ${first}-${last}/25` }, json: { collections } }
  })
  await using opened = await aClient(`${server.url}/r/collections/`, { version })
  expect((await opened.client.collections()).map(({ id }) => id)).toEqual(listed.map(({ id }) => id))
})
