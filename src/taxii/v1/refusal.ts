import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import { accessAdvice } from '../access-advice.ts'
import { certificateWanted } from '../certificate-wanted.ts'
import type { XmlFault } from './xml-limits.ts'

/** What is known of an answer that is not what was asked for. */
export interface Refused {
  readonly url: URL
  readonly status: number
  readonly mediaType: string | undefined
  /** The beginning of the body as text. */
  readonly head: string
  readonly accessHint?: string | undefined
}

/**
 * An HTTP answer without a TAXII message, taken for the status message it stands for.
 * @see TAXII HTTP Protocol Binding 1.0, section 5.1, table 2
 */
export function httpRefusal(refused: Refused): StixTaxiiError {
  const { url, status } = refused
  const wanted = certificateWanted(status, url, refused.head)
  if (wanted) return wanted
  const shown = redactUrl(url)
  const said = excerpt(refused)
  const context = { url: shown, httpStatus: status, status: statusOf(status) }
  const text = (what: string): string => `${shown} answered ${status}: ${what}${said}`
  const access = refused.accessHint ?? accessAdvice
  if (status === 401 || status === 407) {
    return new StixTaxiiError('TAXII_UNAUTHORIZED', text('the right credentials are wanted'), {
      kind: 'auth',
      hint: access,
      context,
    })
  }
  if (status === 403) {
    const hint = `${access} The provider may also have to allow the address you come from.`
    return new StixTaxiiError('TAXII_FORBIDDEN', text('access refused'), { kind: 'auth', hint, context })
  }
  if (status === 404 || status === 405 || status === 410) {
    const hint =
      'Check the URL; a slash at its end can matter. What a server offers is shown by: stixtaxii discover URL'
    return new StixTaxiiError('TAXII_NOT_FOUND', text('no TAXII service'), { kind: 'not-found', hint, context })
  }
  if (status === 413) {
    const hint = 'Ask for a shorter time with --since.'
    return new StixTaxiiError('TAXII_TOO_LARGE', text('too much at once'), { kind: 'remote', hint, context })
  }
  if (status === 406 || status === 415) {
    const hint = 'The server speaks another TAXII version: try --taxii-version auto.'
    return new StixTaxiiError('TAXII_VERSION_REFUSED', text('not in this version'), { kind: 'remote', hint, context })
  }
  const later = { kind: 'network', hint: 'Try again later.', context } as const
  if (status === 429) return new StixTaxiiError('TAXII_RATE_LIMITED', text('it asks for fewer requests'), later)
  if (status >= 500) return new StixTaxiiError('TAXII_UNAVAILABLE', text('the server is in trouble'), later)
  const hint = 'Check the URL and what was asked for.'
  return new StixTaxiiError('TAXII_REQUEST_REFUSED', text('request refused'), { kind: 'remote', hint, context })
}

function statusOf(status: number): string {
  if (status === 400 || status === 413) return 'BAD_MESSAGE'
  if (status === 401 || status === 403 || status === 407) return 'UNAUTHORIZED'
  return status === 406 || status === 415 ? 'UNSUPPORTED_MESSAGE' : 'FAILURE'
}

/** An answer that is no TAXII 1.x message, whatever else it is. */
export function notTaxii(refused: Refused, cause?: unknown): StixTaxiiError {
  const shown = redactUrl(refused.url)
  const type = printable(refused.mediaType ?? 'no media type', { maxLength: 100 })
  const hint = /json/i.test(refused.mediaType ?? '')
    ? 'This looks like a TAXII 2 server: try --taxii-version auto.'
    : 'Check the URL: it should be that of a TAXII discovery, collection management or poll service.'
  return new StixTaxiiError(
    'TAXII_NOT_TAXII',
    `${shown} did not answer with a TAXII 1.x message (${type}${excerpt(refused)})`,
    {
      kind: 'protocol',
      hint,
      context: { url: shown, httpStatus: refused.status, mediaType: type },
      cause,
    },
  )
}

/** The title of a page, or the beginning of a text, as `: "..."`. */
function excerpt({ head }: Refused): string {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(head)?.[1]
  const text = (title ?? (head.trimStart().startsWith('<') ? '' : head)).replace(/\s+/g, ' ').trim()
  return text === '' ? '' : `: "${printable(text, { maxLength: 150 })}"`
}

/** A TAXII message that cannot be read to its end. A cut one is of kind `network` while it may be asked for again. */
export function unreadable(fault: XmlFault, url: URL): StixTaxiiError {
  const shown = redactUrl(url)
  const context = { url: shown, reason: fault.message }
  switch (fault.reason) {
    case 'XML_CUT':
      return new StixTaxiiError('TAXII_ANSWER_CUT', `The answer of ${shown} is cut off: ${fault.message}`, {
        kind: 'network',
        hint: 'Nothing of the cut answer was kept. Try again; if it persists, ask for a shorter time.',
        context,
      })
    case 'XML_DOCTYPE':
      return new StixTaxiiError('TAXII_XML_DOCTYPE', `The answer of ${shown} is refused: ${fault.message}`, {
        kind: 'protocol',
        hint: 'Document types can make a reader open files or fill its memory; no TAXII message needs one.',
        context,
      })
    case 'XML_LIMIT':
      return new StixTaxiiError('TAXII_XML_LIMIT', `The answer of ${shown} is refused: ${fault.message}`, {
        kind: 'protocol',
        hint: 'No TAXII message is built like that; tell the provider.',
        context,
      })
    case 'XML_BROKEN':
      return new StixTaxiiError('TAXII_XML_BROKEN', `The answer of ${shown} is not well-formed XML: ${fault.message}`, {
        kind: 'protocol',
        hint: 'The damage is outside of any content block, so nothing of this answer was kept; tell the provider.',
        context,
      })
  }
}
