import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { withoutSecrets } from '../../src/core/known-secrets.ts'
import { Secret } from '../../src/core/secret.ts'
import { authorizationOf, basic, checkPlain, checkShape, openAccess } from '../../src/http/access.ts'
import type { AccessRule, HttpOptions } from '../../src/http/options.ts'
import { fakeClock } from '../support/fake-clock.ts'

const home = 'https://taxii.example'
const rule = (pathPrefix: string, more: Partial<AccessRule> = {}): AccessRule => ({
  origin: home,
  pathPrefix,
  authentication: { scheme: 'none' },
  headers: [],
  ...more,
})
const accessOf = (more: Partial<HttpOptions> = {}): ReturnType<typeof openAccess> =>
  openAccess({
    origins: [home],
    userAgent: 'test',
    notices: () => undefined,
    clock: fakeClock(),
    random: () => 0,
    ...more,
  })
const faultOf = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    if (error instanceof StixTaxiiError) return { code: error.code, kind: error.kind, context: error.context }
    throw error
  }
}

describe('S1: where one profile may go', () => {
  it('is its own origin and those it allows, whatever the path', () => {
    const access = accessOf({ allowOrigins: ['https://OTHER.example:443/ignored'] })
    const asked = [`${home}/x`, 'https://other.example/', 'https://evil.example/', 'http://taxii.example/']
    expect(asked.map((url) => access.shows(new URL(url)))).toEqual([true, true, false, false])
    expect(faultOf(() => access.check(new URL('https://evil.example/x')))).toEqual({
      code: 'HTTP_ORIGIN_REFUSED',
      kind: 'refused',
      context: { origin: 'https://evil.example', allowed: [home, 'https://other.example'] },
    })
    expect(faultOf(() => access.check(new URL(`${home}/x`)))).toBeUndefined()
    expect(accessOf().ruleFor(new URL(home))).toBeUndefined()
  })

  it.each(['taxii.example', 'ftp://taxii.example', 'data:,x', '', 'https://'])('is never %j', (origin) => {
    const invalid = {
      code: 'HTTP_ORIGIN_INVALID',
      kind: 'config',
      context: { origin: expect.stringContaining(origin) as string },
    }
    expect(faultOf(() => accessOf({ origins: [origin] }))).toEqual(invalid)
    expect(faultOf(() => accessOf({ allowOrigins: [origin] }))).toEqual(invalid)
  })

  it.each([
    ['ftp://taxii.example/', 'HTTP_SCHEME_REFUSED', 'refused', { scheme: 'ftp:' }],
    ['file:///x', 'HTTP_SCHEME_REFUSED', 'refused', { scheme: 'file:' }],
    ['https://u@taxii.example/', 'HTTP_URL_SECRET', 'config', { url: 'https://***@taxii.example/' }],
    ['https://:p@taxii.example/', 'HTTP_URL_SECRET', 'config', { url: 'https://***@taxii.example/' }],
  ])('%s is refused by its shape', (url, code, kind, context) => {
    expect(faultOf(() => checkShape(new URL(url)))).toEqual({ code, kind, context })
    expect(faultOf(() => accessOf().check(new URL(url)))).toMatchObject({ code })
  })

  it.each([
    ['http://taxii.example/', undefined, 'HTTP_PLAIN_REFUSED'],
    ['http://taxii.example/', 'refuse', 'HTTP_PLAIN_REFUSED'],
    ['http://taxii.example/', 'allow', undefined],
    ['http://taxii.example/', 'warn', 'told HTTP_PLAIN'],
    ['https://taxii.example/', 'refuse', undefined],
    ['https://taxii.example/', 'warn', undefined],
    ['http://127.0.0.1/', 'refuse', undefined],
    ['http://127.0.0.1/', 'warn', undefined],
  ] as const)('%s without encryption, where that is to be: %s', (address, plainHttp, expected) => {
    const told: string[] = []
    const options = { plainHttp, notices: ({ code }: { code: string }) => void told.push(`told ${code}`) }
    const fault = faultOf(() => checkPlain(new URL(address), options)) as { code: string } | undefined
    expect(fault?.code ?? told[0]).toBe(expected)
    if (fault) expect(fault).toMatchObject({ kind: 'refused', context: { origin: 'http://taxii.example' } })
  })
})

describe('the rule of an address', () => {
  it('is the exact one, then the longest that covers it by whole segments, of its own origin', () => {
    const rules = [
      rule('/'),
      rule('/a'),
      rule('/a/b//'),
      rule('/a/b/door/', { exact: true }),
      rule('/a/b/door/and/more', { origin: 'https://other.example' }),
    ]
    const { ruleFor } = accessOf({ access: rules })
    const found = (path: string): number => rules.indexOf(ruleFor(new URL(path, home)) as AccessRule)
    const asked = ['/', '/ab', '/a', '/a/', '/a/x', '/a/b', '/a/b/c', '/a/b/door', '/a/b/door//', '/a/b/door/x']
    expect(asked.map(found)).toEqual([0, 0, 1, 1, 1, 2, 2, 3, 3, 2])
    expect(found('/a/b/door/and/more')).toBe(2)
    const reversed = accessOf({ access: [...rules].reverse() })
    expect(rules.indexOf(reversed.ruleFor(new URL('/a/b/door/', home)) as AccessRule)).toBe(3)
    expect(accessOf({ access: [rule('/a')] }).ruleFor(new URL('/b', home))).toBeUndefined()
  })
})

describe('S6: what goes into Authorization', () => {
  it('is known as a secret: password and pair always, a name only when it looks like a key', () => {
    const [short, long] = ['fifteen-letters', 'sixteen-letters!']
    const pairs = [short, long].map((name) => basic(new Secret(name), new Secret('access canary')).slice(6))
    expect(withoutSecrets(`access canary ${pairs.join(' ')} ${short} ${long}`)).toBe(`*** *** *** ${short} ***`)
  })

  it('is made of the scheme', () => {
    const token = new Secret('t')
    expect(authorizationOf({ scheme: 'bearer', token })).toBe('Bearer t')
    expect(authorizationOf({ scheme: 'token', token })).toBe('Token t')
    expect(authorizationOf({ scheme: 'none' })).toBeUndefined()
    expect(authorizationOf({ scheme: 'query', name: 'k', key: token })).toBeUndefined()
    const username = new Secret('jürgen')
    expect(authorizationOf({ scheme: 'basic', username, password: new Secret('pä:ss') })).toBe(
      `Basic ${Buffer.from('jürgen:pä:ss').toString('base64')}`,
    )
    expect(faultOf(() => basic(new Secret('a:b'), token))).toMatchObject({
      code: 'HTTP_USERNAME_INVALID',
      kind: 'config',
    })
  })
})
