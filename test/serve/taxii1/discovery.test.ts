import { describe, expect, test } from 'vitest'
import { wires } from '../../../src/taxii/v1/wire.ts'
import type { XmlNode } from '../../../src/taxii/v1/xml-node.ts'
import { childNamed, childrenNamed, textOf, textsOf } from '../../../src/taxii/v1/xml-node.ts'
import { aServer, anAccount, collections, discovery, fill, someBlocks, statusOf } from './a-server.ts'

const services = (root: XmlNode) =>
  childrenNamed(root, 'Service_Instance').map((node) => [node.attributes.get('service_type'), textOf(node, 'Address')])

const names = (root: XmlNode) =>
  [...childrenNamed(root, 'Collection'), ...childrenNamed(root, 'Feed')].map(
    (node) => node.attributes.get('collection_name') ?? node.attributes.get('feed_name'),
  )

describe('discovery', () => {
  test('lists the services in the words of each version', async () => {
    const server = await aServer()
    const [now, old] = [await discovery(server), await discovery(server, { version: '1.0' })]
    const types = ['DISCOVERY', 'COLLECTION_MANAGEMENT', 'POLL', 'INBOX']
    expect(services(now.root).map(([type]) => type)).toEqual(types)
    expect(services(old.root).map(([type]) => type)).toEqual(types.map((type) => type.replace('COLLECTION_', 'FEED_')))
    for (const { root } of [now, old]) {
      const wire = root.namespace === wires['1.0'].namespace ? wires['1.0'] : wires['1.1']
      for (const node of childrenNamed(root, 'Service_Instance')) {
        expect(node.attributes.get('service_version')).toBe(wire.services)
        expect(node.attributes.get('available')).toBe('true')
        expect(textsOf(node, 'Message_Binding')).toEqual([wire.binding])
      }
    }
  })

  test('S1-6 shows different accounts different services; an empty list is an answer', async () => {
    const server = await aServer({ services: { inbox: { authenticationRequired: true } }, anonymousReading: true })
    server.principals.set('nobody', { kind: 'anonymous' })
    expect(services((await discovery(server, { as: 'nobody' })).root).map(([type]) => type)).not.toContain('INBOX')
    expect(services((await discovery(server)).root).map(([type]) => type)).toContain('INBOX')
    const empty = await aServer({ services: { discovery: { advertisedServices: [] } } })
    expect((await discovery(empty)).root).toMatchObject({ name: 'Discovery_Response', children: [] })
  })

  test('S1-7 has one entry for each protocol binding and address; addresses are absolute, also behind a proxy', async () => {
    const both = ['urn:taxii.mitre.org:protocol:http:1.0', 'urn:taxii.mitre.org:protocol:https:1.0']
    const server = await aServer({
      baseUrl: 'https://taxii.example:8443',
      services: { poll: { protocolBindings: both }, inbox: { address: 'https://inbox.example/here' } },
      wrap: (persistence) => ({
        ...persistence,
        getDomain: async (id) => (id === 'collection-management' ? 'manage.example:9' : undefined),
      }),
    })
    expect(services((await discovery(server)).root)).toEqual([
      ['DISCOVERY', 'https://taxii.example:8443/services/discovery'],
      ['COLLECTION_MANAGEMENT', 'https://manage.example:9/services/collection-management'],
      ['POLL', 'http://taxii.example:8443/services/poll'],
      ['POLL', 'https://taxii.example:8443/services/poll'],
      ['INBOX', 'https://inbox.example/here'],
    ])
  })

  test('says what an inbox takes, and what is not available', async () => {
    const supportedContent = [{ binding: 'urn:x', subtypes: ['urn:x:sub'] }]
    const server = await aServer({ services: { inbox: { supportedContent, isAvailable: false } } })
    const inbox = childrenNamed((await discovery(server)).root, 'Service_Instance').at(-1) as XmlNode
    expect(inbox.attributes.get('available')).toBe('false')
    const binding = childNamed(inbox, 'Content_Binding')
    expect(binding?.attributes.get('binding_id')).toBe('urn:x')
    expect(binding && childNamed(binding, 'Subtype')?.attributes.get('subtype_id')).toBe('urn:x:sub')
  })

  test('has no trouble with a title that XML cannot hold', async () => {
    const server = await aServer({ services: { poll: { description: 'a\u0001<b>&"' } } })
    const told = childrenNamed((await discovery(server)).root, 'Service_Instance').map((node) =>
      textOf(node, 'Message'),
    )
    expect(told).toContain('a\ufffd<b>&"')
  })
})

describe('collection information', () => {
  const given = [
    { name: 'open', isPublic: true },
    { name: 'red' },
    { name: 'blue', type: 'set' },
    { name: 'fixed', isWritable: false, description: '' },
  ] as const
  const reader = anAccount('reader', { permissions: { taxii1: { red: 'read', fixed: 'modify' }, taxii2: {} } })
  const writer = anAccount('writer', { permissions: { taxii1: { '*': 'modify' }, taxii2: {} } })

  test('S1-6 lists what the account may see; feeds only in 1.0', async () => {
    const server = await aServer({ collections: given })
    server.principals.set('reader', reader).set('writer', writer).set('nobody', { kind: 'anonymous' })
    const listed = async (as: string, version: '1.0' | '1.1' = '1.1') =>
      names((await collections(server, { as, version })).root).sort()
    expect(await listed('reader')).toEqual(['fixed', 'open', 'red'])
    expect(await listed('writer')).toEqual(['blue', 'fixed', 'open', 'red'])
    expect(await listed('writer', '1.0')).toEqual(['fixed', 'open', 'red'])
    expect(await listed('nobody')).toEqual(['open'])
  })

  test('S1-6 is empty for an account without any rights, which is no error; no account is another thing', async () => {
    const server = await aServer({ collections: [{ name: 'red' }] })
    server.principals.set('new', anAccount('new')).set('nobody', { kind: 'anonymous' })
    const { root } = await collections(server, { as: 'new' })
    expect([root.name, root.children]).toEqual(['Collection_Information_Response', []])
    expect(statusOf(await collections(server, { as: 'nobody' }))).toBe('UNAUTHORIZED')
  })

  test('S1-8 has a description for each, its name where nobody wrote one', async () => {
    const server = await aServer({ collections: given })
    const told = childrenNamed((await collections(server)).root, 'Collection').map((node) =>
      textOf(node, 'Description'),
    )
    expect(told.sort()).toEqual(['A collection', 'A collection', 'A collection', 'fixed'])
  })

  test('says kind, volume, bindings, and where to poll, subscribe and push, as rights allow', async () => {
    const supportedContent = [{ binding: 'urn:x', subtypes: [] }]
    const given = [
      { name: 'feed', acceptAllContent: false, supportedContent },
      { name: 'set', type: 'set' },
    ] as const
    const server = await aServer({ collections: given })
    server.principals.set('reader', anAccount('reader', { permissions: { taxii1: { '*': 'read' }, taxii2: {} } }))
    await fill(server, someBlocks(3))
    const [feed, set] = childrenNamed((await collections(server)).root, 'Collection').sort((a, b) =>
      (a.attributes.get('collection_name') ?? '') < (b.attributes.get('collection_name') ?? '') ? -1 : 1,
    ) as [XmlNode, XmlNode]
    expect(feed.attributes.get('collection_type')).toBe('DATA_FEED')
    expect(set.attributes.get('collection_type')).toBe('DATA_SET')
    expect(feed.children.map(({ name }) => name)).toEqual([
      'Description',
      'Collection_Volume',
      'Content_Binding',
      'Polling_Service',
      'Subscription_Service',
      'Receiving_Inbox_Service',
    ])
    expect(textOf(feed, 'Collection_Volume')).toBe('3')
    const readable = childrenNamed((await collections(server, { as: 'reader' })).root, 'Collection')
    expect(readable.flatMap(({ children }) => children.map(({ name }) => name))).not.toContain(
      'Receiving_Inbox_Service',
    )
    const [old] = childrenNamed((await collections(server, { version: '1.0' })).root, 'Feed')
    expect(old?.children.map(({ name }) => name)).toEqual([
      'Description',
      'Content_Binding',
      'Polling_Service',
      'Subscription_Service',
    ])
  })
})
