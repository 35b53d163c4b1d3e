import { urlLookupForms } from '../stix/values/urls.ts'
import type { Value } from '../stix/statement.ts'
import { trimmed } from './trim.ts'

/**
 * Under which texts a value is found in the table; case is folded there.
 *
 * A line is only looked at closer when one of its values, as it stands there, is such a text, so every way of writing a
 * value that is no normal form has to be here, or be taken for a candidate by the scan (`LineScan`).
 */
export interface ValueKeys {
  readonly texts: readonly string[]
  /** A word that stands in every text line that has the value; undefined where the value is one word. */
  readonly signature?: string | undefined
}

/** Undefined: a value that no line can be searched for. */
export function keysOf(value: Value): ValueKeys | undefined {
  const texts = [...new Set(formsOf(value).map(tableText))].filter((text) => text !== '')
  const words = wordsOf(value)
  if (texts.length === 0 || words.length === 0) return undefined
  const signature = words.reduce((longest, word) => (word.length > longest.length ? word : longest))
  return texts.includes(signature) ? { texts } : { texts, signature }
}

/** A text as the table has it: without `http(s)://` and without a slash at the end. */
export function tableText(text: string): string {
  const bare = text.includes('://') ? text.replace(/^https?:\/\//i, '') : text
  return bare.endsWith('/') ? bare.slice(0, -1) : bare
}

const hives: readonly (readonly [string, readonly string[]])[] = [
  ['HKEY_LOCAL_MACHINE', ['HKLM', '\\Registry\\Machine']],
  ['HKEY_CURRENT_USER', ['HKCU']],
  ['HKEY_CLASSES_ROOT', ['HKCR']],
  ['HKEY_USERS', ['HKU', '\\Registry\\User']],
  ['HKEY_CURRENT_CONFIG', ['HKCC']],
]

function formsOf({ kind, value }: Value): readonly string[] {
  switch (kind) {
    case 'url':
      return urlLookupForms(value)
    case 'tlsh':
      return [value, value.replace(/^T1/, '')]
    case 'mac': {
      const digits = value.replaceAll(':', '')
      return [value, value.replaceAll(':', '-'), digits, digits.replace(/.{4}(?!$)/g, '$&.')]
    }
    case 'registry-key': {
      const hive = hives.find(([full]) => value.startsWith(full))
      return hive ? [value, ...hive[1].map((short) => short + value.slice(hive[0].length))] : [value]
    }
    case 'certificate-serial': {
      // A few digits stand in every log.
      if (value.length < 8) return []
      const even = value.length % 2 === 0 ? value : `0${value}`
      return [value, even, even.replace(/..(?!$)/g, '$&:')]
    }
    case 'asn':
      return [value, value.replace(/^AS/, 'ASN')]
    case 'file-name':
    case 'process':
    case 'mutex':
    case 'email-subject':
    case 'user-agent':
      return value.length < 3 ? [] : [value]
    default:
      return [value]
  }
}

/** What the scan takes for one word in text: letters, digits, `.`, `-`, `_`, `@` and everything beyond ASCII. */
export const wordPattern = /[A-Za-z0-9.\-_@\u0080-\u{10ffff}]+/gu

// Words that any way of writing the value has. What touches a percent escape may be written without it.
function wordsOf({ kind, value }: Value): readonly string[] {
  const text =
    kind === 'url'
      ? value.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/[\w.@-]*(?:%[0-9a-f]{2})+[\w.@-]*/gi, ' ')
      : kind === 'registry-key'
        ? value.replace(/^HKEY_[A-Z_]+/, '')
        : value
  return (text.match(wordPattern) ?? []).map((word) => trimmed(word, '.')).filter((word) => word !== '')
}
