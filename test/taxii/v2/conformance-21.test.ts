import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { RootOptions, Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import type { Taxii2Operations, TaxiiClient } from '../../../src/taxii/client.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { aClient, errorOf, idsOf, readPages, readPoll } from '../a-client.ts'
import { isObjects, objectsUrl, oneCollection, startScript, taxii21 } from '../a-script.ts'

const objects = someIndicators(25)
const collection = { id: 'c1', title: 'Demo Organization', alias: 'demo', objects, canWrite: true }
const start = (options: Taxii2Options = {}) => startTaxii2Server({ collections: [collection], ...options })
const v2Of = (client: TaxiiClient) => client.v2 as Taxii2Operations
const all = async <T>(lists: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const read: T[] = []
  for await (const list of lists) read.push(...list)
  return read
}

describe('requests', () => {
  it('C21-1, C21-2: every path ends in a slash and every request has the exact media type', async () => {
    await using server = await start()
    await using opened = await aClient(server.discoveryUrl)
    const { client } = opened
    await client.discovery()
    await client.collections()
    await readPoll(client)
    await all(v2Of(client).manifest({ collection: 'c1' }))
    expect(server.requests.length).toBeGreaterThan(4)
    for (const request of server.requests) {
      expect(request.path).toMatch(/\/$/)
      expect(request.headers.accept).toBe('application/taxii+json;version=2.1')
    }
  })

  it('C21-1: leaves the slash out everywhere once the server has shown that it wants none', async () => {
    await using server = await start({ slash: 'forbidden' })
    await using opened = await aClient(server.discoveryUrl)
    expect((await readPoll(opened.client)).ids).toEqual(idsOf(objects))
    expect(server.requests.slice(2).every(({ path }) => !path.endsWith('/'))).toBe(true)
  })

  it('C21-3, C21-30: a POST has Accept and Content-Type, is sent once, and its job is asked about until it is complete', async () => {
    await using server = await start({ pendingPolls: 2 })
    await using opened = await aClient(server.discoveryUrl)
    const jobs = await v2Of(opened.client).push([Buffer.from(JSON.stringify(someIndicators(1, 900)[0]))], {
      collection: 'c1',
    })
    expect(jobs).toMatchObject([
      { status: 'complete', totalCount: 1, successCount: 1, failureCount: 0, pendingCount: 0 },
    ])
    const posts = server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ headers }) => [headers.accept, headers['content-type']])).toEqual([[taxii21, taxii21]])
    expect(posts[0]?.body.toString()).toBe(`{"objects":[${JSON.stringify(someIndicators(1, 900)[0])}]}`)
    const asked = server.requests.filter(({ path }) => path.includes('/status/'))
    expect(asked.length).toBe(3)
    expect(opened.clock.slept).toEqual([1000, 2000, 4000])
  })

  it('C21-13: cuts what it posts so that each body stays within max_content_length', async () => {
    const roots: RootOptions[] = [{ path: '/api1/', collections: [collection], maxContentLength: 2000 }]
    await using server = await start({ roots })
    await using opened = await aClient(server.rootUrl)
    const pushed = someIndicators(20, 900).map((object) => Buffer.from(JSON.stringify(object)))
    const jobs = await v2Of(opened.client).push(pushed, { collection: 'c1' })
    const bodies = server.requests.filter(({ method }) => method === 'POST').map(({ body }) => body)
    expect(bodies.every(({ length }) => length <= 2000)).toBe(true)
    expect(
      bodies.flatMap((body) =>
        (JSON.parse(body.toString()) as { objects: { id: string }[] }).objects.map(({ id }) => id),
      ),
    ).toEqual(idsOf(someIndicators(20, 900)))
    expect(jobs).toHaveLength(bodies.length)
    const large = Buffer.from(JSON.stringify({ type: 'x', id: 'x--1', text: 'y'.repeat(2000) }))
    const before = server.requests.filter(({ method }) => method === 'POST').length
    expect(await errorOf(v2Of(opened.client).push([pushed[0] as Buffer, large], { collection: 'c1' }))).toMatchObject({
      code: 'TAXII_OBJECT_TOO_LARGE',
      kind: 'usage',
    })
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(before)
  })

  it('C21-17, C21-19: repeats the same filters with next, and a limit above zero', async () => {
    await using server = await start({ pageCap: 10 })
    await using opened = await aClient(server.rootUrl)
    const request = {
      begin: '2025-12-31T23:59:59Z',
      match: [{ field: 'type', values: ['indicator', 'malware'] }],
      pageSize: 10,
    }
    expect((await readPoll(opened.client, request)).ids).toEqual(idsOf(objects))
    const queries = server.requests
      .filter(({ path }) => path.endsWith('/objects/'))
      .map(({ url }) => decodeURIComponent(url.search))
    expect(queries).toHaveLength(3)
    for (const query of queries)
      expect(query).toContain('?added_after=2025-12-31T23:59:59.000000Z&match[type]=indicator,malware&limit=10')
    expect(queries.map((query) => query.includes('&next='))).toEqual([false, true, true])
  })

  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T04:04:05.1+01:00', '2026-01-02T03:04:05.100000Z'],
    ['2016-12-31T23:59:60.5z', '2016-12-31T23:59:60.500000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
  ])('C21-20, T12, row 42: added_after %s goes out as %s', async (begin, written) => {
    await using server = await startScript(oneCollection((request) => (isObjects(request) ? {} : undefined)))
    await using opened = await aClient(objectsUrl(server))
    await readPoll(opened.client, { begin })
    expect(server.requests.at(-1)?.url.searchParams.get('added_after')).toBe(written)
    expect(server.requests.at(-1)?.url.search).toContain(written)
  })

  it('C21-22, C21-23, C21-24: match fields are ANDed, their values joined by commas, each field once, brackets plain', async () => {
    await using server = await startScript(oneCollection((request) => (isObjects(request) ? {} : undefined)))
    await using opened = await aClient(objectsUrl(server))
    const match = [
      { field: 'type', values: ['indicator'] },
      { field: 'version', values: ['first', '2026-01-02T03:04:05.000Z'] },
      { field: 'type', values: ['malware', 'indicator'] },
      { field: 'spec_version', values: ['2.0', '2.1'] },
    ]
    await readPoll(opened.client, { match })
    expect(server.requests.at(-1)?.url.search).toContain(
      'match[type]=indicator,malware&match[version]=first,2026-01-02T03%3A04%3A05.000Z&match[spec_version]=2.0,2.1',
    )
  })

  it('C21-22: encodes the brackets where the server demands it', async () => {
    const script = oneCollection((request) => {
      if (!isObjects(request)) return undefined
      return request.url.search.includes('[') ? { status: 400 } : { json: { objects } }
    })
    await using server = await startScript(script)
    await using opened = await aClient(objectsUrl(server))
    const { ids } = await readPoll(opened.client, { match: [{ field: 'type', values: ['indicator'] }] })
    expect(ids).toHaveLength(25)
  })
})

describe('resources', () => {
  it('C21-9, C21-37: reads every property of discovery, API root and collection', async () => {
    await using server = await start({
      title: 'T',
      contact: 'c@example.example',
      roots: [
        {
          path: '/api1/',
          title: 'R',
          description: 'D',
          maxContentLength: 99,
          collections: [{ ...collection, description: 'about', mediaTypes: ['application/stix+json;version=2.1'] }],
        },
      ],
    })
    await using opened = await aClient(server.discoveryUrl)
    expect(await opened.client.discovery()).toMatchObject({
      version: '2.1',
      title: 'T',
      contact: 'c@example.example',
      defaultRoot: server.rootUrl,
      apiRoots: [
        {
          url: server.rootUrl,
          title: 'R',
          description: 'D',
          maxContentLength: 99,
          versions: [expect.stringContaining('2.1') as string],
        },
      ],
    })
    expect(await opened.client.collections()).toMatchObject([
      {
        id: 'c1',
        title: 'Demo Organization',
        alias: 'demo',
        description: 'about',
        canRead: true,
        canWrite: true,
        contentTypes: ['application/stix+json;version=2.1'],
        pollAddresses: [`${server.rootUrl}collections/c1/objects/`],
      },
    ])
  })

  it('C21-35: keeps unknown properties of a collection, __proto__ as data (S11)', async () => {
    const text = `{"id":"c1","title":"t","can_read":true,"can_write":false,"x_tql":"a","__proto__":{"polluted":true}}`
    await using server = await startScript(({ path }) =>
      path === '/r/collections/' ? { text: `{"collections":[${text}]}` } : undefined,
    )
    await using opened = await aClient(`${server.url}/r/collections/`)
    const [listed] = await opened.client.collections()
    expect(listed?.custom).toMatchObject({ x_tql: 'a' })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('C21-14: takes id, alias and title for a collection, and polls none that may not be read', async () => {
    await using server = await start({
      collections: [collection, { id: 'c2', title: 'Closed', canRead: false, objects }],
    })
    await using opened = await aClient(server.rootUrl)
    for (const name of ['c1', 'demo', 'Demo Organization', 'demo organization'])
      expect((await readPoll(opened.client, { collection: name })).ids).toHaveLength(25)
    const before = server.requests.length
    const { error } = await readPoll(opened.client, { collection: 'c2' })
    expect(error).toMatchObject({ code: 'TAXII_COLLECTION_UNREADABLE', kind: 'auth' })
    expect(server.requests.slice(before).some(({ path }) => path.includes('objects'))).toBe(false)
    expect((await readPoll(opened.client, { collection: 'demmo' })).error).toMatchObject({
      code: 'TAXII_COLLECTION_UNKNOWN',
      kind: 'not-found',
      hint: expect.stringContaining('Did you mean "demo"?') as string,
    })
  })

  it('C21-15, C21-18: an empty list is {} everywhere', async () => {
    await using server = await startScript(({ path }) => (path.startsWith('/r/') ? { json: {} } : undefined))
    await using opened = await aClient(`${server.url}/r/collections/`)
    expect(await opened.client.collections()).toEqual([])
    await using filled = await startScript(oneCollection(() => ({ json: {} })))
    await using other = await aClient(objectsUrl(filled))
    const { pages, ids } = await readPoll(other.client)
    expect([pages.length, ids]).toEqual([1, []])
    expect(pages[0]?.stamp).toBeUndefined()
    expect(await all(v2Of(other.client).manifest({ collection: 'c1' }))).toEqual([])
    expect(await all(v2Of(other.client).versions('x--1', { collection: 'c1' }))).toEqual([])
  })

  it('C21-10, row 16: takes absolute and rooted API roots', async () => {
    for (const advertised of ['/api1/', '/api1', 'absolute']) {
      await using server = await start({
        roots: [{ path: '/api1/', advertised, collections: [collection] }],
        defaultRoot: null,
      })
      await using opened = await aClient(server.discoveryUrl)
      expect((await readPoll(opened.client)).ids).toHaveLength(25)
    }
  })

  it.each([
    '//evil.example/root/',
    '/a/../root/',
    '/a/%2e%2e/root/',
    '/root/?x=1',
    'ftp://taxii.example/',
    'file:///etc/passwd',
    'https://user:pw@taxii.example/r/',
    '/ro\tot/',
    '\\\\evil.example\\r',
  ])('C21-10, T16, S1: refuses the API root %j', async (root) => {
    await using server = await startScript(({ path }) =>
      path === '/taxii2/' ? { json: { title: 't', api_roots: [root] } } : undefined,
    )
    await using opened = await aClient(`${server.url}/taxii2/`)
    const error = await errorOf(opened.client.collections())
    expect(error).toMatchObject({ code: 'TAXII_ADDRESS_REFUSED', kind: 'refused' })
    expect(server.requests).toHaveLength(1)
    expect((await opened.client.discovery()).apiRoots).toMatchObject([{ problem: error.message }])
  })

  it('C21-11: guesses never among several API roots', async () => {
    const roots = ['/a/', '/b/'].map((path) => ({ path, collections: [collection] }))
    await using server = await start({ roots, defaultRoot: null })
    await using opened = await aClient(server.discoveryUrl)
    expect(await errorOf(opened.client.collections())).toMatchObject({
      code: 'TAXII_ROOT_AMBIGUOUS',
      kind: 'usage',
      hint: expect.stringContaining('--api-root') as string,
    })
    expect(await opened.client.collections('/b/')).toHaveLength(1)
    await using chosen = await aClient(server.discoveryUrl, { apiRoot: '/b/' })
    expect((await readPoll(chosen.client)).ids).toHaveLength(25)
  })

  it('C21-12: uses a root only if it speaks the version; one that does not say is used with a notice', async () => {
    await using other = await start({
      roots: [{ path: '/api1/', collections: [collection], versions: ['application/taxii+json;version=2.2'] }],
    })
    await using refused = await aClient(other.discoveryUrl)
    expect(await errorOf(refused.client.collections())).toMatchObject({ code: 'TAXII_VERSION_REFUSED' })
    await using silent = await start({ roots: [{ path: '/api1/', collections: [collection], versions: null }] })
    await using opened = await aClient(silent.discoveryUrl)
    expect(await opened.client.collections()).toHaveLength(1)
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_ROOT_VERSIONS_MISSING')
  })

  it('C21-26: reads a manifest that pages by date, each version once', async () => {
    await using server = await start({ pageCap: 10, paging: 'date' })
    await using opened = await aClient(server.rootUrl)
    const entries = await all(v2Of(opened.client).manifest({ collection: 'c1', pageSize: 10 }))
    expect(entries.map(({ id }) => id)).toEqual(idsOf(objects))
    expect(entries[0]).toMatchObject({ version: '2026-01-01T00:00:00.000Z' })
  })

  it('C21-27, C21-28: reads all versions of one object', async () => {
    const later = { ...objects[0], modified: '2026-02-01T00:00:00.000Z' }
    await using server = await start({ collections: [{ ...collection, objects: [...objects, later] }] })
    await using opened = await aClient(server.rootUrl)
    const v2 = v2Of(opened.client)
    expect(await all(v2.versions(idAt(0), { collection: 'c1' }))).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-02-01T00:00:00.000Z',
    ])
    const newest = await readPages(v2.object(idAt(0), { collection: 'c1' }))
    expect(newest.pages.flatMap(({ items }) => items.map(({ raw }) => raw.toString()))).toEqual([JSON.stringify(later)])
    const both = await readPages(
      v2.object(idAt(0), { collection: 'c1', match: [{ field: 'version', values: ['all'] }] }),
    )
    expect(both.ids).toHaveLength(2)
    const none = await readPages(v2.object('indicator--nope', { collection: 'c1' }))
    expect(none.error).toMatchObject({ code: 'TAXII_OBJECT_UNKNOWN', kind: 'not-found' })
  })

  it('C21-29: deletes only where it may read and write', async () => {
    await using server = await start({ collections: [collection, { id: 'ro', title: 'ro', objects }] })
    await using opened = await aClient(server.rootUrl)
    await v2Of(opened.client).deleteObject(idAt(3), { collection: 'c1' })
    expect(server.truth('c1')).toHaveLength(24)
    const before = server.requests.filter(({ method }) => method === 'DELETE').length
    expect(await errorOf(v2Of(opened.client).deleteObject(idAt(3), { collection: 'ro' }))).toMatchObject({
      code: 'TAXII_COLLECTION_READONLY',
      kind: 'auth',
    })
    expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(before)
  })

  it('C21-31: reads a status resource whole; a forgotten job is not found', async () => {
    const status = {
      id: 'j1',
      status: 'pending',
      request_timestamp: '2026-01-02T03:04:05.000000Z',
      total_count: 3,
      success_count: 1,
      successes: [{ id: 'a', version: 'v' }],
      failure_count: 1,
      failures: [{ id: 'b', version: 'v', message: 'no' }],
      pending_count: 1,
      pendings: [{ id: 'c', version: 'v' }],
    }
    await using server = await startScript(
      oneCollection(({ path }) => (path === '/r/status/j1/' ? { json: status } : undefined)),
    )
    await using opened = await aClient(objectsUrl(server))
    expect(await v2Of(opened.client).job('j1')).toEqual({
      id: 'j1',
      status: 'pending',
      requestTimestamp: '2026-01-02T03:04:05.000000Z',
      totalCount: 3,
      successCount: 1,
      failureCount: 1,
      pendingCount: 1,
      successes: [{ id: 'a', version: 'v', message: undefined }],
      failures: [{ id: 'b', version: 'v', message: 'no' }],
      pendings: [{ id: 'c', version: 'v', message: undefined }],
    })
    expect(await errorOf(v2Of(opened.client).job('j2'))).toMatchObject({
      code: 'TAXII_JOB_UNKNOWN',
      kind: 'not-found',
    })
  })
})

describe('refusals', () => {
  it.each([
    [400, 'TAXII_REQUEST_REFUSED', 'remote'],
    [401, 'TAXII_UNAUTHORIZED', 'auth'],
    [403, 'TAXII_FORBIDDEN', 'auth'],
    [404, 'TAXII_NOT_FOUND', 'not-found'],
    [406, 'TAXII_VERSION_REFUSED', 'remote'],
    [413, 'TAXII_TOO_LARGE', 'remote'],
    [415, 'TAXII_VERSION_REFUSED', 'remote'],
    [422, 'TAXII_REQUEST_REFUSED', 'remote'],
    [429, 'TAXII_RATE_LIMITED', 'network'],
    [500, 'TAXII_UNAVAILABLE', 'network'],
    [503, 'TAXII_UNAVAILABLE', 'network'],
  ])('C21-33: %i is %s (%s)', async (status, code, kind) => {
    await using server = await startScript(
      oneCollection((request) => (isObjects(request) ? { status, json: { title: 'no' } } : undefined)),
    )
    await using opened = await aClient(objectsUrl(server), {}, { retry: { maxRetries: 0 } })
    const { error } = await readPoll(opened.client)
    expect(error).toMatchObject({ code, kind, context: { status } })
    expect(error?.message).toContain(`HTTP ${status}`)
  })

  it('C21-33: tells how long a Retry-After asks to wait', async () => {
    const script = oneCollection((request) =>
      isObjects(request) ? { status: 429, headers: { 'retry-after': '4000' } } : undefined,
    )
    await using server = await startScript(script)
    await using opened = await aClient(objectsUrl(server), {}, { retry: { maxRetries: 0 } })
    const { error } = await readPoll(opened.client)
    expect(error).toMatchObject({ kind: 'network', retryAfterMs: 4_000_000 })
  })

  it('C21-32, S8: shows title and description of an error, hostile text made harmless', async () => {
    const json = {
      title: 'Bad \u001b]52;c;aGk=\u0007 filter',
      description: 'match[x]\u202e',
      error_id: 'e1',
      http_status: '400',
    }
    await using server = await startScript(
      oneCollection((request) => (isObjects(request) ? { status: 400, json } : undefined)),
    )
    await using opened = await aClient(objectsUrl(server))
    const { error } = await readPoll(opened.client)
    expect(error?.message).toContain('Bad \\u{1b}]52;c;aGk=\\u{7} filter – match[x]\\u{202e}')
  })

  it.each([
    ['Basic realm="taxii, x", Bearer', 'The server asks for Basic or Bearer.'],
    ['Bearer error="invalid_token"', 'The server asks for Bearer.'],
    [undefined, '--username'],
  ])('C21-8: a 401 with the challenge %j says so', async (challenge, hint) => {
    const headers = challenge === undefined ? {} : { 'www-authenticate': challenge }
    await using server = await startScript(() => ({ status: 401, headers }))
    await using opened = await aClient(`${server.url}/taxii2/`)
    const error = await errorOf(opened.client.discovery())
    expect(error).toMatchObject({ code: 'TAXII_UNAUTHORIZED', kind: 'auth' })
    expect(error.hint).toContain(hint)
  })

  it('N12, row 8: names an HTML page that stands where TAXII should be', async () => {
    const text = '<!DOCTYPE html><html><head><title>Sign\n in \u001b[31m</title></head></html>'
    const script = oneCollection((request) =>
      isObjects(request) ? { text, headers: { 'content-type': 'text/html' } } : undefined,
    )
    await using server = await startScript(script)
    await using opened = await aClient(objectsUrl(server))
    const { error } = await readPoll(opened.client)
    expect(error).toMatchObject({ code: 'TAXII_NOT_TAXII', kind: 'protocol' })
    expect(error?.message).toContain('text/html, title "Sign in \\u{1b}[31m"')
  })

  it.each([
    'application/json',
    'text/plain',
    'application/stix+json',
    'application/vnd.oasis.taxii+json; version=2.0',
    undefined,
  ])('C21-4, N14, rows 5, 7, 10: takes the media type %s with a notice, and refuses it when strict', async (type) => {
    await using server = await startScript((request) => {
      const said = oneCollection((at) => (isObjects(at) ? { json: { objects } } : undefined))(request)
      return said && { ...said, headers: { 'content-type': type ?? '' } }
    })
    await using opened = await aClient(objectsUrl(server))
    expect((await readPoll(opened.client)).ids).toHaveLength(25)
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_MEDIA_TYPE_LOOSE')
    await using strict = await aClient(objectsUrl(server), { strict: true })
    expect((await readPoll(strict.client)).error).toMatchObject({ code: 'TAXII_MEDIA_TYPE', kind: 'protocol' })
  })

  it.each([
    'application/taxii+json; version=2.1; charset=utf-8',
    'Application/TAXII+json;version=2.1',
    'application/taxii+json',
  ])('C21-4, row 9: takes %s as it is', async (type) => {
    await using server = await startScript((request) => {
      const said = oneCollection((at) => (isObjects(at) ? { json: { objects } } : undefined))(request)
      return said && { ...said, headers: { 'content-type': type } }
    })
    await using opened = await aClient(objectsUrl(server), { strict: true })
    expect((await readPoll(opened.client)).error).toBeUndefined()
    expect(opened.notices.filter(({ code }) => code === 'TAXII_MEDIA_TYPE_LOOSE')).toEqual([])
  })

  it('a resource of another kind under 200 is no empty page', async () => {
    const script = oneCollection((request) =>
      isObjects(request) ? { json: { title: 'You are not allowed' } } : undefined,
    )
    await using server = await startScript(script)
    await using opened = await aClient(objectsUrl(server))
    expect((await readPoll(opened.client)).error).toMatchObject({ code: 'TAXII_NOT_AN_ENVELOPE', kind: 'protocol' })
  })
})
