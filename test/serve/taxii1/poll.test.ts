import { describe, expect, test } from 'vitest'
import { minusMicroseconds } from '../../../src/core/timestamp.ts'
import type { Taxii1Persistence } from '../../../src/serve/taxii1-persistence.ts'
import { booleanOf, childNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import { anObject } from '../../support/items.ts'
import {
  aServer,
  anAccount,
  detailsOf,
  fill,
  fulfil,
  poll,
  someBlocks,
  statusOf,
  stix111,
  subscription,
} from './a-server.ts'
import type { TestServer, Told } from './a-server.ts'

const endOf = ({ root }: Told) => textOf(root, 'Inclusive_End_Timestamp')
const beginOf = ({ root }: Told) => textOf(root, 'Exclusive_Begin_Timestamp')
const resultOf = ({ root }: Told) => root.attributes.get('result_id') ?? ''
const moreOf = ({ root }: Told) => booleanOf(root, 'more')
const countOf = ({ root }: Told) => {
  const node = childNamed(root, 'Record_Count')
  return node && [node.text, node.attributes.get('partial_count')]
}
const binding = (id: string) => `<t:Content_Binding binding_id="${id}"/>`

async function aFeed(count: number, partSize = 1000) {
  const server = await aServer({ services: { poll: { maxResultSize: partSize } } })
  const blocks = await fill(server, someBlocks(count))
  return { server, blocks, labels: blocks.map(({ timestampLabel }) => timestampLabel) }
}

/** All parts of a poll, in order. */
async function everyPart(server: TestServer, first: Told): Promise<Told[]> {
  const parts = [first]
  while (moreOf(parts.at(-1) as Told) === true) parts.push(await fulfil(server, resultOf(first), parts.length + 1))
  return parts
}

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

describe('a result in parts', () => {
  test('S1-15 edge case 5: 25 blocks in parts of 10 are parts 1 to 3; part 2 is the same twice; there is no part 4', async () => {
    const { server, blocks } = await aFeed(25, 10)
    const first = await poll(server)
    const parts = await everyPart(server, first)
    expect(parts.map(({ contents }) => contents.length)).toEqual([10, 10, 5])
    expect(parts.map(moreOf)).toEqual([true, true, false])
    expect(parts.map(({ root }) => root.attributes.get('result_part_number'))).toEqual(['1', '2', '3'])
    expect(parts.flatMap(({ contents }) => contents)).toEqual(blocks.map(({ content }) => content.toString()))
    const again = await fulfil(server, resultOf(first), 2)
    expect(again.blocks).toEqual(parts[1]?.blocks)
    for (const number of [4, 0]) {
      const beyond = await fulfil(server, resultOf(first), number)
      expect([statusOf(beyond), detailsOf(beyond)]).toEqual(['INVALID_RESPONSE_PART', { MAX_PART_NUMBER: ['3'] }])
    }
  })

  test('S1-15 each part states its own contiguous range', async () => {
    const { server, labels } = await aFeed(25, 10)
    const parts = await everyPart(server, await poll(server, { begin: '2020-01-01T00:00:00Z' }))
    expect(parts.map(beginOf)).toEqual(['2020-01-01T00:00:00.000000Z', labels[9], labels[19]])
    expect(parts.map(endOf)).toEqual([labels[9], labels[19], labels[24]])
  })

  test('S1-15 a number of blocks that parts divide has no empty last part, and one part has no result id', async () => {
    const { server } = await aFeed(20, 10)
    expect((await everyPart(server, await poll(server))).map(({ contents }) => contents.length)).toEqual([10, 10])
    const single = await poll(server, { end: '2000-01-01T00:00:00Z' })
    expect(['more', 'result_id', 'result_part_number'].map((name) => single.root.attributes.get(name))).toEqual([
      'false',
      undefined,
      undefined,
    ])
  })

  test('S1-15 stays as it was while content arrives and goes, whichever part is asked for first', async () => {
    const { server, blocks, labels } = await aFeed(300, 10)
    const first = await poll(server)
    const late = await fulfil(server, resultOf(first), 30)
    await fill(server, someBlocks(320).slice(300))
    await server.taxii1.deleteContentBlocks('feed', undefined, labels[4])
    const parts = await everyPart(server, first)
    expect(parts.flatMap(({ contents }) => contents)).toEqual(blocks.map(({ content }) => content.toString()))
    expect(parts[29]?.blocks).toEqual(late.blocks)
    expect(await everyPart(server, await poll(server))).toHaveLength(32)
  })

  test('S1-15 loses none that remain when many go before their part is measured', async () => {
    const { server, blocks, labels } = await aFeed(300, 10)
    const first = await poll(server)
    await server.taxii1.deleteContentBlocks('feed', labels[9], labels[199])
    const parts = await everyPart(server, first)
    const expected = blocks.filter((_, index) => index < 10 || index > 199).map(({ content }) => content.toString())
    expect(parts.flatMap(({ contents }) => contents)).toEqual(expected)
    expect(parts).toHaveLength(30)
  })

  test('S1-15 belongs to the account that asked: for anybody else it is NOT_FOUND, as an unknown one is', async () => {
    const { server } = await aFeed(25, 10)
    const permissions = { taxii1: { feed: 'read' }, taxii2: {} } as const
    server.principals.set('one', anAccount('one', { permissions })).set('two', anAccount('two', { permissions }))
    const result = resultOf(await poll(server, { as: 'one' }))
    expect((await fulfil(server, result, 2, { as: 'one' })).contents).toHaveLength(10)
    for (const [as, id] of [
      ['two', result],
      ['one', 'made-up'],
    ] as const) {
      const answer = await fulfil(server, id, 2, { as })
      expect([statusOf(answer), detailsOf(answer)]).toEqual(['NOT_FOUND', { ITEM: [id] }])
    }
    expect(statusOf(await fulfil(server, result, 2, { as: 'one', collection: 'other' }))).toBe('NOT_FOUND')
  })

  test('S1-15 ends with the right to read, and after a day', async () => {
    const { server } = await aFeed(25, 10)
    const permissions = { taxii1: { feed: 'read' }, taxii2: {} } as const
    server.principals.set('one', anAccount('one', { permissions }))
    const result = resultOf(await poll(server, { as: 'one' }))
    server.principals.set('one', anAccount('one'))
    expect(statusOf(await fulfil(server, result, 2, { as: 'one' }))).toBe('NOT_FOUND')
    server.principals.set('one', anAccount('one', { permissions }))
    await server.clock.advance(25 * 3_600_000)
    expect(statusOf(await fulfil(server, result, 2, { as: 'one' }))).toBe('NOT_FOUND')
  })

  test('S1-15 ends early, and says so, where the service bounds a result; the next poll goes on there', async () => {
    const { server, labels } = await aFeed(25, 10)
    const service = await server.taxii1.getService('poll')
    if (service)
      await server.taxii1.updateService({ ...service, properties: { ...service.properties, maxResultCount: 12 } })
    const parts = await everyPart(server, await poll(server))
    expect(parts.map(({ contents }) => contents.length)).toEqual([10, 2])
    expect([endOf(parts[1] as Told), countOf(parts[0] as Told)]).toEqual([labels[11], ['12', 'true']])
    expect((await poll(server, { begin: labels[11] })).contents).toHaveLength(10)
  })

  test('S1-16 is ready at once: nobody hears PENDING, whatever they allow', async () => {
    const { server } = await aFeed(25, 10)
    const first = await poll(server)
    expect(first.root.name).toBe('Poll_Response')
    const asynchronous = first.text.includes('PENDING')
    expect(asynchronous).toBe(false)
    const allowed = await poll(server, { parameters: '<t:Response_Type>FULL</t:Response_Type>' })
    expect(allowed.contents).toHaveLength(10)
  })
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

describe('STIX 2 objects', () => {
  const json = { '2.0': 'urn:stix.mitre.org:json:2.0', '2.1': 'urn:stix.mitre.org:json:2.1' }

  async function aStoredFeed() {
    const server = await aServer({ collections: [] })
    const source = { id: 'provider', name: 'provider' }
    const key = { source: 'provider', root: 'https://taxii.example/', collection: 'c' }
    const startedAt = '2026-01-01T00:00:00.000000Z'
    const runId = await server.store.beginRun({ source, key, version: '2.1', startedAt })
    const old = anObject({ type: 'malware', spec_version: undefined, name: 'a<b>&c', labels: ['trojan'] })
    const items = [anObject(), { ...old, specVersion: '2.0' as const }]
    const page = { url: 'https://taxii.example/', digest: '0'.repeat(64), receivedAt: startedAt }
    const parts = [{ page, items, damaged: [] }]
    await server.store.commit({ key, runId, parts, checkpoint: () => undefined })
    return { server, items }
  }

  test('go out as STIX 2 JSON, one bundle each, exactly, under their binding', async () => {
    const { server, items } = await aStoredFeed()
    const { blocks } = await poll(server, { collection: 'provider.c' })
    expect(blocks.map((block) => block.binding)).toEqual([json['2.1'], json['2.0']])
    for (const [index, { content }] of blocks.entries()) {
      const bundle = JSON.parse(content) as { type: string; objects: unknown[] }
      expect(bundle.type).toBe('bundle')
      expect(content).toContain(items[index]?.raw.toString())
    }
    const only20 = await poll(server, { collection: 'provider.c', parameters: binding(json['2.0']) })
    expect(only20.blocks.map((block) => block.binding)).toEqual([json['2.0']])
  })

  test('and blocks of STIX 1 are converted for who asks for STIX 2.1 alone, the same each time', async () => {
    const { server } = await aStoredFeed()
    const asked = { collection: 'provider.c', parameters: binding(json['2.1']) }
    const [first, again] = [await poll(server, asked), await poll(server, asked)]
    expect(first.blocks).toEqual(again.blocks)
    expect(first.blocks.map((block) => block.binding)).toEqual([json['2.1'], json['2.1']])
    const converted = JSON.parse(first.contents[1] ?? '') as {
      objects: { spec_version: string; malware_types: string[] }[]
    }
    expect(converted.objects).toMatchObject([{ spec_version: '2.1', malware_types: ['trojan'] }])

    const stix1 = await aServer({
      collections: [{ name: 'feed', acceptAllContent: false, supportedContent: [{ binding: stix111, subtypes: [] }] }],
    })
    await fill(stix1, [aPackage, '<nothing/>'])
    const { blocks, root } = await poll(stix1, { parameters: binding(json['2.1']) })
    expect(root.name).toBe('Poll_Response')
    const bundles = blocks.map(
      ({ content }) => JSON.parse(content) as { objects: { type: string; pattern?: string }[] },
    )
    const patterns = bundles[0]?.objects.map(({ pattern }) => pattern)
    expect(patterns).toContain("[domain-name:value = 'bad.example']")
    // Nothing that 2.1 could say: the block is there all the same, so that counts are right.
    expect(bundles[1]?.objects).toEqual([])
    expect((await poll(stix1, { parameters: binding(stix111) })).contents).toEqual([aPackage, '<nothing/>'])
  })
})

const aPackage = `<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" xmlns:indicator="http://stix.mitre.org/Indicator-2" xmlns:cybox="http://cybox.mitre.org/cybox-2" xmlns:DomainNameObj="http://cybox.mitre.org/objects#DomainNameObject-1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:e" id="e:Package-1" version="1.1.1"><stix:Indicators><stix:Indicator xsi:type="indicator:IndicatorType" id="e:indicator-1"><indicator:Title>bad</indicator:Title><indicator:Observable><cybox:Object><cybox:Properties xsi:type="DomainNameObj:DomainNameObjectType"><DomainNameObj:Value condition="Equals">bad.example</DomainNameObj:Value></cybox:Properties></cybox:Object></indicator:Observable></stix:Indicator></stix:Indicators></stix:STIX_Package>`

describe('a ceiling (S26)', () => {
  const marked = (name: string, tlp: string) =>
    JSON.stringify({
      type: 'bundle',
      id: 'bundle--00000000-0000-4000-8000-000000000001',
      objects: [
        {
          type: 'malware',
          spec_version: '2.1',
          id: `malware--00000000-0000-4000-8000-${name.padStart(12, '0')}`,
          created: '2026-01-01T00:00:00.000Z',
          modified: '2026-01-01T00:00:00.000Z',
          is_family: false,
          object_marking_refs: [tlp],
        },
      ],
    })
  const green = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'
  const red = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'

  test('keeps back what is above it, in blocks, counts and parts, and fills the parts with the rest', async () => {
    const server = await aServer({ services: { poll: { maxResultSize: 4 } } })
    const permissions = { taxii1: { '*': 'read' }, taxii2: {} } as const
    server.principals.set('low', anAccount('low', { permissions, tlpCeiling: 'green' }))
    server.principals.set('high', anAccount('high', { permissions, tlpCeiling: 'red' }))
    const contents = Array.from({ length: 30 }, (_, n) => marked(String(n), n % 3 === 0 ? green : red))
    await fill(
      server,
      contents.map((content) => ({ contentBinding: 'urn:stix.mitre.org:json:2.1', content: Buffer.from(content) })),
    )
    const read = async (as: string) => {
      const first = await poll(server, { as })
      const parts = [first]
      while (moreOf(parts.at(-1) as Told) === true) {
        parts.push(await fulfil(server, resultOf(first), parts.length + 1, { as }))
      }
      return parts
    }
    const low = await read('low')
    expect(low.map((part) => part.contents.length)).toEqual([4, 4, 2])
    expect(low.flatMap((part) => part.contents)).toEqual(contents.filter((_, n) => n % 3 === 0))
    expect(countOf(low[0] as Told)).toEqual(['10', undefined])
    const parameters = '<t:Response_Type>COUNT_ONLY</t:Response_Type>'
    expect(countOf(await poll(server, { as: 'low', parameters }))).toEqual(['10', undefined])
    expect((await read('high')).flatMap((part) => part.contents)).toEqual(contents)
  })
})

test('an XML block begins with its root element on the wire, since cabby and libtaxii take what comes first for all of it', async () => {
  const server = await aServer()
  const contents = [
    '<?xml version="1.0"?>\n<!-- a <comment> -->\n<?hint?> <a/>\n<!-- behind -->',
    '\ufeff<a/>',
    '\n<a/>',
    '<!-- nothing but a comment -->',
    '<!-- no end <a/>',
  ]
  await fill(server, contents)
  expect((await poll(server)).contents).toEqual([
    '<a/>\n<!-- behind -->',
    '<a/>',
    '\n<a/>',
    '<!-- nothing but a comment -->',
    '<!-- no end <a/>',
  ])
  const stored = await server.taxii1.getContentBlocks(server.collections[0]?.id ?? '')
  expect(stored.map(({ content }) => content.toString())).toEqual(contents)
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

test('labels are read without contents where only labels are wanted', async () => {
  const asked: (boolean | undefined)[] = []
  const watched = (persistence: Taxii1Persistence): Taxii1Persistence => ({
    ...persistence,
    getContentBlocks: (id, filter) => {
      asked.push(filter?.bodies)
      return persistence.getContentBlocks(id, filter)
    },
  })
  const server = await aServer({ wrap: watched, services: { poll: { maxResultSize: 10 } } })
  await fill(server, someBlocks(25))
  asked.length = 0
  await poll(server)
  expect(asked).toEqual([false, true])
})

test('large blocks are read a few at a time, and all of them are in the answer', async () => {
  const sizes: number[] = []
  const watched = (persistence: Taxii1Persistence): Taxii1Persistence => ({
    ...persistence,
    getContentBlocks: async (id, filter) => {
      const page = await persistence.getContentBlocks(id, filter)
      sizes.push(page.reduce((sum, { content }) => sum + content.length, 0))
      return page
    },
  })
  const server = await aServer({ wrap: watched })
  const blocks = Array.from({ length: 7 }, (_, n) => `<a xmlns="urn:a">${n}${'x'.repeat(1_500_000)}</a>`)
  await fill(server, blocks)
  sizes.length = 0
  expect((await poll(server)).contents).toEqual(blocks)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024)
})
