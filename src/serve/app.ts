import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { StixTaxiiError } from '../core/errors.ts'
import type { Account, Principal } from './authentication.ts'
import type { Doorkeeper } from './auth/doorkeeper.ts'
import { managementRoutes } from './auth/management-routes.ts'
import { reached } from './client-address.ts'
import type { AddressRules } from './client-address.ts'
import { httpStatusOf, isPassing, passingSeconds } from './http-status.ts'
import type { RouteFamily } from './metrics.ts'
import { operationsRoutes } from './operations-routes.ts'
import type { OperationsParts } from './operations-routes.ts'
import type { RequestConnection, ServeEnvironment, ServeParts } from './parts.ts'
import { taxii1Routes } from './taxii1/routes.ts'
import { taxii2Routes } from './taxii2/routes.ts'
import { webRoutes } from './web/routes.ts'
import type { WebParts } from './web/routes.ts'

export interface AppParts extends ServeParts, OperationsParts, WebParts {
  readonly doorkeeper: Doorkeeper
  readonly rules: AddressRules
  /** The account that a client certificate stands for, where one is mapped to it. */
  readonly accountOfSubject?: ((subject: string) => Promise<Account | undefined>) | undefined
}

/** Answers a request; never throws. */
export type Answer = (request: Request, connection: RequestConnection) => Response | Promise<Response>

/** All routes as one: what every request has in common is done here, and nowhere else. */
export function createApp(parts: AppParts): Answer {
  const app = new Hono<ServeEnvironment>()
  app.use('*', async (c, next) => {
    const startMs = parts.clock.monotonicMs()
    await meet(c, parts)
    const refusal = misdirected(c, parts) ?? strayed(c)
    if (refusal) c.res = refusal
    else await next()
    secure(c)
    account(c, parts, startMs)
  })
  app.route('/', operationsRoutes(parts))
  app.route('/', webRoutes(parts))
  app.route('/', managementRoutes(parts))
  if (parts.settings.taxii1.isEnabled) app.route('/', taxii1Routes(parts))
  // Last: any word may be an API root.
  if (parts.settings.taxii2.isEnabled) app.route('/', taxii2Routes(parts))
  app.notFound((c) => plainError(c, 404, 'Not found'))
  app.onError((error, c) => failure(error, c, parts))
  return (request, connection) => app.fetch(request, connection)
}

/** Finds out who asks, from where, and under which address. */
async function meet(c: Context<ServeEnvironment>, parts: AppParts): Promise<void> {
  const requestId = randomUUID()
  const connection = c.env ?? {}
  const arrival = {
    peerAddress: connection.peerAddress ?? '',
    isTls: connection.isTls ?? false,
    header: (name: string) => c.req.header(name),
  }
  const { clientAddress, baseUrl, isLocal } = reached(arrival, parts.rules)
  c.set('requestId', requestId)
  c.set('clientAddress', clientAddress)
  c.set('baseUrl', baseUrl)
  c.set('isLocal', isLocal)
  c.set('principal', await principalOf(c, parts))
  const principal = c.get('principal')
  if (principal.kind === 'refused') parts.metrics.loginRefused('wrong')
  if (principal.kind === 'limited') parts.metrics.loginRefused('limited')
}

async function principalOf(c: Context<ServeEnvironment>, parts: AppParts): Promise<Principal> {
  // What only asks whether we are alive must not wait for the store, whatever it sends.
  if (c.req.path.startsWith('/health/') || c.req.path === '/management/health') return nobody
  const authorization = c.req.header('authorization')
  const subject = c.env?.certificateSubject
  if (authorization === undefined && subject !== undefined) {
    const account = await parts.accountOfSubject?.(subject)
    if (account && account.isBlocked !== true) return { kind: 'account', account }
  }
  const facts = { authorization, clientAddress: c.get('clientAddress'), requestId: c.get('requestId') }
  const asked = parts.doorkeeper.principalOf(facts)
  // This machine reads the figures also when the accounts cannot be read: then they are wanted most.
  return c.req.path === '/metrics' ? asked.catch(() => nobody) : asked
}

const nobody: Principal = { kind: 'anonymous', isBarred: true }

/** Reading without an account is for this machine: neither through a proxy nor for a page that got hold of our address. */
function misdirected(c: Context<ServeEnvironment>, { settings }: AppParts): Response | undefined {
  const principal = c.get('principal')
  if (principal.kind !== 'anonymous' || principal.isBarred === true || !settings.anonymousReading) return undefined
  if (c.get('isLocal') === true) return undefined
  return plainError(c, 421, 'Without accounts this server answers at a loopback address of its own machine only')
}

const harmless = ['GET', 'HEAD', 'OPTIONS']

/**
 * A strange page can make a browser send what needs no leave (a POST without a media type, say), with the password that was
 * typed here. TAXII clients send none of these headers.
 */
function strayed(c: Context<ServeEnvironment>): Response | undefined {
  if (harmless.includes(c.req.method)) return undefined
  const [site, origin] = [c.req.header('sec-fetch-site'), c.req.header('origin')]
  const isOwn =
    site === undefined ? origin === undefined || origin === c.get('baseUrl') : site === 'same-origin' || site === 'none'
  return isOwn ? undefined : plainError(c, 403, 'Nothing is changed here for a page of another site')
}

const strictPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

function secure(c: Context<ServeEnvironment>): void {
  const { headers } = c.res
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('X-Frame-Options', 'DENY')
  headers.set('Referrer-Policy', 'no-referrer')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  headers.set('X-Request-Id', c.get('requestId'))
  if (!headers.has('Content-Security-Policy')) headers.set('Content-Security-Policy', strictPolicy)
  // What one account may see is not for a cache that others ask.
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  if (c.get('baseUrl').startsWith('https:')) headers.set('Strict-Transport-Security', 'max-age=31536000')
}

/** Counts and logs the request once its answer has gone out. */
function account(c: Context<ServeEnvironment>, parts: AppParts, startMs: number): void {
  const { method, path } = c.req
  const { status } = c.res
  const family = familyOf(path)
  const principal = c.get('principal')
  const objects = c.get('objectsSent') ?? 0
  const told = {
    method,
    path,
    status,
    client: c.get('clientAddress'),
    account: principal.kind === 'account' ? principal.account.username : undefined,
    certificate: c.env?.certificateSubject,
    requestId: c.get('requestId'),
  }
  const close = ({ bytes, isWhole }: { readonly bytes: number; readonly isWhole: boolean }): void => {
    const ms = parts.clock.monotonicMs() - startMs
    parts.metrics.observe({ family, method, status, seconds: ms / 1000, bytes, objects })
    parts.log.info('request', { ...told, bytes, objects, ms: Math.round(ms), cut: isWhole ? undefined : true })
  }
  if (c.env?.onClosed) c.env.onClosed(close)
  else close({ bytes: Number(c.res.headers.get('content-length') ?? 0), isWhole: true })
}

const families: readonly (readonly [start: string, family: RouteFamily])[] = [
  ['/services/', 'taxii1'],
  ['/health/', 'health'],
  ['/metrics', 'metrics'],
  ['/management/', 'management'],
  ['/web/', 'web'],
]

function familyOf(path: string): RouteFamily {
  if (path === '/') return 'web'
  return families.find(([start]) => path === start || path.startsWith(start))?.[1] ?? 'taxii2'
}

/** What is about the request is told; everything else goes to the log, under the id that the client gets (S19). */
function failure(error: unknown, c: Context<ServeEnvironment>, { log }: AppParts): Response {
  const status = httpStatusOf(error)
  if (status !== 500 && error instanceof StixTaxiiError) return plainError(c, status, error.message)
  log.error('failure', {
    requestId: c.get('requestId'),
    method: c.req.method,
    path: c.req.path,
    error: causesOf(error),
  })
  if (!isPassing(error)) return plainError(c, 500, 'Internal error')
  const later = plainError(c, 503, 'Not possible now: send the same request again later')
  later.headers.set('Retry-After', String(passingSeconds))
  return later
}

/** The error object of TAXII 2.1, which others can read as well. */
function plainError(c: Context<ServeEnvironment>, status: number, title: string): Response {
  const body = { title, error_id: c.get('requestId'), http_status: String(status) }
  const type = familyOf(c.req.path) === 'taxii2' ? 'application/taxii+json;version=2.1' : 'application/json'
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
}

/** An error with what caused it, and where it was thrown: for the log only. */
function causesOf(error: unknown): string {
  const told: string[] = []
  for (let each = error; each instanceof Error && told.length < 5; each = each.cause) {
    told.push(each instanceof StixTaxiiError ? `${each.code} ${each.message}` : (each.stack ?? each.message))
  }
  return told.length > 0 ? told.join(' <- ') : String(error)
}
