import { visible } from '../../core/visible.ts'

/** Text of HTML that is safe as it is: made by `markup` only. */
export interface Html {
  readonly html: string
}

export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[]

/** A template in which every value that is not `Html` itself is text: it can neither open a tag nor end an attribute. */
export function markup(literals: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return { html: literals.reduce((text, literal, at) => `${text}${htmlOf(parts[at - 1])}${literal}`) }
}

function htmlOf(part: HtmlPart): string {
  if (part === undefined) return ''
  if (Array.isArray(part)) return part.map(htmlOf).join('')
  return typeof part === 'object' ? (part as Html).html : escaped(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  // What reorders or hides text is shown for what it is: a feed's words are strangers' words.
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
