import { describe, expect, it } from 'vitest'
import { withoutSecrets } from '../../src/core/known-secrets.ts'
import type { HttpRequest } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { isLogin, openLogins } from '../../src/http/login.ts'
import type { Ask } from '../../src/http/login.ts'
import { fakeClock } from '../support/fake-clock.ts'

const url = new URL('https://login.example/auth?x=1')
const jwt = { scheme: 'jwt', url, username: new Secret('ann'), password: new Secret('login canary 1') } as const
const oauth2 = {
  scheme: 'oauth2',
  tokenUrl: url,
  clientId: new Secret('my id'),
  clientSecret: new Secret('login canary 2'),
} as const

/** Answers one after the other; the last one stays. */
function answering(...replies: readonly (readonly [number, string])[]): { ask: Ask; asked: HttpRequest[] } {
  const asked: HttpRequest[] = []
  const ask: Ask = (request) => {
    const [status, text] = replies[Math.min(asked.length, replies.length - 1)] ?? [500, '']
    asked.push(request)
    return Promise.resolve({ status, text })
  }
  return { ask, asked }
}

describe('N13: what a login answers', () => {
  it.each([
    [400, '', 'HTTP_LOGIN_REFUSED', 'auth'],
    [401, '{"token":"t"}', 'HTTP_LOGIN_REFUSED', 'auth'],
    [403, '', 'HTTP_LOGIN_REFUSED', 'auth'],
    [404, '{"token":"t"}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [429, '', 'HTTP_LOGIN_FAILED', 'network'],
    [500, '', 'HTTP_LOGIN_FAILED', 'network'],
    [503, '{"token":"t"}', 'HTTP_LOGIN_FAILED', 'network'],
    [199, '{"token":"t"}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [300, '{"token":"t"}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, '{"token":""}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, '{"token":7}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, '{"access_token":"t"}', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, 'null', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, '"token"', 'HTTP_LOGIN_FAILED', 'protocol'],
    [200, '{"tok', 'HTTP_LOGIN_FAILED', 'protocol'],
  ])('%i %s is %s', async (status, text, code, kind) => {
    const failed = openLogins(answering([status, text]).ask, fakeClock()).authorization(jwt)
    await expect(failed).rejects.toMatchObject({ code, kind })
    await expect(failed).rejects.toMatchObject({ context: { host: 'login.example', path: '/auth', status } })
  })

  it.each([200, 201, 299])('%i with a token is taken, and the password is known as a secret', async (status) => {
    const { ask, asked } = answering([status, '{"token":"t1"}'])
    expect(await openLogins(ask, fakeClock()).authorization(jwt)).toBe('Bearer t1')
    expect(asked).toEqual([
      {
        method: 'POST',
        url,
        repeatable: true,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: '{"username":"ann","password":"login canary 1"}',
      },
    ])
    expect(withoutSecrets('login canary 1')).toBe('***')
  })

  it('after a failure is asked again; a token is forgotten when it is the one that was refused', async () => {
    const { ask, asked } = answering([500, ''], [200, '{"token":"t1"}'], [200, '{"token":"t2"}'])
    const logins = openLogins(ask, fakeClock())
    logins.forget(jwt, 'Bearer t1')
    await expect(logins.authorization(jwt)).rejects.toThrow()
    expect(await logins.authorization(jwt)).toBe('Bearer t1')
    logins.forget(jwt, 'Bearer t0')
    await new Promise(setImmediate)
    expect(await logins.authorization(jwt)).toBe('Bearer t1')
    logins.forget(jwt, 'Bearer t1')
    await new Promise(setImmediate)
    expect(await logins.authorization(jwt)).toBe('Bearer t2')
    expect(asked).toHaveLength(3)
  })

  it('is one for each login of the profile', async () => {
    const { ask, asked } = answering([200, '{"token":"t1","access_token":"a1"}'])
    const logins = openLogins(ask, fakeClock())
    const all = [await logins.authorization(jwt), await logins.authorization(oauth2), await logins.authorization(jwt)]
    expect([all, asked.length]).toEqual([['Bearer t1', 'Bearer a1', 'Bearer t1'], 2])
    expect([isLogin(jwt), isLogin(oauth2), isLogin({ scheme: 'none' })]).toEqual([true, true, false])
    expect(isLogin({ scheme: 'bearer', token: new Secret('t') })).toBe(false)
  })
})

describe('OAuth2: a token that is asked for', () => {
  it('is asked for by Basic with both parts as a form has them, then in the form', async () => {
    const { ask, asked } = answering([400, ''], [200, '{"access_token":"a"}'])
    await openLogins(ask, fakeClock()).authorization({ ...oauth2, scope: 'read all' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const pair = Buffer.from('my+id:login+canary+2').toString('base64')
    const form = 'grant_type=client_credentials&scope=read+all'
    expect(asked).toEqual([
      { method: 'POST', url, repeatable: true, headers: { ...headers, authorization: `Basic ${pair}` }, body: form },
      {
        method: 'POST',
        url,
        repeatable: true,
        headers,
        body: `${form}&client_id=my+id&client_secret=login+canary+2`,
      },
    ])
    expect(withoutSecrets('login canary 2')).toBe('***')
  })

  it.each([
    [401, 2],
    [403, 1],
    [500, 1],
  ])('after %i is asked for %i times', async (status, times) => {
    const { ask, asked } = answering([status, ''])
    await expect(openLogins(ask, fakeClock()).authorization(oauth2)).rejects.toThrow()
    expect(asked).toHaveLength(times)
    expect(asked[0]?.body).toBe('grant_type=client_credentials')
  })

  it.each([
    ['100', 69_999, 70_000],
    ['40', 19_999, 20_000],
    ['"100"', 69_999, 70_000],
  ])('with expires_in %s is renewed before its end', async (lifetime, stillMs, renewedMs) => {
    const reply = (token: string): readonly [number, string] => [
      200,
      `{"access_token":"${token}","expires_in":${lifetime}}`,
    ]
    const clock = fakeClock()
    const logins = openLogins(answering(reply('a1'), reply('a2')).ask, clock)
    await logins.authorization(oauth2)
    await clock.sleep(stillMs)
    expect(await logins.authorization(oauth2)).toBe('Bearer a1')
    await clock.sleep(renewedMs - stillMs)
    expect(await logins.authorization(oauth2)).toBe('Bearer a2')
  })

  it.each(['0', '-5', '"soon"', 'null'])('with expires_in %s is kept', async (lifetime) => {
    const { ask, asked } = answering([200, `{"access_token":"a","expires_in":${lifetime}}`])
    const clock = fakeClock()
    const logins = openLogins(ask, clock)
    for (let hour = 0; hour < 3; hour += 1) {
      expect(await logins.authorization(oauth2)).toBe('Bearer a')
      await clock.sleep(3_600_000)
    }
    expect(asked).toHaveLength(1)
  })
})
