import { timestampKey } from '../../core/timestamp.ts'
import { addressRange, normaliseAddress } from '../values/addresses.ts'
import type { Literal, Test } from './ast.ts'
import { type Budget, spend } from './budget.ts'
import { matchesLike, readLike } from './like.ts'
import { readRegularExpression } from './regular-expressions.ts'
import type { Resolved } from './resolve-path.ts'

/** Whether what a path led to fits a test. */
export type Condition = (resolved: Resolved, budget: Budget) => boolean

/**
 * Makes a test ready to be put to values. Of incompatible types nothing holds but `!=`; `NOT` turns a result round.
 * A regular expression that cannot be run holds for nothing, `NOT` or not, and says so in `notRun`.
 * @see STIX 2.1, 9.6 (comparison expressions); PAT-4 to PAT-6, PAT-10
 */
export function conditionOf(test: Test, notRun: string[]): Condition {
  const plain = plainConditionOf(test, notRun)
  if (!plain) return () => false
  return test.negated ? (resolved, budget) => !plain(resolved, budget) : plain
}

function plainConditionOf({ operator, literals }: Test, notRun: string[]): Condition | undefined {
  const [first] = literals
  const text = first?.type === 'text' ? first.value : ''
  switch (operator) {
    case '=':
    case 'IN':
      return (resolved, budget) => literals.some((literal) => compare(resolved, literal, budget) === 0)
    case '!=':
      return (resolved, budget) => first !== undefined && compare(resolved, first, budget) !== 0
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (resolved, budget) => first !== undefined && isOrdered(operator, compare(resolved, first, budget))
    case 'LIKE': {
      const pattern = readLike(text)
      return ({ value }, budget) => typeof value === 'string' && matchesLike(value, pattern, budget)
    }
    case 'MATCHES': {
      const expression = readRegularExpression(text)
      if (expression.runs) return ({ value }, budget) => typeof value === 'string' && expression.finds(value, budget)
      notRun.push(expression.reason)
      return undefined
    }
    case 'ISSUBSET':
      return ({ value }) => typeof value === 'string' && isWithin(value, text)
    case 'ISSUPERSET':
      return ({ value }) => typeof value === 'string' && isWithin(text, value)
  }
}

function isOrdered(operator: '<' | '<=' | '>' | '>=', order: number | undefined): boolean {
  if (order === undefined) return false
  if (order === 0) return operator === '<=' || operator === '>='
  return order < 0 === operator.startsWith('<')
}

/** Negative, zero or positive; undefined for types that cannot be compared. */
function compare({ value, property }: Resolved, literal: Literal, budget: Budget): number | undefined {
  switch (literal.type) {
    case 'text':
      if (typeof value !== 'string') return undefined
      spend(budget, 1 + Math.min(value.length, literal.value.length))
      return byCodePoint(withoutFullPrefix(value, property), withoutFullPrefix(literal.value, property))
    case 'number':
      return typeof value === 'number' ? value - literal.value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) - Number(literal.value) : undefined
    case 'timestamp': {
      const key = typeof value === 'string' ? timestampKey(value) : undefined
      return key === undefined ? undefined : byCodePoint(key, literal.value)
    }
    case 'bytes': {
      const hex = typeof value === 'string' ? hexOf(value, property) : undefined
      return hex === undefined ? undefined : byCodePoint(hex, literal.value)
    }
  }
}

/** A network of one address is the address (PAT-6); only in properties called `value` are there networks. */
function withoutFullPrefix(text: string, property: string): string {
  if (property !== 'value' || text.length > 64) return text
  return text.replace(/^([\d.]+)\/32$|^([\da-f.]*:[\da-f:.]*)\/128$/i, '$1$2')
}

function byCodePoint(a: string, b: string): number {
  if (a === b) return 0
  let at = 0
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  const [left = -1, right = -1] = [a.charCodeAt(at), b.charCodeAt(at)].map((unit) => (unit >= 0 ? order(unit) : -1))
  return left - right
}

/** UTF-16 sorts the halves of characters beyond the basic plane before U+E000 and up; code points do not. */
function order(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/** Properties of bytes end in `_bin` (Base64) or `_hex`; a hash is hex too. */
function hexOf(text: string, property: string): string | undefined {
  if (property.endsWith('_bin')) return Buffer.from(text, 'base64').toString('hex')
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? text.toLowerCase() : undefined
}

/** Whether every address of the first is one of the second's; false when one is no address, or they are of two families. */
function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [rangeOf(inner), rangeOf(outer)]
  if (!small || !large || small.first.length !== large.first.length) return false
  return Buffer.compare(small.first, large.first) >= 0 && Buffer.compare(small.last, large.last) <= 0
}

function rangeOf(text: string): ReturnType<typeof addressRange> {
  const value = text.length > 100 ? undefined : normaliseAddress(text)
  return value && addressRange(value)
}
