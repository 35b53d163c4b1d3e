import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { AccessRule } from '../../src/http/options.ts'
import { answer, startFaultServer, type SeenRequest, type Step } from '../faults/fault-server.ts'
import { anHttp, faultOf, outcomeOf } from './an-http.ts'

const jwtRule = (origin: string): AccessRule => ({
  origin,
  pathPrefix: '/',
  authentication: {
    scheme: 'jwt',
    url: new URL('/management/auth', origin),
    username: new Secret('ann'),
    password: new Secret('pä"ss'),
  },
  headers: [],
})

/** Gives out token t0, t1, ... and takes only the newest, each for `uses` requests. */
function tokenServer(uses: number): (request: SeenRequest) => readonly Step[] {
  let issued = -1
  let used = 0
  return ({ target, headers }) => {
    if (target === '/management/auth') {
      issued += 1
      used = 0
      return [answer({ body: JSON.stringify({ token: `t${issued}` }) })]
    }
    const good = headers['authorization'] === `Bearer t${issued}` && used < uses
    used += 1
    return [answer(good ? { body: 'ok' } : { status: 401, body: 'who?' })]
  }
}

test('N13: logs in with user name and password, then shows the token', async () => {
  await using server = await startFaultServer(tokenServer(100))
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  const texts = [await outcomeOf(opened.http, server.url('/a')), await outcomeOf(opened.http, server.url('/b'))]

  expect(texts.map(({ text }) => text)).toEqual(['ok', 'ok'])
  expect(server.requests.map(({ target }) => target)).toEqual(['/management/auth', '/a', '/b'])
  expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual({ username: 'ann', password: 'pä"ss' })
  expect(server.requests[0]?.headers['authorization']).toBeUndefined()
})

test('N13: a token that expires on page 7 of 20 is renewed once, and nothing is lost', async () => {
  await using server = await startFaultServer(tokenServer(6))
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  const pages = []
  for (let page = 1; page <= 20; page++) pages.push((await outcomeOf(opened.http, server.url(`/${page}`))).text)

  expect(pages.every((text) => text === 'ok')).toBe(true)
  expect(server.requests.filter(({ target }) => target === '/management/auth')).toHaveLength(4)
})

test('N13: a token that is refused right after the login is given up', async () => {
  await using server = await startFaultServer(tokenServer(0))
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(outcome).toMatchObject({ status: 401, text: 'who?' })
  expect(server.requests).toHaveLength(4)
})

test('N13: a refused login is auth, and names neither user nor password', async () => {
  await using server = await startFaultServer(() => [answer({ status: 401 })])
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(faultOf(outcome)).toBe('HTTP_LOGIN_REFUSED auth')
  expect(JSON.stringify([outcome.error?.message, outcome.error?.context])).not.toMatch(/ann|pä/)
})

test('a login that answers with something else names its address', async () => {
  await using server = await startFaultServer(() => [answer({ body: '<html>' })])
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  const outcome = await outcomeOf(opened.http, server.url('/'))

  expect(faultOf(outcome)).toBe('HTTP_LOGIN_FAILED protocol')
  expect(outcome.error?.hint).toContain('/management/auth')
})

test('requests that begin together log in once', async () => {
  await using server = await startFaultServer(tokenServer(100))
  await using opened = anHttp(server.origin, { access: [jwtRule(server.origin)] })

  await Promise.all(['/a', '/b', '/c'].map((path) => outcomeOf(opened.http, server.url(path))))

  expect(server.requests.filter(({ target }) => target === '/management/auth')).toHaveLength(1)
})

test('OAuth2: gets a token with client id and secret, at another origin, and renews it before its end', async () => {
  await using login = await startFaultServer(({ index }) => [
    answer({ body: JSON.stringify({ access_token: `a${index}`, token_type: 'bearer', expires_in: 100 }) }),
  ])
  await using server = await startFaultServer(({ headers }) => [answer({ body: headers['authorization'] ?? '' })])
  await using opened = anHttp(server.origin, {
    access: [
      {
        origin: server.origin,
        pathPrefix: '/',
        authentication: {
          scheme: 'oauth2',
          tokenUrl: login.url('/token'),
          clientId: new Secret('id:1'),
          clientSecret: new Secret('s/ö'),
          scope: 'read',
        },
        headers: [],
      },
    ],
  })

  const first = await outcomeOf(opened.http, server.url('/'))
  await opened.clock.sleep(60_000)
  const second = await outcomeOf(opened.http, server.url('/'))
  await opened.clock.sleep(60_000)
  const third = await outcomeOf(opened.http, server.url('/'))

  expect([first.text, second.text, third.text]).toEqual(['Bearer a0', 'Bearer a0', 'Bearer a1'])
  expect(login.requests[0]?.body.toString()).toBe('grant_type=client_credentials&scope=read')
  const shown = Buffer.from(login.requests[0]?.headers['authorization']?.slice(6) ?? '', 'base64').toString()
  expect(shown).toBe('id%3A1:s%2F%C3%B6')
  // The profile's addresses are not open to requests of our own to the login's origin.
  expect(faultOf(await outcomeOf(opened.http, login.url('/')))).toBe('HTTP_ORIGIN_REFUSED refused')
})

test('OAuth2: a server that wants id and secret in the form gets them there', async () => {
  await using login = await startFaultServer(({ headers }) => [
    answer(headers['authorization'] ? { status: 401 } : { body: '{"access_token":"formed"}' }),
  ])
  await using server = await startFaultServer(({ headers }) => [answer({ body: headers['authorization'] ?? '' })])
  await using opened = anHttp(server.origin, {
    access: [
      {
        origin: server.origin,
        pathPrefix: '/',
        authentication: {
          scheme: 'oauth2',
          tokenUrl: login.url('/token'),
          clientId: new Secret('id'),
          clientSecret: new Secret('secret'),
        },
        headers: [],
      },
    ],
  })

  expect((await outcomeOf(opened.http, server.url('/'))).text).toBe('Bearer formed')
  expect(login.requests[1]?.body.toString()).toContain('client_id=id&client_secret=secret')
})
