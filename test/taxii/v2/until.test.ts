import { expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, readPoll } from '../a-client.ts'
import { dated, deep, feedThat, second } from './a-feed.ts'

const objects = someIndicators(25)
const end = second(12)
const seconds = { id: 'c1', objects, addedAt: second }

/** A collection whose one page, dated from 10 to 14, has these values; its manifest has these entries. */
function pageOf(values: readonly string[], entries: readonly object[], status = 200) {
  return feedThat(
    () => ({ text: `{"objects":[${values.join(',')}]}`, headers: dated(second(10), second(14)) }),
    ({ path }) => (path.endsWith('/manifest/') ? { status, json: { objects: entries } } : undefined),
  )
}

it('--until: pages that end with that very instant are given whole, and nothing is asked after one that begins later', async () => {
  await using server = await startTaxii2Server({ collections: [seconds], pageCap: 13 })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client, { end })
  expect(ids).toHaveLength(13)
  expect(pages.map(({ stamp, position }) => [stamp, position !== undefined])).toEqual([[end, true]])
  expect(server.requests.filter(({ path }) => path.endsWith('/objects/')).length).toBeLessThanOrEqual(3)
})

it('--until: a page that begins with that very instant is still looked at', async () => {
  await using server = await startTaxii2Server({ collections: [seconds], pageCap: 12 })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client, { end })
  expect(ids).toHaveLength(13)
  expect(pages.map(({ stamp, position, items }) => [stamp, position !== undefined, items.length])).toEqual([
    [second(11), true, 12],
    [end, false, 1],
  ])
})

it('--until: a page without dates is not the last, and keeps what it proves', async () => {
  await using server = await startTaxii2Server({ collections: [seconds], pageCap: 10, dateHeaders: 'omitted' })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client, { end })
  expect(ids).toHaveLength(13)
  expect(pages.map(({ position }) => position !== undefined)).toEqual([true, true, false])
})

it('--until: versions are compared as instants, objects without a date by their id, and what has no id is kept', async () => {
  const values = [
    '{"type":"x","id":"x--1","modified":"2026-01-01T00:00:00Z"}',
    '{"type":"x","id":"x--1","modified":"2026-01-02T00:00:00Z"}',
    '{"type":"x","id":"x--2","created":"2026-01-01T00:00:00.5Z"}',
    '{"type":"x","id":"x--3"}',
    '{"type":"x","id":"x--4"}',
    '{"type":"x","id":"x--5","modified":"yesterday"}',
    '{"type":"x"}',
    deep('6'),
  ]
  const entries = [
    { id: 'x--1', date_added: second(10), version: '2026-01-01T00:00:00.000Z' },
    { id: 'x--2', date_added: second(11), version: '2026-01-01T00:00:00.500000Z' },
    { id: 'x--3', date_added: second(12), version: 'v1' },
    { id: 'x--5', date_added: second(12), version: 'yesterday' },
    { id: 'x--4', date_added: second(13), version: 'v1' },
    { id: 'x--1', date_added: second(14), version: '2026-01-02T00:00:00.000Z' },
  ]
  await using feed = await pageOf(values, entries)
  await using opened = await aClient(feed.url)
  const { pages } = await readPoll(opened.client, { end })
  const kept = pages.flatMap(({ items }) => items.map(({ raw }) => raw.toString()))
  expect(kept).toEqual([0, 2, 3, 5, 6].map((index) => values[index]))
  expect(pages.map(({ damaged, stamp }) => [damaged.length, stamp])).toEqual([[1, end]])
})

it.each([
  [404, 'TAXII_UNTIL_UNSUPPORTED', 'usage'],
  [406, 'TAXII_UNTIL_UNSUPPORTED', 'usage'],
  [401, 'TAXII_UNAUTHORIZED', 'auth'],
  [503, 'TAXII_UNAVAILABLE', 'network'],
])('--until with a manifest that is answered with %i ends as %s (%s)', async (status, code, kind) => {
  await using feed = await pageOf([], [], status)
  await using opened = await aClient(feed.url, {}, { retry: { maxRetries: 0 } })
  const { error } = await readPoll(opened.client, { end })
  expect(error).toMatchObject({ code, kind, context: { status } })
  expect(feed.asked()).toBe(0)
})

it.each([{}, { noContentRange: true }])(
  '--until reads the manifest of 2.0 whole, where ranges tell %j',
  async (options) => {
    await using server = await startTaxii2Server({ version: '2.0', collections: [seconds], pageCap: 5, ...options })
    await using opened = await aClient(server.rootUrl, { version: '2.0' })
    const { ids, error } = await readPoll(opened.client, { end, pageSize: 5 })
    expect([ids.length, error]).toEqual([13, undefined])
  },
)

it.each([50, 51])('--until reads a manifest of 2.0 that has all %i entries in each answer once', async (count) => {
  const all = { id: 'c1', objects: someIndicators(count), addedAt: second }
  await using server = await startTaxii2Server({ version: '2.0', collections: [all], range: 'ignored', pageCap: 1000 })
  await using opened = await aClient(server.rootUrl, { version: '2.0' })
  expect((await readPoll(opened.client, { end: second(100) })).ids).toHaveLength(count)
  expect(server.requests.filter(({ path }) => path.endsWith('/manifest/'))).toHaveLength(count === 50 ? 2 : 1)
})
