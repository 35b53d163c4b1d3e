import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { AccessRule, Authentication } from '../../src/http/options.ts'
import { answer, startFaultServer } from '../faults/fault-server.ts'
import { anHttp, basicFor, faultOf, outcomeOf } from './an-http.ts'

const echo = () =>
  startFaultServer(({ headers, target }) => [
    answer({ body: JSON.stringify({ target, authorization: headers['authorization'], headers }) }),
  ])

test.each<[string, Authentication, string | undefined]>([
  ['none', { scheme: 'none' }, undefined],
  ['basic with an empty password', basicFor('', 'key', '').authentication, 'Basic a2V5Og=='],
  ['basic with an empty user', basicFor('', '', 'key').authentication, 'Basic OmtleQ=='],
  ['basic beyond ASCII', basicFor('', 'jürgen', 'pä€').authentication, `Basic ${btoaUtf8('jürgen:pä€')}`],
  ['bearer', { scheme: 'bearer', token: new Secret('t.o.k') }, 'Bearer t.o.k'],
  ['token', { scheme: 'token', token: new Secret('abc') }, 'Token abc'],
])('%s is sent as the scheme says', async (_name, authentication, expected) => {
  await using server = await echo()
  await using opened = anHttp(server.origin, {
    access: [{ origin: server.origin, pathPrefix: '/', authentication, headers: [] }],
  })

  await outcomeOf(opened.http, server.url('/'))

  expect(server.requests[0]?.headers['authorization']).toBe(expected)
})

test('a key in the query is added to every request and shown in no address', async () => {
  await using server = await echo()
  const key = new Secret('s3cret+&=')
  await using opened = anHttp(server.origin, {
    access: [
      { origin: server.origin, pathPrefix: '/', authentication: { scheme: 'query', name: 'k', key }, headers: [] },
    ],
  })

  const outcome = await outcomeOf(opened.http, server.url('/a?b=c%20d'))

  expect(server.requests[0]?.target).toBe('/a?b=c%20d&k=s3cret%2B%26%3D')
  expect(outcome.url).toBe(server.url('/a?b=c%20d').href)
  expect(JSON.stringify(opened.trace.map(({ url }) => url))).not.toContain('s3cret')
})

test('the rule with the longest path that covers the URL counts, by whole segments', async () => {
  await using server = await echo()
  const rule = (pathPrefix: string, token: string, exact = false): AccessRule => ({
    origin: server.origin,
    pathPrefix,
    authentication: { scheme: 'token', token: new Secret(token) },
    headers: [],
    exact,
  })
  await using opened = anHttp(server.origin, {
    access: [rule('/', 'all'), rule('/root1', 'one'), rule('/root1/inner/', 'inner'), rule('/taxii2/', 'door', true)],
  })
  const shown = async (path: string): Promise<string | undefined> => {
    await outcomeOf(opened.http, server.url(path))
    return server.requests.at(-1)?.headers['authorization']
  }

  expect(await shown('/root1/')).toBe('Token one')
  expect(await shown('/root1')).toBe('Token one')
  expect(await shown('/root10/')).toBe('Token all')
  expect(await shown('/root1/inner/x')).toBe('Token inner')
  expect(await shown('/root1/./inner/../x')).toBe('Token one')
  expect(await shown('/taxii2/')).toBe('Token door')
  expect(await shown('/taxii2/root/')).toBe('Token all')
})

test('headers of the rule go with each request, together with a scheme', async () => {
  await using server = await echo()
  const rule = { ...basicFor(server.origin, 'u', 'p'), headers: [{ name: 'X-Key', value: new Secret('kk') }] }
  await using opened = anHttp(server.origin, { access: [rule] })

  await outcomeOf(opened.http, server.url('/'))

  expect(server.requests[0]?.headers).toMatchObject({ 'x-key': 'kk', authorization: 'Basic dTpw' })
})

test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', 'a\u2028b', 'a\rb', 'smile \u263a'])(
  'S7: a header value that leaves its line is refused and not shown (%j)',
  async (value) => {
    await using server = await echo()
    const rule = { ...basicFor(server.origin, 'u', 'p'), headers: [{ name: 'X-Key', value: new Secret(value) }] }
    await using opened = anHttp(server.origin, { access: [rule] })

    const outcome = await outcomeOf(opened.http, server.url('/'))

    expect(faultOf(outcome)).toBe('HTTP_HEADER_INVALID config')
    expect(outcome.error?.message).toBe('The header "x-key" cannot be sent as it is')
    expect(server.requests).toHaveLength(0)
  },
)

test('S7: a token with a line break and a name with a blank are refused', async () => {
  await using server = await echo()
  for (const [name, token] of [
    ['X-Key', 'a\r\nb'],
    ['X Key', 'a'],
    ['X-Key:', 'a'],
    ['', 'a'],
  ] as const) {
    const authentication = { scheme: 'bearer', token: new Secret(token) } as const
    const headers = [{ name, value: new Secret('v') }]
    await using opened = anHttp(server.origin, {
      access: [{ origin: server.origin, pathPrefix: '/', authentication, headers }],
    })

    expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_HEADER_INVALID config')
  }
  expect(server.requests).toHaveLength(0)
})

test('S7: ten thousand random values either stay within one header or are refused', async () => {
  const { checkHeader } = await import('../../src/http/headers.ts')
  const { seeded } = await import('../faults/fault-proxy.ts')
  const random = seeded(7)
  for (let round = 0; round < 10_000; round++) {
    const codes = Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.floor(random() * 300))
    const value = String.fromCharCode(...codes)
    let refused = false
    try {
      checkHeader('x-key', value)
    } catch {
      refused = true
    }
    expect(refused, JSON.stringify(value)).toBe(/[^\t\x20-\x7e\x80-\xff]/.test(value))
  }
})

test('a user name with a colon is refused, since Basic cannot carry it', async () => {
  await using server = await echo()
  await using opened = anHttp(server.origin, { access: [basicFor(server.origin, 'a:b', 'p')] })

  expect(faultOf(await outcomeOf(opened.http, server.url('/')))).toBe('HTTP_USERNAME_INVALID config')
})

function btoaUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
