import { describe, expect, test } from 'vitest'
import { aService, polling, service } from './a-service.ts'
import { aClient, aServer, block, contentsOf, message, pagesOf, status, threeBlocks } from './support.ts'

const end = '<t:Inclusive_End_Timestamp>2026-01-02T00:00:00Z</t:Inclusive_End_Timestamp>'
const past = { begin: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }
const answers = (id: string): string => message('Poll_Response', id, '', end + block('<a/>'))
const record = (name: string, inside = '', attributes = ''): string =>
  `<t:Collection collection_name="${name}" ${attributes}>${inside}</t:Collection>`

describe('where a collection is polled', () => {
  test('at its own address, not at that of another that is listed with it', async () => {
    const server = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`) + service('POLL', `${url}/p`),
      collections: (url) => record('other', polling(`${url}/other`)) + record('feed', polling(`${url}/own`)),
      polls: { '/own': answers, '/p': answers, '/other': answers },
    })
    const { client, codes } = await aClient(`${server.url}/d`)
    await pagesOf(client, { collection: 'feed', ...past })
    expect(server.requests.at(-1)?.path).toBe('/own')
    await pagesOf(client, { collection: 'unlisted', ...past })
    expect(server.requests.at(-1)?.path).toBe('/p')
    expect(server.requests.at(-1)?.body).not.toContain('Content_Binding')
    expect(codes()).not.toContain('TAXII_COLLECTION_UNAVAILABLE')
  })

  test('one that is listed as not available is asked for all the same, and that is told', async () => {
    const server = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`),
      collections: (url) => record('feed', polling(`${url}/p`), 'available="false"'),
      polls: { '/p': answers },
    })
    const { client, codes } = await aClient(`${server.url}/d`)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', ...past }))).toEqual(['<a/>'])
    expect(codes()).toContain('TAXII_COLLECTION_UNAVAILABLE')
  })

  test('the address of the listing is no poll address, whichever of several listings it is', async () => {
    const { server, client } = await aServer()
    const root = server.addresses.collections
    expect(contentsOf(await pagesOf(client, { collection: 'feed', root }))).toEqual(threeBlocks)
    const two = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`) + service('COLLECTION_MANAGEMENT', `${url}/c2`),
      collections: (url) => record('feed', polling(`${url}/p`)),
      polls: {
        '/p': answers,
        '/c2': (id) => message('Collection_Information_Response', id, '', record('b', polling(`${two.url}/p`))),
      },
    })
    const { client: other } = await aClient(`${two.url}/d`)
    for (const [collection, place] of [
      ['feed', '/c'],
      ['b', '/c2'],
    ] as const)
      expect(contentsOf(await pagesOf(other, { collection, root: two.url + place, ...past }))).toEqual(['<a/>'])
  })

  test('the bindings that the profile names are asked for where the request names none', async () => {
    const { server, client } = await aServer({}, { contentBindings: [{ id: 'urn:x', subtypes: [] }] })
    await pagesOf(client, { collection: 'feed' }).catch(() => undefined)
    expect(server.requests.at(-1)?.body.toString()).toContain('binding_id="urn:x"')
  })
})

describe('a collection by its name', () => {
  test('is given as it is listed, or else as one that is polled where polls are answered', async () => {
    const { server, client } = await aServer()
    const [listed] = await client.collections()
    expect(await client.v1?.collection?.('feed')).toEqual(listed)
    expect(await client.v1?.collection?.('hidden')).toEqual({
      id: 'hidden',
      root: server.addresses.poll,
      canRead: true,
      canWrite: false,
      contentTypes: [],
      ordering: 'feed',
      pollAddresses: [server.addresses.poll],
      subscriptionAddresses: [],
      inboxAddresses: [],
      custom: {},
    })
  })

  test('is not pollable where no address is named, and refused where the only one is', async () => {
    const silent = await aService({ services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`) })
    const { client } = await aClient(`${silent.url}/d`)
    await expect(client.v1?.collection?.('feed')).rejects.toMatchObject({
      code: 'TAXII_NOT_POLLABLE',
      kind: 'not-found',
      context: { collection: 'feed' },
    })
    const odd = await aService({ services: () => service('POLL', 'ftp://127.0.0.1/poll') })
    const { client: other } = await aClient(`${odd.url}/d`)
    await expect(other.v1?.collection?.('feed')).rejects.toMatchObject({ code: 'TAXII_ADDRESS_REFUSED' })
  })

  test('T15: one that nobody knows is named in the error, with the nearest of those that are listed', async () => {
    const server = await aService({
      services: (url) => service('COLLECTION_MANAGEMENT', `${url}/c`),
      collections: (url) => record('apple', polling(`${url}/p`)) + record('pear', polling(`${url}/p`)),
      polls: { '/p': (id) => status('NOT_FOUND', id) },
    })
    const { client } = await aClient(`${server.url}/d`)
    const poll = (collection: string) => pagesOf(client, { collection, root: `${server.url}/p`, ...past })
    for (const [name, hint] of [
      ['peer', 'Did you mean "pear"? List what is offered with: stixtaxii collections'],
      ['something else', 'List what is offered with: stixtaxii collections'],
    ] as const)
      await expect(poll(name)).rejects.toMatchObject({
        code: 'TAXII_COLLECTION_UNKNOWN',
        kind: 'not-found',
        hint,
        context: { collection: name },
        cause: { code: 'TAXII_STATUS' },
      })
  })
})

describe('counting', () => {
  const day = 86_400_000
  const now = (): Date => new Date('2026-01-21T00:00:00.000Z')
  const blocks = Array.from({ length: 20 }, (_, at) => `<a xmlns="urn:a">${at}</a>`)
  const labelAt = (at: number): string => `2026-01-${String(at + 1).padStart(2, '0')}T12:00:00.000000Z`
  const pollsOf = (server: { requests: readonly { body: Buffer }[] }): string[] =>
    server.requests.map(({ body }) => body.toString()).filter((body) => body.includes(':Poll_Request'))

  test('C1P-7: counts window by window where a provider wants them short, and adds up', async () => {
    const { client, server } = await aServer(
      { collections: [{ name: 'feed', blocks, labelAt }], maxWindowMs: day, now },
      { maxWindowMs: day },
    )
    const count = await client.v1?.count({ collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(count).toEqual({ count: 20, atLeast: false })
    const polls = pollsOf(server)
    expect(polls).toHaveLength(20)
    expect(polls.every((body) => body.includes('COUNT_ONLY'))).toBe(true)
    const ended = await client.v1?.count({
      collection: 'feed',
      begin: '2026-01-01T00:00:00Z',
      end: '2026-01-03T00:00:00Z',
    })
    expect([ended?.count, pollsOf(server).length]).toEqual([2, 22])
    const empty = await client.v1?.count({ collection: 'feed', begin: '2026-01-21T00:00:00Z' })
    expect([empty, pollsOf(server).length]).toEqual([{ count: 0, atLeast: false }, 22])
  })

  test('C1P-7: windows of nothing grow no longer than the provider wants', async () => {
    const { client, server } = await aServer(
      { collections: [{ name: 'feed', blocks: [] }], now },
      { maxWindowMs: 5 * day },
    )
    await client.v1?.count({ collection: 'feed', begin: '2026-01-01T00:00:00Z' })
    expect(pollsOf(server)).toHaveLength(4)
  })

  test('an answer that covers less than was asked for is counted on from its end', async () => {
    const ends = ['2026-01-05T00:00:00Z', '2026-01-21T00:00:00Z']
    const headers = { date: 'Wed, 21 Jan 2026 00:00:00 GMT', 'content-type': 'application/xml' }
    let polls = 0
    const server = await aService({
      services: (url) => service('POLL', `${url}/p`),
      polls: {
        '/p': (id) => {
          const label = `<t:Inclusive_End_Timestamp>${ends[polls++]}</t:Inclusive_End_Timestamp>`
          return {
            headers,
            body: message('Poll_Response', id, '', `${label}<t:Record_Count>${polls}</t:Record_Count>`),
          }
        },
      },
    })
    const { client } = await aClient(`${server.url}/d`)
    const count = await client.v1?.count({ collection: 'feed', begin: '2026-01-01T00:00:00Z', end: ends[1] })
    expect([count, polls]).toEqual([{ count: 3, atLeast: false }, 2])
  })

  test('a data set is counted once', async () => {
    const { client, server } = await aServer({ collections: [{ name: 'set', type: 'set', blocks: threeBlocks }] })
    expect(await client.v1?.count({ collection: 'set' })).toEqual({ count: 3, atLeast: false })
    expect(pollsOf(server)).toHaveLength(1)
  })

  test('counting by polling counts what is damaged too; 1.0 is not asked for a count', async () => {
    const broken = [...threeBlocks, '<a>AT&T</a>']
    const { client, server } = await aServer({ versions: ['1.0'], collections: [{ name: 'feed', blocks: broken }] })
    expect(await client.v1?.count({ collection: 'feed' })).toEqual({ count: 4, atLeast: false })
    expect(pollsOf(server)).toHaveLength(1)
  })
})
