import { describe, expect, test } from 'vitest'
import type { Taxii1Persistence } from '../../../src/serve/taxii1-persistence.ts'
import { aServer, anAccount, detailsOf, fill, fulfil, poll, someBlocks, statusOf } from './a-server.ts'
import type { Told } from './a-server.ts'
import { aFeed, beginOf, countOf, endOf, everyPart, moreOf, resultOf } from './a-poll.ts'

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
