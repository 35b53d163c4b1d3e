// C0 and C1 controls, DEL, bidirectional overrides and isolates, zero-width, invisible and filling characters, line and
// paragraph separators, BOM; then those beyond 16 bits: format controls of music, tags and selectors.
const within =
  '\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb'
const beyond = '\\u034f|\\u17b4|\\u17b5|[\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]'
const half = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]'
const hostile = new RegExp(`[\\u0000-\\u001f${within}]|${beyond}|${half}`, 'gu')

/** Of those, what may stand in the text of JSON as it is. */
export const hostileInJson = new RegExp(`[${within}]|${beyond}`, 'gu')

export interface VisibleOptions {
  /** Line feeds and tabs stay. */
  readonly lines?: boolean | undefined
  /** How a character is written; default `\u{..}`. */
  readonly spell?: ((codePoint: number) => string) | undefined
}

/** The text with everything that a terminal would act upon, or that does not show, as `\u{..}`. */
export function visible(text: string, { lines, spell = braced }: VisibleOptions = {}): string {
  return text.replace(hostile, (character) => {
    if (lines && (character === '\n' || character === '\t')) return character
    return spell(character.codePointAt(0) ?? 0)
  })
}

function braced(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`
}
