import { StixTaxiiError } from '../core/errors.ts'
import type { HttpHeaders } from '../core/ports.ts'
import { printable } from '../core/printable.ts'

/** The head's fields under lower-case names; repeated fields joined with `, `. */
export function headersOf(fields: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const map = new Map<string, string>()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) map.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  }
  return { get: (name) => map.get(name.toLowerCase()), entries: () => map.entries() }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// RFC 9110, 5.5: visible ASCII, blanks, tab and obs-text; so neither CR, LF nor NUL (S7).
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/**
 * Refuses a header that would break out of its line. The value is never shown: it may be a secret.
 * @throws HTTP_HEADER_INVALID (config) with the name.
 */
export function checkHeader(name: string, value: string): void {
  if (token.test(name) && fieldValue.test(value)) return
  throw new StixTaxiiError('HTTP_HEADER_INVALID', `The header "${printable(name)}" cannot be sent as it is`, {
    kind: 'config',
    hint: 'A header value is one line of plain characters: look for a line break, a NUL or a character beyond Latin-1 in it.',
    context: { header: printable(name) },
  })
}
