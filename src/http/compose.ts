import { percentEncoded } from '../core/percent-encoded.ts'
import type { HttpRequest } from '../core/ports.ts'
import { isKeyParameter } from '../core/redact.ts'
import { Secret } from '../core/secret.ts'
import { authorizationOf } from './access.ts'
import { checkHeader } from './headers.ts'
import { isLogin, type Logins } from './login.ts'
import type { AccessRule } from './options.ts'
import type { Redactor } from './redactor.ts'
import type { Route } from './route.ts'
import { isStreamed } from './streamed-body.ts'
import type { WireRequest } from './wire.ts'

export interface ComposeParts {
  readonly userAgent: string
  readonly route: Route
  readonly rule: AccessRule | undefined
  readonly logins: Logins | undefined
  readonly redactor: Redactor
}

/**
 * The request as it goes onto the wire, with everything its access rule adds. Secrets are opened here, and the redactor
 * learns them.
 * @throws HTTP_HEADER_INVALID (config), HTTP_LOGIN_* (auth, network, protocol)
 */
export async function compose(request: HttpRequest, parts: ComposeParts): Promise<WireRequest> {
  const url = new URL(request.url)
  url.hash = ''
  for (const [name, value] of url.searchParams) if (isKeyParameter(name)) parts.redactor.learn(value)
  const headers: Record<string, string> = {
    'user-agent': parts.userAgent,
    // Of the codings only gzip carries a checksum.
    'accept-encoding': 'gzip',
    ...lowerCased(request.headers ?? {}),
    ...(parts.rule && (await credentials(parts.rule, url, parts))),
    ...parts.route.viaProxy?.headers,
  }
  if (parts.route.viaProxy) headers['host'] = url.host
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value)
  const path = `${url.pathname}${url.search}`
  const target = parts.route.viaProxy ? `${url.origin}${path}` : path
  const { method, body, onSending } = request
  if (isStreamed(body)) headers['content-length'] = String(body.lengthBytes)
  return { method, target, headers, body, onSending }
}

async function credentials(rule: AccessRule, url: URL, parts: ComposeParts): Promise<Record<string, string>> {
  const { authentication } = rule
  const headers: Record<string, string> = {}
  for (const { name, value } of rule.headers) {
    headers[name.toLowerCase()] = Secret.open(value)
    parts.redactor.learn(Secret.open(value))
  }
  const authorization = isLogin(authentication)
    ? await parts.logins?.authorization(authentication)
    : authorizationOf(authentication)
  if (authorization !== undefined) {
    headers['authorization'] = authorization
    parts.redactor.learn(authorization.slice(authorization.indexOf(' ') + 1))
  }
  if (authentication.scheme === 'basic') parts.redactor.learn(Secret.open(authentication.password))
  if (authentication.scheme === 'query') {
    const key = Secret.open(authentication.key)
    parts.redactor.learn(key)
    setQuery(url, authentication.name, key)
  }
  return headers
}

/** Adds a parameter and leaves the others as they are written. */
function setQuery(url: URL, name: string, value: string): void {
  if (url.searchParams.has(name)) return url.searchParams.set(name, value)
  url.search += `${url.search === '' ? '?' : '&'}${percentEncoded(name)}=${percentEncoded(value)}`
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
