import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import type { Account } from '../../src/serve/authentication.ts'
import { servedId } from '../../src/serve/collection-id.ts'
import type { Store } from '../../src/store/store.ts'
import { tlsFiles } from '../quirks/tls.ts'
import { anObject } from '../support/items.ts'
import { aRunningServer, ask, basic, quickHashes, storeItems } from './a-running-server.ts'

const taxii21 = { accept: 'application/taxii+json;version=2.1' }

async function anAccount(store: Store, isAdmin = false) {
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
  await authentication.createAccount('alice', new Secret('correct horse battery'), { isAdmin })
  return { authorization: basic('alice', 'correct horse battery') }
}

describe('a server without configuration', () => {
  it('answers TAXII 2.1, 2.0 and 1.x at the addresses it names', async () => {
    const { server, store } = await aRunningServer()
    await storeItems(store, [anObject(), anObject()])
    const { taxii21: two1 = '', taxii20: two0 = '', taxii1: one = '' } = server.discovery
    expect((await ask(two1, { headers: taxii21 })).status).toBe(200)
    expect((await ask(two0, { headers: { accept: 'application/vnd.oasis.taxii+json; version=2.0' } })).status).toBe(200)
    const discovery = await ask(one, {
      method: 'POST',
      headers: {
        'content-type': 'application/xml',
        'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
        'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
        'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
      },
      body: '<taxii_11:Discovery_Request xmlns:taxii_11="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="1"/>',
    })
    expect(discovery.text).toContain('Discovery_Response')
  })

  it('gives every answer the headers that keep browsers and caches in check', async () => {
    const { server } = await aRunningServer()
    for (const path of ['/taxii2/', '/health/live', '/nowhere/at/all/', '/metrics', '/']) {
      const { headers } = await ask(`${server.url}${path}`, { headers: taxii21 })
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': expect.stringContaining('no-store') as string,
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      })
      expect(Object.keys(headers)).not.toContain('server')
      expect(Object.keys(headers)).not.toContain('x-powered-by')
    }
  })

  it('is for this machine: neither under a strange name nor through a proxy (S16)', async () => {
    const { server } = await aRunningServer()
    const strange: Record<string, string>[] = [
      { host: 'feeds.attacker.example' },
      { host: `feeds.attacker.example:${server.port}` },
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { via: '1.1 proxy.example' },
    ]
    for (const headers of strange) {
      const answer = await ask(`${server.url}/taxii2/`, { headers: { ...taxii21, ...headers } })
      expect([headers, answer.status]).toEqual([headers, 421])
      expect(answer.text).not.toContain('api_roots')
    }
    for (const host of ['localhost', `127.0.0.1:${server.port}`, '[::1]', 'LOCALHOST:80']) {
      const answer = await ask(`${server.url}/taxii2/`, { headers: { ...taxii21, host } })
      expect([host, answer.status]).toEqual([host, 200])
    }
  })

  it('closes to everybody without an account as soon as there is one', async () => {
    const { server, store } = await aRunningServer()
    const url = `${server.url}/default/collections/`
    await storeItems(store, [anObject()])
    expect((await ask(url, { headers: taxii21 })).status).toBe(200)
    const login = await anAccount(store, true)
    const refused = await ask(url, { headers: taxii21 })
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toMatch(/Basic.*Bearer/)
    expect((await ask(url, { headers: { ...taxii21, ...login } })).status).toBe(200)
  })

  it('logs each request as one line, with who asked and nothing of the query or the password (S21)', async () => {
    const { server, store, log } = await aRunningServer()
    const login = await anAccount(store)
    await ask(`${server.url}/taxii2/?token=hush`, { headers: { ...taxii21, ...login } })
    await expect.poll(() => log.filter(({ event }) => event === 'request').length).toBe(1)
    const request = log.find(({ event }) => event === 'request')
    expect(request).toMatchObject({
      method: 'GET',
      path: '/taxii2/',
      status: 200,
      client: '127.0.0.1',
      account: 'alice',
      bytes: expect.any(Number) as number,
    })
    expect(JSON.stringify(log)).not.toMatch(/hush|correct horse/)
  })

  it('tells nothing of what went wrong inside, but under which id the log has it (S19)', async () => {
    const { server, store, log } = await aRunningServer()
    const key = await storeItems(store, [anObject()])
    store.readPage = () => Promise.reject(new Error('SELECT secret FROM /var/lib/place at driver.ts:12'))
    store.lookup = () => Promise.reject(new Error('SELECT secret FROM /var/lib/place at driver.ts:12'))
    for (const path of [`/default/collections/${servedId(key)}/objects/`, '/?value=203.0.113.9']) {
      const answer = await ask(`${server.url}${path}`, { headers: taxii21 })
      expect([path, answer.status]).toEqual([path, 500])
      expect(answer.text).not.toMatch(/SELECT|driver|place|Error:/)
      await expect.poll(() => JSON.stringify(log)).toContain('SELECT secret')
      const told = log.find((line) => line.level === 'error' && line.requestId === answer.headers['x-request-id'])
      expect(JSON.stringify(told)).toContain('SELECT secret')
    }
  })
})

describe('a client certificate', () => {
  const folder = path.dirname(tlsFiles.authority)
  const tls = {
    certificate: path.join(folder, 'server.pem'),
    key: path.join(folder, 'server.key'),
    clientAuthorities: tlsFiles.authority,
    clientCertificates: 'optional',
  } as const
  const shown = { cert: readFileSync(tlsFiles.certificate), key: readFileSync(tlsFiles.key) }
  const trusting = { ca: readFileSync(tlsFiles.authority), servername: 'localhost' }

  async function statuses(certificateAccounts: Record<string, string>, more: Partial<Account> = {}) {
    const { server, store, log } = await aRunningServer({ tls, certificateAccounts })
    const login = await anAccount(store, true)
    const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
    const [account] = await authentication.getAccounts()
    if (account) await authentication.updateAccount({ ...account, ...more })
    const url = `${server.url}/default/collections/`
    const bare = await ask(url, { headers: taxii21, tls: trusting })
    const certified = await ask(url, { headers: taxii21, tls: { ...trusting, ...shown } })
    const wrong = { ...taxii21, authorization: basic('alice', 'guessed') }
    const both = await ask(url, { headers: { ...taxii21, ...login }, tls: { ...trusting, ...shown } })
    const guessed = await ask(url, { headers: wrong, tls: { ...trusting, ...shown } })
    await expect.poll(() => log.filter(({ event }) => event === 'request').length).toBe(4)
    return { told: [bare, certified, both, guessed].map(({ status }) => status), log }
  }

  it('is a login by itself where it is mapped to an account, and the log says whose', async () => {
    const { told, log } = await statuses({ 'CN=ann': 'alice' })
    // Credentials that are sent as well count alone: wrong ones are not made good by a certificate.
    expect(told).toEqual([401, 200, 200, 401])
    const [, request] = log.filter(({ event }) => event === 'request')
    expect(request).toMatchObject({ certificate: 'CN=ann', account: 'alice', status: 200 })
  })

  it('is nobody where it is not mapped, or to no account, or to one that is blocked', async () => {
    expect((await statuses({ 'CN=bob': 'alice' })).told).toEqual([401, 401, 200, 401])
    expect((await statuses({ 'CN=ann': 'nobody' })).told).toEqual([401, 401, 200, 401])
    expect((await statuses({ 'CN=ann': 'alice' }, { isBlocked: true })).told).toEqual([401, 401, 401, 401])
    expect((await statuses({ constructor: 'alice' })).told).toEqual([401, 401, 200, 401])
  })
})

describe('a store that is away, locked or full', () => {
  const passing = [
    new StixTaxiiError('STORE_UNREACHABLE', 'postgres://db.example is away', { kind: 'network' }),
    new StixTaxiiError('STORE_BUSY', 'Another process keeps /var/place locked', { kind: 'conflict' }),
    new StixTaxiiError('STORE_FULL', 'No room to write to /var/place', { kind: 'local' }),
  ]

  it.each(passing.map((error) => [error.code, error] as const))(
    'is told as passing, with when to come again and nothing else: %s (E4, S19)',
    async (_code, error) => {
      const { server, store, log } = await aRunningServer()
      const key = await storeItems(store, [anObject()])
      store.readPage = () => Promise.reject(error)
      store.lookup = () => Promise.reject(error)
      for (const path of [`/default/collections/${servedId(key)}/objects/`, '/?value=203.0.113.9']) {
        const answer = await ask(`${server.url}${path}`, { headers: taxii21 })
        expect([path, answer.status, answer.headers['retry-after']]).toEqual([path, 503, '30'])
        expect(JSON.parse(answer.text)).toEqual({
          title: 'Not possible now: send the same request again later',
          error_id: answer.headers['x-request-id'],
          http_status: '503',
        })
        expect(JSON.stringify(log.filter(({ level }) => level === 'error'))).toContain(error.message)
      }
    },
  )
})

describe('a browser that was led here', () => {
  it('changes nothing for a strange page, whatever it has logged in to', async () => {
    const { server, store } = await aRunningServer()
    const { authorization } = await anAccount(store, true)
    const url = `${server.url}/services/inbox`
    const sent = (headers: Record<string, string>) =>
      ask(url, { method: 'POST', headers: { authorization, ...headers }, body: '<a/>' })
    const strange = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: server.url },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const headers of strange) expect((await sent(headers as never)).status).toBe(403)
    const own = [{}, { origin: server.url }, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]
    for (const headers of own) expect((await sent(headers as never)).status).toBe(200)
  })
})

describe('behind a proxy', () => {
  const behind = { behindTls: true, trustedProxies: ['127.0.0.1', '127.0.9.0/24'] } as const

  async function seen(from: string, headers: Record<string, string>) {
    const { server, store, log } = await aRunningServer(behind)
    const login = await anAccount(store)
    await ask(`http://127.0.0.1:${server.port}/taxii2/`, { from, headers: { ...taxii21, ...login, ...headers } })
    await expect.poll(() => log.some(({ event }) => event === 'request')).toBe(true)
    return log.find(({ event }) => event === 'request')?.client
  }

  it('believes what a trusted one says of the client, as far as that one can know it', async () => {
    const forwarded = '198.51.100.1, 203.0.113.9, 127.0.9.4'
    expect(await seen('127.0.0.1', { 'x-forwarded-for': forwarded })).toBe('203.0.113.9')
    expect(await seen('127.0.0.1', { 'x-forwarded-for': '[2001:db8::1]:443' })).toBe('2001:db8::1')
    expect(await seen('127.0.0.1', { 'x-forwarded-for': 'nonsense' })).toBe('127.0.0.1')
  })

  it('believes nothing from anybody else (S16)', async () => {
    expect(await seen('127.0.0.2', { 'x-forwarded-for': '203.0.113.9' })).toBe('127.0.0.2')
  })

  it('never reads without an account, and says https in its addresses', async () => {
    const { server } = await aRunningServer(behind)
    const answer = await ask(`http://127.0.0.1:${server.port}/default/collections/`, { headers: taxii21 })
    expect(answer.status).toBe(401)
    expect(answer.headers['strict-transport-security']).toBeDefined()
  })
})

describe('health', () => {
  it('says alive without an account, and in OpenTAXII’s words', async () => {
    const { server, store } = await aRunningServer()
    await anAccount(store)
    for (const path of ['/health/live', '/management/health']) {
      expect(await ask(`${server.url}${path}`)).toMatchObject({ status: 200, text: '{"alive":true}' })
    }
  })

  it('is not ready while the store cannot be read, and alive all the same', async () => {
    const { server, store } = await aRunningServer()
    expect((await ask(`${server.url}/health/ready`)).status).toBe(200)
    const { collections } = store
    store.collections = () => Promise.reject(new Error('gone'))
    store.records.list = () => Promise.reject(new Error('gone'))
    expect(await ask(`${server.url}/health/ready`)).toMatchObject({ status: 503, text: '{"ready":false}' })
    store.records.get = () => Promise.reject(new Error('gone'))
    const login = { authorization: basic('alice', 'correct horse battery') }
    for (const headers of [{}, login]) {
      for (const path of ['/health/live', '/management/health']) {
        expect((await ask(`${server.url}${path}`, { headers })).status).toBe(200)
      }
    }
    store.collections = collections
    expect((await ask(`${server.url}/health/ready`)).status).toBe(200)
  })
})
