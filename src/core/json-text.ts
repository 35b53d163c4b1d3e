import { hostileInJson } from './visible.ts'

/**
 * JSON text that no terminal acts upon and every parser reads as the same value: dangerous characters are `\u` escapes.
 * Bytes depend on the value alone. A bigint becomes a number where that is exact, else a string.
 */
export function jsonText(value: unknown, indent?: number): string {
  return escapeDangerous(JSON.stringify(value, plainBigint, indent))
}

/** Escapes in JSON text, where such characters stand in strings only. */
export function escapeDangerous(json: string): string {
  return json.replace(hostileInJson, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

function plainBigint(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}
