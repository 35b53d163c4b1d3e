import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import type { Taxii1Persistence } from '../../../src/serve/taxii1-persistence.ts'
import { wires } from '../../../src/taxii/v1/wire.ts'
import { childNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import {
  aMessage,
  aServer,
  collections,
  detailsOf,
  discovery,
  fulfil,
  headersOf,
  poll,
  push,
  send,
  statusOf,
  subscription,
} from './a-server.ts'

const binding = { '1.0': wires['1.0'].binding, '1.1': wires['1.1'].binding }

describe('every request', () => {
  test('S1-1 is answered with a TAXII message in HTTP 200, errors included', async () => {
    const server = await aServer({ principal: { kind: 'anonymous' } })
    const answers = [
      await discovery(server),
      await collections(server),
      await poll(server, { collection: 'nobody-has-it' }),
      await fulfil(server, 'none', 1),
      await push(server),
      await subscription(server, 'SUBSCRIBE'),
      await send(`${server.url}/services/poll`, 'no XML at all'),
      await send(`${server.url}/services/poll`, ''),
    ]
    for (const { response, root } of answers) {
      expect(response.status).toBe(200)
      expect(response.headers.get('x-taxii-content-type')).toBe(binding['1.1'])
      expect(root.name).toBe('Status_Message')
    }
  })

  test('S1-2 is answered with the TAXII headers, those of the scheme that the client used, and no X-TAXII-Accept', async () => {
    const plain = await aServer()
    const secure = await aServer({ baseUrl: 'https://taxii.example' })
    const [over, through] = [await discovery(plain, { version: '1.0' }), await discovery(secure)]
    expect(Object.fromEntries(over.response.headers)).toMatchObject({
      'content-type': 'application/xml; charset=utf-8',
      'x-taxii-content-type': binding['1.0'],
      'x-taxii-services': wires['1.0'].services,
      'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
    })
    expect(through.response.headers.get('x-taxii-protocol')).toBe('urn:taxii.mitre.org:protocol:https:1.0')
    for (const { response } of [over, through]) expect(response.headers.has('x-taxii-accept')).toBe(false)
  })

  test.each([
    ['absent: the version of the request', undefined, '1.0', '1.0'],
    ['one', binding['1.1'], '1.1', '1.1'],
    ['several: the first that is known', `urn:other:1 ${binding['1.0']} ${binding['1.1']}`, '1.1', '1.0'],
    ['several with commas', `urn:other:1, ${binding['1.1']}`, '1.1', '1.1'],
  ] as const)('S1-3 is answered in the binding of X-TAXII-Accept; %s', async (_, accept, asked, answered) => {
    const server = await aServer()
    const { root } = await discovery(server, { version: asked, headers: { 'x-taxii-accept': accept } })
    expect([root.name, root.namespace]).toEqual(['Discovery_Response', wires[answered].namespace])
  })

  test('S1-3 that accepts only what we do not have is UNSUPPORTED_MESSAGE, with what we have', async () => {
    const server = await aServer()
    for (const headers of [{ 'x-taxii-accept': 'urn:other:1' }, { 'x-taxii-content-type': 'urn:other:1' }]) {
      const answer = await discovery(server, { headers })
      expect(statusOf(answer)).toBe('UNSUPPORTED_MESSAGE')
      expect(detailsOf(answer)).toEqual({ SUPPORTED_BINDING: [binding['1.1'], binding['1.0']] })
    }
  })

  test('S1-3 of a protocol or services version that is not TAXII 1.x is refused', async () => {
    const server = await aServer()
    const protocol = await discovery(server, { headers: { 'x-taxii-protocol': 'urn:carrier:pigeon' } })
    expect(statusOf(protocol)).toBe('UNSUPPORTED_PROTOCOL')
    expect(detailsOf(protocol)['SUPPORTED_PROTOCOL']).toHaveLength(2)
    expect(statusOf(await discovery(server, { headers: { 'x-taxii-services': 'urn:other' } }))).toBe('FAILURE')
    const https = { 'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:https:1.0' }
    expect((await discovery(server, { headers: https })).root.name).toBe('Discovery_Response')
  })

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['XML without its end', aMessage('Discovery_Request').slice(0, -6)],
    ['XML that is not TAXII', '<a message_id="1"/>'],
    ['TAXII 2', '{"type":"bundle"}'],
    ['a message without an id', `<t:Discovery_Request xmlns:t="${wires['1.1'].namespace}"/>`],
    ['a message that another service answers', aMessage('Inbox_Message')],
    ['a message that only the other version has', aMessage('Feed_Information_Request')],
    ['an answer', aMessage('Discovery_Response', 'in_response_to="1"')],
    ['1.0 where the header says 1.1', aMessage('Discovery_Request', '', '', '1.0')],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(aMessage('Discovery_Request')), Buffer.from([0xff])])],
  ])('S1-4 that is no proper message is BAD_MESSAGE: %s', async (_, body) => {
    const server = await aServer()
    const answer = await send(`${server.url}/services/discovery`, body)
    expect(statusOf(answer)).toBe('BAD_MESSAGE')
    expect(textOf(answer.root, 'Message')).not.toBeUndefined()
  })

  test('S1-4 in UTF-16, or packed with gzip, is read like any other', async () => {
    const server = await aServer()
    const text = `<?xml version="1.0" encoding="UTF-16"?>${aMessage('Discovery_Request')}`
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
    expect((await send(`${server.url}/services/discovery`, wide)).root.name).toBe('Discovery_Response')
    const packed = gzipSync(aMessage('Discovery_Request'))
    const answer = await send(`${server.url}/services/discovery`, packed, { headers: { 'content-encoding': 'gzip' } })
    expect(answer.root.name).toBe('Discovery_Response')
  })

  test('S1-5 is named by its id in the answer; by 0 where the id could not be read', async () => {
    const server = await aServer()
    const idOf = async (body: string) =>
      (await send(`${server.url}/services/discovery`, body)).root.attributes.get('in_response_to')
    expect(await idOf(aMessage('Discovery_Request'))).toBe('17')
    expect(await idOf(aMessage('Discovery_Request', '', '<t:Broken'))).toBe('17')
    expect(await idOf('no XML')).toBe('0')
    const strange = aMessage('Discovery_Request').replace('"17"', `"urn:a&amp;&quot;&lt;b"`)
    expect(await idOf(strange)).toBe('urn:a&"<b')
  })

  test('S1-27 may have padding, and extended headers that nobody knows', async () => {
    const server = await aServer()
    const header = '<t:Extended_Header name="urn:x"><x xmlns="urn:x"><y/></x></t:Extended_Header>'
    const extended = `<t:Extended_Headers>${header}</t:Extended_Headers>`
    const inside = `${extended}<t:Poll_Parameters><t:Response_Type>FULL</t:Response_Type></t:Poll_Parameters>`
    const message = aMessage('Poll_Request', 'collection_name="feed"', inside)
    expect((await send(`${server.url}/services/poll`, message)).root.name).toBe('Poll_Response')
    const block =
      '<t:Content_Block><t:Content_Binding binding_id="urn:x"/><t:Content><a/></t:Content><t:Padding>xxxx</t:Padding></t:Content_Block>'
    expect(statusOf(await push(server, { blocks: extended + block }))).toBe('SUCCESS')
    expect((await poll(server)).contents).toEqual(['<a/>'])
  })

  test('S1-28 of OPTIONS is answered with the message bindings; any other method is refused', async () => {
    const server = await aServer()
    const options = await fetch(`${server.url}/services/poll`, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([200, 'POST, OPTIONS'])
    expect(options.headers.get('x-taxii-content-types')).toBe(`${binding['1.1']},${binding['1.0']}`)
    const other = await fetch(`${server.url}/services/poll`)
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  test('needs none of the TAXII headers', async () => {
    const server = await aServer()
    const nothing = Object.fromEntries(Object.keys(headersOf('1.1')).map((name) => [name, undefined]))
    const headers = { ...nothing, 'content-type': 'application/xml' }
    expect((await discovery(server, { headers })).root.name).toBe('Discovery_Response')
  })

  test('goes on to others where no service has the address, also when one is added while the server runs', async () => {
    const server = await aServer()
    const ask = () =>
      fetch(`${server.url}/elsewhere`, {
        method: 'POST',
        headers: headersOf('1.1'),
        body: aMessage('Discovery_Request'),
      })
    expect((await ask()).status).toBe(404)
    await server.taxii1.createService({ type: 'discovery', properties: { address: '/elsewhere/', isAvailable: true } })
    expect((await ask()).status).toBe(200)
  })

  test('finds discovery at the address that the errata give it', async () => {
    const server = await aServer()
    const answer = await send(`${server.url}/taxii-discovery-service/`, aMessage('Discovery_Request'))
    expect(answer.root.name).toBe('Discovery_Response')
  })
})

describe('somebody', () => {
  test('edge case 7: with a wrong password is UNAUTHORIZED in HTTP 200', async () => {
    const server = await aServer({ anonymousReading: true, principal: { kind: 'refused' } })
    for (const answer of [await discovery(server), await poll(server), await push(server), await collections(server)]) {
      expect([answer.response.status, statusOf(answer)]).toEqual([200, 'UNAUTHORIZED'])
    }
    expect(server.audits.map(({ event }) => event)).toContain('taxii1-refused')
  })

  test('without rights gets the status that the configuration names', async () => {
    const server = await aServer({ principal: { kind: 'anonymous' }, taxii1: { unauthorizedStatus: 'DENIED' } })
    expect(statusOf(await poll(server))).toBe('DENIED')
  })

  test('who tried too many passwords has to wait: 429, and the same in words of TAXII', async () => {
    const server = await aServer({ principal: { kind: 'limited', retryAfterSeconds: 9 } })
    const answer = await discovery(server)
    expect([answer.response.status, answer.response.headers.get('retry-after')]).toEqual([429, '9'])
    expect([statusOf(answer), detailsOf(answer)]).toEqual(['RETRY', { ESTIMATED_WAIT: ['9'] }])
  })

  test('is not asked who they are where the service says that no account is needed', async () => {
    const open = { authenticationRequired: false }
    const server = await aServer({ principal: { kind: 'anonymous' }, services: { poll: open, inbox: open } })
    expect(statusOf(await push(server))).toBe('SUCCESS')
    expect((await poll(server)).contents).toEqual(['<a/>'])
    expect(statusOf(await collections(server))).toBe('UNAUTHORIZED')
  })
})

describe('what goes wrong inside', () => {
  const broken = (error: Error) => (persistence: Taxii1Persistence) => ({
    ...persistence,
    getContentBlocksCount: () => Promise.reject(error),
  })

  test('S19 is told as an internal error without a word of it, and logged with its request', async () => {
    const server = await aServer({ wrap: broken(new Error('SELECT secret FROM /var/lib')) })
    const answer = await poll(server)
    expect([answer.response.status, statusOf(answer)]).toEqual([200, 'FAILURE'])
    expect(answer.text).not.toMatch(/SELECT|secret|var|Error:/)
    expect(textOf(answer.root, 'Message')).toBe('Internal error (request request-1)')
    expect(server.errors[0]?.fields).toMatchObject({ requestId: 'request-1' })
  })

  test('and will pass is RETRY', async () => {
    const down = new StixTaxiiError('STORE_UNREACHABLE', 'The database at 192.0.2.7 is down', { kind: 'network' })
    const server = await aServer({ wrap: broken(down) })
    const answer = await poll(server)
    expect([statusOf(answer), detailsOf(answer)]).toEqual(['RETRY', { ESTIMATED_WAIT: ['30'] }])
    expect(answer.text).not.toContain('192.0.2.7')
  })

  test('in the middle of a large answer cuts the connection, so that nobody takes half of it for all', async () => {
    const server = await aServer({
      wrap: (persistence) => ({
        ...persistence,
        async getContentBlocks(id, filter) {
          const page = await persistence.getContentBlocks(id, filter)
          if (filter?.begin !== undefined) throw new Error('the disk is gone')
          return page.map((block) => ({ ...block, content: Buffer.alloc(100_000, 'x') }))
        },
      }),
    })
    const blocks = Array.from({ length: 150 }, (_, n) => ({
      contentBinding: 'urn:x',
      content: Buffer.from(`text ${n}`),
    }))
    await server.taxii1.createContentBlocks(blocks, [server.collections[0]?.id ?? ''])
    await expect(poll(server)).rejects.toThrow()
    expect(server.errors[0]?.fields?.['cause']).toContain('the disk is gone')
  })
})

test('1.0 says a detail as plain text, and FAILURE for what it has no word for', async () => {
  const server = await aServer({ services: { inbox: { destinationCollectionRequired: true } } })
  const unknown = await poll(server, { version: '1.0', collection: 'x' })
  expect([statusOf(unknown), childNamed(unknown.root, 'Status_Detail')?.text]).toEqual(['NOT_FOUND', 'x'])
  const undestined = await push(server, { version: '1.0', blocks: '' })
  expect(statusOf(undestined)).toBe('FAILURE')
})
