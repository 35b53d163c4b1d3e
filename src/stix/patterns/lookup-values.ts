import type { StatedValue, Value } from '../statement.ts'
import { normaliseAddress } from '../values/addresses.ts'
import type { Comparison, Expression, Literal, Test } from './ast.ts'
import { holderOf, meaningOf, type PathMeaning, valueOfKinds } from './value-paths.ts'

/** What of a pattern can be looked up. */
export interface LookupValues {
  /** Each value once; sound where any alternative makes it so. In the pattern's order. */
  readonly values: readonly StatedValue[]
  /**
   * 1: one observation without qualifiers; 2: with AND and OR between several; 3: with FOLLOWEDBY or qualifiers (PAT-12).
   */
  readonly level: 1 | 2 | 3
  /** What gave no value, a sentence each; at most `maxUnused`. */
  readonly unused: readonly string[]
}

/** How many parts without a value are named. */
export const maxUnused = 20

/**
 * The values that a pattern looks for. Sound are positive equality, `IN` and tests for a network, alone or joined by OR:
 * whoever sees the value has the match. Hints are those under AND and FOLLOWEDBY, with REPEATS above one, and with START
 * and STOP (PAT-13). WITHIN asks nothing of a single observation. A conjunct that restates the value's type is no
 * condition. An equality with a network means the network, as feeds mean it.
 * @see STIX 2.1, 9.5 to 9.6
 */
export function lookupValues(expression: Expression): LookupValues {
  const unused: string[] = []
  const found = ofExpression(expression, unused)
  const told = unused.length === 0 ? unused : [...new Set(unused)].slice(0, maxUnused)
  return { values: distinct(found), level: levelOf(expression), unused: told }
}

/** A value with the path to what holds it, which tells what a test of a type is about. */
interface Found extends StatedValue {
  readonly holder: string
}

function ofExpression(expression: Expression, unused: string[]): readonly Found[] {
  switch (expression.kind) {
    case 'observation':
      return ofComparison(expression.test, unused)
    case 'or':
      return expression.operands.flatMap((operand) => ofExpression(operand, unused))
    case 'and':
    case 'followed-by':
      return expression.operands.flatMap((operand) => ofExpression(operand, unused)).map(hint)
    case 'qualified': {
      const { qualifier, of } = expression
      const values = ofExpression(of, unused)
      const bySingle = qualifier.kind === 'within' || (qualifier.kind === 'repeats' && qualifier.times === 1)
      return bySingle ? values : values.map(hint)
    }
  }
}

function ofComparison(comparison: Comparison, unused: string[]): readonly Found[] {
  switch (comparison.kind) {
    case 'any':
      return comparison.operands.flatMap((operand) => ofComparison(operand, unused))
    case 'all':
      return ofConjunction(comparison.operands, unused)
    case 'exists':
      unused.push('EXISTS names no value')
      return []
    case 'test':
      return ofTest(comparison, unused)
  }
}

function ofConjunction(operands: readonly Comparison[], unused: string[]): readonly Found[] {
  const types = operands.filter(isTypeTest)
  const others = operands.filter((operand) => !isTypeTest(operand))
  const values = others.flatMap((operand) => ofComparison(operand, unused))
  const restated = values.every((value) => types.every((test) => restates(test, value)))
  return others.length === 1 && restated ? values : values.map(hint)
}

/** `dst_ref.type = 'ipv4-addr'`, or the same with IN. */
function isTypeTest(comparison: Comparison): comparison is Test {
  if (comparison.kind !== 'test' || comparison.negated) return false
  const last = comparison.path.steps.at(-1)
  const isType = last !== undefined && 'name' in last && last.name === 'type'
  return isType && comparison.path.steps.length > 1 && (comparison.operator === '=' || comparison.operator === 'IN')
}

const typeOfKind: Readonly<Record<string, string>> = {
  ipv4: 'ipv4-addr',
  ipv6: 'ipv6-addr',
  domain: 'domain-name',
  mac: 'mac-addr',
  email: 'email-addr',
}

function restates(test: Test, value: Found): boolean {
  const type = typeOfKind[value.kind]
  if (holderOf(test.path.steps) !== value.holder) return false
  return test.literals.some((literal) => literal.type === 'text' && literal.value === type)
}

function ofTest(test: Test, unused: string[]): readonly Found[] {
  const meaning = meaningOf(test.path)
  const why = meaning ? unusable(test) : `${pathText(test)} gives no value to look up`
  if (!meaning || why !== undefined) {
    unused.push(why ?? '')
    return []
  }
  const found: Found[] = []
  for (const literal of test.literals) {
    const text = textOf(literal)
    const normal = text === undefined ? undefined : valueOfKinds(meaning.kinds, text)
    if (!normal) unused.push(`${pathText(test)} has no value of its kind: ${shortened(String(literal.value))}`)
    else found.push(foundValue(normal, text === normal.value ? undefined : text, meaning))
  }
  return found
}

// Written out, not spread: it is made for every indicator that is stored.
function foundValue({ kind, value }: Value, original: string | undefined, { alone, holder }: PathMeaning): Found {
  return { kind, value, sound: alone, original, holder }
}

/** Why a test on a path with values gives none; undefined when it does. */
function unusable({ operator, negated, literals, path }: Test): string | undefined {
  const text = textOf(literals[0] ?? { type: 'text', value: '' }) ?? ''
  if (negated || operator === '!=') return 'NOT and != name no value'
  if (operator === '=' || operator === 'IN') return undefined
  if (operator === 'LIKE') return /[%_]/.test(text) ? 'LIKE names no single value' : undefined
  const isAddress = path.type === 'ipv4-addr' || path.type === 'ipv6-addr' || path.type === 'network-traffic'
  if (operator === 'ISSUBSET' && isAddress) return undefined
  // Of networks that hold a network no list can be made; only what holds one address is seen with it.
  if (operator === 'ISSUPERSET' && isAddress) {
    return normaliseAddress(text)?.value.includes('/') === false ? undefined : 'ISSUPERSET names no single network'
  }
  return operator === 'MATCHES' ? 'MATCHES names no single value' : `${operator} names no value`
}

function textOf(literal: Literal): string | undefined {
  if (literal.type === 'text' || literal.type === 'bytes') return literal.value
  return literal.type === 'number' ? String(literal.value) : undefined
}

function pathText({ path }: Test): string {
  const steps = path.steps.map((step) => ('index' in step ? `[${step.index}]` : `.${step.name}`)).join('')
  return shortened(`${path.type}:${steps.slice(1)}`)
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function hint(value: Found): Found {
  return value.sound ? { ...value, sound: false } : value
}

function distinct(found: readonly Found[]): readonly StatedValue[] {
  if (found.length < 2) return found.map(stated)
  const byValue = new Map<string, StatedValue>()
  for (const one of found) {
    const key = `${one.kind} ${one.value}`
    const known = byValue.get(key)
    if (!known) byValue.set(key, stated(one))
    else if (one.sound && !known.sound) byValue.set(key, { ...known, sound: true })
  }
  return [...byValue.values()]
}

function stated({ kind, value, sound, original }: Found): StatedValue {
  return original === undefined ? { kind, value, sound } : { kind, value, sound, original }
}

function levelOf(expression: Expression): 1 | 2 | 3 {
  switch (expression.kind) {
    case 'observation':
      return 1
    case 'followed-by':
    case 'qualified':
      return 3
    case 'and':
    case 'or':
      return expression.operands.some((operand) => levelOf(operand) === 3) ? 3 : 2
  }
}
