import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wires } from '../../../src/taxii/v1/wire.ts'
import {
  aBlockMarkup,
  aMessage,
  anAccount,
  aServer,
  fill,
  fulfil,
  poll,
  push,
  send,
  someBlocks,
  statusOf,
} from './a-server.ts'

/** A server that must never be asked for anything. */
const visits: string[] = []
const bait = createServer((incoming, outgoing) => {
  visits.push(incoming.url ?? '')
  outgoing.end('<!ENTITY x "fetched">')
})
let baitUrl = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => bait.listen(0, '127.0.0.1', resolve))
  baitUrl = `http://127.0.0.1:${(bait.address() as AddressInfo).port}`
})
afterAll(() => void bait.close())

const message = aMessage('Discovery_Request', '', '&x;')
const laughs = Array.from({ length: 30 }, (_, n) => `<!ENTITY x${n} "${`&x${n - 1};`.repeat(10)}">`).slice(1)

/** Each of the attacks that defusedxml lists, and some of their kin. */
const attacks: Readonly<Record<string, () => string>> = {
  'a document type at all': () => `<!DOCTYPE x>${aMessage('Discovery_Request')}`,
  'a billion laughs': () => `<!DOCTYPE x [<!ENTITY x0 "ha">${laughs.join('')}<!ENTITY x "&x29;">]>${message}`,
  'quadratic blow-up': () =>
    `<!DOCTYPE x [<!ENTITY x "${'a'.repeat(100_000)}">]>${aMessage('Discovery_Request', '', '&x;'.repeat(20_000))}`,
  'an external entity of the file system': () => `<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>${message}`,
  'an external entity of the network': () => `<!DOCTYPE x [<!ENTITY x SYSTEM "${baitUrl}/entity">]>${message}`,
  'an external parameter entity': () => `<!DOCTYPE x [<!ENTITY % p SYSTEM "${baitUrl}/parameter"> %p;]>${message}`,
  'a document type to be fetched': () => `<!DOCTYPE x SYSTEM "${baitUrl}/dtd">${aMessage('Discovery_Request')}`,
  'a document type with a public name': () => `<!DOCTYPE x PUBLIC "-//X" "${baitUrl}/public">${message}`,
  'a document type inside a content block': () =>
    aMessage('Inbox_Message', '', aBlockMarkup(`<!DOCTYPE x SYSTEM "${baitUrl}/inside"><a/>`)),
  'an entity that nobody declared': () => message,
  'depth 20,000': () => `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`,
  'depth 20,000 inside a message': () =>
    aMessage('Discovery_Request', '', `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`),
  'depth 20,000 inside a content block': () =>
    aMessage('Inbox_Message', '', aBlockMarkup(`${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`)),
  '100,000 attributes': () =>
    aMessage('Discovery_Request', Array.from({ length: 100_000 }, (_, n) => `a${n}="1"`).join(' ')),
  'a name of 1 MB': () => aMessage('Discovery_Request', '', `<${'a'.repeat(1_000_000)}/>`),
  'a million elements': () => aMessage('Discovery_Request', '', '<a/>'.repeat(1_000_000)),
  'an id of 1 MB': () => aMessage('Discovery_Request').replace('"17"', `"${'1'.repeat(1_000_000)}"`),
  'a comment without an end': () => `${aMessage('Discovery_Request').slice(0, -30)}<!-- ${'-'.repeat(1_000_000)}`,
}

describe('E3 what is not to be read as XML is BAD_MESSAGE, quickly, and nothing is fetched:', () => {
  test.each(Object.entries(attacks))('%s', async (_, make) => {
    const server = await aServer()
    const body = make()
    const startMs = performance.now()
    for (const service of ['discovery', 'inbox']) {
      const answer = await send(`${server.url}/services/${service}`, body)
      // Where no content goes, more than a megabyte is not even read.
      const http = service === 'discovery' && body.length > 1024 * 1024 ? 413 : 200
      expect([answer.response.status, statusOf(answer)]).toEqual([http, 'BAD_MESSAGE'])
      expect(answer.text).not.toMatch(/root:|fetched|aaaaaaaaaa/)
      expect(answer.text.length).toBeLessThan(2000)
    }
    expect(performance.now() - startMs).toBeLessThan(5000)
    expect(visits).toEqual([])
    expect((await poll(server)).contents).toEqual([])
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)('a %s bomb, which is stopped at the limit of a message, not after it', async (encoding, pack) => {
    const server = await aServer({ taxii1: { maxContentLength: 1024 * 1024 } })
    const bomb = pack(Buffer.alloc(200 * 1024 * 1024, 0x20), { level: 9 })
    expect(bomb.length).toBeLessThan(1024 * 1024)
    const before = process.memoryUsage().rss
    const headers = { 'content-encoding': encoding }
    const answer = await send(`${server.url}/services/discovery`, bomb, { headers })
    expect([answer.response.status, statusOf(answer)]).toEqual([413, 'BAD_MESSAGE'])
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
  })

  test('a bomb of entities costs no memory', async () => {
    const server = await aServer()
    const body = attacks['a billion laughs']?.() ?? ''
    const before = process.memoryUsage().rss
    for (let round = 0; round < 50; round++) await send(`${server.url}/services/discovery`, body)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
  })

  test('schema locations and instructions in a message lead nowhere', async () => {
    const server = await aServer()
    const content = `<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a ${baitUrl}/schema"><?xml-stylesheet href="${baitUrl}/style"?><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="${baitUrl}/include"/></a>`
    expect(statusOf(await push(server, { blocks: aBlockMarkup(content) }))).toBe('SUCCESS')
    expect((await poll(server)).contents).toEqual([content])
    expect(visits).toEqual([])
  })
})

describe('what is put into an answer', () => {
  test('cannot break out of it, whatever a request or a block says', async () => {
    const server = await aServer()
    const evil = `x&quot;/>&lt;/t:Poll_Response>&lt;script>`
    const answer = await send(
      `${server.url}/services/poll`,
      aMessage('Poll_Request', `collection_name="${evil}"`, '<t:Poll_Parameters/>'),
    )
    expect(statusOf(answer)).toBe('NOT_FOUND')
    expect(answer.text).not.toContain('<script')
    const ids = [server.collections[0]?.id ?? '']
    const blocks = [
      ['text that ends the block', '</t:Content></t:Content_Block>'],
      ['XML that does not end', '<a><b></a>'],
      ['a document with its declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<a>é</a>'],
      ['a document type', '<!DOCTYPE a><a/>'],
      ['the section that CDATA cannot hold', 'x ]]> y & z < \r\n'],
      ['JSON with a character that XML cannot hold', '{"a":"\ufffe"}'],
      ['a message of TAXII', `<taxii_11:Poll_Response xmlns:taxii_11="${wires['1.1'].namespace}"/>`],
    ].map(([, content]) => ({
      contentBinding: `urn:"<&>`,
      subtype: 'a"b',
      message: '<m>&',
      content: Buffer.from(content ?? ''),
    }))
    await server.taxii1.createContentBlocks(blocks, ids)
    const back = await poll(server)
    expect(back.contents).toEqual([
      '</t:Content></t:Content_Block>',
      '<a><b></a>',
      '<a>é</a>',
      '<!DOCTYPE a><a/>',
      'x ]]> y & z < \r\n',
      '{"a":"\\ufffe"}',
      `<taxii_11:Poll_Response xmlns:taxii_11="${wires['1.1'].namespace}"/>`,
    ])
    expect(new Set(back.blocks.map(({ binding }) => binding))).toEqual(new Set([`urn:"<&>`]))
    expect((await poll(server, { version: '1.0' })).contents).toEqual(back.contents)
  })
})

describe('what may be sent (E2)', () => {
  const padded = (name: string, attributes = '') => aMessage(name, attributes, `<!--${'x'.repeat(2_000_000)}-->`)

  test('is a megabyte where no content goes, or from whoever may write none; content is as large as is allowed', async () => {
    const server = await aServer()
    const permissions = { taxii1: { feed: 'read' }, taxii2: {} } as const
    server.principals.set('reader', anAccount('reader', { permissions }))
    const statuses = []
    for (const [service, message, as] of [
      ['poll', padded('Poll_Request', 'collection_name="feed"'), undefined],
      ['discovery', padded('Discovery_Request'), undefined],
      ['inbox', padded('Inbox_Message'), 'reader'],
      ['inbox', padded('Inbox_Message'), undefined],
    ] as const)
      statuses.push((await send(`${server.url}/services/${service}`, message, { as })).response.status)
    expect(statuses).toEqual([413, 413, 413, 200])
  })
})

test('results of whoever asks again and again make room for one another', async () => {
  const server = await aServer({ services: { poll: { maxResultSize: 1 } } })
  await fill(server, someBlocks(3))
  const ids: string[] = []
  for (let n = 0; n < 502; n += 1) {
    ids.push((await poll(server)).root.attributes.get('result_id') ?? '')
    await server.clock.advance(1)
  }
  expect((await server.store.records.list('result-set')).length).toBe(500)
  expect(statusOf(await fulfil(server, ids[0] as string, 2))).toBe('NOT_FOUND')
  expect((await fulfil(server, ids[501] as string, 2)).contents).toHaveLength(1)
})
