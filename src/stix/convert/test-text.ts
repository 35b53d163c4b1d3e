import { refang } from '../values/refang.ts'
import { valueOf } from '../stix1/collect-values.ts'
import type { Test } from '../stix1/expression.ts'
import { utcTime } from '../stix1/times.ts'

/** One comparison of a pattern as text; undefined where STIX 2 cannot express it. `path` is where the property is found. */
export function testText(test: Test, path: string, isPositive: boolean): string | undefined {
  const comparison = comparisonOf(test, isPositive)
  return comparison && `${path} ${comparison}`
}

function comparisonOf(test: Test, isPositive: boolean): string | undefined {
  const text = textOf(test)
  switch (test.operator) {
    case 'equals': {
      const literal = literalOf(test)
      if (literal === undefined) return undefined
      if (isNetwork(test)) return isPositive ? `ISSUBSET ${literal}` : `NOT ISSUBSET ${literal}`
      return `${isPositive ? '=' : '!='} ${literal}`
    }
    case 'contains':
      return like(text, '%', '%', isPositive)
    case 'starts-with':
      return like(text, '', '%', isPositive)
    case 'ends-with':
      return like(text, '%', '', isPositive)
    case 'matches':
      return `${isPositive ? '' : 'NOT '}MATCHES ${quoted(text)}`
    default:
      return order(test, isPositive)
  }
}

const orders: Readonly<Record<string, readonly [string, string]>> = {
  greater: ['>', '<='],
  'greater-or-equal': ['>=', '<'],
  less: ['<', '>='],
  'less-or-equal': ['<=', '>'],
}

function order(test: Test, isPositive: boolean): string | undefined {
  const literal = literalOf(test)
  const words = orders[test.operator]
  return literal === undefined || !words ? undefined : `${words[isPositive ? 0 : 1]} ${literal}`
}

/** LIKE has no way to mean its own wildcards: texts that have them are matched. */
function like(text: string, before: string, behind: string, isPositive: boolean): string {
  const not = isPositive ? '' : 'NOT '
  if (!/[%_]/.test(text)) return `${not}LIKE ${quoted(`${before}${text}${behind}`)}`
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return `${not}MATCHES ${quoted(`${before === '' ? '^' : ''}${escaped}${behind === '' ? '$' : ''}`)}`
}

/** The literal a test compares with; undefined when the text is none of its type. */
export function literalOf(test: Test): string | undefined {
  const text = textOf(test)
  if (test.type === 'integer') return integerOf(text)
  if (test.type === 'timestamp') {
    const time = utcTime(text)
    return time && `t'${time}'`
  }
  return quoted(text)
}

/** Whole numbers, also in hex; beyond 2^53 they could not be told apart. */
export function integerOf(text: string): string | undefined {
  const bare = text.replace(/^AS(?=\d)/i, '')
  const number = /^[+-]?\d{1,16}$|^0x[0-9a-f]{1,13}$/i.test(bare) ? Number(bare) : Number.NaN
  return Number.isSafeInteger(number) ? String(number) : undefined
}

function isNetwork(test: Test): boolean {
  return (test.kind === 'ipv4' || test.kind === 'ipv6') && (valueOf(test)?.value.includes('/') ?? false)
}

/** Texts of values in their normal form, of the others as they were meant. */
export function textOf(test: Test): string {
  switch (test.kind) {
    case 'url':
      return refang(test.text)
    case 'registry-key':
    case 'file-name':
    case 'file-path':
      return test.text
    default:
      // A part of a value has no normal form.
      return test.operator === 'equals' ? (valueOf(test)?.value ?? test.text) : test.text
  }
}

export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
