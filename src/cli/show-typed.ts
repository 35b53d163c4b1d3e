import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'

/** Something typed as it may be repeated in a message: a password in a URL is not. */
export function showTyped(text: string): string {
  return printable(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? redactUrl(text) : text, { maxLength: 200 })
}
