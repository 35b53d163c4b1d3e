import { Secret } from '../../../src/core/secret.ts'
import type { AccessRule, Authentication, HttpOptions } from '../../../src/http/options.ts'
import { readFileSync } from 'node:fs'
import { tlsFiles } from '../../quirks/tls.ts'
import { leaksIn } from '../../support/canary.ts'
import type { Seen } from './recorder.ts'

/** A way in which a profile proves who it is. */
export type SecretKind = 'basic' | 'bearer' | 'cookie' | 'header' | 'query' | 'certificate' | 'proxy' | 'login'

export const secretKinds: readonly SecretKind[] = [
  'basic',
  'bearer',
  'cookie',
  'header',
  'query',
  'certificate',
  'proxy',
  'login',
]

const canaries = {
  basic: 'c4n4ry-password-1111',
  bearer: 'c4n4ry-bearer-2222',
  cookie: 'c4n4ry-cookie-3333',
  header: 'c4n4ry-header-4444',
  query: 'c4n4ry-query-5555',
  proxy: 'c4n4ry-proxy-6666',
  login: 'c4n4ry-login-7777',
  granted: 'c4n4ry-granted-8888',
} as const

export const proxyLogin = { username: 'p', password: canaries.proxy }
/** The token that home's login gives. */
export const grantedToken = canaries.granted

const secret = (name: keyof typeof canaries): Secret => new Secret(canaries[name])

/** What the profile has to show, at these origins. `login` is home's address for logging in. */
export function secretOptions(kind: SecretKind, origins: readonly string[], login: URL): Partial<HttpOptions> {
  const headers = {
    cookie: [{ name: 'Cookie', value: secret('cookie') }],
    header: [{ name: 'X-Api-Key', value: secret('header') }],
  }
  const rules = origins.map((origin): AccessRule => ({
    origin,
    pathPrefix: '/',
    authentication: authenticationOf(kind, login),
    headers: kind === 'cookie' || kind === 'header' ? headers[kind] : [],
  }))
  if (kind !== 'certificate') return { access: rules }
  const clientCertificate = {
    pem: readFileSync(tlsFiles.certificate),
    keyPem: new Secret(readFileSync(tlsFiles.key, 'utf8')),
  }
  return { access: rules, tls: { clientCertificate } }
}

function authenticationOf(kind: SecretKind, url: URL): Authentication {
  switch (kind) {
    case 'basic':
      return { scheme: 'basic', username: new Secret('u'), password: secret('basic') }
    case 'bearer':
      return { scheme: 'bearer', token: secret('bearer') }
    case 'query':
      return { scheme: 'query', name: 'key', key: secret('query') }
    case 'login':
      return { scheme: 'jwt', url, username: new Secret('u'), password: secret('login') }
    default:
      return { scheme: 'none' }
  }
}

/** The secrets that a request shows, by name. */
export function secretsIn({ text, certificate }: Seen): string[] {
  const pairs = Object.values(canaries).flatMap((value) =>
    ['u', 'p'].some((user) => text.includes(Buffer.from(`${user}:${value}`).toString('base64'))) ? [value] : [],
  )
  return [...leaksIn(text, canaries), ...pairs, ...(certificate ? ['certificate'] : [])]
}
