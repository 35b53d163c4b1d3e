import { describe, expect, test } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import type { Taxii1Options } from '../../../src/simulate/taxii1-options.ts'
import { probeTaxii1 } from '../../../src/taxii/v1/probe.ts'
import { aService, polling, service } from './a-service.ts'
import {
  aClient,
  aPollServer,
  aRawServer,
  aServer,
  aTransport,
  block,
  contentsOf,
  message,
  pagesOf,
  status,
  threeBlocks,
} from './support.ts'

const end = '<t:Inclusive_End_Timestamp>2026-01-02T00:00:00Z</t:Inclusive_End_Timestamp>'
const past = { begin: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }

describe('discovery', () => {
  test('C1D-1, C1D-3, C1D-4: lists services as the server says them', async () => {
    const accepted = '<t:Content_Binding binding_id="urn:b"><t:Subtype subtype_id="urn:s"/></t:Content_Binding>'
    const server = await aService({
      services: () =>
        service('DISCOVERY', 'http://a.example/d', { attributes: 'available="true"' }) +
        service('COLLECTION_MANAGEMENT', 'http://a.example/c', { attributes: 'available="0"' }) +
        service('POLL', 'http://a.example/p', { inside: '<t:Message>hello</t:Message>' }) +
        service('INBOX', 'http://a.example/i', { inside: accepted }) +
        service('INBOX', 'http://a.example/j') +
        service('TELEPATHY', 'http://a.example/t'),
    })
    const { client } = await aClient(`${server.url}/d`)
    const { services, version, apiRoots } = await client.discovery()
    expect([version, apiRoots]).toEqual(['1.1', []])
    expect(services.map(({ type, available }) => [type, available])).toEqual([
      ['discovery', true],
      ['collection-management', false],
      ['poll', undefined],
      ['inbox', undefined],
      ['inbox', undefined],
    ])
    expect(services[2]).toMatchObject({
      version: 'urn:taxii.mitre.org:services:1.1',
      protocol: 'urn:taxii.mitre.org:protocol:http:1.0',
      address: 'http://a.example/p',
      messageBindings: ['urn:taxii.mitre.org:message:xml:1.1'],
      message: 'hello',
    })
    expect(services[3]?.acceptedBindings).toEqual([{ id: 'urn:b', subtypes: ['urn:s'] }])
    expect(services[4]?.acceptedBindings).toBeUndefined()
  })

  test('C1D-1, C1D-7 in TAXII 1.0: feed management and its feeds', async () => {
    const { client } = await aServer({ versions: ['1.0'] })
    expect((await client.discovery()).services.map(({ type }) => type)).toContain('collection-management')
    const [feed] = await client.collections()
    expect(feed).toMatchObject({ id: 'feed', ordering: 'feed', volume: undefined, inboxAddresses: [] })
  })

  test('C1D-5: empty lists are answers', async () => {
    const server = await aService({})
    const { client } = await aClient(`${server.url}/d`)
    expect((await client.discovery()).services).toEqual([])
    expect(await client.collections()).toEqual([])
  })

  test('C1H-13: at a bare host the path of the errata is tried', async () => {
    const server = await aRawServer(({ path, id }) =>
      path === '/taxii-discovery-service/' ? message('Discovery_Response', id) : { status: 404, headers: {}, body: '' },
    )
    const { client } = await aClient(server.url)
    expect((await client.discovery()).services).toEqual([])
  })

  test('the URL may be that of a collection management service', async () => {
    const { server } = await aServer()
    const { client } = await aClient(server.addresses.collections)
    expect((await client.collections()).map(({ id }) => id)).toEqual(['feed'])
    expect((await client.discovery()).services).toMatchObject([{ type: 'collection-management' }])
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
  })

  test('C1D-5: the URL may be that of a poll service, with nothing that lists its collections', async () => {
    const { server } = await aServer()
    const { client } = await aClient(server.addresses.poll)
    expect(await client.collections()).toEqual([])
    expect((await client.discovery()).services).toMatchObject([{ type: 'poll', address: server.addresses.poll }])
    expect(await client.v1?.collection?.('feed')).toMatchObject({
      id: 'feed',
      canRead: true,
      ordering: 'feed',
      root: server.addresses.poll,
    })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
  })

  test('each address is asked once, however many polls there are', async () => {
    const { client, server } = await aServer()
    await client.discovery()
    await client.collections()
    await pagesOf(client, { collection: 'feed' })
    await pagesOf(client, { collection: 'feed' })
    expect(server.requests).toHaveLength(4)
  })

  test('wrong credentials at discovery are not taken for another service', async () => {
    const { client } = await aServer({
      authentication: { scheme: 'basic', username: 'a', password: 'b' },
      refusal: 'http',
    })
    await expect(client.discovery()).rejects.toMatchObject({ code: 'TAXII_UNAUTHORIZED' })
  })
})

describe('collections', () => {
  test('C1D-6: says everything that the record says', async () => {
    const server = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`),
      collections: (url) =>
        `<t:Collection collection_name="urn:feed" available="true"><t:Description>d &amp; e</t:Description><t:Collection_Volume>12</t:Collection_Volume>` +
        `<t:Content_Binding binding_id="urn:b"/>${polling(`${url}/p`)}` +
        polling(`${url}/s`).replaceAll('Polling_', 'Subscription_') +
        `${polling(`${url}/i`).replaceAll('Polling_', 'Receiving_Inbox_')}</t:Collection>` +
        `<t:Collection collection_name="set" collection_type="DATA_SET"/>` +
        `<t:Collection collection_name="closed" available="false">${polling(`${url}/p`)}</t:Collection><t:Collection/>`,
    })
    const { client } = await aClient(`${server.url}/d`)
    const [feed, set, closed, ...rest] = await client.collections()
    expect(rest).toEqual([])
    expect(feed).toEqual({
      id: 'urn:feed',
      root: `${server.url}/c`,
      title: undefined,
      description: 'd & e',
      canRead: true,
      canWrite: true,
      contentTypes: ['urn:b'],
      ordering: 'feed',
      available: true,
      volume: 12,
      pollAddresses: [`${server.url}/p`],
      subscriptionAddresses: [`${server.url}/s`],
      inboxAddresses: [`${server.url}/i`],
      custom: {},
    })
    expect(set).toMatchObject({
      ordering: 'set',
      canRead: false,
      canWrite: false,
      available: undefined,
      contentTypes: [],
    })
    expect(closed).toMatchObject({ canRead: false, available: false })
  })

  test('C1D-2, row 21: services of another binding or protocol are passed over', async () => {
    const server = await aService({
      services: (url) =>
        service('POLL', `${url}/old`, { binding: 'urn:taxii.mitre.org:message:xml:1.0' }) +
        service('POLL', `${url}/mail`, { protocol: 'urn:example:smtp' }) +
        service('POLL', `${url}/closed`, { attributes: 'available="false"' }) +
        service('POLL', `${url}/p`),
      polls: { '/p': (id) => message('Poll_Response', id, '', end + block('<a/>')) },
    })
    const { client } = await aClient(`${server.url}/d`)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', ...past }))).toEqual(['<a/>'])
    expect(server.requests.at(-1)?.path).toBe('/p')
    expect(server.requests).toHaveLength(2)
  })

  test('row 21: of two poll services the one that has the collection is found', async () => {
    const server = await aService({
      services: (url) => service('POLL', `${url}/one`) + service('POLL', `${url}/two`),
      polls: {
        '/one': (id) => status('NOT_FOUND', id),
        '/two': (id) => message('Poll_Response', id, '', end + block('<a/>')),
      },
    })
    const { client } = await aClient(`${server.url}/d`)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', ...past }))).toEqual(['<a/>'])
  })

  test('C1D-6: a collection with no poll service anywhere cannot be polled', async () => {
    const server = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`),
      collections: () => '<t:Collection collection_name="feed"/>',
    })
    const { client } = await aClient(`${server.url}/d`)
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({
      code: 'TAXII_NOT_POLLABLE',
      kind: 'not-found',
    })
  })

  test('a poll address that the request names goes first', async () => {
    const { server, client } = await aServer()
    await pagesOf(client, { collection: 'feed', root: `${server.addresses.poll}?x=1` }).catch(() => undefined)
    expect(server.requests.at(-1)?.url.search).toBe('?x=1')
  })
})

describe('rows 16 and 17, T16: addresses that servers name', () => {
  const poll = async (advertise: NonNullable<Taxii1Options['advertise']>, settings = {}) => {
    const opened = await aServer({ advertise }, settings)
    return { ...opened, contents: contentsOf(await pagesOf(opened.client, { collection: 'feed' })) }
  }

  test.each([
    ['another host', (address: string) => address.replace('127.0.0.1', 'inside.example')],
    ['another port', (address: string) => address.replace(/:\d+\//, ':9/')],
    ['https where it speaks http', (address: string) => address.replace('http:', 'https:')],
    ['the metadata service', (address: string) => `http://169.254.169.254${new URL(address).pathname}`],
    ['localhost', (address: string) => `http://localhost:1${new URL(address).pathname}`],
    ['only a path', (address: string) => new URL(address).pathname],
    ['no slash at the end, or one too many', (address: string) => `${address}/`],
  ])('%s: the same path at home is asked', async (_, advertise) => {
    const { contents, server } = await poll(advertise)
    expect(contents).toEqual(threeBlocks)
    expect(server.requests.every(({ headers }) => headers['host']?.startsWith('127.0.0.1'))).toBe(true)
  })

  test('a rewritten address is told', async () => {
    const { codes } = await poll((address) => address.replace('127.0.0.1', 'inside.example'))
    expect(codes()).toContain('TAXII_ADDRESS_REWRITTEN')
  })

  test('one that does not work at home either ends as refused and names the origin', async () => {
    const { client } = await aServer({ advertise: () => 'http://elsewhere.example/other' })
    await expect(client.collections()).rejects.toMatchObject({
      code: 'TAXII_ORIGIN_REFUSED',
      kind: 'refused',
      hint: expect.stringContaining('--allow-origin http://elsewhere.example') as string,
    })
  })

  test.each(['ftp://127.0.0.1/poll', 'http://ann:pw@127.0.0.1/poll', 'javascript:alert(1)', '//evil.example/poll'])(
    '%s is refused and told, never asked',
    async (address) => {
      const { client, codes } = await aServer({ advertise: (right, of) => (of === 'poll' ? address : right) })
      await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({ kind: 'refused' })
      expect(codes()).toContain('TAXII_ADDRESS_REFUSED')
    },
  )

  test('an allowed origin is asked as it is named', async () => {
    const { server: other } = await aServer()
    const allowOrigins = [new URL(other.url).origin]
    const { server } = await aServer({ advertise: (_, of) => other.addresses[of] })
    const { client } = await aClient(server.addresses.discovery, { allowOrigins }, { allowOrigins })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
    expect(server.requests).toHaveLength(1)
  })
})

describe('probing', () => {
  const probe = (url: string) => {
    const { http, clock, notices } = aTransport(url)
    return probeTaxii1(new URL(url), { http, clock, notices })
  }

  test('L3 what fails on this machine says nothing of the server', async () => {
    const fault = new StixTaxiiError('CLI_TRACE_FAILED', 'the trace is on a full disk', { kind: 'local' })
    const { http, clock, notices } = aTransport('http://127.0.0.1/')
    const broken = { ...http, exchange: () => Promise.reject(fault) }
    const probing = probeTaxii1(new URL('http://127.0.0.1/'), { http: broken, clock, notices })
    await expect(probing).rejects.toBe(fault)
  })

  test('finds 1.1, or 1.0 where there is no 1.1', async () => {
    const { server } = await aServer()
    expect(await probe(server.addresses.discovery)).toEqual({ version: '1.1', found: 'discovery' })
    const { server: old } = await aServer({ versions: ['1.0'] })
    expect(await probe(old.addresses.discovery)).toEqual({ version: '1.0', found: 'discovery' })
  })

  test('knows a poll address by its status message', async () => {
    const server = await aPollServer(() => '')
    expect(await probe(server.url)).toMatchObject({ version: '1.1', found: 'service', error: { code: 'TAXII_STATUS' } })
  })

  test('knows refused credentials, inside HTTP 200 and as 401', async () => {
    const authentication = { scheme: 'basic', username: 'a', password: 'b' } as const
    const { server } = await aServer({ authentication })
    expect(await probe(server.addresses.discovery)).toMatchObject({ found: 'service', error: { kind: 'auth' } })
    const plain = await aRawServer(() => ({ status: 401, headers: {}, body: '' }))
    expect(await probe(plain.url)).toMatchObject({ found: 'nothing', error: { kind: 'auth' } })
  })

  test('says that nothing of 1.x is there', async () => {
    const server = await aRawServer(() => ({ headers: { 'content-type': 'text/html' }, body: '<html></html>' }))
    expect(await probe(server.url)).toMatchObject({
      found: 'nothing',
      error: { code: 'TAXII_NOT_TAXII' },
    })
  })
})
