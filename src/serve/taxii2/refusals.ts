import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'

/** The requests that a TAXII 2 server refuses; `httpStatusOf` has the status of each code. */

const shown = (text: string): string => printable(text, { maxLength: 80 })

/** @see TAXII 2.1, 1.6.9 (the answer carries a challenge) */
export function loginNeeded(): StixTaxiiError {
  return new StixTaxiiError('SERVE_LOGIN_NEEDED', 'Unauthorized', {
    kind: 'auth',
    hint: 'Log in with an account that this server knows.',
  })
}

export function tooManyAttempts(retryAfterSeconds: number): StixTaxiiError {
  return new StixTaxiiError('SERVE_LOGIN_LIMITED', 'Too many failed logins', {
    kind: 'auth',
    hint: `Wait ${retryAfterSeconds} seconds before the next try.`,
    retryAfterMs: retryAfterSeconds * 1000,
  })
}

/** The same for what does not exist and for what is not this account's to see (S18). */
export function notFound(): StixTaxiiError {
  return new StixTaxiiError('SERVE_NOT_FOUND', 'Not found', {
    kind: 'not-found',
    hint: 'It does not exist, or this account may not see it.',
  })
}

export function forbidden(right: 'read' | 'write'): StixTaxiiError {
  return new StixTaxiiError('SERVE_FORBIDDEN', 'Forbidden', {
    kind: 'refused',
    hint: `This account may not ${right} here.`,
  })
}

export function methodRefused(allowed: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('SERVE_METHOD_REFUSED', 'Method not allowed', {
    kind: 'usage',
    hint: `Allowed here: ${allowed.join(', ')}.`,
    context: { allowed },
  })
}

export function notAcceptable(accept: string, types: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('SERVE_NOT_ACCEPTABLE', `Accept "${shown(accept)}" asks for what is not offered here`, {
    kind: 'usage',
    hint: `Offered: ${types.join(', ')}.`,
  })
}

export function contentTypeUnknown(contentType: string | undefined): StixTaxiiError {
  const seen = contentType === undefined ? 'No Content-Type' : `Content-Type "${shown(contentType)}"`
  return new StixTaxiiError('SERVE_CONTENT_TYPE', `${seen} is not what objects are added with`, {
    kind: 'usage',
    hint: 'Send application/taxii+json;version=2.1, or application/vnd.oasis.stix+json; version=2.0.',
  })
}

export function filterInvalid(problem: string, hint?: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_FILTER_INVALID', `The query cannot be answered: ${problem}`, { kind: 'usage', hint })
}

export function cursorForeign(): StixTaxiiError {
  return new StixTaxiiError('SERVE_CURSOR_FOREIGN', 'next belongs to other filters, or is not from this server', {
    kind: 'usage',
    hint: 'Send next with the filters of the request that gave it, or begin again without it.',
  })
}

/** @see TAXII 2.0, 3.4 */
export function rangeInvalid(header: string, total: number | undefined): StixTaxiiError {
  return new StixTaxiiError('SERVE_RANGE_INVALID', `Range "${shown(header)}" cannot be answered`, {
    kind: 'usage',
    hint: total === undefined ? 'Ask as in: items 0-99' : `There are ${total} items.`,
    context: { total },
  })
}

/** The body is not JSON. @see TAXII 2.1, 5.5 (400: the server does not understand the request) */
export function bodyNotJson(problem: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_BODY_NOT_JSON', `The body is not understood: ${shown(problem)}`, {
    kind: 'usage',
    hint: 'Nothing was stored.',
  })
}

/** The body is JSON that no objects can be taken from. @see TAXII 2.1, 5.5 (422: cannot be processed) */
export function bodyUnusable(problem: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_BODY_UNUSABLE', `The body cannot be used: ${shown(problem)}`, {
    kind: 'usage',
    hint: 'Nothing was stored.',
  })
}
