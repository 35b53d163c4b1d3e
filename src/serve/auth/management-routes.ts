import { Hono, type Context } from 'hono'
import { Secret } from '../../core/secret.ts'
import type { ServeEnvironment } from '../parts.ts'
import { readBody } from '../read-body.ts'
import { challengesOf } from './authorization-header.ts'
import type { Doorkeeper } from './doorkeeper.ts'

export interface ManagementParts {
  readonly doorkeeper: Doorkeeper
  readonly settings: { readonly schemes: { readonly basic: boolean; readonly bearer: boolean } }
}

const maxBytes = 16_384

/**
 * `POST /management/auth`: `username` and `password`, as JSON or as a form, for a token: `{"token": ...}`. 400 when one is
 * missing, 401 when they are wrong, 429 with Retry-After after too many wrong ones.
 *
 * @throws SERVE_BODY_* (usage), for the app's own answer to errors.
 */
export function managementRoutes({ doorkeeper, settings }: ManagementParts): Hono<ServeEnvironment> {
  const routes = new Hono<ServeEnvironment>()
  routes.use('/management/auth', async (c, next) => {
    await next()
    c.header('Cache-Control', 'no-store')
  })
  routes.post('/management/auth', async (c) => {
    if (!settings.schemes.bearer) return refusal(c, 404, 'Tokens are switched off on this server')
    const login = loginOf(c.req.header('content-type'), await readBody(c, maxBytes))
    if (login === undefined) return refusal(c, 400, 'Send username and password, as JSON or as a form')
    const { username, password } = login
    const facts = { clientAddress: c.get('clientAddress'), requestId: c.get('requestId') }
    const outcome = await doorkeeper.logIn(username, password, facts)
    if (outcome.kind === 'token') return c.json({ token: Secret.open(outcome.token) })
    if (outcome.kind === 'limited') {
      c.header('Retry-After', String(outcome.retryAfterSeconds))
      return refusal(c, 429, 'Too many wrong logins: wait before the next one')
    }
    for (const challenge of challengesOf(settings.schemes)) c.header('WWW-Authenticate', challenge, { append: true })
    return refusal(c, 401, 'User name or password is wrong')
  })
  routes.all('/management/auth', (c) => {
    c.header('Allow', 'POST')
    return refusal(c, 405, 'Send a POST')
  })
  return routes
}

/** The same shape as the errors of TAXII 2.1. */
function refusal(c: Context<ServeEnvironment>, status: 400 | 401 | 404 | 405 | 429, title: string): Response {
  return c.json({ title, error_id: c.get('requestId'), http_status: String(status) }, status)
}

interface Login {
  readonly username: string
  readonly password: Secret
}

function loginOf(contentType = '', body: Buffer): Login | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase()
  const fields = type === 'application/x-www-form-urlencoded' ? formOf(body) : jsonOf(body)
  const [username, password] = [fields?.get('username'), fields?.get('password')]
  if (typeof username !== 'string' || typeof password !== 'string' || username === '' || password === '') {
    return undefined
  }
  return { username, password: new Secret(password) }
}

function formOf(body: Buffer): ReadonlyMap<string, unknown> {
  return new Map(new URLSearchParams(body.toString('utf8')))
}

function jsonOf(body: Buffer): ReadonlyMap<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(body.toString('utf8'))
    return typeof read === 'object' && read !== null ? new Map(Object.entries(read)) : undefined
  } catch {
    return undefined
  }
}
