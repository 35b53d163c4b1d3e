import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'

/** The titles of nginx's pages for its own 495 and 496, which leave it with status 400. */
const complaint =
  /<title>\s*(?:400 )?(No required SSL certificate was sent|The SSL certificate error|SSL certificate (?:required|error))/i

/**
 * A complaint of our client certificate that comes in HTTP, after a handshake that let everybody in: nginx has it so.
 * Undefined where the answer is none. `text` is the beginning of the body.
 */
export function certificateWanted(status: number, url: URL, text: string): StixTaxiiError | undefined {
  if (![400, 495, 496].includes(status)) return undefined
  const said = complaint.exec(text)?.[1]
  if (said === undefined) return undefined
  const isMissing = /required/i.test(said)
  const what = isMissing ? 'asks for a client certificate' : 'does not accept our client certificate'
  const message = `${url.host} ${what} (HTTP ${status}): "${printable(said, { maxLength: 100 })}"`
  return new StixTaxiiError('TAXII_CERTIFICATE_WANTED', message, {
    kind: 'auth',
    hint: isMissing
      ? 'Give the one the provider issued: --certificate FILE --key FILE.'
      : 'It may have expired or be of another authority: check that it is the one the provider issued for this server.',
    context: { url: redactUrl(url), status },
  })
}
