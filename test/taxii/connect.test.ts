import { describe, expect, it } from 'vitest'
import { startLoopback } from '../../src/simulate/loopback-server.ts'
import { createTaxii1Service, startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import type { Taxii2Options } from '../../src/simulate/taxii2-options.ts'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import type { TaxiiDependencies } from '../../src/taxii/settings.ts'
import { anHttp, basicFor } from '../http/an-http.ts'
import { someIndicators } from '../support/indicators.ts'
import { errorOf, readPoll } from './a-client.ts'

const objects = someIndicators(12)
const collection = { id: 'c1', title: 'Demo', objects }
const two = (options: Taxii2Options = {}) => startTaxii2Server({ collections: [collection], ...options })
const one = (version: '1.0' | '1.1', paths = {}) =>
  startTaxii1Server({ versions: [version], collections: [{ name: 'c1', blocks: ['<a xmlns="x"/>'] }], paths })

async function open(url: string, dependencies: Partial<TaxiiDependencies> = {}, retries = 0) {
  const opened = anHttp(new URL(url).origin, { retry: { maxRetries: retries } })
  const client = await connectTaxii(
    { url: new URL(url), version: 'auto' },
    { http: opened.http, clock: opened.clock, notices: (notice) => opened.notices.push(notice), ...dependencies },
  ).catch(async (error: unknown) => {
    await opened[Symbol.asyncDispose]()
    throw error
  })
  return { client, notices: opened.notices, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

describe('C21-38: any URL a vendor mails', () => {
  const paths = [
    '',
    '/',
    '/taxii2',
    '/taxii2/',
    '/api1',
    '/api1/',
    '/api1/collections',
    '/api1/collections/c1/',
    '/api1/collections/c1/objects',
    '/nothing/here/',
  ]
  it.each(paths)('2.1 is found from "%s"', async (path) => {
    await using server = await two()
    await using opened = await open(server.url + path)
    expect(opened.client.version).toBe('2.1')
    expect((await readPoll(opened.client)).ids).toHaveLength(12)
  })

  it.each(['/', '/taxii/', '/api1', '/api1/collections/c1/objects/'])(
    '2.0 is found from "%s" (rows 1, 2: 406 means another version)',
    async (path) => {
      await using server = await two({ version: '2.0' })
      await using opened = await open(server.url + path)
      expect(opened.client.version).toBe('2.0')
      expect((await readPoll(opened.client)).ids).toHaveLength(12)
    },
  )

  it.each(['1.1', '1.0'] as const)(
    'row 13: %s is found from discovery, poll and collection addresses, and from the host',
    async (version) => {
      await using server = await one(version)
      const { discovery, poll, collections } = server.addresses
      for (const url of [discovery, poll, collections, server.url]) {
        await using opened = await open(url)
        expect([url, opened.client.version]).toEqual([url, version])
        expect((await readPoll(opened.client)).pages.flatMap(({ items }) => items)).toHaveLength(1)
      }
    },
  )

  it.each(['/taxii/', '/taxii2/', '/discovery/', '/somewhere/else/'])(
    'row 19: 2.1 with its discovery at %s',
    async (discoveryPath) => {
      await using server = await two({ discoveryPath })
      await using opened = await open(server.url + discoveryPath)
      expect((await readPoll(opened.client)).ids).toHaveLength(12)
    },
  )

  it('row 15: a server that wants no slash', async () => {
    await using server = await two({ slash: 'forbidden' })
    await using opened = await open(`${server.url}/taxii2/`)
    expect((await readPoll(opened.client)).ids).toHaveLength(12)
  })

  it('a server that answers JSON of no particular type is taken for what its root says', async () => {
    for (const version of ['2.0', '2.1'] as const) {
      await using server = await two({
        version,
        accept: 'any',
        onResponse: (_request, response) => ({
          ...response,
          headers: { ...response.headers, 'content-type': 'application/json' },
        }),
      })
      await using opened = await open(server.discoveryUrl)
      expect(opened.client.version).toBe(version)
    }
  })

  it('asks nothing again that the search has found out', async () => {
    await using server = await two()
    await using opened = await open(server.discoveryUrl)
    await opened.client.collections()
    const asked = server.requests.map(({ path }) => path)
    expect(asked.filter((path) => path === '/taxii2/')).toHaveLength(1)
  })

  it('the URL of a collection reads that collection alone', async () => {
    await using server = await two({ collections: [collection, { id: 'c2', objects }] })
    await using opened = await open(`${server.rootUrl}collections/c2/`)
    expect(opened.client.named).toBe('c2')
    expect((await opened.client.collections()).map(({ id }) => id)).toEqual(['c2'])
  })
})

describe('when nothing is found', () => {
  it('says what was tried and what came back', async () => {
    await using server = await startLoopback(() => ({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: Buffer.from('<html><title>Welcome \u001b[31m</title></html>'),
    }))
    const error = await errorOf(open(`${server.url}/app/`))
    expect(error).toMatchObject({ code: 'TAXII_NOT_FOUND_HERE', kind: 'protocol' })
    const tried = error.context['tried'] as string[]
    expect(tried).toContain(`GET ${server.url}/app/ (2.1): 200, text/html, "Welcome \\u{1b}[31m"`)
    expect(tried.some((line) => line.startsWith(`POST ${server.url}/app/ (1.1, 1.0)`))).toBe(true)
    expect(error.message).toContain('Welcome')
  })

  it('wrong credentials end the search early, so that no account is locked by it', async () => {
    await using server = await two({ authentication: { scheme: 'basic', username: 'ann', password: 'right' } })
    const opened = anHttp(server.url, { access: [basicFor(server.url, 'ann', 'wrong')] })
    const settings = { url: new URL(server.discoveryUrl), version: 'auto' } as const
    const error = await errorOf(
      connectTaxii(settings, { http: opened.http, clock: opened.clock, notices: () => undefined }),
    )
    expect(error).toMatchObject({ code: 'TAXII_UNAUTHORIZED', kind: 'auth' })
    expect(server.requests.length).toBeLessThanOrEqual(3)
    await opened[Symbol.asyncDispose]()
  })

  it('N16: what is wrong with our own certificate is told by its own name', async () => {
    await using server = await two()
    const clientCertificate = { pem: Buffer.from('no certificate') }
    const url = new URL(server.discoveryUrl.replace('http:', 'https:'))
    await using opened = anHttp(url.origin, { tls: { clientCertificate } })
    const settings = { url, version: 'auto' } as const
    const error = await errorOf(
      connectTaxii(settings, { http: opened.http, clock: opened.clock, notices: () => undefined }),
    )
    expect(error).toMatchObject({ code: 'HTTP_CLIENT_CERTIFICATE_UNREADABLE', kind: 'auth' })
    expect(server.requests).toHaveLength(0)
  })

  it.each(['/services/discovery', '/services/poll'])(
    'a 1.x service at the very address wins over a 2.1 that the same host has elsewhere: %s',
    async (path) => {
      const older = createTaxii1Service({ collections: [{ name: 'c1', blocks: ['<a xmlns="x"/>'] }] })
      const onRequest: Taxii2Options['onRequest'] = (request) =>
        request.method === 'POST' ? older.handler(request) : undefined
      await using server = await two({ onRequest })
      await using opened = await open(server.url + path)
      expect(opened.client.version).toBe('1.1')
      await using beside = await open(`${server.url}/`)
      expect(beside.client.version).toBe('2.1')
    },
  )

  it('a host that does not answer is a matter of the network', async () => {
    const server = await startLoopback(() => undefined)
    await server.close()
    expect(await errorOf(open(`${server.url}/taxii2/`))).toMatchObject({ kind: 'network' })
  })

  it('C21-36: names what the DNS says of a bare domain, and does not follow it', async () => {
    await using server = await startLoopback(() => undefined)
    const asked: string[] = []
    const resolveSrv = (name: string) => {
      asked.push(name)
      return name.startsWith('_taxii2.')
        ? Promise.resolve([{ name: 'taxii.example', port: 8443 }])
        : Promise.reject(new Error('none'))
    }
    const error = await errorOf(open(server.url, { resolveSrv }))
    expect(error.hint).toContain('https://taxii.example:8443/taxii2/')
    expect(asked).toEqual(['_taxii2._tcp.127.0.0.1'])
  })
})
