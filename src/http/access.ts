import { StixTaxiiError } from '../core/errors.ts'
import { rememberSecret } from '../core/known-secrets.ts'
import { redactUrl } from '../core/redact.ts'
import { Secret } from '../core/secret.ts'
import { readUrl } from '../core/url.ts'
import { isLoopbackHost } from './address-guard.ts'
import type { AccessRule, Authentication, HttpOptions } from './options.ts'

/** Where one profile may go, and what it shows there. */
export interface Access {
  /** @throws HTTP_ORIGIN_REFUSED, HTTP_PLAIN_REFUSED (refused), HTTP_URL_SECRET (config). */
  check(url: URL): void
  /** Whether secrets may be shown at the URL's origin: not where the profile only gets its tokens. */
  shows(url: URL): boolean
  /** The rule with the longest path prefix that covers the URL. */
  ruleFor(url: URL): AccessRule | undefined
}

export function openAccess(options: HttpOptions): Access {
  const allowed = new Set([...options.origins, ...(options.allowOrigins ?? [])].map(originOf))
  const rules = [...(options.access ?? [])].sort(
    (a, b) => Number(b.exact === true) - Number(a.exact === true) || b.pathPrefix.length - a.pathPrefix.length,
  )
  // A profile without rules has nothing but, perhaps, a certificate.
  const shown = rules.length === 0 ? allowed : new Set(rules.map(({ origin }) => originOf(origin)))
  return {
    check(url) {
      checkShape(url)
      if (!allowed.has(url.origin)) throw originRefused(url, [...allowed])
      checkPlain(url, options)
    },
    shows: (url) => shown.has(url.origin),
    ruleFor: (url) => rules.find((rule) => covers(rule, url)),
  }
}

function originOf(text: string): string {
  const url = readUrl(text)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin
  throw new StixTaxiiError('HTTP_ORIGIN_INVALID', `"${redactUrl(text)}" is not the address of a server`, {
    kind: 'config',
    hint: 'Write scheme and host, and the port where it is not the usual one: https://taxii.example:8443',
    context: { origin: redactUrl(text) },
  })
}

/** What every request must be like, whoever asks. @throws HTTP_SCHEME_REFUSED (refused), HTTP_URL_SECRET (config). */
export function checkShape(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new StixTaxiiError('HTTP_SCHEME_REFUSED', `Addresses that begin with ${url.protocol} are not followed`, {
      kind: 'refused',
      hint: 'Only https: and http: lead to a TAXII server.',
      context: { scheme: url.protocol },
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new StixTaxiiError('HTTP_URL_SECRET', `The address ${redactUrl(url)} carries user information`, {
      kind: 'config',
      hint: 'Give user name and password apart from the URL: --username NAME --password-file FILE.',
      context: { url: redactUrl(url) },
    })
  }
}

/** @throws HTTP_PLAIN_REFUSED (refused) for http to another machine, unless the profile allows it. */
export function checkPlain(url: URL, options: Pick<HttpOptions, 'plainHttp' | 'notices'>): void {
  if (url.protocol !== 'http:' || isLoopbackHost(url.hostname) || options.plainHttp === 'allow') return
  if (options.plainHttp === 'warn') {
    options.notices({
      code: 'HTTP_PLAIN',
      message: `${url.host} is spoken to without encryption: whoever is on the way can read and change what is sent`,
    })
    return
  }
  throw new StixTaxiiError('HTTP_PLAIN_REFUSED', `${url.origin} would be spoken to without encryption`, {
    kind: 'refused',
    hint: 'Use https://; if the server has none and the way to it is safe, allow it with --allow-http.',
    context: { origin: url.origin },
  })
}

function originRefused(url: URL, allowed: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('HTTP_ORIGIN_REFUSED', `${url.origin} is not an address of this profile`, {
    kind: 'refused',
    hint: `Credentials stay with ${allowed.join(', ')}. If the other address is right, allow it with --allow-origin ${url.origin}`,
    context: { origin: url.origin, allowed },
  })
}

/** A prefix covers whole path segments: /root1 covers /root1/ and what is below, not /root10; an exact rule only itself. */
function covers(rule: AccessRule, url: URL): boolean {
  if (originOf(rule.origin) !== url.origin) return false
  const prefix = rule.pathPrefix.replace(/\/+$/, '')
  if (rule.exact === true) return url.pathname.replace(/\/+$/, '') === prefix
  return url.pathname === prefix || url.pathname.startsWith(`${prefix}/`)
}

/**
 * The `Authorization` value of a scheme that needs no login first. This is the place where secrets are opened.
 * @see RFC 7617: user name and password in UTF-8, either may be empty
 */
export function authorizationOf(authentication: Authentication): string | undefined {
  switch (authentication.scheme) {
    case 'basic':
      return basic(authentication.username, authentication.password)
    case 'bearer':
      return `Bearer ${Secret.open(authentication.token)}`
    case 'token':
      return `Token ${Secret.open(authentication.token)}`
    default:
      return undefined
  }
}

const shortestKey = 16

export function basic(username: Secret, password: Secret): string {
  const name = Secret.open(username)
  if (name.includes(':')) {
    throw new StixTaxiiError('HTTP_USERNAME_INVALID', 'A user name for Basic authentication cannot hold a colon', {
      kind: 'config',
      hint: 'Basic authentication separates name and password by a colon. Check the user name.',
    })
  }
  const pair = Buffer.from(`${name}:${Secret.open(password)}`, 'utf8').toString('base64')
  for (const secret of [Secret.open(password), pair]) rememberSecret(secret)
  // Some providers want their key as the user name; a name that is none is not worth hiding.
  if (name.length >= shortestKey) rememberSecret(name)
  return `Basic ${pair}`
}
