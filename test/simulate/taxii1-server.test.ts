import { expect, it } from 'vitest'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii1Options } from '../../src/simulate/taxii1-options.ts'
import { childOf, parseRequest, textOf, wireOf } from '../../src/simulate/taxii1-wire.ts'
import type { Taxii1Version, WireElement } from '../../src/simulate/taxii1-wire.ts'

const blocks = Array.from({ length: 25 }, (_, n) => `<stix:P xmlns:stix="http://stix.mitre.org/stix-1" id="p-${n}"/>`)
const start = (options: Taxii1Options = {}) =>
  startTaxii1Server({ collections: [{ name: 'feed', blocks }], partSize: 10, ...options })

function headersOf(version: Taxii1Version): Record<string, string> {
  return {
    'content-type': 'application/xml',
    accept: 'application/xml',
    'x-taxii-content-type': wireOf[version].message,
    'x-taxii-accept': wireOf[version].message,
    'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
    'x-taxii-services': wireOf[version].services,
  }
}

async function send(url: string, root: string, inner = '', version: Taxii1Version = '1.1', extra = {}) {
  const [name, ...rest] = root.split(' ')
  const attributes = rest.length > 0 ? ` ${rest.join(' ')}` : ''
  const body = `<${name} xmlns="${wireOf[version].namespace}" message_id="77"${attributes}>${inner}</${name}>`
  const response = await fetch(url, { method: 'POST', headers: { ...headersOf(version), ...extra }, body })
  const message = parseRequest(await response.text())
  if (!message) throw new Error(`not XML, HTTP ${response.status}`)
  expect(message.attributes.in_response_to).toBe('77')
  return message
}

const poll = (server: Taxii1Server, inner = '', attributes = '') =>
  send(server.addresses.poll, 'Poll_Request collection_name="feed"' + attributes, `${inner}<Poll_Parameters/>`)
const fulfil = (server: Taxii1Server, id: string, part: number) =>
  send(server.addresses.poll, `Poll_Fulfillment collection_name="feed" result_id="${id}" result_part_number="${part}"`)
const contents = (message: WireElement): string[] =>
  message.children.filter((each) => each.name === 'Content_Block').map((each) => childOf(each, 'Content')?.inner ?? '')

it('gives 25 blocks in parts of 10, any part again, and names the last part to whoever asks beyond it', async () => {
  await using server = await start()
  const first = await poll(server)
  const id = first.attributes.result_id ?? ''
  expect([contents(first).length, first.attributes.more, textOf(first, 'Record_Count')]).toEqual([10, 'true', '25'])
  const [second, again, third] = [await fulfil(server, id, 2), await fulfil(server, id, 2), await fulfil(server, id, 3)]
  expect(contents(second)).toEqual(contents(again))
  expect(third.attributes.more).toBe('false')
  expect([first, second, third].flatMap(contents)).toEqual(blocks)
  const beyond = await fulfil(server, id, 4)
  expect(beyond.attributes.status_type).toBe('INVALID_RESPONSE_PART')
  expect(childOf(childOf(beyond, 'Status_Detail') as WireElement, 'Detail')?.text).toBe('3')
  expect(server.ledger.served('feed').size).toBe(25)
  expect(server.truth('feed')).toHaveLength(25)
})

it('takes the begin label as exclusive and the end label as inclusive, and promises nothing older afterwards', async () => {
  await using server = await start({ partSize: 100 })
  const label = (n: number): string => `2026-01-01T00:00:00.${String(n * 1001 + 1).padStart(6, '0')}Z`
  const window = (a: number, b: number): string =>
    `<Exclusive_Begin_Timestamp>${label(a)}</Exclusive_Begin_Timestamp>` +
    `<Inclusive_End_Timestamp>${label(b)}</Inclusive_End_Timestamp>`
  const answer = await poll(server, window(3, 7))
  expect(contents(answer)).toEqual(blocks.slice(4, 8))
  expect(textOf(answer, 'Inclusive_End_Timestamp')).toBe(label(7))
  const whole = await poll(server)
  const end = textOf(whole, 'Inclusive_End_Timestamp') ?? ''
  server.shelf('feed').add('<new/>')
  const later = await poll(server, `<Exclusive_Begin_Timestamp>${end}</Exclusive_Begin_Timestamp>`)
  expect(contents(later)).toHaveLength(1)
})

it('answers PENDING only when asked for asynchronous delivery, as often as told', async () => {
  await using server = await start({ partSize: 100, pending: { times: 2, waitSeconds: 5 } })
  expect(contents(await poll(server))).toHaveLength(25)
  const asked = '<Poll_Parameters allow_asynch="true"/>'
  const waiting = await send(server.addresses.poll, 'Poll_Request collection_name="feed"', asked)
  expect(waiting.attributes.status_type).toBe('PENDING')
  const details = Object.fromEntries(
    (childOf(waiting, 'Status_Detail')?.children ?? []).map((each) => [each.attributes.name, each.text]),
  )
  expect(details).toMatchObject({ ESTIMATED_WAIT: '5', WILL_PUSH: 'false' })
  expect((await fulfil(server, details.RESULT_ID ?? '', 1)).attributes.status_type).toBe('PENDING')
  expect(contents(await fulfil(server, details.RESULT_ID ?? '', 1))).toHaveLength(25)
})

it('speaks 1.0: feeds, everything in one answer, labels on the request itself', async () => {
  await using server = await start({ versions: ['1.0', '1.1'] })
  const information = await send(server.addresses.collections, 'Feed_Information_Request', '', '1.0')
  expect(information.children[0]?.attributes.feed_name).toBe('feed')
  const answer = await send(server.addresses.poll, 'Poll_Request feed_name="feed"', '', '1.0')
  expect(contents(answer)).toHaveLength(25)
  expect(childOf(answer, 'Inclusive_End_Timestamp')).toBeDefined()
  const discovery = await send(server.addresses.discovery, 'Discovery_Request')
  expect(discovery.children.map((each) => each.attributes.service_type)).toContain('FEED_MANAGEMENT')
})

it('says UNAUTHORIZED inside HTTP 200, and NOT_FOUND for a collection it does not have', async () => {
  await using server = await start({ authentication: { scheme: 'basic', username: 'ann', password: 'pw' } })
  expect((await poll(server)).attributes.status_type).toBe('UNAUTHORIZED')
  const authorization = `Basic ${Buffer.from('ann:pw').toString('base64')}`
  const request = 'Poll_Request collection_name="other"'
  const answer = await send(server.addresses.poll, request, '<Poll_Parameters/>', '1.1', { authorization })
  expect(answer.attributes.status_type).toBe('NOT_FOUND')
})

it('refuses a window longer than it allows, a list in X-TAXII-Accept, and a poll with parameters and subscription', async () => {
  await using server = await start({ maxWindowMs: 86_400_000 })
  expect((await poll(server)).attributes.status_type).toBe('FAILURE')
  const list = { 'x-taxii-accept': `${wireOf['1.1'].message} ${wireOf['1.0'].message}` }
  expect((await send(server.addresses.discovery, 'Discovery_Request', '', '1.1', list)).attributes.status_type).toBe(
    'UNSUPPORTED_MESSAGE',
  )
  expect((await poll(server, '<Subscription_ID>x</Subscription_ID>')).attributes.status_type).toBe('BAD_MESSAGE')
})

it('subscribes, gives the same id for the same wish, polls under it, and takes an inbox message in', async () => {
  await using server = await start({ collections: [{ name: 'feed', blocks, receives: true }], partSize: 100 })
  const subscribe = (action: string, inner = '') =>
    send(
      server.addresses.subscription,
      `Subscription_Management_Request collection_name="feed" action="${action}"`,
      inner,
    )
  const idOf = (message: WireElement) => textOf(message.children[0] as WireElement, 'Subscription_ID')
  const made = await subscribe('SUBSCRIBE', '<Subscription_Parameters/>')
  expect(idOf(await subscribe('SUBSCRIBE', '<Subscription_Parameters/>'))).toBe(idOf(made))
  const id = `<Subscription_ID>${idOf(made)}</Subscription_ID>`
  expect((await subscribe('PAUSE', id)).children[0]?.attributes.status).toBe('PAUSED')
  expect(contents(await send(server.addresses.poll, 'Poll_Request collection_name="feed"', id))).toHaveLength(25)

  const block =
    '<Content_Block><Content_Binding binding_id="urn:stix.mitre.org:xml:1.1.1"/><Content><a><b/></a></Content></Content_Block>'
  const push = (name: string) =>
    send(
      server.addresses.inbox,
      'Inbox_Message',
      `<Destination_Collection_Name>${name}</Destination_Collection_Name>${block}`,
    )
  expect((await push('elsewhere')).attributes.status_type).toBe('DESTINATION_COLLECTION_ERROR')
  expect((await push('feed')).attributes.status_type).toBe('SUCCESS')
  expect(server.inbox[0]?.blocks[0]?.content).toBe('<a><b/></a>')
  expect(server.truth('feed')).toHaveLength(26)
})
