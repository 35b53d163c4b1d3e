import { RE2JS } from 're2js'
import { type Budget, spend } from './budget.ts'

/** A regular expression that is run in linear time, or why it is not run. */
export type Expression =
  | { readonly runs: true; readonly finds: (text: string, budget: Budget) => boolean }
  | { readonly runs: false; readonly reason: string }

/**
 * Makes a regular expression of MATCHES ready: searched for anywhere in the text, a dot is any character, both in NFC.
 *
 * What needs time beyond all bounds is not run, and what RE2 does not know neither: look-around, back-references,
 * possessive quantifiers.
 * @see STIX 2.1, 9.6.1; S14
 */
export function readRegularExpression(text: string): Expression {
  try {
    const compiled = RE2JS.compile(text.normalize('NFC'), RE2JS.DOTALL)
    const cost = Math.max(1, Math.ceil(compiled.programSize() / 16))
    return {
      runs: true,
      finds(value, budget) {
        const normal = value.normalize('NFC')
        spend(budget, normal.length * cost + 1)
        return compiled.matcher(normal).find()
      },
    }
  } catch (error) {
    return { runs: false, reason: reasonOf(text, error as Error) }
  }
}

function reasonOf(text: string, error: Error): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  if (/\(\?<?[=!]/.test(text)) return `MATCHES '${shown}' was not run: it looks around, which takes unbounded time`
  if (/\\[1-9]|\\k/.test(text)) return `MATCHES '${shown}' was not run: it refers back, which takes unbounded time`
  const why = error.message.replace(/^error parsing regexp: /, '').slice(0, 120)
  return `MATCHES '${shown}' was not run: ${why}`
}
