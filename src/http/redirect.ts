import { StixTaxiiError } from '../core/errors.ts'
import type { HttpRequest } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'
import { readUrl } from '../core/url.ts'
import { maxRedirects } from './defaults.ts'

const redirecting = new Set([301, 302, 303, 307, 308])

export interface Hop {
  readonly status: number
  readonly location: string | undefined
  /** Addresses asked so far in this exchange, as `METHOD URL`. */
  readonly visited: ReadonlySet<string>
}

export function hopName(request: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${request.method} ${request.url.href}`
}

/**
 * The request that a redirect asks for; undefined when the answer is none. Whether its origin may be asked at all is
 * `Access.check`'s matter, as for every request.
 *
 * @throws HTTP_REDIRECT_DOWNGRADE (refused), HTTP_REDIRECT_LOOP, HTTP_REDIRECT_LIMIT, HTTP_REDIRECT_INVALID, HTTP_REDIRECT_WRITE (protocol).
 * @see RFC 9110, 15.4
 */
export function redirected(request: HttpRequest, hop: Hop): HttpRequest | undefined {
  if (!redirecting.has(hop.status) || hop.location === undefined) return undefined
  const url = target(request.url, hop.location)
  if (request.url.protocol === 'https:' && url.protocol === 'http:') throw downgrade(request.url, url)
  const next = again(request, url, hop.status)
  if (hop.visited.has(hopName(next))) throw loop(next.url)
  if (hop.visited.size > maxRedirects) throw limit(request.url)
  return next
}

function again(request: HttpRequest, url: URL, status: number): HttpRequest {
  if (status === 303 && request.method !== 'GET') {
    const kept = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-type')
    const headers = Object.fromEntries(kept)
    return { ...request, method: 'GET', url, headers, body: undefined }
  }
  // 301 and 302 do not say whether a write was carried out; 307 and 308 say it was not.
  const writes = request.method !== 'GET' && request.method !== 'OPTIONS' && request.repeatable !== true
  if (writes && (status === 301 || status === 302)) throw writeRedirected(request, url, status)
  return { ...request, url }
}

function target(base: URL, location: string): URL {
  const url = readUrl(location, base)
  if (!url) {
    throw new StixTaxiiError('HTTP_REDIRECT_INVALID', `${base.host} redirects to an address that is none`, {
      kind: 'protocol',
      hint: 'The operator of the server must mend the redirect.',
      context: { host: base.host, location: printable(location, { maxLength: 200 }) },
    })
  }
  if (!url.hash && base.hash) url.hash = base.hash
  return url
}

function downgrade(from: URL, to: URL): StixTaxiiError {
  return new StixTaxiiError('HTTP_REDIRECT_DOWNGRADE', `${from.host} redirects from https to http`, {
    kind: 'refused',
    hint: 'Credentials are not sent where anybody can read them. The operator of the server must mend the redirect.',
    context: { from: redactUrl(from), to: redactUrl(to) },
  })
}

function loop(url: URL): StixTaxiiError {
  return new StixTaxiiError('HTTP_REDIRECT_LOOP', `${url.host} redirects in a circle`, {
    kind: 'protocol',
    hint: 'Check the URL, above all its end (with or without slash). It may also want a login first.',
    context: { url: redactUrl(url) },
  })
}

function limit(url: URL): StixTaxiiError {
  return new StixTaxiiError('HTTP_REDIRECT_LIMIT', `${url.host} redirects more than ${maxRedirects} times`, {
    kind: 'protocol',
    hint: 'Check the URL; use the one it leads to in the end.',
    context: { url: redactUrl(url) },
  })
}

function writeRedirected(request: HttpRequest, url: URL, status: number): StixTaxiiError {
  return new StixTaxiiError(
    'HTTP_REDIRECT_WRITE',
    `${request.url.host} answers a ${request.method} with redirect ${status}`,
    {
      kind: 'protocol',
      hint: `It is not sent a second time, since nobody knows whether it was carried out. Use ${redactUrl(url)} from the beginning.`,
      context: { status, to: redactUrl(url) },
    },
  )
}
