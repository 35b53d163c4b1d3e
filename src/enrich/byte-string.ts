import { visible } from '../core/visible.ts'

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
export const lineSafe = remembering((value: string | number) => bytesOf(visible(String(value))))

/** `"..."` with a backslash before quotes and backslashes. */
export function quoted(value: string | number): string {
  return `"${lineSafe(value).replace(/["\\]/g, '\\$&')}"`
}

/** Answers of a pure function for texts that come again and again, as dates, sources and categories do. */
export function remembering<T extends string | number>(make: (value: T) => string): (value: T) => string {
  const known = new Map<T, string>()
  return (value) => {
    let answer = known.get(value)
    if (answer === undefined) {
      answer = make(value)
      if (known.size >= 5000) known.clear()
      known.set(value, answer)
    }
    return answer
  }
}
