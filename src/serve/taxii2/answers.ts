import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { StixTaxiiError } from '../../core/errors.ts'
import { challengesOf } from '../auth/authorization-header.ts'
import { httpStatusOf, isPassing, passingSeconds } from '../http-status.ts'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import type { ItemPlaces } from './item-places.ts'
import { contentTypes, type ResourceKind, type Taxii2Version } from './media-type.ts'

/** What all requests share. */
export interface Scene {
  readonly parts: ServeParts
  readonly places: ItemPlaces
}

/** One request with what was found out about it. */
export interface Visit extends Scene {
  readonly c: Context<ServeEnvironment>
  /** The version that was agreed on. */
  readonly version: Taxii2Version
}

export interface AnswerOptions {
  readonly status?: 200 | 202 | 206 | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly kind?: ResourceKind | undefined
}

const pack = promisify(gzip)
const defaultCompressFromBytes = 16_384

/** An answer with bytes that are JSON already, packed where the client takes that and it pays. */
export async function answerBytes(visit: Visit, bytes: Buffer, options: AnswerOptions = {}): Promise<Response> {
  const { c, version } = visit
  const isPacked = isWorthPacking(visit, bytes.length)
  // Level 1: higher levels take four times as long for a tenth less.
  const body = isPacked ? await pack(bytes, { level: 1 }) : bytes
  return c.body(body as Buffer<ArrayBuffer>, options.status ?? 200, {
    ...options.headers,
    'content-type': contentTypes[version][options.kind ?? 'taxii'],
    'content-length': String(body.length),
    ...(isPacked && { 'content-encoding': 'gzip' }),
    'cache-control': 'private, no-store',
    vary: 'Accept, Accept-Encoding, Authorization',
  })
}

/** A value as a TAXII resource. */
export function answerJson(visit: Visit, value: unknown, options: AnswerOptions = {}): Promise<Response> {
  return answerBytes(visit, Buffer.from(JSON.stringify(value)), options)
}

// Within one machine packing only costs time.
function isWorthPacking({ c, parts }: Visit, length: number): boolean {
  const from = parts.settings.taxii2.compressFromBytes ?? defaultCompressFromBytes
  if (from === 0 || length < from || /^(127\.|::1$|::ffff:127\.)/.test(c.get('clientAddress'))) return false
  const wanted = (c.req.header('accept-encoding') ?? '').toLowerCase().split(',')
  return wanted.some((coding) => /^\s*(gzip|x-gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding))
}

const ourTitles = { 500: 'Internal error', 503: 'Not possible now: send the same request again later' } as const

/**
 * An error as the standard's error resource. What is not about the request says "Internal error" and is told to the log
 * alone, under the id that the client gets (S19).
 * @see TAXII 2.1, 3.6.1
 */
export function answerError(visit: Visit, error: unknown): Response {
  const { c, parts, version } = visit
  const known = error instanceof StixTaxiiError ? error : undefined
  const status = isPassing(error) ? 503 : httpStatusOf(error)
  const isOurs = known === undefined || status >= 500
  if (isOurs) parts.log.error('taxii2-failed', { requestId: c.get('requestId'), ...causeOf(error) })
  const resource = {
    title: isOurs ? ourTitles[status === 503 ? 503 : 500] : known.message,
    ...(!isOurs && known.hint !== undefined && { description: known.hint }),
    error_id: c.get('requestId'),
    ...(!isOurs && { error_code: known.code }),
    http_status: String(status),
  }
  const body = Buffer.from(JSON.stringify(resource))
  for (const [name, value] of errorHeaders(visit, known, status)) c.header(name, value, { append: true })
  return c.body(body as Buffer<ArrayBuffer>, status satisfies ContentfulStatusCode, {
    'content-type': contentTypes[version].taxii,
    'content-length': String(body.length),
    'cache-control': 'private, no-store',
  })
}

function causeOf(error: unknown): Record<string, string> {
  const problem = error instanceof Error ? error : new Error(String(error))
  return {
    problem: problem.message,
    ...(problem instanceof StixTaxiiError && { code: problem.code }),
    ...(problem.stack !== undefined && { stack: problem.stack }),
  }
}

function errorHeaders({ parts }: Visit, error: StixTaxiiError | undefined, status: number): [string, string][] {
  if (error === undefined) return []
  const { allowed, total } = error.context
  switch (status) {
    case 401:
      return challengesOf(parts.settings.schemes).map((challenge) => ['www-authenticate', challenge])
    case 405:
      return [['allow', Array.isArray(allowed) ? allowed.join(', ') : '']]
    case 416:
      return [
        ['accept-ranges', 'items'],
        ['content-range', `items */${typeof total === 'number' ? total : '*'}`],
      ]
    case 429:
      return [['retry-after', String(Math.ceil((error.retryAfterMs ?? 1000) / 1000))]]
    case 503:
      return [['retry-after', String(passingSeconds)]]
    default:
      return []
  }
}
