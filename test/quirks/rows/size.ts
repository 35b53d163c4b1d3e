import { expect } from 'vitest'
import { defaultLimits } from '../../../src/http/defaults.ts'
import { startLoopback } from '../../../src/simulate/loopback-server.ts'
import type { SimulatedRequest } from '../../../src/simulate/loopback-server.ts'
import { rateLimited } from '../../../src/simulate/rate-limit.ts'
import { sampleIndicator, samplePackage, sampleUuid } from '../../../src/simulate/sample-data.ts'
import { parseRequest } from '../../../src/simulate/taxii1-wire.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { startFeed, today } from '../feed.ts'
import { all, one, two } from '../row.ts'
import type { Row } from '../row.ts'
import {
  expectClear,
  expectExact,
  expectFailure,
  expectOk,
  expectSame,
  expectTruth,
  failureOf,
  openTrial,
} from '../trial.ts'

/** Whether a request asks for content, whatever the version. */
function isPoll(request: SimulatedRequest): boolean {
  if (request.method === 'GET') return request.path.endsWith('/objects/')
  return parseRequest(request.body.toString('utf8'))?.name.startsWith('Poll') ?? false
}

const plain = (status: number, text: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body: Buffer.from(`<html><body>${text}</body></html>`),
})

const openingOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => samplePackage(index, today))

/** Section 6: size, time-outs, limits, broken payloads. */
export const sizeRows: readonly Row[] = [
  {
    number: 67,
    title: 'thinks for long and cuts its answers short',
    versions: all,
    async run(version) {
      let cuts = 0
      await using feed = await startFeed(version, {
        thinkMs: 50,
        onResponse: (request, response) =>
          isPoll(request) && cuts++ < 2 ? { ...response, cutAt: Math.floor(response.body.length / 2) } : undefined,
      })
      await expectExact(feed)
      expect(cuts).toBeGreaterThan(2)
      expect(defaultLimits.headersTimeoutMs).toBeGreaterThan(90_000)
    },
  },
  {
    number: 68,
    title: 'answers 502 and 504 now and then, and never for an empty collection',
    versions: all,
    waits: true,
    async run(version) {
      let count = 0
      const sporadic = (): boolean => count++ % 3 !== 2
      await using feed = await startFeed(version, {
        onRequest: (request) =>
          isPoll(request) && sporadic() ? plain(count % 2 ? 502 : 504, 'Bad Gateway') : undefined,
      })
      await expectExact(feed, { version })
      await using quiet = await startFeed(version, {
        two: {
          collections: [
            { id: 'empty' },
            { id: '52892447-4d7e-4f70-b94d-d7f22742ff63', objects: [sampleIndicator(1, new Date(today))] },
          ],
        },
        one: { collections: [{ name: 'empty' }, { name: 'indicators', blocks: openingOf(3) }] },
        onRequest: (request) =>
          isPoll(request) && `${request.path} ${request.body.toString()}`.includes('empty') ? 'hang' : undefined,
      })
      await using trial = await openTrial({ url: quiet.url, version, limits: { headersTimeoutMs: 250 } })
      const rows = await trial.fetch()
      expect(rows.map((row) => [row.collection, row.error?.kind])).toEqual([
        ['empty', 'network'],
        [quiet.collection, undefined],
      ])
      await expectTruth(trial, quiet)
    },
  },
  {
    number: 69,
    title: 'has broken XML deep inside a long answer',
    versions: one,
    async run(version) {
      const blocks = [...openingOf(200)]
      blocks[150] = '<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"><unclosed>&nbsp;</stix:STIX_Package>'
      await using feed = await startFeed(version, { blocks })
      await using trial = await openTrial({ url: feed.url })
      const [row] = await trial.fetch()
      const good = feed.truth().filter((content) => content !== blocks[150])
      expectSame(await trial.stored(), good)
      expect([row?.new, row?.quarantined]).toEqual([199, 1])
    },
  },
  {
    number: 70,
    title: 'has one text of many megabytes in a block',
    versions: one,
    async run(version) {
      const long = 'QUJDRA=='.repeat(1_500_000)
      const large = samplePackage(1, today).replace('</indicator:Title>', `${long}</indicator:Title>`)
      await using feed = await startFeed(version, { blocks: [samplePackage(0, today), large] })
      await expectExact(feed)
    },
  },
  {
    number: 71,
    title: 'never answers',
    versions: all,
    waits: true,
    async run(version) {
      await using feed = await startFeed(version, { onRequest: (request) => (isPoll(request) ? 'hang' : undefined) })
      await using trial = await openTrial({ url: feed.url, limits: { headersTimeoutMs: 150 } })
      const begun = performance.now()
      expectFailure(await trial.fetch(), 'network')
      expect(performance.now() - begun).toBeLessThan(10_000)
      expect(defaultLimits.headersTimeoutMs).toBeLessThan(600_000)
    },
  },
  {
    number: 72,
    title: 'allows ten requests in ten minutes',
    versions: ['1.1', '2.0', '2.1'],
    async run(version) {
      const clock = fakeClock({ start: today })
      let refused = 0
      const limit = rateLimited({ requests: 10, perMs: 600_000 }, clock.now)
      await using feed = await startFeed(version, {
        items: 150,
        now: clock.now,
        onRequest: (request) => {
          const verdict = limit(request)
          if (verdict !== undefined) refused++
          return verdict
        },
        two: { pageCap: 10 },
        one: { partSize: 10 },
      })
      await using trial = await openTrial({ url: feed.url, version, clock })
      for (let run = 0; run < 6; run++) {
        const [row] = await trial.fetch()
        if (!row?.error) break
        expectFailure([row], 'network')
        await clock.advance(row.error.retryAfterMs ?? 600_000)
      }
      await expectTruth(trial, feed)
      expect(refused).toBeGreaterThan(0)
      expect(refused).toBeLessThan(8)
    },
  },
  {
    number: 73,
    title: 'lets only known addresses in',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version, {
        onRequest: () => plain(403, 'Your address is not allowed to use this service'),
      })
      for (const asked of [version, 'auto'] as const) {
        await using trial = await openTrial({ url: feed.url, version: asked })
        const error = expectFailure(await trial.fetch(), 'auth')
        expect(`${error.message} ${error.hint}`).toMatch(/address/i)
      }
    },
  },
  {
    number: 76,
    title: 'ignores match and sends everything',
    versions: two,
    async run(version) {
      const identity = { type: 'identity', id: `identity--${sampleUuid('x')}`, name: 'X', identity_class: 'group' }
      const stamps = { created: today, modified: today, spec_version: '2.1' }
      const indicators = [1, 2, 3].map((index) => sampleIndicator(index, new Date(today)))
      const custom = { ...stamps, type: 'x-report', id: `x-report--${sampleUuid('y')}` }
      const objects = [{ ...identity, ...stamps }, ...indicators, custom]
      await using feed = await startFeed(version, { objects, two: { ignoresMatch: true } })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch({ match: [{ field: 'type', values: ['indicator'] }] }))
      expectSame(
        await trial.stored(),
        indicators.map((object) => JSON.stringify(object)),
      )
    },
  },
  {
    number: 77,
    title: 'has STIX 1 of every odd kind in its blocks',
    versions: one,
    async run(version) {
      const cybox = 'xmlns:cybox="http://cybox.mitre.org/cybox-2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
      const packaged = (inner: string): string =>
        `<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" ${cybox} id="a:b" version="1.1.1">${inner}</stix:STIX_Package>`
      const blocks = [
        packaged('<stix:Observables><cybox:Observable idref="a:elsewhere"/></stix:Observables>'),
        packaged('<cybox:Value condition="Equals">192.0.2.1##comma##192.0.2.2</cybox:Value>'),
        packaged(
          '<cybox:Properties xsi:type="unknown:SomethingObjectType" category="e-mail">a@b.example</cybox:Properties>',
        ),
        packaged(
          '<cybox:Observable_Composition operator="AND"><cybox:Observable idref="a:1"/></cybox:Observable_Composition>',
        ),
        packaged('<![CDATA[<not a tag> & more]]><!-- a comment --><?pi data?>'),
        packaged('\n  <cybox:T>&lt;escaped&gt; &amp; &#x27;quoted&#39; \u00e9\u6f22 &#x1F600;</cybox:T>\r\n'),
      ]
      await using feed = await startFeed(version, { blocks })
      await expectExact(feed)
    },
  },
  {
    number: 78,
    title: 'carries STIX 2 as text in its blocks',
    versions: one,
    async run(version) {
      const binding = 'urn:stix.mitre.org:json:2.0'
      const bundle = JSON.stringify({
        type: 'bundle',
        objects: [sampleIndicator(1, new Date(today))],
        note: '<&>"\u2028',
      })
      const blocks = [{ content: bundle, form: 'text' as const, binding }, samplePackage(1, today)]
      await using feed = await startFeed(version, { blocks })
      await expectExact(feed)
    },
  },
  {
    number: 80,
    title: 'advertises subscriptions and does not have them',
    versions: one,
    async run(version) {
      await using feed = await startFeed(version, { one: { subscriptions: 'unsupported' } })
      await expectExact(feed)
      await using trial = await openTrial({ url: feed.url })
      await using source = await trial.connect()
      const { v1 } = source.client
      expectClear(await failureOf(async () => v1?.subscription('subscribe', { collection: feed.collection })), 'remote')
    },
  },
  {
    number: 81,
    title: 'is dead, gone, moved, or has nothing new since years',
    versions: all,
    async run(version) {
      const closed = await startLoopback(() => undefined)
      await closed.close()
      await using dead = await openTrial({ url: `${closed.url}/taxii2/`, version })
      expectFailure(await dead.fetch(), 'network')

      for (const status of [404, 410]) {
        await using gone = await startFeed(version, { onRequest: () => plain(status, 'This service has ended') })
        await using trial = await openTrial({ url: gone.url, version })
        expectFailure(await trial.fetch(), 'not-found', 'protocol', 'remote')
      }

      const location = 'https://new-home.example/taxii/'
      await using moved = await startFeed(version, { onRequest: () => plain(301, 'Moved', { location }) })
      await using follower = await openTrial({ url: moved.url, version })
      const error = expectFailure(await follower.fetch(), 'refused')
      expect(`${error.message} ${error.hint}`).toContain('new-home.example')

      await using stale = await startFeed(version, { addedAt: (index) => `2020-03-01T00:00:${10 + index}.000000Z` })
      await using trial = await openTrial({ url: stale.url, begin: '120mo' })
      expectOk(await trial.fetch())
      expect(expectOk(await trial.fetch())[0]?.new).toBe(0)
      await expectTruth(trial, stale)
    },
  },
  {
    number: 82,
    title: 'answers 400 to a poll without a window',
    versions: one,
    async run(version) {
      await using feed = await startFeed(version, { one: { needsWindow: true } })
      await using trial = await openTrial({ url: feed.url })
      const rows = await trial.fetch()
      if (rows.some((row) => row.error)) {
        const error = expectFailure(rows, 'remote', 'protocol')
        expect(error.hint).toMatch(/window/)
        await expectExact(feed, { maxWindow: '30d' })
      } else {
        await expectTruth(trial, feed)
      }
    },
  },
]
