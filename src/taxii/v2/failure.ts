import { StixTaxiiError } from '../../core/errors.ts'
import type { HttpHeaders } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { accessAdvice } from '../access-advice.ts'
import { certificateWanted } from '../certificate-wanted.ts'
import { htmlTitle } from './media-type.ts'

/** An answer that was not a success. */
export interface Refusal {
  readonly status: number
  readonly headers: HttpHeaders
  readonly url: URL
  /** The beginning of the body, as text. */
  readonly text: string
}

export interface RefusalContext {
  /** What was asked for, as "the collections of ...". */
  readonly asked: string
  readonly version: string
  /** What the preset says beside a 401 or 403. */
  readonly accessHint?: string | undefined
  readonly now: Date
}

/** TAXII 2.1, 3.6.1: the error message resource; its members mean what the server wants. */
interface ErrorResource {
  readonly title: string | undefined
  readonly description: string | undefined
}

/**
 * The error for a refused request, classified by its status, with what the server said (made safe to show).
 * @see TAXII 2.1, 3.6 (errors) and 5 (tables of each endpoint)
 */
export function refusalError(refusal: Refusal, context: RefusalContext): StixTaxiiError {
  const wanted = certificateWanted(refusal.status, refusal.url, refusal.text)
  if (wanted) return wanted
  const said = sayingOf(refusal)
  const about = {
    context: { url: redactUrl(refusal.url), status: refusal.status },
    retryAfterMs: retryAfterMs(refusal.headers.get('retry-after'), context.now),
  }
  const message = (text: string) => `${text} (HTTP ${refusal.status})${said ? `: ${said}` : ''}`
  const host = refusal.url.host
  const waiting = { kind: 'network', hint: waitHint(about.retryAfterMs), ...about } as const
  switch (refusal.status) {
    case 401:
      return unauthorized(refusal, context, message, about)
    case 403:
      return new StixTaxiiError('TAXII_FORBIDDEN', message(`${host} does not let us have ${context.asked}`), {
        kind: 'auth',
        hint:
          context.accessHint ??
          'These credentials may not do this, or the provider admits only addresses it knows: ask there.',
        ...about,
      })
    case 404:
    case 410:
      return new StixTaxiiError('TAXII_NOT_FOUND', message(`${host} does not have ${context.asked}`), {
        kind: 'not-found',
        hint: 'Servers also say so of what these credentials may not see. List what is offered with: stixtaxii collections',
        ...about,
      })
    case 406:
    case 415:
      return new StixTaxiiError(
        'TAXII_VERSION_REFUSED',
        message(`${host} does not speak TAXII ${context.version} here`),
        {
          kind: 'remote',
          hint: 'The credentials are not the trouble: try another version, with --taxii-version 2.0, 2.1, 1.1 or auto.',
          ...about,
        },
      )
    case 413:
      return new StixTaxiiError('TAXII_TOO_LARGE', message(`${host} finds ${context.asked} too large`), {
        kind: 'remote',
        hint: 'Ask for less at a time, with --page-size.',
        ...about,
      })
    case 429:
      return new StixTaxiiError('TAXII_RATE_LIMITED', message(`${host} asks for fewer requests`), waiting)
    default:
      if (refusal.status >= 500)
        return new StixTaxiiError('TAXII_UNAVAILABLE', message(`${host} cannot give ${context.asked}`), waiting)
      return new StixTaxiiError('TAXII_REQUEST_REFUSED', message(`${host} refuses the request for ${context.asked}`), {
        kind: 'remote',
        ...about,
      })
  }
}

function waitHint(waitMs: number | undefined): string {
  if (waitMs === undefined) return 'Try again later.'
  return `The server asks to wait ${Math.ceil(waitMs / 1000)} s.`
}

function unauthorized(
  refusal: Refusal,
  { accessHint = accessAdvice }: RefusalContext,
  message: (text: string) => string,
  about: { readonly context: Readonly<Record<string, unknown>> },
): StixTaxiiError {
  const challenge = challengeSchemes(refusal.headers.get('www-authenticate'))
  const asks = challenge.length > 0 ? `The server asks for ${challenge.join(' or ')}. ` : ''
  return new StixTaxiiError(
    'TAXII_UNAUTHORIZED',
    message(`${refusal.url.host} lets nobody in without the right credentials`),
    { kind: 'auth', hint: asks + accessHint, ...about, context: { ...about.context, challenge } },
  )
}

/** The schemes that a `WWW-Authenticate` header names, in order. @see RFC 9110, 11.6.1 */
export function challengeSchemes(header: string | undefined): readonly string[] {
  if (header === undefined) return []
  const unquoted = header.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const schemes = [...unquoted.matchAll(/(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[^=\s]|\s*(?:,|$))/g)]
  return [...new Set(schemes.map((match) => printable(match[1] as string, { maxLength: 40 })))]
}

// What the body says, for a person: an error resource's title and description, an HTML page's title, a short text.
function sayingOf(refusal: Refusal): string | undefined {
  const text = refusal.text.trim()
  if (text === '') return undefined
  const resource = errorResource(text)
  if (resource) {
    const parts = [resource.title, resource.description].filter((part) => part !== undefined && part !== '')
    return parts.length > 0 ? printable(parts.join(' – '), { maxLength: 500 }) : undefined
  }
  if (text.startsWith('<')) {
    const title = htmlTitle(text)
    return title === undefined ? 'an HTML page' : `an HTML page, "${title}"`
  }
  return text.length <= 200 ? printable(text, { maxLength: 200 }) : undefined
}

function errorResource(text: string): ErrorResource | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null
    if (typeof value !== 'object' || value === null) return undefined
    const field = (...names: string[]) => {
      const found = names.map((name) => value[name]).find((each) => typeof each === 'string')
      return found as string | undefined
    }
    // `message` and `error` are not the standard's, but what frameworks in front of servers write.
    return { title: field('title', 'error', 'message'), description: field('description', 'detail') }
  } catch {
    return undefined
  }
}
