import { describe, expect, test } from 'vitest'
import { minusMicroseconds } from '../../../src/core/timestamp.ts'
import { childNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import { aServer, anAccount, detailsOf, fill, poll, someBlocks, statusOf, stix111, subscription } from './a-server.ts'
import type { Told } from './a-server.ts'
import { aFeed, beginOf, binding, countOf, endOf, everyPart, moreOf } from './a-poll.ts'

describe('a poll', () => {
  test('S1-9 is answered with a poll response, never with SUCCESS, also when there is nothing', async () => {
    const { server } = await aFeed(0)
    const answer = await poll(server)
    expect([answer.root.name, answer.contents, moreOf(answer)]).toEqual(['Poll_Response', [], false])
  })

  test('S1-9 of an unknown collection is NOT_FOUND with its name; so is one that the account may not see', async () => {
    const server = await aServer({ collections: [{ name: 'feed' }, { name: 'secret' }] })
    server.principals.set('one', anAccount('one', { permissions: { taxii1: { feed: 'read' }, taxii2: {} } }))
    const answers = [
      await poll(server, { as: 'one', collection: 'none' }),
      await poll(server, { as: 'one', collection: 'secret' }),
    ]
    for (const answer of answers) expect(statusOf(answer)).toBe('NOT_FOUND')
    expect(detailsOf(answers[1] as Told)).toEqual({ ITEM: ['secret'] })
    const shape = ({ text }: Told) => text.replace(/message_id="\d+"/, '').replaceAll('secret', 'none')
    expect(shape(answers[1] as Told)).toBe(shape(answers[0] as Told))
  })

  test('S1-9 without an account is UNAUTHORIZED, whether the collection is there or not', async () => {
    const server = await aServer({ collections: [{ name: 'feed' }, { name: 'open', isPublic: true }] })
    server.principals.set('nobody', { kind: 'anonymous' })
    for (const collection of ['feed', 'none']) {
      expect(statusOf(await poll(server, { as: 'nobody', collection }))).toBe('UNAUTHORIZED')
    }
    expect((await poll(server, { as: 'nobody', collection: 'open' })).root.name).toBe('Poll_Response')
  })

  test('S1-9 of a collection that is not available is DENIED', async () => {
    const server = await aServer({ collections: [{ name: 'feed', isAvailable: false }] })
    expect(statusOf(await poll(server))).toBe('DENIED')
  })

  test('S1-10 gives strictly rising labels of six digits, which are not used again once their block is gone', async () => {
    const { server, labels } = await aFeed(20)
    expect([...new Set(labels)].sort()).toEqual(labels)
    expect(labels.every((label) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(label))).toBe(true)
    await server.taxii1.deleteContentBlocks('feed', labels[9])
    expect(endOf(await poll(server))).toBe(labels.at(-1))
    await fill(server, ['<new xmlns="urn:a"/>'])
    const { blocks } = await poll(server, { begin: labels.at(-1) })
    expect(blocks.map(({ content }) => content)).toEqual(['<new xmlns="urn:a"/>'])
  })

  test('S1-11 gives the same content each time: the same block again changes nothing', async () => {
    const { server } = await aFeed(3)
    const before = (await poll(server)).blocks
    await fill(server, someBlocks(3))
    expect((await poll(server)).blocks).toEqual(before)
  })

  test('S1-12 states begin and end as they were considered, not what was found', async () => {
    const { server, labels } = await aFeed(5)
    const [begin, end] = ['2020-01-01T00:00:00.000000Z', labels.at(-1) as string]
    const whole = await poll(server)
    expect([beginOf(whole), endOf(whole)]).toEqual([undefined, end])
    const since = await poll(server, { begin: '2020-01-01T01:00:00+01:00', end: '2099-01-01T00:00:00Z' })
    expect([beginOf(since), endOf(since), since.contents.length]).toEqual([begin, end, 5])
    const none = await poll(server, { begin, end: '2021-01-01T00:00:00Z' })
    expect([beginOf(none), endOf(none), none.contents]).toEqual([begin, '2021-01-01T00:00:00.000000Z', []])
    const other = await poll(server, { parameters: binding('urn:x') })
    expect([endOf(other), other.contents]).toEqual([end, []])
  })

  test('S1-12 promises no more than what is stored: what comes next lies behind its end label', async () => {
    const { server } = await aFeed(2)
    const first = await poll(server, { end: '2099-01-01T00:00:00Z' })
    await fill(server, ['<late/>'])
    const next = await poll(server, { begin: endOf(first) })
    expect(next.contents).toEqual(['<late/>'])
    expect(endOf(await poll(server, { begin: '2098-01-01T00:00:00Z' }))).toBe('2098-01-01T00:00:00.000000Z')
  })

  test('S1-12 of a feed that never had anything has an end label too', async () => {
    const { server } = await aFeed(0)
    const first = await poll(server)
    await fill(server, ['<late/>'])
    expect((await poll(server, { begin: endOf(first) })).contents).toEqual(['<late/>'])
  })

  test('S1-12 of a set has no labels, and ignores those of the request', async () => {
    const server = await aServer({ collections: [{ name: 'set', type: 'set' }] })
    await fill(server, someBlocks(3))
    const answer = await poll(server, { collection: 'set', begin: '2099-01-01T00:00:00Z', end: '2000-01-01T00:00:00Z' })
    expect(answer.contents).toHaveLength(3)
    expect([beginOf(answer), endOf(answer)]).toEqual([undefined, undefined])
  })

  test('S1-13 gives every block between begin and end, in order; edge case 6: begin is exclusive, end inclusive', async () => {
    const { server, blocks, labels } = await aFeed(8)
    const contents = blocks.map(({ content }) => content.toString())
    for (const [from, to] of [
      [-1, 7],
      [0, 7],
      [2, 5],
      [3, 3],
      [3, 4],
      [7, 7],
    ] as const) {
      const answer = await poll(server, { begin: labels[from], end: labels[to] })
      expect(answer.contents).toEqual(contents.slice(from + 1, to + 1))
    }
    const between = minusMicroseconds(labels[3] as string, -1)
    expect((await poll(server, { begin: between, end: labels[5] })).contents).toEqual(contents.slice(5, 6))
  })

  test('S1-14 whose begin is later than its end is FAILURE', async () => {
    const { server } = await aFeed(1)
    const answer = await poll(server, { begin: '2026-02-02T00:00:00Z', end: '2026-02-01T00:00:00Z' })
    expect(statusOf(answer)).toBe('FAILURE')
  })

  test.each(['yesterday', '2026-01-01T00:00:00', '2026-13-01T00:00:00Z'])(
    'with the label %s is BAD_MESSAGE',
    async (begin) => {
      const { server } = await aFeed(1)
      expect(statusOf(await poll(server, { begin }))).toBe('BAD_MESSAGE')
    },
  )
})

describe('what is asked for', () => {
  test('S1-17 COUNT_ONLY brings a count and no blocks; full answers have the count of all parts', async () => {
    const { server, labels } = await aFeed(25, 10)
    const counted = await poll(server, { parameters: '<t:Response_Type>COUNT_ONLY</t:Response_Type>' })
    expect([countOf(counted), counted.contents, moreOf(counted)]).toEqual([['25', undefined], [], false])
    expect(endOf(counted)).toBe(labels.at(-1))
    for (const part of await everyPart(server, await poll(server))) expect(countOf(part)).toEqual(['25', undefined])
  })

  test('S1-17 full answers have no count where the configuration says so', async () => {
    const server = await aServer({ taxii1: { countBlocksInPollResponses: false } })
    await fill(server, someBlocks(3))
    expect(countOf(await poll(server))).toBeUndefined()
    const parameters = '<t:Response_Type>COUNT_ONLY</t:Response_Type>'
    expect(countOf(await poll(server, { parameters }))).toEqual(['3', undefined])
  })

  test('S1-18 only blocks of the bindings asked for are given, also those that are called otherwise', async () => {
    const server = await aServer()
    await fill(server, [
      { contentBinding: stix111, content: Buffer.from('<a/>') },
      { contentBinding: 'urn:text', content: Buffer.from('b') },
      { contentBinding: 'urn:text', subtype: 'urn:s', content: Buffer.from('c') },
      { contentBinding: 'urn:text', subtype: 'urn:other', content: Buffer.from('d') },
    ])
    const given = async (parameters: string) => (await poll(server, { parameters })).contents
    expect(await given(binding('urn:text'))).toEqual(['b', 'c', 'd'])
    expect(await given(binding(stix111) + binding('urn:none'))).toEqual(['<a/>'])
    expect(await given(binding('CB_STIX_XML_111'))).toEqual(['<a/>'])
    const subtype = '<t:Content_Binding binding_id="urn:text"><t:Subtype subtype_id="urn:s"/></t:Content_Binding>'
    expect(await given(subtype)).toEqual(['b', 'c'])
  })

  test('S1-18 none of the bindings that the collection has is UNSUPPORTED_CONTENT with those', async () => {
    const supportedContent = ['urn:a', 'urn:b'].map((id) => ({ binding: id, subtypes: [] }))
    const server = await aServer({ collections: [{ name: 'feed', acceptAllContent: false, supportedContent }] })
    const answer = await poll(server, { parameters: binding('urn:x') })
    expect([statusOf(answer), detailsOf(answer)]).toEqual([
      'UNSUPPORTED_CONTENT',
      { SUPPORTED_CONTENT: ['urn:a', 'urn:b'] },
    ])
    expect((await poll(server, { parameters: binding('urn:x') + binding('urn:b') })).root.name).toBe('Poll_Response')
  })

  test('S1-19 a query is UNSUPPORTED_QUERY, never ignored', async () => {
    const { server } = await aFeed(3)
    const query = '<t:Query format_id="urn:taxii.mitre.org:query:default:1.0"><q xmlns="urn:q"/></t:Query>'
    const answer = await poll(server, { parameters: query })
    expect([statusOf(answer), detailsOf(answer)]).toEqual(['UNSUPPORTED_QUERY', {}])
    expect(statusOf(await subscription(server, 'SUBSCRIBE', { parameters: query }))).toBe('UNSUPPORTED_QUERY')
  })

  test.each([
    ['both', '<t:Subscription_ID>s</t:Subscription_ID><t:Poll_Parameters/>'],
    ['neither', ''],
  ])('%s of subscription and parameters are BAD_MESSAGE', async (_, inside) => {
    const { server } = await aFeed(1)
    const { aMessage, send } = await import('./a-server.ts')
    const message = aMessage('Poll_Request', 'collection_name="feed"', inside)
    expect(statusOf(await send(`${server.url}/services/poll`, message))).toBe('BAD_MESSAGE')
  })

  test('S1-20 a subscription brings its own parameters, also when it is paused; its id is in the answer', async () => {
    const server = await aServer()
    await fill(server, ['<a/>', { contentBinding: 'urn:text', content: Buffer.from('b') }])
    const made = await subscription(server, 'SUBSCRIBE', { parameters: binding('urn:text') })
    const id = textOf(childNamed(made.root, 'Subscription') ?? made.root, 'Subscription_ID') ?? ''
    const answer = await poll(server, { subscription: id })
    expect([answer.contents, textOf(answer.root, 'Subscription_ID')]).toEqual([['b'], id])
    await subscription(server, 'PAUSE', { id })
    expect((await poll(server, { subscription: id })).contents).toEqual(['b'])
    await subscription(server, 'UNSUBSCRIBE', { id })
    expect(statusOf(await poll(server, { subscription: id }))).toBe('NOT_FOUND')
  })

  test('S1-20 a service that wants a subscription answers DENIED without one; somebody else’s is NOT_FOUND', async () => {
    const server = await aServer({ services: { poll: { subscriptionRequired: true } } })
    server.principals.set('two', anAccount('two', { permissions: { taxii1: { '*': 'read' }, taxii2: {} } }))
    expect(statusOf(await poll(server))).toBe('DENIED')
    const made = await subscription(server, 'SUBSCRIBE')
    const id = textOf(childNamed(made.root, 'Subscription') ?? made.root, 'Subscription_ID') ?? ''
    expect((await poll(server, { subscription: id })).root.name).toBe('Poll_Response')
    expect(statusOf(await poll(server, { subscription: id, as: 'two' }))).toBe('NOT_FOUND')
  })
})

describe('TAXII 1.0', () => {
  test('S1-21 is answered in one piece, whatever the part size, its begin told as inclusive', async () => {
    const { server, labels } = await aFeed(25, 10)
    const answer = await poll(server, { version: '1.0', begin: labels[4] })
    expect(answer.contents).toHaveLength(20)
    expect(textOf(answer.root, 'Inclusive_Begin_Timestamp')).toBe(minusMicroseconds(labels[4] as string, -1))
    expect(endOf(answer)).toBe(labels[24])
    for (const name of ['more', 'result_id', 'result_part_number']) expect(answer.root.attributes.has(name)).toBe(false)
    expect(childNamed(answer.root, 'Record_Count')).toBeUndefined()
  })

  test('S1-21 has its range bounded where that is too much: the end label says where to go on', async () => {
    const { server, labels, blocks } = await aFeed(25)
    const service = await server.taxii1.getService('poll')
    if (service)
      await server.taxii1.updateService({ ...service, properties: { ...service.properties, maxResultCount: 10 } })
    const contents: string[] = []
    let begin: string | undefined
    for (let round = 0; round < 3; round++) {
      const answer = await poll(server, { version: '1.0', begin })
      contents.push(...answer.contents)
      begin = endOf(answer)
    }
    expect(contents).toEqual(blocks.map(({ content }) => content.toString()))
    expect(begin).toBe(labels[24])
  })

  test('S1-21 sees feeds only', async () => {
    const server = await aServer({ collections: [{ name: 'set', type: 'set' }] })
    expect(statusOf(await poll(server, { version: '1.0', collection: 'set' }))).toBe('NOT_FOUND')
  })

  test('asks for bindings as text, and for a subscription by an attribute', async () => {
    const server = await aServer()
    await fill(server, ['<a/>', { contentBinding: 'urn:text', content: Buffer.from('b') }])
    const parameters = '<t:Content_Binding>urn:text</t:Content_Binding>'
    expect((await poll(server, { version: '1.0', parameters })).contents).toEqual(['b'])
    const made = await subscription(server, 'SUBSCRIBE', { version: '1.0' })
    const id = childNamed(made.root, 'Subscription')?.attributes.get('subscription_id') ?? ''
    const answer = await poll(server, { version: '1.0', subscription: id })
    expect(answer.root.attributes.get('subscription_id')).toBe(id)
    expect(answer.contents).toEqual(['<a/>', 'b'])
  })
})

test('a poll is in the audit log with who asked and how much was given', async () => {
  const { server } = await aFeed(3)
  await poll(server)
  expect(server.audits.at(-1)).toEqual({
    event: 'taxii1-poll',
    fields: {
      account: 'root',
      client: '192.0.2.1',
      requestId: 'request-1',
      collection: 'feed',
      blocks: 3,
      outcome: 'success',
    },
  })
})
