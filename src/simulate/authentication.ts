import { createHash } from 'node:crypto'
import { jsonResponse } from './loopback-server.ts'
import type { SimulatedRequest, SimulatedResponse } from './loopback-server.ts'

/** One way a simulated server wants to be shown who asks. Undefined user or password: any will do. */
export type SimulatedAuthentication =
  | {
      readonly scheme: 'basic'
      readonly username?: string | undefined
      readonly password?: string | undefined
      /** Refuses an empty user name, as Recorded Future does. */
      readonly needsUsername?: boolean | undefined
      /** Refuses an empty password, as some proxies before AlienVault OTX do. */
      readonly needsPassword?: boolean | undefined
    }
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'token'; readonly token: string }
  | { readonly scheme: 'header'; readonly name: string; readonly value: string }
  | { readonly scheme: 'query'; readonly name: string; readonly value: string }
  | {
      readonly scheme: 'jwt'
      readonly username: string
      readonly password: string
      /** Default `/management/auth`, as OpenTAXII has it. */
      readonly path?: string | undefined
      /** A token is good for this many requests; default: for ever. */
      readonly lifetimeRequests?: number | undefined
    }
  | {
      readonly scheme: 'oauth2'
      readonly clientId: string
      readonly clientSecret: string
      readonly scope?: string | undefined
      /** Default `/token`. */
      readonly path?: string | undefined
      readonly lifetimeRequests?: number | undefined
    }
  /** A client certificate that the server's `clientAuthorities` signed; `name` undefined: any. */
  | { readonly scheme: 'certificate'; readonly name?: string | undefined }

/** The doorkeeper of one simulated server. Several demands have to be met together. */
export interface Guard {
  /** The answer of a login or token endpoint, or undefined where the request is none. */
  login(request: SimulatedRequest): SimulatedResponse | undefined
  /** Undefined when the request may pass, else the challenge (`WWW-Authenticate`). */
  challenge(request: SimulatedRequest, demands?: readonly SimulatedAuthentication[] | undefined): string | undefined
  /** Tokens given out so far. */
  readonly tokensIssued: number
}

/** Makes the doorkeeper for the server's own demands; `challenge` can be asked about others, as for one API root. */
export function createGuard(own: readonly SimulatedAuthentication[]): Guard {
  const tokens = new Map<string, { demand: SimulatedAuthentication; left: number }>()
  let issued = 0
  const issue = (demand: SimulatedAuthentication, lifetime: number | undefined): string => {
    const token = createHash('sha256').update(`${demand.scheme} ${++issued}`).digest('base64url')
    tokens.set(token, { demand, left: lifetime ?? Infinity })
    return token
  }
  const spend = (token: string, demand: SimulatedAuthentication): boolean => {
    const known = tokens.get(token)
    if (!known || known.demand !== demand || known.left <= 0) return false
    known.left--
    return true
  }
  return {
    login(request) {
      for (const demand of own) {
        const answer = loginAnswer(request, demand, issue)
        if (answer) return answer
      }
      return undefined
    },
    challenge(request, demands = own) {
      const refused = demands.find((demand) => !meets(request, demand, spend))
      return refused && challengeOf(refused)
    },
    get tokensIssued() {
      return issued
    },
  }
}

/** One or several demands as a list. */
export function demandList(
  demands: SimulatedAuthentication | readonly SimulatedAuthentication[] | undefined,
): readonly SimulatedAuthentication[] {
  return demands === undefined ? [] : 'scheme' in demands ? [demands] : demands
}

function loginAnswer(
  request: SimulatedRequest,
  demand: SimulatedAuthentication,
  issue: (demand: SimulatedAuthentication, lifetime: number | undefined) => string,
): SimulatedResponse | undefined {
  if (demand.scheme === 'jwt' && isLogin(request, demand.path ?? '/management/auth')) {
    const { username, password } = loginFields(request)
    if (username !== demand.username || password !== demand.password)
      return jsonResponse(401, 'application/json', { message: 'Unauthorized' })
    return jsonResponse(200, 'application/json', { token: issue(demand, demand.lifetimeRequests) })
  }
  if (demand.scheme !== 'oauth2' || !isLogin(request, demand.path ?? '/token')) return undefined
  const form = new URLSearchParams(request.body.toString())
  const basic = basicPair(request)
  const [id, secret] = basic ? basic : [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  const good = decodeURIComponent(id) === demand.clientId && decodeURIComponent(secret) === demand.clientSecret
  const scoped = demand.scope === undefined || form.get('scope') === demand.scope
  if (!good || !scoped || form.get('grant_type') !== 'client_credentials')
    return jsonResponse(good ? 400 : 401, 'application/json', { error: good ? 'invalid_scope' : 'invalid_client' })
  const access = issue(demand, demand.lifetimeRequests)
  return jsonResponse(200, 'application/json', { access_token: access, token_type: 'Bearer', expires_in: 3600 })
}

const isLogin = (request: SimulatedRequest, path: string): boolean =>
  request.method === 'POST' && request.path.replace(/\/$/, '') === path.replace(/\/$/, '')

function loginFields(request: SimulatedRequest): { username?: unknown; password?: unknown } {
  const text = request.body.toString()
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as { username?: unknown; password?: unknown }
  const form = new URLSearchParams(text)
  return { username: form.get('username'), password: form.get('password') }
}

function meets(
  request: SimulatedRequest,
  demand: SimulatedAuthentication,
  spend: (token: string, demand: SimulatedAuthentication) => boolean,
): boolean {
  const authorization = request.headers.authorization ?? ''
  switch (demand.scheme) {
    case 'basic':
      return meetsBasic(request, demand)
    case 'bearer':
      return authorization === `Bearer ${demand.token}`
    case 'token':
      return authorization === `Token ${demand.token}`
    case 'header':
      return request.headers[demand.name.toLowerCase()] === demand.value
    case 'query':
      return request.url.searchParams.get(demand.name) === demand.value
    case 'certificate':
      return request.certificate !== undefined && (demand.name === undefined || demand.name === request.certificate)
    default:
      return authorization.startsWith('Bearer ') && spend(authorization.slice(7), demand)
  }
}

function meetsBasic(request: SimulatedRequest, demand: SimulatedAuthentication & { scheme: 'basic' }): boolean {
  const pair = basicPair(request)
  if (!pair) return false
  const [username, password] = pair
  if (demand.needsUsername && username === '') return false
  if (demand.needsPassword && password === '') return false
  return (demand.username ?? username) === username && (demand.password ?? password) === password
}

/** User name and password of the request's Basic header; undefined when it has none. */
export function basicPair(request: SimulatedRequest): readonly [string, string] | undefined {
  const match = /^Basic ([A-Za-z0-9+/=]+)$/.exec(request.headers.authorization ?? '')
  if (!match) return undefined
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

function challengeOf(demand: SimulatedAuthentication): string {
  if (demand.scheme === 'basic') return 'Basic realm="simulated"'
  if (demand.scheme === 'bearer' || demand.scheme === 'jwt' || demand.scheme === 'oauth2') return 'Bearer'
  return demand.scheme === 'token' ? 'Token' : 'Custom'
}
