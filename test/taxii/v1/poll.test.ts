import { describe, expect, test } from 'vitest'
import type { Page } from '../../../src/taxii/client.ts'
import { blockId } from '../../../src/taxii/v1/block.ts'
import { aClient, aPollServer, aServer, block, contentsOf, message, pagesOf, status, threeBlocks } from './support.ts'

const pollsOf = (server: { requests: readonly { body: Buffer }[] }): string[] =>
  server.requests.map(({ body }) => body.toString()).filter((body) => /:Poll_/.test(body))
const labelsOf = (body: string | undefined): (string | undefined)[] => [
  /Exclusive_Begin_Timestamp>([^<]*)</.exec(body ?? '')?.[1],
  /Inclusive_End_Timestamp>([^<]*)</.exec(body ?? '')?.[1],
]
const end = (label: string): string => `<t:Inclusive_End_Timestamp>${label}</t:Inclusive_End_Timestamp>`
const past = { begin: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' }

describe('a poll of a feed', () => {
  test('C1P-2, C1P-3: gives every block, and the end label of the answer as its stamp', async () => {
    const { client, server } = await aServer()
    const pages = await pagesOf(client, { collection: 'feed' })
    expect(contentsOf(pages)).toEqual(threeBlocks)
    expect(pages).toHaveLength(1)
    expect(pages[0]).toMatchObject({ partial: false, damaged: [], position: undefined })
    expect(pages[0]?.stamp).toBe(pages[0]?.addedLast)
    expect(labelsOf(pollsOf(server)[0])).toEqual([undefined, undefined])
  })

  test('C1P-16, contracts 1: a block is known by binding and content, and says its label, binding and message', async () => {
    const blocks = [
      { content: '<a xmlns="urn:a">1</a>', binding: 'urn:b', subtype: 'urn:s', message: 'm', padding: 'pp' },
    ]
    const { client, server } = await aServer({ collections: [{ name: 'feed', blocks, bindings: [] }] })
    const [page] = await pagesOf(client, { collection: 'feed' })
    expect(page?.items).toEqual([
      {
        kind: 'block',
        id: server.truth('feed')[0]?.id,
        binding: 'urn:b',
        subtype: 'urn:s',
        timestampLabel: '2026-01-01T00:00:00.000001Z',
        message: 'm',
        raw: Buffer.from('<a xmlns="urn:a">1</a>'),
      },
    ])
  })

  test('C1M-4, C1P-1, C1P-6, C1P-7: asks with an exclusive begin, an inclusive end and parameters, in their order', async () => {
    const { client, server } = await aServer()
    await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T00:00:00.000001Z',
      end: '2026-01-01T00:00:00.001002Z',
    })
    const [body] = pollsOf(server)
    expect(body).toMatch(
      /collection_name="feed"><taxii_11:Exclusive_Begin_Timestamp>2026-01-01T00:00:00.000001Z<.*<taxii_11:Inclusive_End_Timestamp>2026-01-01T00:00:00.001002Z<.*<taxii_11:Poll_Parameters allow_asynch="false"><taxii_11:Response_Type>FULL</,
    )
    expect(body).not.toContain('Subscription_ID')
    expect(body).not.toContain('Delivery_Parameters')
  })

  test('edge 6: a block with the begin itself is not there, one with the end is', async () => {
    const { client } = await aServer()
    const pages = await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T00:00:00.000001Z',
      end: '2026-01-01T00:00:00.001002Z',
    })
    expect(contentsOf(pages)).toEqual([threeBlocks[1]])
    expect(pages.at(-1)?.stamp).toBe('2026-01-01T00:00:00.001002Z')
  })

  test('C1M-6, T12: labels go out with all their microseconds, finer ones are cut', async () => {
    const { client, server } = await aServer()
    await pagesOf(client, {
      collection: 'feed',
      begin: '2026-01-01T02:00:00.123456+02:00',
      end: '2026-01-01T00:00:01.123456789Z',
    })
    expect(labelsOf(pollsOf(server)[0])).toEqual(['2026-01-01T02:00:00.123456+02:00', '2026-01-01T00:00:01.123456Z'])
  })

  test('C1P-6: polls under a subscription without parameters', async () => {
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', end(past.end)))
    const { client } = await aClient(server.url)
    await pagesOf(client, { collection: 'feed', subscriptionId: 'urn:s', ...past })
    expect(server.polls()[0]?.body).toContain('<taxii_11:Subscription_ID>urn:s</taxii_11:Subscription_ID>')
    expect(server.polls()[0]?.body).not.toContain('Poll_Parameters')
  })

  test('C1P-7: asks for bindings with subtypes, and for a query', async () => {
    const { client, server } = await aServer({
      query: (query, content) => query.includes('two') && content.includes('2'),
    })
    const query =
      '<q:Default_Query xmlns:q="http://taxii.mitre.org/query/taxii_default_query-1" targeting_expression_id="two"/>'
    const contentBindings = [{ id: 'urn:stix.mitre.org:xml:1.1.1', subtypes: ['urn:s1', 'urn:s2'] }]
    const pages = await pagesOf(client, { collection: 'feed', contentBindings, query })
    expect(contentsOf(pages)).toEqual([threeBlocks[1]])
    expect(pollsOf(server)[0]).toContain(
      '<taxii_11:Content_Binding binding_id="urn:stix.mitre.org:xml:1.1.1"><taxii_11:Subtype subtype_id="urn:s1"/><taxii_11:Subtype subtype_id="urn:s2"/></taxii_11:Content_Binding>' +
        `<taxii_11:Query format_id="urn:taxii.mitre.org:query:default:1.0">${query}</taxii_11:Query>`,
    )
  })

  test('ThreatConnect: asks by the alias that the collection advertises, and gives blocks by their right binding', async () => {
    const blocks = [{ content: '<a xmlns="urn:a"/>', binding: 'CB_STIX_XML_111' }]
    const { client, server } = await aServer({ collections: [{ name: 'feed', blocks, bindings: ['CB_STIX_XML_111'] }] })
    const contentBindings = [{ id: 'urn:stix.mitre.org:xml:1.1.1', subtypes: [] }]
    const [page] = await pagesOf(client, { collection: 'feed', contentBindings })
    expect(pollsOf(server)[0]).toContain('binding_id="CB_STIX_XML_111"')
    const raw = Buffer.from('<a xmlns="urn:a"/>')
    expect(page?.items[0]).toMatchObject({
      binding: 'urn:stix.mitre.org:xml:1.1.1',
      id: blockId('urn:stix.mitre.org:xml:1.1.1', raw),
    })
    expect((await client.collections())[0]?.contentTypes).toEqual(['urn:stix.mitre.org:xml:1.1.1'])
  })

  test('C1P-17: nested bindings stay as they are', async () => {
    const content =
      '<t:Content_Block><t:Content_Binding binding_id="urn:a|urn:b"/><t:Content>x</t:Content></t:Content_Block>'
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', end(past.end) + content))
    const { client } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', ...past })
    expect(page?.items[0]).toMatchObject({ binding: 'urn:a|urn:b' })
  })

  test('C1P-18, row 78: STIX 2 JSON in a block comes as the text it is', async () => {
    const json = '{"type":"bundle","objects":[{"a":"<&>"}]}'
    const blocks = [{ content: json, form: 'text' as const, binding: 'urn:stix2' }]
    const { client } = await aServer({ collections: [{ name: 'feed', blocks, bindings: [] }] })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual([json])
  })

  test('C1P-15: a record count that is larger than the blocks, or missing, means nothing to a poll', async () => {
    for (const recordCount of ['partial', false] as const) {
      const { client } = await aServer({ recordCount })
      expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
    }
  })

  test('C1P-5: inclusive begin labels of answers are understood', async () => {
    const { client } = await aServer({ inclusiveBegin: true })
    const [page] = await pagesOf(client, { collection: 'feed', ...past })
    expect(page?.addedFirst).toBe('2026-01-01T00:00:00.000000Z')
  })

  test('row 69: a broken block is put aside and the others are given', async () => {
    const blocks = ['<a xmlns="urn:a">1</a>', '<a>AT&T</a>', '<a xmlns="urn:a">3</a>']
    const { client } = await aServer({ collections: [{ name: 'feed', blocks }] })
    const [page] = await pagesOf(client, { collection: 'feed' })
    expect(contentsOf(page ? [page] : [])).toEqual([blocks[0], blocks[2]])
    expect(page?.damaged).toHaveLength(1)
    expect(page?.damaged[0]).toMatchObject({ reason: 'TAXII_BLOCK_BROKEN' })
    expect(page?.damaged[0]?.raw.toString()).toContain('<a>AT&T</a>')
    expect(page?.stamp).toBeDefined()
  })

  test('a block without content is put aside', async () => {
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', `${end(past.end)}<t:Content_Block/>`))
    const { client } = await aClient(server.url)
    const [page] = await pagesOf(client, { collection: 'feed', ...past })
    expect(page?.damaged[0]?.reason).toBe('TAXII_BLOCK_EMPTY')
  })
})

describe('TAXII 1.0', () => {
  test('C1P-8: labels and bindings stand in the request itself, and there are no parts', async () => {
    const { client, server } = await aServer({ versions: ['1.0'] })
    const contentBindings = [{ id: 'urn:stix.mitre.org:xml:1.1.1', subtypes: ['urn:s'] }]
    const pages = await pagesOf(client, { collection: 'feed', contentBindings, ...past })
    expect(contentsOf(pages)).toEqual(threeBlocks)
    expect(pages.at(-1)?.stamp).toBe('2026-01-02T00:00:00.000000Z')
    expect(pollsOf(server)[0]).toMatch(
      /<taxii:Poll_Request [^>]*feed_name="feed"><taxii:Exclusive_Begin_Timestamp>.*<taxii:Inclusive_End_Timestamp>[^<]*<\/taxii:Inclusive_End_Timestamp><taxii:Content_Binding>urn:stix.mitre.org:xml:1.1.1<\/taxii:Content_Binding><\/taxii:Poll_Request>/,
    )
  })

  test('C1P-8: the subscription id is an attribute beside the rest', async () => {
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', end(past.end), '1.0'))
    const { client } = await aClient(server.url, { version: '1.0' })
    await pagesOf(client, { collection: 'feed', subscriptionId: 'urn:s', ...past })
    expect(server.polls()[0]?.body).toContain('subscription_id="urn:s"')
  })
})

describe('parts', () => {
  test('C1P-9, C1P-10, edge 5, row 36: are followed by fulfilment to the end', async () => {
    const blocks = Array.from({ length: 25 }, (_, at) => `<a xmlns="urn:a">${at}</a>`)
    const { client, server } = await aServer({ collections: [{ name: 'feed', blocks }], partSize: 10 })
    const pages = await pagesOf(client, { collection: 'feed' })
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5])
    expect(contentsOf(pages)).toEqual(blocks)
    expect(pages.map(({ stamp }) => stamp)).toEqual([undefined, undefined, pages[0]?.addedLast])
    expect(pages.map(({ position }) => position === undefined)).toEqual([false, false, true])
    expect(pollsOf(server)[2]).toMatch(
      /<taxii_11:Poll_Fulfillment [^>]*collection_name="feed" result_id="urn:result:1" result_part_number="3"\/>/,
    )
  })

  test('T3, C1P-11: a poll goes on from any part, as another client, with the same stamp at its end', async () => {
    const { server, client } = await aServer({ partSize: 1 })
    const pages = await pagesOf(client, { collection: 'feed' })
    for (const [at, page] of pages.slice(0, -1).entries()) {
      const { client: other } = await aClient(server.addresses.discovery)
      const position = JSON.parse(JSON.stringify(page.position)) as NonNullable<typeof page.position>
      const rest = await pagesOf(other, { collection: 'feed', position })
      expect(contentsOf(rest)).toEqual(threeBlocks.slice(at + 1))
      expect(rest.at(-1)?.stamp).toBe(pages.at(-1)?.stamp)
    }
  })

  test('a result that the server has forgotten is TAXII_POSITION_REFUSED', async () => {
    const { server, client } = await aServer({ partSize: 1 })
    const [page] = await pagesOf(client, { collection: 'feed' })
    server.forgetResults()
    const resumed = pagesOf(client, { collection: 'feed', position: page?.position })
    await expect(resumed).rejects.toMatchObject({ code: 'TAXII_POSITION_REFUSED', kind: 'protocol' })
    const foreign = pagesOf(client, { collection: 'feed', position: { next: 'x' } })
    await expect(foreign).rejects.toMatchObject({ code: 'TAXII_POSITION_REFUSED' })
  })

  test('C1P-11: a failure of one part is asked again', async () => {
    let failures = 0
    const { client } = await aServer({
      partSize: 1,
      onPoll: (count) => (count === 2 && failures++ === 0 ? { type: 'FAILURE' } : undefined),
    })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
    expect(failures).toBe(1)
  })

  test('C1P-12: INVALID_RESPONSE_PART with the largest number ends the result', async () => {
    const server = await aPollServer(({ id }, count) =>
      count === 1
        ? message('Poll_Response', id, 'more="true" result_id="r"', end(past.end) + block('<a/>'))
        : status(
            'INVALID_RESPONSE_PART',
            id,
            '<t:Status_Detail><t:Detail name="MAX_PART_NUMBER">1</t:Detail></t:Status_Detail>',
          ),
    )
    const { client } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'feed', ...past })
    expect(contentsOf(pages)).toEqual(['<a/>'])
    expect(pages.at(-1)).toMatchObject({ items: [], stamp: past.end, position: undefined })
  })

  test('T7: more without a result id gives what came, then ends as protocol', async () => {
    const server = await aPollServer(({ id }) =>
      message('Poll_Response', id, 'more="true"', end(past.end) + block('<a/>')),
    )
    const { client } = await aClient(server.url)
    const pages: Page[] = []
    const reading = (async () => {
      for await (const page of client.poll({ collection: 'feed', ...past })) pages.push(page)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'TAXII_RESULT_ID_MISSING', kind: 'protocol' })
    expect(pages.map(({ stamp, partial }) => [stamp, partial])).toEqual([[undefined, false]])
  })

  test.each([
    ['repeats', 1],
    ['skips', 3],
  ])('T7: a part number that %s ends as protocol', async (_, number) => {
    const server = await aPollServer(({ id }, count) =>
      message(
        'Poll_Response',
        id,
        `more="true" result_id="r" result_part_number="${count === 1 ? 1 : number}"`,
        block(`<a>${count}</a>`),
      ),
    )
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed', ...past })).rejects.toMatchObject({
      code: 'TAXII_PART_GAP',
      kind: 'protocol',
      context: { asked: 2, received: number },
    })
    expect(server.polls()).toHaveLength(2)
  })

  test('T7: empty parts that promise more are stopped after three', async () => {
    const server = await aPollServer(({ id }, count) =>
      message('Poll_Response', id, `more="true" result_id="r" result_part_number="${count}"`),
    )
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed', ...past })).rejects.toMatchObject({
      code: 'TAXII_NO_PROGRESS',
      kind: 'protocol',
      context: { parts: 3 },
    })
    expect(server.polls()).toHaveLength(3)
  })

  test('T7: the same content under new part numbers is stopped after three', async () => {
    const server = await aPollServer(({ id }, count) =>
      message('Poll_Response', id, `more="true" result_id="r" result_part_number="${count}"`, block('<a/>')),
    )
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed', ...past })).rejects.toMatchObject({
      code: 'TAXII_CURSOR_LOOP',
      kind: 'protocol',
      context: { parts: 3 },
    })
    expect(server.polls()).toHaveLength(3)
  })

  test('T7: parts that have nothing whole are parts, and two empty ones between them are borne', async () => {
    const broken = (count: number): string => block(`<a>${count}</b>`)
    const inside = (count: number): string => (count % 3 === 0 ? broken(count) : '')
    const server = await aPollServer(({ id }, count) => {
      const more = count < 10 ? 'more="true" result_id="r"' : ''
      return message('Poll_Response', id, `${more} result_part_number="${count}"`, end(past.end) + inside(count))
    })
    const { client } = await aClient(server.url)
    const pages = await pagesOf(client, { collection: 'feed', ...past })
    expect(pages.flatMap(({ damaged }) => damaged)).toHaveLength(3)
    expect(server.polls()).toHaveLength(10)
  })

  test('servers that leave out part numbers, or change the result id, are borne with', async () => {
    const server = await aPollServer(({ id }, count) =>
      message(
        'Poll_Response',
        id,
        count < 5 ? `more="true" result_id="r${count}"` : '',
        end(past.end) + block(`<a>${count}</a>`),
      ),
    )
    const { client } = await aClient(server.url)
    expect(contentsOf(await pagesOf(client, { collection: 'feed', ...past }))).toEqual([
      '<a>1</a>',
      '<a>2</a>',
      '<a>3</a>',
      '<a>4</a>',
      '<a>5</a>',
    ])
    expect(server.polls()[2]?.body).toContain('result_id="r2"')
  })

  test('T7: an inbox message in place of an answer ends as protocol', async () => {
    const server = await aPollServer(({ id }) => message('Inbox_Message', id, '', block('<a/>')))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed', ...past })).rejects.toMatchObject({
      code: 'TAXII_ANSWER_UNEXPECTED',
      kind: 'protocol',
    })
  })
})

describe('waiting', () => {
  const detail = (fields: Record<string, string>): string =>
    `<t:Status_Detail>${Object.entries(fields)
      .map(([name, value]) => `<t:Detail name="${name}">${value}</t:Detail>`)
      .join('')}</t:Status_Detail>`

  test('C1P-13, T7: PENDING is waited for as long as it says, and fulfilled', async () => {
    const { client, clock, server } = await aServer({
      pending: { times: 2, waitSeconds: 7 },
      onPoll: (count) => (count === 1 ? { type: 'FAILURE', message: 'not ready and not asynchronous' } : undefined),
    })
    const pages = await pagesOf(client, { collection: 'feed', ...past })
    expect(contentsOf(pages)).toEqual(threeBlocks)
    expect(pages.at(-1)?.stamp).toBe('2026-01-02T00:00:00.000000Z')
    expect(clock.slept).toEqual([7000, 7000])
    const polls = pollsOf(server)
    expect(polls[0]).toContain('allow_asynch="false"')
    expect(polls[1]).toContain('allow_asynch="true"')
    expect(polls[2]).toContain('result_part_number="1"')
  })

  test('C1P-13: ASYNCHRONOUS_POLL_ERROR says that the result is gone', async () => {
    const { client } = await aServer({
      pending: { times: 1, waitSeconds: 1, lost: true },
      onPoll: (count) => (count === 1 ? { type: 'FAILURE' } : undefined),
    })
    await expect(pagesOf(client, { collection: 'feed', ...past })).rejects.toMatchObject({
      code: 'TAXII_STATUS',
      context: { status: 'ASYNCHRONOUS_POLL_ERROR' },
    })
  })

  test('T7: PENDING without a result id can lead nowhere', async () => {
    const server = await aPollServer(({ id }) => status('PENDING', id, detail({ ESTIMATED_WAIT: '1' })))
    const { client } = await aClient(server.url)
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({ code: 'TAXII_RESULT_ID_MISSING' })
  })

  test('C1M-11: RETRY is waited for and asked again with a new message id', async () => {
    const { client, clock, server } = await aServer({ retry: { times: 2, waitSeconds: 90 } })
    expect(contentsOf(await pagesOf(client, { collection: 'feed' }))).toEqual(threeBlocks)
    expect(clock.slept).toEqual([90_000, 90_000])
    const ids = pollsOf(server).map((body) => /message_id="(\d+)"/.exec(body)?.[1])
    expect(new Set(ids).size).toBe(3)
  })

  test('waits end at the budget, with the time that the server asks for', async () => {
    const { client, clock } = await aServer({ retry: { times: 99, waitSeconds: 600 } }, { maxWaitMs: 1_500_000 })
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({
      kind: 'network',
      retryAfterMs: 600_000,
    })
    expect(clock.slept).toEqual([600_000, 600_000])
  })

  test('an endless PENDING of no time at all ends too', async () => {
    const server = await aPollServer(({ id }) => status('PENDING', id, detail({ ESTIMATED_WAIT: '0', RESULT_ID: 'r' })))
    const { client } = await aClient(server.url, { maxWaitMs: 5000 })
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({ kind: 'pending' })
    expect(server.polls().length).toBeLessThan(8)
  })
})

describe('statuses', () => {
  test('C1P-14: SUCCESS is no empty result', async () => {
    const { client } = await aServer({ onPoll: () => ({ type: 'SUCCESS' }) })
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({
      code: 'TAXII_STATUS_UNEXPECTED',
      kind: 'protocol',
    })
  })

  test('T15: an unknown collection is named with the nearest that is listed', async () => {
    const { client } = await aServer()
    await expect(pagesOf(client, { collection: 'fed' })).rejects.toMatchObject({
      code: 'TAXII_COLLECTION_UNKNOWN',
      kind: 'not-found',
      hint: expect.stringContaining('"feed"') as string,
    })
  })

  test('T15: a collection that is listed but not for us says DENIED', async () => {
    const { client } = await aServer({ collections: [{ name: 'feed', unreadable: true }] })
    await expect(pagesOf(client, { collection: 'feed' })).rejects.toMatchObject({
      code: 'TAXII_STATUS',
      context: { status: 'DENIED' },
    })
  })

  test('an unsupported query names the status', async () => {
    const { client } = await aServer()
    await expect(pagesOf(client, { collection: 'feed', query: '<q xmlns="urn:q"/>' })).rejects.toMatchObject({
      context: { status: 'UNSUPPORTED_QUERY' },
    })
  })
})

describe('data sets', () => {
  test('C1P-1: are asked for without labels, prove no time, and come in parts all the same', async () => {
    const { client, server } = await aServer(
      { collections: [{ name: 'set', type: 'set', blocks: threeBlocks }], partSize: 2 },
      { maxWindowMs: 1000 },
    )
    const pages = await pagesOf(client, { collection: 'set', ...past })
    expect(contentsOf(pages)).toEqual(threeBlocks)
    expect(labelsOf(pollsOf(server)[0])).toEqual([undefined, undefined])
    expect(pages.every(({ stamp }) => stamp === undefined)).toBe(true)
    expect(pages.at(-1)?.position).toBeUndefined()
  })
})

describe('counting', () => {
  test('C1P-7, C1P-15: asks for the count only, and says when it is a lower bound', async () => {
    const { client, server } = await aServer()
    expect(await client.v1?.count({ collection: 'feed' })).toEqual({ count: 3, atLeast: false })
    expect(pollsOf(server)[0]).toContain('COUNT_ONLY')
    const { client: partial } = await aServer({ recordCount: 'partial' })
    expect(await partial.v1?.count({ collection: 'feed' })).toEqual({ count: 1, atLeast: true })
  })

  test('counts by polling where there is no record count, and in 1.0', async () => {
    const server = await aPollServer(({ id }) => message('Poll_Response', id, '', end(past.end) + block('<a/>')))
    const { client } = await aClient(server.url)
    expect(await client.v1?.count({ collection: 'feed', ...past })).toEqual({ count: 1, atLeast: false })
    const { client: old } = await aServer({ versions: ['1.0'] })
    expect(await old.v1?.count({ collection: 'feed' })).toEqual({ count: 3, atLeast: false })
  })
})
