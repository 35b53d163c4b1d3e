import { describe, expect, test } from 'vitest'
import { aRawServer, aClient, aServer, message, status } from './support.ts'

const stix = { binding: 'urn:stix.mitre.org:xml:1.1.1', content: '<?xml version="1.0"?>\r\n<a xmlns="urn:a">é</a>' }
const receiving = { collections: [{ name: 'feed', receives: true }, { name: 'other' }] }

describe('inbox', () => {
  test('C1I-1: pushes blocks to the destinations that are named', async () => {
    const { client, server } = await aServer(receiving)
    await client.v1?.inbox([{ ...stix, subtype: 'urn:s', message: 'm' }], { destinations: ['feed'], message: 'hello' })
    const body = server.requests.at(-1)?.body.toString() ?? ''
    expect(body).toMatch(
      /<taxii_11:Inbox_Message [^>]*><taxii_11:Destination_Collection_Name>feed<.*<taxii_11:Message>hello<.*<taxii_11:Record_Count>1<.*<taxii_11:Content_Block>/s,
    )
    expect(body).toContain('<taxii_11:Content>\r\n<a xmlns="urn:a">é</a></taxii_11:Content><taxii_11:Message>m<')
    expect(server.shelf('feed').blocks).toHaveLength(1)
  })

  test('names no destination unless asked to', async () => {
    const { client, server } = await aServer(receiving)
    await client.v1?.inbox([stix], {})
    expect(server.requests.at(-1)?.body.toString()).not.toContain('Destination_Collection_Name')
  })

  test('content that is no XML goes as text, and comes back the same', async () => {
    const { client, server } = await aServer(receiving)
    const json = '{"a":"<&>\\r\\n","b":"]]>"}'
    await client.v1?.inbox(
      [
        { binding: 'urn:json', content: json },
        { binding: 'urn:x', content: '<a>&nbsp;</a>\r' },
      ],
      { destinations: ['feed'] },
    )
    const body = server.requests.at(-1)?.body.toString() ?? ''
    expect(body).toContain('<taxii_11:Content>{"a":"&lt;&amp;&gt;\\r\\n","b":"]]&gt;"}</taxii_11:Content>')
    expect(body).toContain('<taxii_11:Content>&lt;a&gt;&amp;nbsp;&lt;/a&gt;&#xD;</taxii_11:Content>')
  })

  test('C1I-1: a destination error shows what is acceptable', async () => {
    const { client } = await aServer({ ...receiving, destinations: 'required' })
    await expect(client.v1?.inbox([stix], {})).rejects.toMatchObject({
      code: 'TAXII_STATUS',
      kind: 'remote',
      hint: expect.stringContaining('feed') as string,
    })
    const { client: forbidding } = await aServer({ ...receiving, destinations: 'forbidden' })
    await expect(forbidding.v1?.inbox([stix], { destinations: ['feed'] })).rejects.toMatchObject({
      hint: expect.stringContaining('leave them out') as string,
    })
  })

  test('C1I-1: 1.0 has no destinations, subtypes or counts', async () => {
    const { client, server } = await aServer({ ...receiving, versions: ['1.0'] })
    await expect(client.v1?.inbox([stix], { destinations: ['feed'] })).rejects.toMatchObject({ kind: 'usage' })
    await client.v1?.inbox([{ ...stix, subtype: 'urn:s' }], {})
    const body = server.requests.at(-1)?.body.toString() ?? ''
    expect(body).toContain('<taxii:Content_Binding>urn:stix.mitre.org:xml:1.1.1</taxii:Content_Binding>')
    expect(body).not.toMatch(/Record_Count|Subtype/)
  })

  test('C1I-2: any status but SUCCESS is a failure, and a push is sent once only', async () => {
    let pushes = 0
    const server = await aRawServer(({ id, name }) => {
      if (name !== 'Inbox_Message') return message('Discovery_Response', id)
      pushes++
      return pushes === 1 ? 'drop' : status('PENDING', id)
    })
    const { client } = await aClient(server.url)
    const address = `${server.url}/inbox`
    await expect(client.v1?.inbox([stix], { address })).rejects.toMatchObject({ kind: 'network' })
    expect(pushes).toBe(1)
    await expect(client.v1?.inbox([stix], { address })).rejects.toMatchObject({ code: 'TAXII_STATUS' })
  })

  test('a server without an inbox says so', async () => {
    const server = await aRawServer(({ id }) => message('Discovery_Response', id))
    const { client } = await aClient(server.url)
    await expect(client.v1?.inbox([stix], {})).rejects.toMatchObject({ code: 'TAXII_INBOX_UNKNOWN', kind: 'not-found' })
  })

  test('control characters cannot be written', async () => {
    const { client } = await aServer(receiving)
    await expect(client.v1?.inbox([{ binding: 'urn:b', content: 'a\u0000b' }], {})).rejects.toMatchObject({
      code: 'TAXII_TEXT_UNWRITABLE',
      kind: 'usage',
    })
  })
})

describe('subscriptions', () => {
  test('C1S-1, C1S-4: subscribe, pause, resume, status and unsubscribe', async () => {
    const { client } = await aServer()
    const manage = client.v1?.subscription
    const first = await manage?.('subscribe', { collection: 'feed' })
    expect(first).toMatchObject([{ collection: 'feed', status: 'active' }])
    const id = first?.[0]?.id
    expect(await manage?.('subscribe', { collection: 'feed' })).toEqual(first)
    expect(await manage?.('pause', { collection: 'feed', id })).toMatchObject([{ id, status: 'paused' }])
    expect(await manage?.('status', { collection: 'feed' })).toMatchObject([{ id, status: 'paused' }])
    expect(await manage?.('resume', { collection: 'feed', id })).toMatchObject([{ id, status: 'active' }])
    expect(await manage?.('unsubscribe', { collection: 'feed', id })).toMatchObject([{ id, status: 'unsubscribed' }])
    expect(await manage?.('unsubscribe', { collection: 'feed', id: 'urn:unknown' })).toBeDefined()
  })

  test('C1S-2: parameters with SUBSCRIBE only and always, the id with all others', async () => {
    const { client, server } = await aServer()
    const last = (): string => server.requests.at(-1)?.body.toString() ?? ''
    await client.v1?.subscription('subscribe', {
      collection: 'feed',
      id: 'urn:ignored',
      responseType: 'count-only',
      contentBindings: [{ id: 'urn:stix.mitre.org:xml:1.1.1', subtypes: [] }],
    })
    expect(last()).toMatch(
      /action="SUBSCRIBE"><taxii_11:Subscription_Parameters><taxii_11:Response_Type>COUNT_ONLY<.*binding_id="urn:stix.mitre.org:xml:1.1.1"/,
    )
    expect(last()).not.toContain('Subscription_ID')
    await client.v1?.subscription('status', { collection: 'feed', id: 'urn:x' }).catch(() => undefined)
    expect(last()).toMatch(/action="STATUS"><taxii_11:Subscription_ID>urn:x</)
    expect(last()).not.toContain('Subscription_Parameters')
    for (const action of ['unsubscribe', 'pause', 'resume'] as const) {
      await expect(client.v1?.subscription(action, { collection: 'feed' })).rejects.toMatchObject({
        code: 'TAXII_SUBSCRIPTION_ID',
        kind: 'usage',
      })
    }
  })

  test('C1S-1: 1.0 has neither pause nor resume, and the id as an attribute', async () => {
    const { client, server } = await aServer({ versions: ['1.0'] })
    await expect(client.v1?.subscription('pause', { collection: 'feed', id: 'x' })).rejects.toMatchObject({
      kind: 'usage',
    })
    const [made] = (await client.v1?.subscription('subscribe', { collection: 'feed' })) ?? []
    expect(server.requests.at(-1)?.body.toString()).toMatch(/feed_name="feed" action="SUBSCRIBE"\/>/)
    await client.v1?.subscription('unsubscribe', { collection: 'feed', id: made?.id })
    expect(server.requests.at(-1)?.body.toString()).toContain(`subscription_id="${made?.id}"`)
  })

  test.each([
    ['', 'active'],
    ['status="ACTIVE"', 'active'],
    ['status="PAUSED"', 'paused'],
    ['status="UNSUBSCRIBED"', 'unsubscribed'],
  ])('C1S-3: the status %s means %s', async (attribute, meant) => {
    const inside = `<t:Subscription ${attribute}><t:Subscription_ID>urn:1</t:Subscription_ID></t:Subscription>`
    const server = await aRawServer(({ id, name }) =>
      name === 'Discovery_Request'
        ? message('Discovery_Response', id)
        : message('Subscription_Management_Response', id, 'collection_name="feed"', inside),
    )
    const { client } = await aClient(server.url)
    const found = await client.v1?.subscription('status', { collection: 'feed', address: `${server.url}/s` })
    expect(found).toEqual([{ id: 'urn:1', collection: 'feed', status: meant }])
  })

  test('row 80: a server that advertises subscriptions it does not have says FAILURE, and the hint says what that means', async () => {
    const { client } = await aServer({ subscriptions: 'unsupported' })
    await expect(client.v1?.subscription('status', { collection: 'feed' })).rejects.toMatchObject({
      code: 'TAXII_STATUS',
      kind: 'remote',
      hint: expect.stringContaining('may not support') as string,
    })
  })
})
