import { expect } from 'vitest'
import { basicPair } from '../../../src/simulate/authentication.ts'
import { jsonResponse, startLoopback } from '../../../src/simulate/loopback-server.ts'
import { sampleIndicator } from '../../../src/simulate/sample-data.ts'
import { startFeed, today } from '../feed.ts'
import { all, one, two } from '../row.ts'
import type { Row } from '../row.ts'
import { expectExact, expectFailure, expectOk, expectTruth, openTrial, secret } from '../trial.ts'

const id = '52892447-4d7e-4f70-b94d-d7f22742ff63'
const objects = Array.from({ length: 25 }, (_, index) => sampleIndicator(index, new Date(today)))

/** Section 2: URLs, discovery, proxies, redirects. */
export const urlRows: readonly Row[] = [
  {
    number: 15,
    title: 'gives 404, or {} with 200, where the trailing slash is missing',
    versions: two,
    async run(version) {
      for (const answer of ['404', '{}'] as const) {
        await using feed = await startFeed(version, {
          onRequest: ({ path }) =>
            answer === '{}' && !path.endsWith('/') ? jsonResponse(200, 'application/json', {}) : undefined,
        })
        const root = `${feed.origin}/api1`
        const collection = `${root}/collections/${feed.collection}`
        const addresses = [feed.url.replace(/\/$/, ''), root, collection, `${collection}/objects`]
        for (const url of addresses) await expectExact(feed, { url, collections: [feed.collection] })
      }
      await using bare = await startFeed(version, { two: { slash: 'forbidden' } })
      await expectExact(bare, { url: bare.url })
    },
  },
  {
    number: 16,
    title: 'names its API roots by relative or wrong paths',
    versions: two,
    async run(version) {
      const discoveryPath = version === '2.0' ? '/taxii/' : '/taxii2/'
      const cases = [
        { path: '/root/', advertised: '/root', defaultRoot: 0 },
        { path: `${discoveryPath}root/`, advertised: 'root/', defaultRoot: 0 },
        { path: `${discoveryPath}root/`, advertised: `${discoveryPath}root`, defaultRoot: '/root' },
      ]
      for (const { defaultRoot, ...root } of cases) {
        const roots = [{ ...root, collections: [{ id, objects }] }]
        await using feed = await startFeed(version, { two: { roots, defaultRoot } })
        await expectExact(feed)
      }
    },
  },
  {
    number: 17,
    title: 'advertises http, a host or a port that only it can see',
    versions: all,
    async run(version) {
      const inner = 'http://taxii-internal.example:9000'
      await using feed = await startFeed(version, {
        two: { roots: [{ path: '/api1/', advertised: `${inner}/api1/`, collections: [{ id, objects }] }] },
        one: { advertise: (address) => inner + new URL(address).pathname },
      })
      await using trial = await openTrial({ url: feed.url })
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
      expect(trial.notices.map((notice) => notice.message).join(' ')).toContain('taxii-internal.example')
    },
  },
  {
    number: 18,
    title: 'advertises an API root that is not there',
    versions: two,
    async run(version) {
      const roots = [
        { path: '/gone/', collections: [], missing: true },
        { path: '/api1/', collections: [{ id, objects }] },
      ]
      await using feed = await startFeed(version, { two: { roots, defaultRoot: null } })
      await expectExact(feed, { apiRoot: '/api1/' })
      await using trial = await openTrial({ url: feed.url })
      await using source = await trial.connect()
      const { apiRoots } = await source.client.discovery()
      expect(apiRoots.map((root) => [new URL(root.url).pathname, root.problem === undefined])).toEqual([
        ['/gone/', false],
        ['/api1/', true],
      ])
      await using dead = await startFeed(version, { two: { roots, defaultRoot: 0 } })
      await using lost = await openTrial({ url: dead.url })
      const rows = await lost.fetch()
      if (rows.some((row) => row.error)) expectFailure(rows, 'not-found', 'protocol', 'usage')
      else await expectTruth(lost, dead)
    },
  },
  {
    number: 19,
    title: 'keeps discovery at a path of its own',
    versions: two,
    async run(version) {
      for (const discoveryPath of ['/taxii/', '/taxii2/', '/discovery/', '/services/taxii/v1/discovery/']) {
        await using feed = await startFeed(version, { two: { discoveryPath } })
        await expectExact(feed)
      }
      for (const discoveryPath of ['/taxii/', '/taxii2/']) {
        await using feed = await startFeed(version, { two: { discoveryPath } })
        await expectExact(feed, { url: `${feed.origin}/` })
      }
    },
  },
  {
    number: 21,
    title: 'advertises two poll services',
    versions: one,
    async run(version) {
      const type = version === '1.0' ? 'FEED_MANAGEMENT' : 'COLLECTION_MANAGEMENT'
      await using feed = await startFeed(version, {
        one: {
          services: (base) => [
            { type: 'POLL', address: `${base}/services/old-poll`, available: false },
            { type, address: `${base}/services/collection-management` },
            { type: 'POLL', address: `${base}/services/poll` },
            { type: 'POLL', address: `${base}/services/poll`, available: true },
          ],
        },
      })
      await expectExact(feed)
    },
  },
  {
    number: 22,
    title: 'has its API roots on another host than discovery',
    versions: two,
    async run(version) {
      const authentication = { scheme: 'basic', username: 'ann', password: 'canary-pw' } as const
      await using feed = await startFeed(version, { authentication, two: { discoveryPath: null } })
      const type =
        version === '2.0' ? 'application/vnd.oasis.taxii+json; version=2.0' : 'application/taxii+json;version=2.1'
      const discovery = { title: 'Elsewhere', default: `${feed.origin}/api1/`, api_roots: [`${feed.origin}/api1/`] }
      const front = await startLoopback(({ path }) =>
        path === '/taxii2/' || path === '/taxii/' ? jsonResponse(200, type, discovery) : undefined,
      )
      try {
        const settings = {
          url: `${front.url}${version === '2.0' ? '/taxii/' : '/taxii2/'}`,
          authentication: { scheme: 'basic', username: 'ann', password: secret('PW') } as const,
          secrets: { PW: 'canary-pw' },
        }
        await using refused = await openTrial(settings)
        const error = expectFailure(await refused.fetch(), 'refused')
        expect(`${error.message} ${error.hint}`).toMatch(/allow-origin/)
        expect(feed.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
        await expectExact(feed, { ...settings, allowOrigins: [feed.origin] })
      } finally {
        await front.close()
      }
    },
  },
  {
    number: 23,
    title: 'has collection ids that are no UUIDs',
    versions: all,
    async run(version) {
      const ids = ['x-mitre-collection--1f5f1533-f617-4ca8-9ab4-6a02367fa019', '102', 'Feed of Ünits/é & more?']
      for (const collection of ids) {
        await using feed = await startFeed(version, { collection })
        await expectExact(feed, { collections: [collection] })
      }
    },
  },
  {
    number: 24,
    title: 'wants one set of credentials for discovery and another for the root',
    versions: two,
    async run(version) {
      const demand = (username: string) => ({ scheme: 'basic', username, password: `pw of ${username}` }) as const
      const shown = (username: string, name: string) => ({ scheme: 'basic', username, password: secret(name) }) as const
      await using feed = await startFeed(version, {
        authentication: demand('reader'),
        two: { discoveryAuthentication: demand('visitor') },
      })
      await expectExact(feed, {
        authentication: shown('reader', 'READER'),
        discoveryAuthentication: shown('visitor', 'VISITOR'),
        secrets: { READER: 'pw of reader', VISITOR: 'pw of visitor' },
      })
      const discovery = new URL(feed.url).pathname
      const wrong = feed.requests.filter((request) => {
        const user = basicPair(request)?.[0]
        return user === 'visitor' ? request.path !== discovery : user !== 'reader' || request.path === discovery
      })
      expect(wrong.map(({ path }) => path)).toEqual([])
    },
  },
]
