// Characters that JSON lets through and a terminal obeys: C1, bidirectional and zero-width ones, separators, tags.
const dangerous =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g

/**
 * JSON text that no terminal acts upon and every parser reads as the same value: dangerous characters are `\u` escapes.
 * Bytes depend on the value alone. A bigint becomes a number where that is exact, else a string.
 */
export function jsonText(value: unknown, indent?: number): string {
  return escapeDangerous(JSON.stringify(value, plainBigint, indent))
}

/** Escapes in JSON text, where such characters stand in strings only. */
export function escapeDangerous(json: string): string {
  return json.replace(dangerous, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

function plainBigint(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}
