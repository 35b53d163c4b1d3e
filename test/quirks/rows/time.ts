import { expect } from 'vitest'
import { jsonResponse } from '../../../src/simulate/loopback-server.ts'
import type { SimulatedRequest } from '../../../src/simulate/loopback-server.ts'
import { sampleIndicator } from '../../../src/simulate/sample-data.ts'
import { parseRequest, textOf } from '../../../src/simulate/taxii1-wire.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { startFeed, today } from '../feed.ts'
import type { Feed } from '../feed.ts'
import { all, one, two } from '../row.ts'
import type { Row } from '../row.ts'
import { expectExact, expectFailure, expectOk, expectTruth, openTrial } from '../trial.ts'

const isRead = ({ path }: SimulatedRequest): boolean => path.endsWith('/objects/')
const badRequest = (title: string) => jsonResponse(400, 'application/taxii+json;version=2.1', { title })

/** Begin labels or `added_after` of every poll, in order. */
function begins(feed: Feed): (string | undefined)[] {
  if (feed.server2)
    return feed.requests.filter(isRead).map(({ url }) => url.searchParams.get('added_after') ?? undefined)
  return feed.requests
    .map(({ body }) => parseRequest(body.toString('utf8')))
    .filter((root) => root?.name === 'Poll_Request')
    .map((root) => root && textOf(root, 'Exclusive_Begin_Timestamp'))
}

/** Section 4: time and cursors. */
export const timeRows: readonly Row[] = [
  {
    number: 39,
    title: 'counts in microseconds, many to a millisecond',
    versions: all,
    async run(version) {
      const addedAt = (index: number): string => `2026-02-01T00:00:00.302${String(400 + index).padStart(3, '0')}Z`
      await using feed = await startFeed(version, { addedAt, two: { pageCap: 5, paging: 'date' } })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
      const [again] = expectOk(await trial.fetch())
      expect([again?.new, (again?.received ?? 9) <= 2]).toEqual([0, true])
      feed.add()
      expect(expectOk(await trial.fetch())[0]?.new).toBe(1)
      await expectTruth(trial, feed)
    },
  },
  {
    number: 40,
    title: 'refuses a time without a fraction of a second',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, {
        onRequest: ({ url }) => {
          const after = url.searchParams.get('added_after')
          return after === null || /\.\d{6}Z$/.test(after) ? undefined : badRequest('added_after wants six digits')
        },
      })
      await expectExact(feed, {}, { since: '2025-12-31T00:00:00Z' })
      await expectExact(feed)
    },
  },
  {
    number: 41,
    title: 'fails on a begin label that has seconds',
    versions: one,
    async run(version) {
      await using feed = await startFeed(version, {
        onRequest: ({ body }) => {
          const root = parseRequest(body.toString('utf8'))
          const begin = root && textOf(root, 'Exclusive_Begin_Timestamp')
          if (begin === undefined || /T\d\d:\d\d:00(\.0+)?(Z|\+00:00)$/.test(begin)) return undefined
          return {
            status: 500,
            headers: { 'content-type': 'text/plain' },
            body: Buffer.from('time data does not match'),
          }
        },
      })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
      feed.add()
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
    },
  },
  {
    number: 42,
    title: 'refuses a zone offset and wants Z',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version)
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch({ since: '2025-12-31T23:00:00+02:00' }))
      await expectTruth(trial, feed)
      feed.add()
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
      const sent = begins(feed).filter((begin) => begin !== undefined)
      expect(sent.length).toBeGreaterThan(1)
      for (const begin of sent) expect(begin).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    },
  },
  {
    number: 44,
    title: 'sends date headers that mean nothing with an empty answer',
    versions: two,
    async run(version) {
      for (const stamp of ['1970-01-01T00:00:00.000000Z', 'undefined', '', '2099-01-01T00:00:00.000000Z']) {
        await using feed = await startFeed(version, {
          two: { dateHeaders: 'always' },
          onResponse: (request, response) => {
            if (!isRead(request) || response.body.includes('"objects"')) return undefined
            const dates = { 'x-taxii-date-added-first': stamp, 'x-taxii-date-added-last': stamp }
            return { ...response, headers: { ...response.headers, ...dates } }
          },
        })
        await using trial = await openTrial({ url: feed.url })
        const [first] = expectOk(await trial.fetch())
        const [empty] = expectOk(await trial.fetch({ since: '2026-02-27T00:00:00Z' }))
        expect(empty?.received).toBe(0)
        feed.add()
        expectOk(await trial.fetch())
        await expectTruth(trial, feed)
        expect(first?.new).toBe(25)
      }
    },
  },
  {
    number: 45,
    title: 'adds old objects late and objects from the future early',
    versions: two,
    async run(version) {
      const dated = (index: number, year: number) => ({
        ...sampleIndicator(index, new Date(today)),
        modified: `${year}-01-01T00:00:00.000Z`,
      })
      const objects = [dated(0, 2031), dated(1, 2011), dated(2, 2029)]
      await using feed = await startFeed(version, { objects })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      feed.server2?.shelf(feed.collection).add(dated(3, 2009))
      const [row] = expectOk(await trial.fetch())
      expect(row?.new).toBe(1)
      expect(row?.received).toBeLessThan(3)
      await expectTruth(trial, feed)
    },
  },
  {
    number: 46,
    title: 'has a clock hours behind ours, and adds while it is polled',
    versions: all,
    async run(version) {
      let now = Date.parse(today)
      const second = (count: number): string => new Date(now - 60_000 + count * 1000).toISOString()
      let added = 0
      await using feed = await startFeed(version, {
        now: () => new Date(now),
        addedAt: second,
        two: { pageCap: 10 },
        one: { partSize: 10 },
        onResponse: (request) => {
          if ((isRead(request) || request.path.endsWith('/poll')) && added < 3) {
            added++
            feed.add()
          }
          return undefined
        },
      })
      await using trial = await openTrial({ url: feed.url, clock: fakeClock({ start: '2026-03-01T17:00:00.000Z' }) })
      expectOk(await trial.fetch())
      expect(added).toBeGreaterThan(0)
      added = 3
      now += 60_000
      feed.add(new Date(now - 30_000).toISOString())
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
    },
  },
  {
    number: 47,
    title: 'ignores added_after',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, { two: { ignoresAddedAfter: true, pageCap: 10 } })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      feed.add()
      const [again] = expectOk(await trial.fetch())
      expect([again?.new, again?.updated, again?.conflicts]).toEqual([1, 0, 0])
      await expectTruth(trial, feed)
      if (version === '2.0') return
      await using round = await startFeed(version, { two: { ignoresAddedAfter: true, pageCap: 10, paging: 'date' } })
      await using lost = await openTrial({ url: round.url })
      expectFailure(await lost.fetch(), 'protocol')
      expect(round.requests.filter(isRead).length).toBeLessThan(8)
    },
  },
  {
    number: 48,
    title: 'drops the connection at the sight of added_after',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, {
        onRequest: ({ url }) => (url.searchParams.has('added_after') ? 'drop' : undefined),
      })
      await using trial = await openTrial({ url: feed.url })
      const dropped = (): number => feed.requests.filter(({ url }) => url.searchParams.has('added_after')).length
      const rows = await trial.fetch()
      if (rows.some((row) => row.error)) {
        expectFailure(rows, 'network')
        expect(await trial.stored()).toEqual([])
        expectOk(await trial.fetch({ full: true }))
      }
      await expectTruth(trial, feed)
      expect(dropped()).toBeGreaterThan(0)
    },
  },
  {
    number: 49,
    title: 'refuses a page cursor of another start date',
    versions: ['2.1'],
    async run(version) {
      let down = false
      await using feed = await startFeed(version, {
        items: 40,
        two: { pageCap: 10 },
        onRequest: (request) => (down && isRead(request) && request.url.searchParams.has('next') ? 'drop' : undefined),
      })
      await using trial = await openTrial({ url: feed.url })
      down = true
      expectFailure(await trial.fetch(), 'network')
      down = false
      expectOk(await trial.fetch({ since: '2026-01-01T00:00:00.030000Z' }))
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
    },
  },
  {
    number: 50,
    title: 'returns everything to a poll without a begin',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version)
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      const [again] = expectOk(await trial.fetch())
      expect([again?.new, (again?.received ?? 9) <= 1]).toEqual([0, true])
      expect(begins(feed).at(-1)).toBeDefined()
      await expectTruth(trial, feed)
    },
  },
  {
    number: 51,
    title: 'names the time zone wrongly, or not at all',
    versions: one,
    async run(version) {
      const spellings: readonly ((stamp: string) => string)[] = [
        (stamp) => stamp.replace('Z', ''),
        (stamp) => stamp.replace('Z', '+00:00'),
        (stamp) => stamp.replace('Z', '+0000'),
        (stamp) => stamp.replace('T', ' ').replace('Z', ' UTC'),
      ]
      for (const writeLabel of spellings) {
        await using feed = await startFeed(version, { one: { writeLabel } })
        await using trial = await openTrial({ url: feed.url })
        expectOk(await trial.fetch())
        feed.add()
        expectOk(await trial.fetch())
        await expectTruth(trial, feed)
        expect(begins(feed).at(-1)).toMatch(/(Z|[+-]\d\d:\d\d)$/)
      }
    },
  },
]
