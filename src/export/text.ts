import type { Indicator } from '../indicators/indicator.ts'
import type { Value } from '../stix/statement.ts'
import type { ExportSummary } from './format.ts'

// Control characters, line and paragraph separators, bidirectional overrides and halves of characters.
const unfit = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u

/** Whether a value can stand on a line of its own without ending it or changing how it reads. */
export function fitsLine(value: string): boolean {
  return value !== '' && !unfit.test(value)
}

/** A text of others on one line: what would end the line or change how it reads becomes a blank; at most `most` characters. */
export function oneLine(text: string, most = 200): string {
  const line = text.replace(new RegExp(unfit.source, 'gu'), ' ').replace(/ {2,}/g, ' ').trim()
  const characters = [...line]
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`
}

/** The comment lines that say what a file holds. The line with the time is the only one that changes by itself. */
export function commentHeader(mark: string, summary: ExportSummary, count = summary.count): string {
  const lines = [
    'indicators exported by stixtaxii',
    `count: ${count}`,
    `generated: ${summary.generatedAt}`,
    `tlp: ${summary.tlp ?? 'not marked'}`,
    `sources: ${oneLine(summary.sources.join(', '), 1000)}`,
  ]
  return lines.map((line) => `${mark} ${line}\n`).join('')
}

/** The line of `commentHeader` that changes by itself. */
export const generatedLine = /^\S+ generated: .*$/

/** What an indicator is about, in a few words: its name, else its category, else its first label. */
export function titleOf({ name, category, labels }: Indicator): string {
  return oneLine(name ?? category ?? labels[0] ?? '')
}

/** How much an indicator counts, 1 to 100: severity, else confidence, else `otherwise`. */
export function weightOf({ severity, confidence }: Indicator, otherwise: number): number {
  return Math.min(100, Math.max(1, Math.round(severity ?? confidence ?? otherwise)))
}

/** A value that nobody opens by accident: `hxxp://bad[.]example/`, `203[.]0[.]113[.]9`, `ann[@]bad[.]example`. */
export function defanged({ kind, value }: Value): string {
  switch (kind) {
    case 'url': {
      const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)(.*)$/is.exec(value) ?? []
      return `${scheme.replace(/^http/i, 'hxxp').replace(/^ftp/i, 'fxp')}${brackets(host)}${rest}`
    }
    case 'ipv4':
    case 'ipv6':
    case 'domain':
    case 'email':
      return brackets(value)
    default:
      return value
  }
}

function brackets(text: string): string {
  return text.replaceAll('.', '[.]').replaceAll('@', '[@]').replaceAll('::', '[::]')
}

/** Whether an address value is a network of more than one address. */
export function isNetwork(value: string): boolean {
  return value.includes('/')
}
