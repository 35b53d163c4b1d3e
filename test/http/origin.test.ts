import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { openAccess } from '../../src/http/access.ts'
import { redirected } from '../../src/http/redirect.ts'
import type { AccessRule, HttpOptions } from '../../src/http/options.ts'
import { answer, startFaultServer, type FaultServer } from '../faults/fault-server.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { anHttp, basicFor, faultOf, outcomeOf } from './an-http.ts'
import { startRecorder } from './origin-rule/recorder.ts'
import { secretOptions } from './origin-rule/secrets.ts'

const options = (more: Partial<HttpOptions> = {}): HttpOptions => ({
  origins: ['https://taxii.example'],
  userAgent: 'test',
  notices: () => undefined,
  clock: fakeClock(),
  random: () => 0,
  ...more,
})

const codeFor = (spelling: string, base: string): string => {
  const access = openAccess(options())
  if (!URL.canParse(spelling, base)) return 'not a URL'
  try {
    access.check(new URL(spelling, base))
    return 'own'
  } catch (error) {
    return error instanceof StixTaxiiError ? error.code : String(error)
  }
}

test.each([
  // Spellings of the profile's own origin.
  ['/next', 'own'],
  ['next?page=2', 'own'],
  ['https://taxii.example', 'own'],
  ['https://taxii.example:443/a', 'own'],
  ['HTTPS://TAXII.EXAMPLE/a', 'own'],
  ['https:/\\taxii.example/a', 'own'],
  ['ht\ntps://taxii.ex\tample/a', 'own'],
  ['https://taxii%2eexample/a', 'own'],
  ['https://ｔａｘｉｉ.example/a', 'own'],
  ['//taxii.example/a', 'own'],
  ['\\\\taxii.example\\a', 'own'],
  // Everything else is another origin, however it is written.
  ['http://taxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://taxii.example:8443/', 'HTTP_ORIGIN_REFUSED'],
  ['https://taxii.example:80/', 'HTTP_ORIGIN_REFUSED'],
  ['https://taxii.example./', 'HTTP_ORIGIN_REFUSED'],
  ['https://www.taxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://taxii.example.evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://evil.example/taxii.example', 'HTTP_ORIGIN_REFUSED'],
  ['https://evil.example#@taxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://evil.example?@taxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://evil.example\\@taxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['//evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['\\\\evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['/\\evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['///evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https:///evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['/\t/evil.example/', 'HTTP_ORIGIN_REFUSED'],
  [' https://evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['ht\ttps://evil.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://tаxii.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://xn--txii-83d.example/', 'HTTP_ORIGIN_REFUSED'],
  ['https://127.0.0.1/', 'HTTP_ORIGIN_REFUSED'],
  ['https://2130706433/', 'HTTP_ORIGIN_REFUSED'],
  ['https://0x7f000001/', 'HTTP_ORIGIN_REFUSED'],
  ['https://0177.0.0.1/', 'HTTP_ORIGIN_REFUSED'],
  ['https://127.1/', 'HTTP_ORIGIN_REFUSED'],
  ['https://[::1]/', 'HTTP_ORIGIN_REFUSED'],
  ['https://[::ffff:127.0.0.1]/', 'HTTP_ORIGIN_REFUSED'],
  ['https://169.254.169.254/latest/meta-data/', 'HTTP_ORIGIN_REFUSED'],
  ['https://localhost/', 'HTTP_ORIGIN_REFUSED'],
  ['wss://taxii.example/', 'HTTP_SCHEME_REFUSED'],
  ['file:///etc/hosts', 'HTTP_SCHEME_REFUSED'],
  ['data:application/json,{}', 'HTTP_SCHEME_REFUSED'],
  ['blob:https://taxii.example/1', 'HTTP_SCHEME_REFUSED'],
  ['javascript:alert(1)', 'HTTP_SCHEME_REFUSED'],
  ['gopher://taxii.example/', 'HTTP_SCHEME_REFUSED'],
  ['https://user@taxii.example/', 'HTTP_URL_SECRET'],
  ['https://user:pass@evil.example/', 'HTTP_URL_SECRET'],
  ['https://:pass@taxii.example/', 'HTTP_URL_SECRET'],
  ['https://taxii.example@evil.example/', 'HTTP_URL_SECRET'],
  ['https://taxii.example:99999/', 'not a URL'],
  ['https://[::1/', 'not a URL'],
])('S1: "%s" named by a server is %s', (spelling, expected) => {
  expect(codeFor(spelling, 'https://taxii.example/taxii2/')).toBe(expected)
})

const canary = 'canary-4711'
const everySecret = (origin: string): AccessRule => ({
  origin,
  pathPrefix: '/',
  authentication: { scheme: 'basic', username: new Secret('canary-user'), password: new Secret(canary) },
  headers: ['X-Api-Key', 'X-Auth-Token', 'Cookie', 'Ocp-Apim-Subscription-Key'].map((name) => ({
    name,
    value: new Secret(`${canary}-${name}`),
  })),
})

const sawSecret = (server: FaultServer): boolean =>
  server.requests.some(({ head, body }) => {
    const all = head + body.toString()
    return all.includes('canary') || all.includes(Buffer.from(`canary-user:${canary}`).toString('base64'))
  })

const other = (): Promise<FaultServer> => startFaultServer(() => [answer({ body: 'other' })])

test.each([301, 302, 303, 307, 308])(
  'N15, S1: redirect %i to another port is refused before anything is sent',
  async (status) => {
    await using stranger = await other()
    await using server = await startFaultServer(() => [answer({ status, headers: { Location: stranger.origin } })])
    await using opened = anHttp(server.origin, { access: [everySecret(server.origin)] })

    const outcome = await outcomeOf(opened.http, server.url('/'))

    expect(faultOf(outcome)).toBe('HTTP_ORIGIN_REFUSED refused')
    expect(outcome.error?.hint).toContain('--allow-origin')
    expect(stranger.connections).toBe(0)
  },
)

test('N15, S1: an allowed origin is asked, and gets no secret of the other', async () => {
  await using stranger = await other()
  await using server = await startFaultServer(() => [answer({ status: 307, headers: { Location: stranger.origin } })])
  await using opened = anHttp(server.origin, {
    access: [everySecret(server.origin)],
    allowOrigins: [stranger.origin],
  })

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(outcome.text).toBe('other')
  expect(sawSecret(server)).toBe(true)
  expect(sawSecret(stranger)).toBe(false)
})

test('S1: a request to another origin is refused before anything is sent', async () => {
  await using stranger = await other()
  await using server = await other()
  await using opened = anHttp(server.origin, { access: [everySecret(server.origin)] })

  expect(faultOf(await outcomeOf(opened.http, stranger.url('/')))).toBe('HTTP_ORIGIN_REFUSED refused')
  expect(faultOf(await outcomeOf(opened.http, stranger.url('/'), { anonymous: true }))).toBe(
    'HTTP_ORIGIN_REFUSED refused',
  )
  expect(stranger.connections).toBe(0)
})

test('S1: a client certificate is not shown where the profile only gets its token', async () => {
  const token = JSON.stringify({ token: 'granted' })
  await using login = await startRecorder(['127.0.0.1'], 0, () => ({ body: token }))
  await using home = await startRecorder(['127.0.0.1'], 0, () => ({ body: 'home' }))
  const [origin, place] = [home, login].map(({ port }) => `https://127.0.0.1:${port}`) as [string, string]
  const [rule] = secretOptions('login', [origin], new URL('/login', place)).access ?? []
  const { tls } = secretOptions('certificate', [origin], new URL(place))
  await using opened = anHttp(origin, {
    origins: [origin, place],
    access: rule ? [rule] : [],
    tls: { ...tls, insecure: true },
  })

  expect((await outcomeOf(opened.http, new URL('/x', origin))).text).toBe('home')

  expect(home.look().seen.map(({ certificate }) => certificate)).toEqual([true])
  expect(login.look().seen.map(({ certificate }) => certificate)).toEqual([false])
})

test('S1: an anonymous request carries nothing', async () => {
  await using server = await other()
  await using opened = anHttp(server.origin, { access: [everySecret(server.origin)] })

  await outcomeOf(opened.http, server.url('/'), { anonymous: true })

  expect(sawSecret(server)).toBe(false)
})

test('N15: a redirect on the same origin is followed, with credentials, and the answer says from where it came', async () => {
  await using server = await startFaultServer(({ target }) => [
    target === '/a' ? answer({ status: 301, headers: { Location: '/a/' }, body: 'moved' }) : answer({ body: 'here' }),
  ])
  await using opened = anHttp(server.origin, { access: [basicFor(server.origin, 'u', 'p')] })

  const outcome = await outcomeOf(opened.http, server.url('/a'))

  expect(outcome).toMatchObject({ text: 'here', url: server.url('/a/').href })
  expect(server.requests[1]?.headers['authorization']).toBe('Basic dTpw')
  expect(server.connections).toBe(1)
})

test('N15: 303 on a POST becomes a GET without a body', async () => {
  await using server = await startFaultServer(({ target }) => [
    target === '/' ? answer({ status: 303, headers: { Location: '/status' } }) : answer({ body: 'status' }),
  ])
  await using opened = anHttp(server.origin)

  await outcomeOf(opened.http, server.url('/'), {
    method: 'POST',
    body: '{}',
    headers: { 'Content-Type': 'application/json', Accept: 'a/b' },
  })

  expect(server.requests[1]).toMatchObject({ method: 'GET', target: '/status' })
  expect(server.requests[1]?.headers['content-type']).toBeUndefined()
  expect(server.requests[1]?.headers['accept']).toBe('a/b')
  expect(server.requests[1]?.body).toHaveLength(0)
})

test('N15: 307 repeats a POST with its body, 302 only one that merely reads', async () => {
  await using server = await startFaultServer(({ target }) => [
    target.startsWith('/from') ? answer({ status: Number(target.slice(5)), headers: { Location: '/to' } }) : answer(),
  ])
  await using opened = anHttp(server.origin)
  const post = { method: 'POST', body: '<x/>' } as const

  await outcomeOf(opened.http, server.url('/from307'), post)
  await outcomeOf(opened.http, server.url('/from302'), { ...post, repeatable: true })
  const write = await outcomeOf(opened.http, server.url('/from302'), post)

  const arrived = server.requests.filter(({ target }) => target === '/to')
  expect(arrived.map(({ method, body }) => `${method} ${body.toString()}`)).toEqual(['POST <x/>', 'POST <x/>'])
  expect(faultOf(write)).toBe('HTTP_REDIRECT_WRITE protocol')
})

test('N15: a circle of redirects ends at its second round', async () => {
  await using server = await startFaultServer(({ target }) => [
    answer({ status: 302, headers: { Location: target === '/a' ? '/b' : '/a' } }),
  ])
  await using opened = anHttp(server.origin)

  expect(faultOf(await outcomeOf(opened.http, server.url('/a')))).toBe('HTTP_REDIRECT_LOOP protocol')
  expect(server.requests).toHaveLength(2)
})

test('N15: at most five redirects are followed', async () => {
  await using server = await startFaultServer(({ index }) => [
    index < 5 ? answer({ status: 302, headers: { Location: `/${index}` } }) : answer({ body: 'end' }),
  ])
  await using endless = await startFaultServer(({ index }) => [
    answer({ status: 302, headers: { Location: `/${index}` } }),
  ])
  await using opened = anHttp(server.origin, { allowOrigins: [endless.origin] })

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('end')
  expect(faultOf(await outcomeOf(opened.http, endless.url('/')))).toBe('HTTP_REDIRECT_LIMIT protocol')
  expect(endless.requests).toHaveLength(6)
})

test.each([
  ['file:///etc/hosts', 'HTTP_SCHEME_REFUSED refused'],
  ['data:text/plain,x', 'HTTP_SCHEME_REFUSED refused'],
  ['ftp://127.0.0.1/', 'HTTP_SCHEME_REFUSED refused'],
  ['http://[', 'HTTP_REDIRECT_INVALID protocol'],
  ['http://user:pw@127.0.0.1/', 'HTTP_URL_SECRET config'],
  ['http://169.254.169.254/', 'HTTP_ORIGIN_REFUSED refused'],
])('N15: a redirect to %s is not followed', async (location, expected) => {
  await using server = await startFaultServer(() => [answer({ status: 302, headers: { Location: location } })])
  await using opened = anHttp(server.origin)

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe(expected)
  expect(server.requests).toHaveLength(1)
})

test('N15: nothing leads from https down to http, not even to an allowed origin', () => {
  const request = { method: 'GET', url: new URL('https://taxii.example/') } as const
  const hop = { status: 308, visited: new Set<string>() }

  expect(() => redirected(request, { ...hop, location: 'http://taxii.example/' })).toThrow('from https to http')
  expect(redirected(request, { ...hop, location: '/there' })?.url.href).toBe('https://taxii.example/there')
})

test('a redirect status without Location is an answer like any other', async () => {
  await using server = await startFaultServer(() => [answer({ status: 304 })])
  await using opened = anHttp(server.origin)

  expect((await outcomeOf(opened.http, server.url('/'))).status).toBe(304)
})

test('plain http goes to loopback freely, elsewhere only as the profile says', () => {
  const url = new URL('http://taxii.example/')
  const told: string[] = []
  const check = (more: Partial<HttpOptions>): void =>
    openAccess(
      options({ origins: [url.origin, 'http://localhost:81'], notices: (n) => told.push(n.code), ...more }),
    ).check(url)

  expect(() => check({})).toThrow('without encryption')
  expect(() => check({ plainHttp: 'refuse' })).toThrow('without encryption')
  check({ plainHttp: 'allow' })
  expect(told).toEqual([])
  check({ plainHttp: 'warn' })
  expect(told).toEqual(['HTTP_PLAIN'])
  openAccess(options({ origins: ['http://localhost:81'] })).check(new URL('http://localhost:81/'))
})

test('an origin that is none is refused when the way is opened', () => {
  expect(() => openAccess(options({ origins: ['taxii.example'] }))).toThrow('not the address of a server')
  expect(() => openAccess(options({ allowOrigins: ['ftp://taxii.example'] }))).toThrow('not the address of a server')
})
