import { expect } from 'vitest'
import type { AuthenticationSettings } from '../../../src/profile/profile.ts'
import type { SimulatedAuthentication } from '../../../src/simulate/authentication.ts'
import { startForwarder } from '../forwarder.ts'
import { startFeed } from '../feed.ts'
import { all, one } from '../row.ts'
import type { Row } from '../row.ts'
import { serverTls, tlsFiles } from '../tls.ts'
import { expectExact, expectFailure, expectOk, expectTruth, openTrial, secret } from '../trial.ts'

const basic = (username: string, name: string | null = 'PW'): AuthenticationSettings => ({
  scheme: 'basic',
  username,
  password: name === null ? null : secret(name),
})
const trusted = { tls: { ca: [tlsFiles.authority] } }
const certificate = {
  certificate: tlsFiles.certificate,
  key: tlsFiles.key,
  use: true,
  location: 'private',
} as const

/** Section 5: authentication and TLS, what needs no command line. */
export const accessRows: readonly Row[] = [
  {
    number: 52,
    title: 'wants its key as user name, as password, or beside an empty user name',
    versions: all,
    async run(version) {
      const key = 'k3y:with=odd/characters+ü'
      const cases: readonly [SimulatedAuthentication, AuthenticationSettings][] = [
        [{ scheme: 'basic', username: 'plainkey' }, basic('plainkey', 'ANY')],
        [{ scheme: 'basic', username: 'plainkey' }, basic('plainkey', null)],
        [{ scheme: 'basic', password: key, needsUsername: true }, basic('whoever')],
        [{ scheme: 'basic', username: '', password: key }, basic('')],
        [{ scheme: 'basic', username: 'taxii', password: 'p@55w0rd' }, basic('taxii', 'TC')],
      ]
      for (const [authentication, shown] of cases) {
        await using feed = await startFeed(version, { authentication, items: 5 })
        const secrets = { PW: key, ANY: 'x', TC: 'p@55w0rd' }
        await expectExact(feed, { authentication: shown, secrets })
      }
    },
  },
  {
    number: 53,
    title: 'wants its key in a header of its own, also beside a password',
    versions: all,
    async run(version) {
      const header: SimulatedAuthentication = { scheme: 'header', name: 'Ocp-Apim-Subscription-Key', value: 'canary' }
      const password: SimulatedAuthentication = { scheme: 'basic', username: 'ann', password: 'pw' }
      const headers = [{ name: 'Ocp-Apim-Subscription-Key', value: secret('KEY') }]
      const secrets = { KEY: 'canary', PW: 'pw' }
      await using alone = await startFeed(version, { authentication: header, items: 5 })
      await expectExact(alone, { headers, secrets })
      await using both = await startFeed(version, { authentication: [header, password], items: 5 })
      await expectExact(both, { headers, secrets, authentication: basic('ann') })
    },
  },
  {
    number: 56,
    title: 'wants certificate, key, user name and password together',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version, {
        tls: serverTls({ clients: true }),
        authentication: [
          { scheme: 'certificate', name: 'ann' },
          { scheme: 'basic', username: 'ann', password: 'pw' },
        ],
        items: 5,
      })
      const settings = { ...trusted, certificate, authentication: basic('ann'), secrets: { PW: 'pw' } }
      await expectExact(feed, settings)
      await using trial = await openTrial({ url: feed.url, ...settings, certificate: undefined })
      expectFailure(await trial.fetch(), 'auth')
    },
  },
  {
    number: 57,
    title: 'wants a client certificate',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version, {
        tls: serverTls({ clients: true }),
        authentication: { scheme: 'certificate' },
        items: 5,
      })
      await expectExact(feed, { ...trusted, certificate })
      const locked = { ...certificate, key: tlsFiles.lockedKey, passphrase: secret('PASSPHRASE') }
      await expectExact(feed, { ...trusted, certificate: locked, secrets: { PASSPHRASE: tlsFiles.passphrase } })
    },
  },
  {
    number: 59,
    title: 'has a certificate of a private authority',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version, { tls: serverTls(), items: 5 })
      await expectExact(feed, trusted)
      await using stranger = await openTrial({ url: feed.url })
      const error = expectFailure(await stranger.fetch(), 'refused')
      expect(`${error.message} ${error.hint}`).toMatch(/--ca\b/)
    },
  },
  {
    number: 60,
    title: 'wants TLS, a login and a key, and then has nothing',
    versions: all,
    async run(version) {
      await using feed = await startFeed(version, {
        tls: serverTls(),
        items: 0,
        authentication: [
          { scheme: 'basic', username: 'ann', password: 'pw' },
          { scheme: 'header', name: 'X-API-Key', value: 'key' },
        ],
      })
      const headers = [{ name: 'X-API-Key', value: secret('KEY') }]
      const settings = { ...trusted, headers, authentication: basic('ann'), secrets: { PW: 'pw', KEY: 'key' } }
      await using trial = await openTrial({ url: feed.url, ...settings })
      expect(expectOk(await trial.fetch())[0]).toMatchObject({ received: 0, new: 0, status: 'ok' })
      feed.add()
      expectOk(await trial.fetch())
      await expectTruth(trial, feed)
    },
  },
  {
    number: 61,
    title: 'lets its login run out in the middle of a run',
    versions: ['1.1', '2.0', '2.1'],
    async run(version) {
      const account = { username: 'ann', password: 'pw' }
      await using feed = await startFeed(version, {
        items: 60,
        authentication: { scheme: 'jwt', ...account, lifetimeRequests: 3 },
        two: { pageCap: 10 },
        one: { partSize: 10, refusal: 'http' },
      })
      const login: AuthenticationSettings = { scheme: 'jwt', username: 'ann', password: secret('PW') }
      const url = `${feed.origin}/management/auth`
      await expectExact(feed, { version, authentication: { ...login, url }, secrets: { PW: 'pw' } })
      await expectExact(feed, { version, authentication: login, secrets: { PW: 'pw' } })
      expect((feed.server1 ?? feed.server2)?.guard.tokensIssued).toBeGreaterThan(3)
      await using trial = await openTrial({ url: feed.url, version, authentication: login, secrets: { PW: 'wrong' } })
      expectFailure(await trial.fetch(), 'auth')
    },
  },
  {
    number: 64,
    title: 'wants a token of an OAuth2 server',
    versions: all,
    async run(version) {
      const client = { clientId: 'id with blank', clientSecret: 's3cret/+=&' }
      await using feed = await startFeed(version, {
        items: 30,
        authentication: { scheme: 'oauth2', ...client, scope: 'taxii.read', lifetimeRequests: 4 },
        two: { pageCap: 10 },
        one: { refusal: 'http', partSize: 10 },
      })
      const authentication: AuthenticationSettings = {
        scheme: 'oauth2',
        tokenUrl: `${feed.origin}/token`,
        clientId: client.clientId,
        clientSecret: secret('SECRET'),
        scope: 'taxii.read',
      }
      await expectExact(feed, { version, authentication, secrets: { SECRET: client.clientSecret } })
      expect((feed.server1 ?? feed.server2)?.guard.tokensIssued).toBeGreaterThan(version === '1.0' ? 0 : 1)
    },
  },
  {
    number: 65,
    title: 'says that the password is wrong inside HTTP 200',
    versions: one,
    async run(version) {
      const authentication: SimulatedAuthentication = { scheme: 'basic', username: 'ann', password: 'right' }
      await using feed = await startFeed(version, { authentication })
      for (const asked of [version, 'auto'] as const) {
        await using trial = await openTrial({
          url: feed.url,
          version: asked,
          authentication: basic('ann'),
          secrets: { PW: 'wrong' },
        })
        const error = expectFailure(await trial.fetch(), 'auth')
        expect(`${error.message} ${error.hint}`).not.toContain('wrong')
        expect(await trial.stored()).toEqual([])
      }
      await expectExact(feed, { authentication: basic('ann'), secrets: { PW: 'right' } })
    },
  },
  {
    number: 66,
    title: 'is reached through a proxy that wants a password',
    versions: all,
    async run(version) {
      await using forwarder = await startForwarder('ann:pr0xy')
      const proxy = { url: forwarder.url, username: 'ann', password: secret('PROXY'), use: true }
      for (const tls of [undefined, serverTls()]) {
        await using feed = await startFeed(version, { tls, items: 5 })
        const before = forwarder.passed.length
        await expectExact(feed, { ...trusted, proxy, secrets: { PROXY: 'pr0xy' } })
        expect(forwarder.passed.length).toBeGreaterThan(before)
        const through = forwarder.passed.length
        await expectExact(feed, { ...trusted, proxy: { ...proxy, noProxy: '127.0.0.1' }, secrets: { PROXY: 'pr0xy' } })
        expect(forwarder.passed).toHaveLength(through)
        await using trial = await openTrial({ url: feed.url, ...trusted, proxy, secrets: { PROXY: 'wrong' } })
        expectFailure(await trial.fetch(), 'auth')
        expect(feed.requests.some(({ headers }) => 'proxy-authorization' in headers)).toBe(false)
      }
    },
  },
]
