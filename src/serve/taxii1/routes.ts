import { Hono } from 'hono'
import type { Context } from 'hono'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Wire } from '../../taxii/v1/wire.ts'
import { httpStatusOf, isPassing, passingSeconds } from '../http-status.ts'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import { readBody } from '../read-body.ts'
import type { LogFields } from '../server-log.ts'
import type { ServiceEntity } from '../taxii1-persistence.ts'
import { admit, maxBodyBytes } from './access.ts'
import { pathOf, withoutSlash } from './contacts.ts'
import { createContentForms } from './content-form.ts'
import type { ContentForms } from './content-form.ts'
import { answer } from './handlers.ts'
import { answerHeaders, answerWire, checkHeaders, checkVersion, fallbackWire, messageBindings } from './headers.ts'
import { readMessage } from './read-message.ts'
import { Refusal } from './refusal.ts'
import { bodyOf } from './respond.ts'
import type { Visit } from './visit.ts'
import { statusMessage } from './write-message.ts'

/** Where a client looks for discovery that knows a host only. @see TAXII-HTTP-1.0-Err-01 */
const usualDiscovery = '/taxii-discovery-service'

/**
 * TAXII 1.0 and 1.1 over HTTP, at the addresses of the services there are when a request comes; what is at no such address
 * is passed on. Errors are status messages in HTTP 200, but for bodies that are too large (413) and too many wrong
 * passwords (429).
 */
export function taxii1Routes(parts: ServeParts): Hono<ServeEnvironment> {
  const app = new Hono<ServeEnvironment>()
  const forms = createContentForms()
  app.use('*', async (c, next) => {
    const service = isCandidate(c, parts) ? await serviceAt(parts, c.req.path) : undefined
    if (!service) return next()
    if (c.req.method === 'POST') return answerPost(c, parts, service, forms)
    const isOptions = c.req.method === 'OPTIONS'
    const headers = { allow: 'POST, OPTIONS', 'x-taxii-content-types': messageBindings.join(',') }
    if (isOptions) return c.body(null, 200, headers)
    return c.text('This is a service of TAXII 1.x: it takes messages by POST.\n', 405, { allow: headers.allow })
  })
  return app
}

/** Spares requests of TAXII 2 and the web page the question for services. */
function isCandidate(c: Context<ServeEnvironment>, parts: ServeParts): boolean {
  if (!parts.settings.taxii1.isEnabled) return false
  if (c.req.path.startsWith('/services/')) return true
  if (c.req.method === 'POST') return !(c.req.header('content-type') ?? '').includes('json')
  return c.req.method === 'OPTIONS'
}

async function serviceAt({ taxii1 }: ServeParts, path: string): Promise<ServiceEntity | undefined> {
  const services = await taxii1.getServices()
  const wanted = withoutSlash(path)
  const found = services.find((service) => pathOf(service) === wanted)
  return found ?? (wanted === usualDiscovery ? services.find(({ type }) => type === 'discovery') : undefined)
}

/** What is known of a request so far, for answering when it cannot be read any further. */
interface Reading {
  wire: Wire
  /** `0` until the message's own is known. */
  id: string
}

async function answerPost(
  c: Context<ServeEnvironment>,
  parts: ServeParts,
  service: ServiceEntity,
  forms: ContentForms,
): Promise<Response> {
  const header = (name: string): string | undefined => c.req.header(name)
  const reading: Reading = { wire: fallbackWire(header), id: '0' }
  const baseUrl = c.get('baseUrl')
  try {
    const visit = await enter(c, parts, service, reading)
    reading.wire = visit.wire
    const reply = await answer(visit, forms)
    c.set('objectsSent', reply.blocks ?? 0)
    const body = await bodyOf(reply, (error) => logFailure(c, parts, service, error))
    return c.body(body, 200, answerHeaders(visit.wire, baseUrl))
  } catch (error) {
    const refusal = refusalOf(error, c.get('requestId'))
    logRefusal(c, parts, service, refusal, error)
    const { httpStatus = 200, headers = {} } = refusal.options
    const body = statusMessage(reading.wire, reading.id, refusal.status, refusal.options)
    return c.body(body, httpStatus, { ...answerHeaders(reading.wire, baseUrl), ...headers })
  }
}

async function enter(
  c: Context<ServeEnvironment>,
  parts: ServeParts,
  service: ServiceEntity,
  reading: Reading,
): Promise<Visit> {
  const header = (name: string): string | undefined => c.req.header(name)
  const [principal, baseUrl] = [c.get('principal'), c.get('baseUrl')]
  // Before anything of the body is read: who may not come in costs nothing but this.
  await admit({ parts, principal, service })
  checkHeaders(header)
  const body = await readBody(c, await maxBodyBytes({ parts, principal, service }))
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(header('content-type') ?? '')?.[1]
  const message = await readMessage(body, charset, (id) => {
    reading.id = id
  })
  checkVersion(header, message.wire)
  const wire = answerWire(header, message.wire)
  if (!service.properties.isAvailable) throw new Refusal('FAILURE', { message: 'This service is not available' })
  const [clientAddress, requestId] = [c.get('clientAddress'), c.get('requestId')]
  return { parts, service, message, wire, principal, baseUrl, requestId, clientAddress }
}

/** What a client is told of an error: of the request only, never of us (S19). */
function refusalOf(error: unknown, requestId: string): Refusal {
  if (error instanceof Refusal) return error
  const status = httpStatusOf(error)
  if (status === 413) return new Refusal('BAD_MESSAGE', { message: (error as Error).message, httpStatus: 413 })
  if (error instanceof StixTaxiiError && error.code === 'SERVE_COLLECTION_UNKNOWN') return new Refusal('NOT_FOUND')
  if (error instanceof StixTaxiiError && error.code === 'SERVE_COLLECTION_READ_ONLY') return new Refusal('DENIED')
  if (status !== 500) return new Refusal('BAD_MESSAGE', { message: (error as Error).message })
  if (isPassing(error)) return new Refusal('RETRY', { details: { ESTIMATED_WAIT: [String(passingSeconds)] } })
  return new Refusal('FAILURE', { message: `Internal error (request ${requestId})` })
}

/** What an auditor wants to know of besides missing rights. */
const refusedAccess: readonly string[] = ['RETRY', 'NOT_FOUND', 'DENIED']

function logRefusal(
  c: Context<ServeEnvironment>,
  parts: ServeParts,
  service: ServiceEntity,
  { status }: Refusal,
  error: unknown,
): void {
  if (!(error instanceof Refusal) && httpStatusOf(error) === 500) return logFailure(c, parts, service, error)
  if (status !== parts.settings.taxii1.unauthorizedStatus && !refusedAccess.includes(status)) return
  const outcome = c.get('principal').kind === 'limited' ? 'limited' : 'refused'
  parts.log.audit('taxii1-refused', { ...fieldsOf(c, service), status, outcome })
}

function logFailure(c: Context<ServeEnvironment>, { log }: ServeParts, service: ServiceEntity, error: unknown): void {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log.error('taxii1-failed', { ...fieldsOf(c, service), cause })
}

function fieldsOf(c: Context<ServeEnvironment>, service: ServiceEntity): LogFields {
  const principal = c.get('principal')
  const account = principal.kind === 'account' ? principal.account.username : undefined
  return { requestId: c.get('requestId'), client: c.get('clientAddress'), account, service: service.type }
}
