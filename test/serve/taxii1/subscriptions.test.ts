import { describe, expect, test } from 'vitest'
import type { XmlNode } from '../../../src/taxii/v1/xml-node.ts'
import { childNamed, childrenNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import { aServer, anAccount, detailsOf, statusOf, subscription } from './a-server.ts'
import type { Told } from './a-server.ts'

const instances = ({ root }: Told) => childrenNamed(root, 'Subscription')
const idOf = (told: Told) => textOf(instances(told)[0] as XmlNode, 'Subscription_ID')
const stateOf = (told: Told) => instances(told)[0]?.attributes.get('status')
const binding = '<t:Content_Binding binding_id="urn:x"/>'

const readers = { taxii1: { '*': 'read' }, taxii2: {} } as const

async function twoAccounts() {
  const server = await aServer({ collections: [{ name: 'feed' }, { name: 'other' }] })
  for (const name of ['one', 'two']) server.principals.set(name, anAccount(name, { permissions: readers }))
  server.principals.set('none', anAccount('none')).set('nobody', { kind: 'anonymous' })
  return server
}

describe('a subscription', () => {
  test('S1-25 is made, paused, resumed and ended; the same state again succeeds', async () => {
    const server = await twoAccounts()
    const made = await subscription(server, 'SUBSCRIBE')
    const id = idOf(made)
    const states = []
    for (const action of ['PAUSE', 'PAUSE', 'RESUME', 'RESUME', 'STATUS', 'UNSUBSCRIBE', 'UNSUBSCRIBE'])
      states.push(stateOf(await subscription(server, action, { id })))
    expect([stateOf(made), ...states]).toEqual([
      'ACTIVE',
      'PAUSED',
      'PAUSED',
      'ACTIVE',
      'ACTIVE',
      'ACTIVE',
      'UNSUBSCRIBED',
      'UNSUBSCRIBED',
    ])
    expect(statusOf(await subscription(server, 'STATUS', { id }))).toBe('NOT_FOUND')
  })

  test('S1-25 asked for twice is one; with other parameters, or of another account, it is another', async () => {
    const server = await twoAccounts()
    const ids = []
    for (const options of [{}, {}, { parameters: binding }, { as: 'one' }, { collection: 'other' }])
      ids.push(idOf(await subscription(server, 'SUBSCRIBE', options)))
    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(4)
    expect(server.signals.map(({ signal }) => signal)).toEqual(new Array(4).fill('SUBSCRIPTION_CREATED'))
  })

  test('S1-25 can be had again after it was ended', async () => {
    const server = await twoAccounts()
    const id = idOf(await subscription(server, 'SUBSCRIBE'))
    await subscription(server, 'UNSUBSCRIBE', { id })
    expect(stateOf(await subscription(server, 'SUBSCRIBE'))).toBe('ACTIVE')
    expect(instances(await subscription(server, 'STATUS'))).toHaveLength(1)
  })

  test('are so many of one account and no more; what was asked for before may be asked for again', async () => {
    const server = await twoAccounts()
    const own = (n: number) => `<t:Content_Binding binding_id="urn:x:${n}"/>`
    const serviceId = 'collection-management'
    const collectionId = server.collection?.id ?? ''
    for (let n = 0; n < 1000; n += 1)
      await server.taxii1.createSubscription({
        ...{ serviceId, collectionId, responseType: 'FULL', account: 'one', status: 'ACTIVE' },
        contentBindings: [{ binding: `urn:x:${n}`, subtypes: [] }],
      })
    expect(statusOf(await subscription(server, 'SUBSCRIBE', { as: 'one', parameters: own(1000) }))).toBe('FAILURE')
    expect(stateOf(await subscription(server, 'SUBSCRIBE', { as: 'one', parameters: own(999) }))).toBe('ACTIVE')
    expect(stateOf(await subscription(server, 'SUBSCRIBE', { as: 'two', parameters: own(1000) }))).toBe('ACTIVE')
  })

  test('S1-25 asks first who it is, then for the collection, then for the rest', async () => {
    const server = await twoAccounts()
    expect(statusOf(await subscription(server, 'SUBSCRIBE', { as: 'nobody' }))).toBe('UNAUTHORIZED')
    expect(statusOf(await subscription(server, 'SUBSCRIBE', { as: 'none' }))).toBe('NOT_FOUND')
    const unknown = await subscription(server, 'UNSUBSCRIBE', { collection: 'unknown', id: 'x' })
    expect([statusOf(unknown), detailsOf(unknown)]).toEqual(['NOT_FOUND', { ITEM: ['unknown'] }])
  })

  test('S1-25 that nobody knows is ended with success, and NOT_FOUND for everything else', async () => {
    const server = await twoAccounts()
    const ended = await subscription(server, 'UNSUBSCRIBE', { id: 'urn:unknown' })
    expect([idOf(ended), stateOf(ended)]).toEqual(['urn:unknown', 'UNSUBSCRIBED'])
    for (const action of ['PAUSE', 'RESUME', 'STATUS']) {
      const answer = await subscription(server, action, { id: 'urn:unknown' })
      expect([statusOf(answer), detailsOf(answer)]).toEqual(['NOT_FOUND', { ITEM: ['urn:unknown'] }])
    }
  })

  test('S1-25 with parameters that are not supported is refused', async () => {
    const supportedContent = [{ binding: 'urn:x', subtypes: [] }]
    const server = await aServer({ collections: [{ name: 'feed', acceptAllContent: false, supportedContent }] })
    const other = await subscription(server, 'SUBSCRIBE', { parameters: '<t:Content_Binding binding_id="urn:y"/>' })
    expect([statusOf(other), detailsOf(other)]).toEqual(['UNSUPPORTED_CONTENT', { SUPPORTED_CONTENT: ['urn:x'] }])
    const { aMessage, send } = await import('./a-server.ts')
    const address =
      '<t:Protocol_Binding>urn:taxii.mitre.org:protocol:http:1.0</t:Protocol_Binding><t:Address>http://192.0.2.9/</t:Address>'
    const pushed = aMessage(
      'Subscription_Management_Request',
      'collection_name="feed" action="SUBSCRIBE"',
      `<t:Push_Parameters>${address}<t:Message_Binding>urn:x</t:Message_Binding></t:Push_Parameters>`,
    )
    const answer = await send(`${server.url}/services/collection-management`, pushed)
    expect(statusOf(answer)).toBe('UNSUPPORTED_PROTOCOL')
    expect(server.signals).toEqual([])
  })

  test('S1-25 is its account’s own: for another it is unknown', async () => {
    const server = await twoAccounts()
    const id = idOf(await subscription(server, 'SUBSCRIBE', { as: 'one' }))
    expect(statusOf(await subscription(server, 'STATUS', { as: 'two', id }))).toBe('NOT_FOUND')
    await subscription(server, 'UNSUBSCRIBE', { as: 'two', id })
    expect(stateOf(await subscription(server, 'STATUS', { as: 'one', id }))).toBe('ACTIVE')
  })

  test('S1-26 STATUS without an id lists those of the requester to that collection, with parameters', async () => {
    const server = await twoAccounts()
    const id = idOf(await subscription(server, 'SUBSCRIBE', { as: 'one' }))
    const count = `<t:Response_Type>COUNT_ONLY</t:Response_Type>${binding}`
    const other = idOf(await subscription(server, 'SUBSCRIBE', { as: 'one', parameters: count }))
    await subscription(server, 'SUBSCRIBE', { as: 'one', collection: 'other' })
    await subscription(server, 'SUBSCRIBE', { as: 'two' })
    const told = instances(await subscription(server, 'STATUS', { as: 'one' }))
    expect(told.map((node) => textOf(node, 'Subscription_ID')).sort()).toEqual([id, other].sort())
    const full = told.find((node) => textOf(node, 'Subscription_ID') === other)
    const parameters = full && childNamed(full, 'Subscription_Parameters')
    expect(parameters && textOf(parameters, 'Response_Type')).toBe('COUNT_ONLY')
    expect(parameters && childNamed(parameters, 'Content_Binding')?.attributes.get('binding_id')).toBe('urn:x')
    const empty = await subscription(server, 'STATUS', { as: 'two', collection: 'other' })
    expect([empty.root.name, instances(empty)]).toEqual(['Subscription_Management_Response', []])
  })

  test('S1-26 every other action is answered with exactly one instance, and where to poll', async () => {
    const server = await twoAccounts()
    await subscription(server, 'SUBSCRIBE', { parameters: binding })
    const id = idOf(await subscription(server, 'SUBSCRIBE'))
    for (const action of ['SUBSCRIBE', 'PAUSE', 'RESUME', 'STATUS', 'UNSUBSCRIBE']) {
      const told = instances(await subscription(server, action, action === 'SUBSCRIBE' ? {} : { id }))
      expect(told).toHaveLength(1)
      const poll = childNamed(told[0] as XmlNode, 'Poll_Instance')
      expect(poll && textOf(poll, 'Address')).toBe(`${server.url}/services/poll`)
    }
  })

  test.each([
    ['an action of its own', 'RENEW', '1.1'],
    ['a pause in 1.0', 'PAUSE', '1.0'],
    ['no id where one is needed', 'UNSUBSCRIBE', '1.1'],
  ] as const)('with %s is BAD_MESSAGE', async (_, action, version) => {
    const server = await twoAccounts()
    expect(statusOf(await subscription(server, action, { version }))).toBe('BAD_MESSAGE')
  })

  test('of 1.0 is made, shown and ended by attributes', async () => {
    const server = await twoAccounts()
    const made = await subscription(server, 'SUBSCRIBE', { version: '1.0' })
    const id = instances(made)[0]?.attributes.get('subscription_id')
    expect(made.root.attributes.get('feed_name')).toBe('feed')
    expect(instances(await subscription(server, 'STATUS', { version: '1.0' }))).toHaveLength(1)
    await subscription(server, 'UNSUBSCRIBE', { version: '1.0', id })
    expect(instances(await subscription(server, 'STATUS', { version: '1.0' }))).toHaveLength(0)
  })
})
