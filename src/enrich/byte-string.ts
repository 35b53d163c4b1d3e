import { visible } from '../core/visible.ts'
import { recentlyUsed } from './recently-used.ts'

const beyondAscii = /[^\u0000-\u007f]/

/** The text that a byte string (one character for each byte) is in UTF-8. */
export function textOf(bytes: string): string {
  return beyondAscii.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

/** The byte string of a text. */
export function bytesOf(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text).toString('latin1') : text
}

/**
 * What an indicator says, made fit for a line of a log, as a byte string: everything that would end the line, move a cursor
 * or reorder text shows as `\u{..}`.
 */
export function lineSafe(value: string | number): string {
  return known(value, (fresh) => bytesOf(visible(String(fresh))))
}

// Dates, sources and categories come again and again.
const known = recentlyUsed<string | number, string>(2500)

/** `"..."` with a backslash before quotes and backslashes. */
export function quoted(value: string | number): string {
  return `"${lineSafe(value).replace(/["\\]/g, '\\$&')}"`
}
