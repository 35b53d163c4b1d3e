import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { ProxyOptions } from '../../src/http/options.ts'
import { bypassesProxy } from '../../src/http/proxy-bypass.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { startHttpProxy, startSocksProxy } from '../faults/loopback-proxies.ts'
import { anHttp, basicFor, faultOf, noRetries, outcomeOf } from './an-http.ts'
import { hasOpenssl, suiteCertificates } from './certificates.ts'

const through = (scheme: string, port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  url: new URL(`${scheme}://127.0.0.1:${port}`),
  ...more,
})
const login = { username: new Secret('proxy-ann'), password: new Secret('pr0xy:word') }
const origin = 'http://feed.example'

test('N17: plain http is asked of the proxy with its whole URL, credentials kept apart', async () => {
  await using server = await startFaultServer(() => [answer({ body: 'via' })])
  await using proxy = await startHttpProxy({ login: 'proxy-ann:pr0xy:word', to: server.port })
  await using opened = anHttp(origin, {
    plainHttp: 'allow',
    proxy: through('http', proxy.port, login),
    access: [basicFor(origin, 'u', 'p')],
  })

  const outcome = await outcomeOf(opened.http, new URL('/a?b', origin))

  expect(outcome.text).toBe('via')
  expect(proxy.asked).toEqual(['GET http://feed.example/a?b'])
  expect(server.requests[0]?.headers).toMatchObject({ host: 'feed.example', authorization: 'Basic dTpw' })
  expect(server.requests[0]?.headers['proxy-authorization']).toBeUndefined()
  expect(JSON.stringify(opened.trace)).not.toContain(Buffer.from('proxy-ann:pr0xy:word').toString('base64'))
})

test('N17: a proxy that wants another login is auth, for plain http too', async () => {
  await using proxy = await startHttpProxy({ login: 'a:b' })
  for (const url of ['http://feed.example/', 'https://feed.example/']) {
    for (const given of [{}, login]) {
      await using opened = anHttp(new URL(url).origin, {
        plainHttp: 'allow',
        proxy: through('http', proxy.port, given),
        retry: noRetries,
      })

      const outcome = await outcomeOf(opened.http, new URL(url))

      expect(faultOf(outcome)).toBe('HTTP_PROXY_AUTH auth')
      expect(outcome.error?.message).toContain('proxy')
    }
  }
})

test.each([
  ['http', 'https://feed.example/'],
  ['socks5', 'https://feed.example/'],
  ['http', 'http://feed.example/'],
])('N17: a %s proxy that is down is named (%s)', async (scheme, url) => {
  await using closed = await startHttpProxy()
  const { port } = closed
  await closed[Symbol.asyncDispose]()
  await using opened = anHttp(new URL(url).origin, {
    plainHttp: 'allow',
    proxy: through(scheme, port),
    retry: noRetries,
  })

  const outcome = await outcomeOf(opened.http, new URL(url))

  expect(faultOf(outcome)).toBe('HTTP_CONNECT_FAILED network')
  expect(outcome.error?.message).toContain(`proxy 127.0.0.1:${port}`)
})

test('N17: a proxy that refuses the tunnel says with which status', async () => {
  await using proxy = await startHttpProxy({ refuseWith: 403 })
  await using opened = anHttp('https://feed.example', { proxy: through('http', proxy.port), retry: noRetries })

  const outcome = await outcomeOf(opened.http, new URL('https://feed.example/'))

  expect(faultOf(outcome)).toBe('HTTP_PROXY_REFUSED network')
  expect(outcome.error?.message).toContain('feed.example:443 (403)')
  expect(proxy.asked).toEqual(['CONNECT feed.example:443'])
})

test('N17: a proxy that answers something else than HTTP is told as such', async () => {
  await using proxy = await startSocksProxy()
  await using opened = anHttp('https://feed.example', {
    proxy: through('http', proxy.port),
    retry: noRetries,
    limits: { connectTimeoutMs: 300 } as never,
  })

  const outcome = await outcomeOf(opened.http, new URL('https://feed.example/'))

  expect(outcome.error?.kind).toBe('network')
  expect(outcome.error?.message).toContain('proxy')
})

test.each([
  ['with a login', 'proxy-ann:pr0xy:word', login],
  ['without one', undefined, {}],
])('N17: SOCKS5 %s', async (_what, wanted, given) => {
  await using server = await startFaultServer(() => [answer({ body: 'via socks' })])
  await using proxy = await startSocksProxy({ login: wanted, to: server.port })
  await using opened = anHttp(origin, { plainHttp: 'allow', proxy: through('socks5', proxy.port, given) })

  expect((await outcomeOf(opened.http, new URL(origin))).text).toBe('via socks')
  expect((await outcomeOf(opened.http, new URL(origin))).text).toBe('via socks')
  expect(proxy.asked).toEqual(['SOCKS feed.example:80'])
  expect(server.requests[0]?.target).toBe('/')
})

test('N17: SOCKS5 with a wrong login is auth, a refused connection network', async () => {
  await using strict = await startSocksProxy({ login: 'a:b' })
  await using unable = await startSocksProxy({ reply: 5 })
  const fault = async (port: number, given: Partial<ProxyOptions>): Promise<string> => {
    await using opened = anHttp(origin, { plainHttp: 'allow', proxy: through('socks5', port, given), retry: noRetries })
    return faultOf(await outcomeOf(opened.http, new URL(origin)))
  }

  expect(await fault(strict.port, login)).toBe('HTTP_PROXY_AUTH auth')
  expect(await fault(strict.port, {})).toBe('HTTP_PROXY_AUTH auth')
  expect(await fault(unable.port, {})).toBe('HTTP_PROXY_REFUSED network')
})

test('N17: what NO_PROXY exempts goes directly', async () => {
  await using server = await startFaultServer(() => [answer({ body: 'direct' })])
  await using proxy = await startHttpProxy()
  await using opened = anHttp(server.origin, { proxy: through('http', proxy.port, { noProxy: '127.0.0.0/8' }) })

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('direct')
  expect(proxy.asked).toEqual([])
})

test('behind a proxy a literal metadata address is refused all the same', async () => {
  await using proxy = await startHttpProxy()
  await using opened = anHttp('http://169.254.169.254', { plainHttp: 'allow', proxy: through('http', proxy.port) })

  expect(faultOf(await outcomeOf(opened.http, new URL('http://169.254.169.254/')))).toBe('HTTP_ADDRESS_REFUSED refused')
  expect(proxy.asked).toEqual([])
})

test.each(['ftp://p.example', 'http://user:pw@p.example', 'socks4://p.example'])(
  'a proxy written %s is refused without its secret',
  async (url) => {
    await using opened = anHttp(origin, { plainHttp: 'allow', proxy: { url: new URL(url) } })

    const outcome = await outcomeOf(opened.http, new URL(origin))

    expect(faultOf(outcome)).toBe('HTTP_PROXY_INVALID config')
    expect(outcome.error?.message).not.toContain('pw')
  },
)

test.each([
  ['*', 'http://any.example', true],
  ['feed.example', 'http://feed.example', true],
  ['.feed.example', 'http://a.feed.example', true],
  ['*.feed.example', 'http://a.feed.example', true],
  ['feed.example', 'http://a.feed.example', true],
  ['feed.example', 'http://notfeed.example', false],
  ['FEED.example', 'http://feed.EXAMPLE', true],
  ['feed.example:8080', 'http://feed.example:8080', true],
  ['feed.example:8080', 'http://feed.example', false],
  ['feed.example:443', 'https://feed.example', true],
  ['a.example, feed.example', 'http://feed.example', true],
  ['192.0.2.0/24', 'http://192.0.2.77', true],
  ['192.0.2.0/24', 'http://198.51.100.1', false],
  ['192.0.2.1', 'http://192.0.2.1:99', true],
  ['2001:db8::/32', 'http://[2001:db8::7]', true],
  ['[2001:db8::7]:80', 'http://[2001:db8::7]', true],
  ['::ffff:192.0.2.1', 'http://192.0.2.1', true],
  ['', 'http://feed.example', false],
  [undefined, 'http://feed.example', false],
  ['nonsense/99', 'http://192.0.2.1', false],
  ['a.example,,  b.example;', 'http://c.example', false],
  ['.', 'http://feed.example', false],
  ['feed.example.', 'http://feed.example', true],
  ['feed.example', 'http://feed.example.', true],
  ['192.0.2.0/24', 'http://[2001:db8::7]', false],
  ['192.0.2.1', 'http://192.0.2.2', false],
  ['192.0.2.1:81', 'http://192.0.2.1', false],
  ['[2001:db8::7]', 'http://[2001:db8::7]:99', true],
  ['[2001:db8::7]:81', 'http://[2001:db8::7]', false],
  ['x[2001:db8::7]', 'http://[2001:db8::7]', false],
  ['[2001:db8::7]x', 'http://[2001:db8::7]', false],
  ['2001:db8::7', 'http://[2001:db8::7]', true],
  ['feed.example:80x', 'http://feed.example', false],
  ['x:feed.example:80', 'http://feed.example', false],
])('NO_PROXY "%s" and %s: %s', (noProxy, url, expected) => {
  const parsed = new URL(url)
  const port = Number(parsed.port || (parsed.protocol === 'https:' ? 443 : 80))
  expect(bypassesProxy(parsed, port, noProxy)).toBe(expected)
})

describe.skipIf(!hasOpenssl)('TLS through proxies (needs openssl)', () => {
  const pki = suiteCertificates({ names: 'DNS:feed.example,IP:127.0.0.1' })

  test.each(['http', 'https', 'socks5'])(
    'N17: through %s with a login: the server sees our certificate and credentials, the proxy neither',
    async (scheme) => {
      const tls = { ...pki.server, ca: pki.authority.cert, requestCert: true, rejectUnauthorized: true }
      await using fault = await startFaultServer(() => [answer({ body: 'both' })], { tls })
      const proxyOptions = { login: 'proxy-ann:pr0xy:word', to: fault.port }
      await using proxy = await (scheme === 'socks5'
        ? startSocksProxy(proxyOptions)
        : startHttpProxy({ ...proxyOptions, ...(scheme === 'https' && { tls: pki.server }) }))
      await using opened = anHttp('https://feed.example', {
        proxy: through(scheme, proxy.port, { ...login, ca: [pki.authority.cert] }),
        tls: {
          ca: [pki.authority.cert],
          clientCertificate: { pem: pki.client.cert, keyPem: new Secret(pki.client.key.toString()) },
        },
        access: [basicFor('https://feed.example', 'server-ann', 'server-word')],
        retry: noRetries,
      })

      const outcome = await outcomeOf(opened.http, new URL('https://feed.example/'))

      expect(outcome.text).toBe('both')
      expect(proxy.asked).toEqual([`${scheme === 'socks5' ? 'SOCKS' : 'CONNECT'} feed.example:443`])
      expect(fault.requests[0]?.headers['authorization']).toBeDefined()
      expect(fault.requests[0]?.headers['proxy-authorization']).toBeUndefined()
      expect(proxy.seen.join()).not.toMatch(/"authorization"|server-ann/i)
    },
  )

  test('N17: a tunnel that the proxy cuts ends as network', async () => {
    await using fault = await startFaultServer(() => [answer({ body: 'x'.repeat(500_000) })], { tls: pki.server })
    await using proxy = await startHttpProxy({ to: fault.port, cutAfter: 60_000 })
    await using opened = anHttp('https://feed.example', {
      proxy: through('http', proxy.port),
      tls: { ca: [pki.authority.cert] },
      retry: noRetries,
    })

    const outcome = await outcomeOf(opened.http, new URL('https://feed.example/'))

    // Whether the head came through before the cut is the machine's choice.
    expect(faultOf(outcome)).toMatch(/^HTTP_(BODY_CUT|CONNECTION_LOST) network$/)
  })

  test('N17: an https proxy that is not trusted is refused as a proxy', async () => {
    await using proxy = await startHttpProxy({ tls: pki.files.selfSigned('lonely') })
    await using opened = anHttp('https://feed.example', { proxy: through('https', proxy.port), retry: noRetries })

    const outcome = await outcomeOf(opened.http, new URL('https://feed.example/'))

    expect(faultOf(outcome)).toBe('HTTP_TLS_SELF_SIGNED refused')
    expect(outcome.error?.message).toContain('proxy')
  })
})

test.each([
  ['X-Squid-Error', 'ERR_ACCESS_DENIED 0', 403],
  ['Proxy-Status', 'inner.example; error=dns_error', 502],
  ['Server', 'tinyproxy/1.11.1', 403],
])(
  'N17: for plain http, what the proxy says by itself (%s) is told as the proxy, not as the server',
  async (name, value, status) => {
    const headers = { [name]: value }
    await using page = await startFaultServer(() => [answer({ status, headers, body: '<html>inside</html>' })])
    const proxy = { url: new URL(page.origin) }
    await using opened = anHttp('http://taxii.example', { proxy, plainHttp: 'allow', retry: { maxRetries: 0 } })

    const outcome = await outcomeOf(opened.http, new URL('http://taxii.example/'))

    expect(faultOf(outcome)).toBe('HTTP_PROXY_REFUSED network')
    expect(outcome.error?.message).toContain(`(${status})`)
  },
)
