import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isTimestamp } from '../../../src/core/timestamp.ts'
import { selfContained } from '../../../src/taxii/v1/xml-content.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'
import { collectionReadOnly, collectionUnknown } from '../../../src/serve/persistence/faults.ts'
import type { Taxii1Persistence } from '../../../src/serve/taxii1-persistence.ts'
import { aBlockMarkup, aMessage, aServer, anAccount, detailsOf, poll, push, send, statusOf } from './a-server.ts'

const two = [{ name: 'red' }, { name: 'blue' }] as const

test('a collection that goes, or may not be written any more, while a message comes is named as such', async () => {
  const errors = [collectionUnknown('feed'), collectionReadOnly('feed')]
  const failing = (persistence: Taxii1Persistence): Taxii1Persistence => ({
    ...persistence,
    createContentBlocks: () => Promise.reject(errors.shift() as Error),
  })
  const server = await aServer({ wrap: failing })
  expect([statusOf(await push(server)), statusOf(await push(server))]).toEqual(['NOT_FOUND', 'DENIED'])
})

describe('an inbox message', () => {
  test('S1-22 is taken whole, into each collection that it names', async () => {
    const server = await aServer({ collections: two })
    const blocks = aBlockMarkup('<a/>') + aBlockMarkup('some &lt;text&gt;', 'urn:text')
    expect(statusOf(await push(server, { destinations: ['red', 'blue'], blocks }))).toBe('SUCCESS')
    for (const { name } of two) {
      expect((await poll(server, { collection: name })).contents).toEqual(['<a/>', 'some <text>'])
    }
  })

  test.each([
    ['is not well-formed', '<t:Content_Block><t:Content></t:Content_Block>'],
    ['has no content', '<t:Content_Block><t:Content_Binding binding_id="urn:x"/></t:Content_Block>'],
    ['has no binding', '<t:Content_Block><t:Content>x</t:Content></t:Content_Block>'],
    ['nests deeper than 64', aBlockMarkup('<a>'.repeat(80) + '</a>'.repeat(80))],
  ])('S1-22 of which one block %s is refused, and nothing of it kept', async (_, damaged) => {
    const server = await aServer()
    const answer = await push(server, { blocks: aBlockMarkup('<a/>') + damaged + aBlockMarkup('<b/>') })
    expect(statusOf(answer)).toBe('BAD_MESSAGE')
    expect((await poll(server)).contents).toEqual([])
    expect(server.signals).toEqual([])
  })

  test('S1-22 for several collections, of which one fails, leaves nothing in any of them', async () => {
    const server = await aServer({ collections: [{ name: 'red' }, { name: 'fixed', isWritable: false }] })
    expect(statusOf(await push(server, { destinations: ['red', 'fixed'] }))).toBe('UNAUTHORIZED')
    expect(statusOf(await push(server, { destinations: ['red', 'unknown'] }))).toBe('NOT_FOUND')
    expect((await poll(server, { collection: 'red' })).contents).toEqual([])
  })

  test('S1-22 loses what the inbox, or a collection, does not take; the rest is kept', async () => {
    const only = (binding: string) => ({ acceptAllContent: false, supportedContent: [{ binding, subtypes: [] }] })
    const server = await aServer({
      services: { inbox: { supportedContent: ['urn:a', 'urn:b'].map((binding) => ({ binding, subtypes: [] })) } },
      collections: [{ name: 'red', ...only('urn:a') }, { name: 'blue' }],
    })
    const blocks = aBlockMarkup('<a/>', 'urn:a') + aBlockMarkup('<b/>', 'urn:b') + aBlockMarkup('<c/>', 'urn:c')
    expect(statusOf(await push(server, { destinations: ['red', 'blue'], blocks }))).toBe('SUCCESS')
    expect((await poll(server, { collection: 'red' })).contents).toEqual(['<a/>'])
    expect((await poll(server, { collection: 'blue' })).contents).toEqual(['<a/>', '<b/>'])
  })

  test('S1-23 without a destination where one is required names the acceptable ones', async () => {
    const server = await aServer({
      services: { inbox: { destinationCollectionRequired: true } },
      collections: [...two, { name: 'fixed', isWritable: false }],
    })
    const answer = await push(server)
    expect(statusOf(answer)).toBe('DESTINATION_COLLECTION_ERROR')
    expect(detailsOf(answer)['ACCEPTABLE_DESTINATION']?.sort()).toEqual(['blue', 'red'])
  })

  test('S1-23 with a destination where none is taken is an error that names none', async () => {
    const server = await aServer({ services: { inbox: { destinationCollectionRequired: false } } })
    const answer = await push(server, { destinations: ['feed'] })
    expect(statusOf(answer)).toBe('DESTINATION_COLLECTION_ERROR')
    expect(detailsOf(answer)).toEqual({ ACCEPTABLE_DESTINATION: [''] })
    expect(statusOf(await push(server))).toBe('SUCCESS')
  })

  test('goes, without a destination, into all collections that the account may write', async () => {
    const server = await aServer({ collections: [...two, { name: 'fixed', isWritable: false }] })
    server.principals.set(
      'one',
      anAccount('one', { permissions: { taxii1: { red: 'modify', blue: 'read' }, taxii2: {} } }),
    )
    expect(statusOf(await push(server, { as: 'one' }))).toBe('SUCCESS')
    expect((await poll(server, { collection: 'red' })).contents).toEqual(['<a/>'])
    expect((await poll(server, { collection: 'blue' })).contents).toEqual([])
  })

  test('S18 needs the right to write each destination; what one may not see does not exist', async () => {
    const server = await aServer({ collections: two, anonymousReading: true })
    server.principals.set('reader', anAccount('reader', { permissions: { taxii1: { red: 'read' }, taxii2: {} } }))
    server.principals.set('nobody', { kind: 'anonymous' })
    const status = async (as: string, destinations: string[]) => statusOf(await push(server, { as, destinations }))
    expect(await status('reader', ['red'])).toBe('UNAUTHORIZED')
    expect(await status('reader', ['blue'])).toBe('NOT_FOUND')
    expect(await status('reader', ['unknown'])).toBe('NOT_FOUND')
    expect(await status('reader', [])).toBe('UNAUTHORIZED')
    expect(await status('nobody', ['red'])).toBe('UNAUTHORIZED')
    expect(server.signals).toEqual([])
  })

  test('S1-24 gets labels of our own, whatever label its blocks had', async () => {
    const server = await aServer()
    const own = aBlockMarkup('<a/>').replace(
      '</t:Content_Block>',
      '<t:Timestamp_Label>1999-01-01T00:00:00Z</t:Timestamp_Label></t:Content_Block>',
    )
    await push(server, { blocks: own })
    const [block] = (await poll(server)).blocks
    expect(block?.label).toMatch(/^2026-01-02T03:04:05\.\d{6}Z$/)
    expect(isTimestamp(block?.label ?? '')).toBe(true)
  })

  test('comes back byte for byte: white space, comments, CDATA, prefixes that it inherits', async () => {
    const server = await aServer()
    const content = `\n <s:a xmlns:s='urn:s' x = "1>2"><!-- c --><![CDATA[<&]]>é😀&#x41;&lt;\r\n<b q="p:v"/></s:a>\t`
    const block = `<t:Content_Block xmlns:p="urn:p">${aBlockMarkup(content).slice('<t:Content_Block>'.length)}`
    await push(server, { blocks: block })
    const expected = content.replace('<s:a', '<s:a xmlns:p="urn:p"')
    expect((await poll(server)).contents).toEqual([expected])
    expect(selfContained(expected, [], new Map(), false)).toBe(expected)
  })

  test.skipIf(!hasSharedData)(
    'of real STIX 1 (of ../shared/data) comes back byte for byte, from its root element on',
    async () => {
      const server = await aServer()
      const files = ['apt1-fqdns.xml', 'stix-phishing-indicator.xml', 'citizenlab-nilephish.xml']
      const contents = files.map((file) =>
        readFileSync(sharedData(`stix1/${file}`), 'utf8').replace(/^\ufeff?\s*<\?xml[^>]*\?>/, ''),
      )
      const blocks = contents.map((content) => aBlockMarkup(content)).join('')
      expect(statusOf(await push(server, { blocks }))).toBe('SUCCESS')
      const back = (await poll(server)).contents
      // A declaration that name spaces forbid is dropped when it comes in.
      const sent = contents.map((content) => content.slice(content.search(/<\w+:STIX_Package/)))
      expect(back).toEqual(sent.map((content) => content.replaceAll(/\s+xmlns:="[^"]*"/g, '')))
    },
  )

  test('is remembered with what it says of itself; its text only where the configuration says so', async () => {
    for (const saveRawInboxMessages of [true, false]) {
      const server = await aServer({ taxii1: { saveRawInboxMessages } })
      const subscription =
        '<t:Subscription_Information collection_name="theirs"><t:Subscription_ID>s1</t:Subscription_ID>' +
        '<t:Exclusive_Begin_Timestamp>2026-01-01T00:00:00Z</t:Exclusive_Begin_Timestamp></t:Subscription_Information>'
      const inside = `${subscription}<t:Record_Count partial_count="true">7</t:Record_Count>${aBlockMarkup('<a/>')}`
      const message = aMessage('Inbox_Message', 'result_id="r1"', inside)
      expect(statusOf(await send(`${server.url}/services/inbox`, message))).toBe('SUCCESS')
      const signal = server.signals.find((each) => each.signal === 'INBOX_MESSAGE_CREATED')
      const { id } = (signal?.payload as { message: { id: string } }).message
      expect(await server.taxii1.getInboxMessage(id)).toMatchObject({
        messageId: '17',
        contentBlockCount: 1,
        serviceId: 'inbox',
        resultId: 'r1',
        recordCount: 7,
        partialCount: true,
        subscriptionCollectionName: 'theirs',
        subscriptionId: 's1',
        exclusiveBeginTimestampLabel: '2026-01-01T00:00:00Z',
      })
      const kept = (await server.taxii1.getInboxMessage(id))?.originalMessage
      expect(kept).toBe(saveRawInboxMessages ? message : undefined)
    }
  })

  test('is told to listeners, and to the audit log with who sent it', async () => {
    const server = await aServer()
    await push(server, { blocks: aBlockMarkup('<a/>') + aBlockMarkup('<b/>') })
    expect(server.signals.map(({ signal }) => signal)).toEqual([
      'INBOX_MESSAGE_CREATED',
      'CONTENT_BLOCK_CREATED',
      'CONTENT_BLOCK_CREATED',
    ])
    expect(server.signals[1]?.payload).toMatchObject({ serviceId: 'inbox', collections: [{ name: 'feed' }] })
    expect(server.audits.at(-1)).toMatchObject({
      event: 'taxii1-inbox',
      fields: { account: 'root', client: '192.0.2.1', collection: 'feed', received: 2, taken: 2 },
    })
  })

  test('of 1.0 is taken as well, its bindings as text', async () => {
    const server = await aServer()
    const blocks =
      '<t:Content_Block><t:Content_Binding>urn:x</t:Content_Binding><t:Content><a/></t:Content></t:Content_Block>'
    expect(statusOf(await push(server, { version: '1.0', blocks }))).toBe('SUCCESS')
    expect((await poll(server, { version: '1.0' })).blocks).toMatchObject([{ content: '<a/>', binding: 'urn:x' }])
  })

  test('larger than allowed is refused with 413, and said in words of TAXII too', async () => {
    const server = await aServer({ taxii1: { maxContentLength: 2000 } })
    const answer = await push(server, { blocks: aBlockMarkup('x'.repeat(3000)) })
    expect([answer.response.status, statusOf(answer)]).toEqual([413, 'BAD_MESSAGE'])
  })
})
