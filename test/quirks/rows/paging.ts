import { expect } from 'vitest'
import { jsonResponse } from '../../../src/simulate/loopback-server.ts'
import { offsetCursor } from '../../../src/simulate/taxii2-filters.ts'
import type { CursorStyle } from '../../../src/simulate/taxii2-options.ts'
import { startFeed, without } from '../feed.ts'
import { two } from '../row.ts'
import type { Row } from '../row.ts'
import { expectExact, expectFailure, expectOk, expectTruth, openTrial } from '../trial.ts'

const reads = <T extends { path: string }>(requests: readonly T[]): T[] =>
  requests.filter(({ path }) => path.endsWith('/objects/'))

/** A cursor that is neither a word nor a number, nor safe in a query unless it is encoded. */
const thorny: CursorStyle = {
  write: ({ offset }) => `a+b/=&?#%20"ü ${offset}\u0001`,
  read: (text) => {
    const match = /^a\+b\/=&\?#%20"ü (\d+)\u0001$/.exec(text)
    return match ? { offset: Number(match[1]) } : undefined
  },
}

/** Section 3: paging, first half. */
export const pagingRows: readonly Row[] = [
  {
    number: 25,
    title: 'understands one spelling of Range and refuses the other',
    versions: ['2.0'],
    async run(version) {
      for (const form of ['equals', 'blank'] as const) {
        for (const refusal of [400, 416] as const) {
          await using feed = await startFeed(version, { two: { range: { form, refusal }, pageCap: 10 } })
          await expectExact(feed)
        }
      }
    },
  },
  {
    number: 26,
    title: 'sends no Content-Range',
    versions: ['2.0'],
    async run(version) {
      await using feed = await startFeed(version, { two: { noContentRange: true, pageCap: 10 } })
      await expectExact(feed, { pageSize: 10 })
      await using capped = await startFeed(version, { two: { noContentRange: true, pageCap: 10 } })
      await expectExact(capped, { pageSize: 100 })
      await using deaf = await startFeed(version, {
        two: { range: 'ignored', pageCap: 1000 },
        onResponse: (request, response) =>
          reads([request]).length === 0
            ? undefined
            : { ...response, status: 200, headers: without(response.headers, 'content-range') },
      })
      await expectExact(deaf, { pageSize: 10 })
      expect(reads(deaf.requests).length).toBeLessThan(6)
    },
  },
  {
    number: 27,
    title: 'gives fewer than asked for',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, { items: 60, two: { pageCap: 7 } })
      await expectExact(feed, { pageSize: 500 })
    },
  },
  {
    number: 28,
    title: 'says more and gives no next',
    versions: ['2.1'],
    async run(version) {
      await using feed = await startFeed(version, { two: { paging: 'date', pageCap: 10 } })
      await expectExact(feed)
      await using blind = await startFeed(version, {
        two: { paging: 'date', pageCap: 10, dateHeaders: 'omitted', manifest: 'missing' },
      })
      await using trial = await openTrial({ url: blind.url })
      expectFailure(await trial.fetch(), 'protocol')
      expect(reads(blind.requests).length).toBeLessThan(8)
    },
  },
  {
    number: 29,
    title: 'gives a next that nobody but itself can read',
    versions: ['2.1'],
    async run(version) {
      await using feed = await startFeed(version, { two: { cursor: thorny, pageCap: 10 } })
      await expectExact(feed)
      await using same = await startFeed(version, {
        two: { pageCap: 10, cursor: { write: () => 'MQ==', read: () => ({ offset: 10 }) } },
      })
      await using trial = await openTrial({ url: same.url })
      expectFailure(await trial.fetch(), 'protocol')
      expect(reads(same.requests).length).toBeLessThan(8)
    },
  },
  {
    number: 30,
    title: 'gives the whole history to a next without its filters',
    versions: ['2.1'],
    async run(version) {
      await using feed = await startFeed(version, { two: { cursor: offsetCursor, pageCap: 10 } })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch({ since: '2026-01-01T00:00:00.005000Z' }))
      const filters = reads(feed.requests).map(({ url }) => url.searchParams.get('added_after'))
      expect(filters.length).toBeGreaterThan(1)
      expect(new Set(filters)).toEqual(new Set(['2026-01-01T00:00:00.005000Z']))
      expect(await trial.stored()).toHaveLength(feed.truth().length - 5)
    },
  },
  {
    number: 31,
    title: 'loses objects when next comes with another added_after',
    versions: ['2.1'],
    async run(version) {
      // The server's own cursor is tied to its filters: another added_after would be refused, an offset would skip.
      for (const cursor of [undefined, offsetCursor]) {
        await using feed = await startFeed(version, { items: 60, two: { cursor, pageCap: 10 } })
        await using trial = await openTrial({ url: feed.url, pageSize: 10 })
        expectOk(await trial.fetch())
        await expectTruth(trial, feed)
        for (let count = 0; count < 25; count++) feed.add()
        expectOk(await trial.fetch())
        await expectTruth(trial, feed)
      }
    },
  },
  {
    number: 32,
    title: 'pages by added_after alone and gives many objects one date',
    versions: ['2.1'],
    async run(version) {
      const stamp = (group: number): string => `2026-01-01T00:00:${String(group).padStart(2, '0')}.000500Z`
      await using feed = await startFeed(version, {
        items: 20,
        addedAt: (index) => stamp(Math.floor(index / 3)),
        two: { paging: 'date', pageCap: 10 },
      })
      await expectExact(feed)
      await using overfull = await startFeed(version, {
        items: 40,
        addedAt: (index) => stamp(index < 20 ? 1 : index),
        two: { paging: 'date', pageCap: 10 },
      })
      await using trial = await openTrial({ url: overfull.url })
      const error = expectFailure(await trial.fetch(), 'protocol', 'partial')
      expect(`${error.message} ${error.hint}`).toContain('2026-01-01T00:00:01.000500Z')
    },
  },
  {
    number: 34,
    title: 'has no manifest, or an empty one',
    versions: two,
    async run(version) {
      for (const manifest of ['missing', 'empty'] as const) {
        await using feed = await startFeed(version, { two: { manifest, pageCap: 10 } })
        await expectExact(feed)
        await using undated = await startFeed(version, { two: { manifest, pageCap: 10, dateHeaders: 'omitted' } })
        await expectExact(undated)
      }
    },
  },
  {
    number: 35,
    title: 'has more than one page, and the first is not all',
    versions: two,
    async run(version) {
      await using feed = await startFeed(version, { items: 95, two: { pageCap: 10 } })
      await using trial = await openTrial({ url: feed.url })
      const [row] = expectOk(await trial.fetch())
      expect(row?.new).toBe(95)
      await expectTruth(trial, feed)
    },
  },
  {
    number: 36,
    title: 'gives a result in parts that have to be fetched one by one',
    versions: ['1.1'],
    async run(version) {
      for (const resultIds of ['opaque', 'range'] as const) {
        await using feed = await startFeed(version, { items: 43, one: { partSize: 5, resultIds } })
        await expectExact(feed)
      }
      await using forgetful = await startFeed(version, { items: 43, one: { partSize: 5, forgetsAfterParts: 3 } })
      await using trial = await openTrial({ url: forgetful.url })
      if ((await trial.fetch()).some((row) => row.error)) expectOk(await trial.fetch())
      await expectTruth(trial, forgetful)
    },
  },
  {
    number: 37,
    title: 'answers 413 to whoever wants all of a large collection',
    versions: ['1.0', '1.1', '2.1'],
    async run(version) {
      let refused = 0
      const spread = (index: number): string => new Date(Date.UTC(2026, 1, 1, index * 6)).toISOString()
      await using feed = await startFeed(version, {
        items: 60,
        addedAt: spread,
        one: { maxBlocks: 20 },
        onResponse: (_, { status }) => {
          if (status === 413) refused++
          return undefined
        },
        onRequest: ({ path, url }) => {
          if (version !== '2.1' || !path.endsWith('/objects/')) return undefined
          const limit = Number(url.searchParams.get('limit') ?? Infinity)
          if (limit <= 20) return undefined
          refused++
          return jsonResponse(413, 'application/taxii+json;version=2.1', { title: 'Content Too Large' })
        },
      })
      await expectExact(feed)
      expect(refused).toBeGreaterThan(0)
    },
  },
]
