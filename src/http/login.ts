import { StixTaxiiError } from '../core/errors.ts'
import type { Clock, HttpRequest, HttpResponse } from '../core/ports.ts'
import { rememberSecret } from '../core/known-secrets.ts'
import { Secret } from '../core/secret.ts'
import { basic } from './access.ts'
import type { Authentication } from './options.ts'

type Login = Extract<Authentication, { scheme: 'jwt' | 'oauth2' }>

/** Sends a request that carries no credentials of its own and gives back the whole answer. */
export type Ask = (request: HttpRequest, read: (answer: HttpResponse) => Promise<Reply>) => Promise<Reply>

interface Reply {
  readonly status: number
  readonly text: string
}

interface Grant {
  readonly token: string
  /** By the monotonic clock; when it is better to log in again. */
  readonly untilMs: number
}

/** Tokens got by logging in, one for each login of the profile, fetched when first needed. */
export interface Logins {
  /** The `Authorization` value. @throws HTTP_LOGIN_REFUSED (auth), HTTP_LOGIN_FAILED (network, protocol) */
  authorization(login: Login): Promise<string>
  /** The server no longer takes this value: the next one is fetched anew. */
  forget(login: Login, authorization: string): void
}

const earlyMs = 30_000
const answerBytes = 64 * 1024

export function openLogins(ask: Ask, clock: Clock): Logins {
  const grants = new Map<Login, Promise<Grant>>()
  const fetchGrant = (login: Login): Promise<Grant> => {
    const grant = login.scheme === 'jwt' ? jwt(login, ask) : oauth2(login, ask, clock)
    grants.set(login, grant)
    grant.catch(() => grants.delete(login))
    return grant
  }
  return {
    async authorization(login) {
      const held = grants.get(login)
      if (held && (await held).untilMs <= clock.monotonicMs() && grants.get(login) === held) grants.delete(login)
      const grant = await (grants.get(login) ?? fetchGrant(login))
      return `Bearer ${grant.token}`
    },
    forget(login, authorization) {
      const held = grants.get(login)
      void held?.then(
        ({ token }) => {
          if (authorization === `Bearer ${token}` && grants.get(login) === held) grants.delete(login)
        },
        () => undefined,
      )
    },
  }
}

export function isLogin(authentication: Authentication): authentication is Login {
  return authentication.scheme === 'jwt' || authentication.scheme === 'oauth2'
}

/** OpenTAXII's login: user name and password as JSON, the answer `{"token": ...}`. */
async function jwt(login: Extract<Login, { scheme: 'jwt' }>, ask: Ask): Promise<Grant> {
  rememberSecret(Secret.open(login.password))
  const reply = await ask(
    {
      method: 'POST',
      url: login.url,
      repeatable: true,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ username: Secret.open(login.username), password: Secret.open(login.password) }),
    },
    replyOf,
  )
  return { token: tokenIn(reply, 'token', login.url), untilMs: Infinity }
}

/** @see RFC 6749, 4.4 and 2.3.1: client id and secret as Basic; those who know only the form get that on a second try */
async function oauth2(login: Extract<Login, { scheme: 'oauth2' }>, ask: Ask, clock: Clock): Promise<Grant> {
  const first = await ask(tokenRequest(login, 'basic'), replyOf)
  const refused = first.status === 400 || first.status === 401
  const reply = refused ? await ask(tokenRequest(login, 'form'), replyOf) : first
  const token = tokenIn(reply, 'access_token', login.tokenUrl)
  const lifetime = Number((JSON.parse(reply.text) as { expires_in?: unknown }).expires_in)
  const lifetimeMs = Number.isFinite(lifetime) && lifetime > 0 ? lifetime * 1000 : Infinity
  return { token, untilMs: clock.monotonicMs() + Math.max(lifetimeMs - earlyMs, lifetimeMs / 2) }
}

function tokenRequest(login: Extract<Login, { scheme: 'oauth2' }>, style: 'basic' | 'form'): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (login.scope !== undefined) form.set('scope', login.scope)
  const [id, secret] = [Secret.open(login.clientId), Secret.open(login.clientSecret)]
  rememberSecret(secret)
  if (style === 'form') {
    form.set('client_id', id)
    form.set('client_secret', secret)
  }
  const authorization = basic(new Secret(formEncoded(id)), new Secret(formEncoded(secret)))
  return {
    method: 'POST',
    url: login.tokenUrl,
    repeatable: true,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(style === 'basic' && { authorization }),
    },
    body: form.toString(),
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2)
}

async function replyOf(answer: HttpResponse): Promise<Reply> {
  return { status: answer.status, text: await answer.text(answerBytes) }
}

function tokenIn(reply: Reply, field: 'token' | 'access_token', url: URL): string {
  const { status } = reply
  if (status >= 200 && status < 300) {
    const token = field in jsonOf(reply.text) ? (jsonOf(reply.text) as Record<string, unknown>)[field] : undefined
    if (typeof token === 'string' && token !== '') return token
  }
  if (status === 400 || status === 401 || status === 403) {
    throw new StixTaxiiError('HTTP_LOGIN_REFUSED', `The login at ${url.host} was refused (${status})`, {
      kind: 'auth',
      hint: 'Check user name and password (or client id and secret).',
      context: { host: url.host, path: url.pathname, status },
    })
  }
  const later = status === 429 || status >= 500
  throw new StixTaxiiError('HTTP_LOGIN_FAILED', `The login at ${url.host} gave no token (${status})`, {
    kind: later ? 'network' : 'protocol',
    hint: later ? 'Try again later.' : `Check the login address: ${url.origin}${url.pathname}`,
    context: { host: url.host, path: url.pathname, status },
  })
}

function jsonOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
