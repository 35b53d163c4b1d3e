import type { StatedValue, Value, ValueKind } from '../statement.ts'
import { normaliseValue } from '../values/normalise.ts'
import { refang } from '../values/refang.ts'
import type { Expression, Operator, Reference, Test } from './expression.ts'
import type { StixPackage } from './package.ts'

export interface CollectedValues {
  readonly values: readonly StatedValue[]
  /** Sentences, distinct, at most `maxUnused` of them. */
  readonly unused: readonly string[]
}

/** What may still be collected by references: without it, packages could refer to the same list without end. */
export interface Budget {
  left: number
}

export const defaultBudget = 500_000
const maxUnused = 10
/** References behind one another. */
export const maxChain = 100
const maxShown = 80

/** Kinds whose texts are restored where they were made harmless. */
const defangedKinds: ReadonlySet<ValueKind> = new Set(['ipv4', 'ipv6', 'domain', 'url', 'email'])

/**
 * The values of an expression, each once, in its order. Sound is what stands alone or in alternatives, a hint what stands
 * beside others that have to hold too. A negation and a part of a value name no value, as in patterns of STIX 2.
 */
export function collectValues(
  expression: Expression,
  { byId }: Pick<StixPackage, 'byId'>,
  budget: Budget,
): CollectedValues {
  const values = new Map<string, StatedValue>()
  const unused = new Set<string>()
  const without = new Set<string>()
  const seen = new Set<string>()
  let referred = 0

  const add = (test: Test, isSound: boolean, isPositive: boolean): void => {
    const why = whyWithout(test, isPositive)
    if (why !== undefined) {
      unused.add(`${shown(test.name)}: ${why}`)
      return
    }
    const read = valueOf(test)
    if (!read) {
      if (test.kind === undefined) without.add(test.name)
      else unused.add(`${test.name}: "${shown(test.text)}" is no value that can be looked for`)
      return
    }
    if (referred > 0 && budget.left-- <= 0) {
      unused.add('It refers to more values than are read of one package')
      return
    }
    const key = `${read.kind} ${read.value}`
    const known = values.get(key)
    if (known?.sound) return
    const original = test.text === read.value ? {} : { original: test.text }
    values.set(key, { kind: read.kind, value: read.value, sound: isSound, ...original })
  }
  const follow = (reference: Reference, isSound: boolean, isPositive: boolean): void => {
    const found = byId[reference.to].get(reference.id)
    if (!found) {
      unused.add(`It refers to "${shown(reference.id)}", which is not in the package`)
      return
    }
    const visit = `${reference.to} ${reference.id} ${isPositive}`
    if (seen.has(`${visit} true`) || seen.has(`${visit} ${isSound}`)) return
    seen.add(`${visit} ${isSound}`)
    if (referred >= maxChain) {
      unused.add(`References lead on more than ${maxChain} times`)
      return
    }
    referred++
    walk(found, isSound, isPositive)
    referred--
  }
  const walk = (part: Expression, isSound: boolean, isPositive: boolean): void => {
    switch (part.is) {
      case 'test':
        return add(part, isSound, isPositive)
      case 'and':
      case 'or': {
        const isAlternative = (part.is === 'or') === isPositive
        for (const inner of part.parts) walk(inner, isSound && isAlternative, isPositive)
        return
      }
      case 'not':
        return walk(part.part, isSound, !isPositive)
      case 'object':
      case 'contained':
        return walk(part.part, isSound, isPositive)
      case 'reference':
        return follow(part, isSound, isPositive)
      case 'unknown':
        unused.add(`Not understood: ${shown(part.what)}`)
    }
  }
  walk(expression, true, true)
  if (values.size === 0) for (const name of without) unused.add(`${shown(name)} is nothing that can be looked for`)
  return { values: [...values.values()], unused: [...unused].slice(0, maxUnused) }
}

/** Why a test on a thing to look for names no value, as `lookupValues` says it of patterns; undefined when it may. */
function whyWithout({ kind, operator }: Test, isPositive: boolean): string | undefined {
  if (kind === undefined) return undefined
  if (!isPositive) return 'a negation names no value'
  return operator === 'equals' ? undefined : `${wordsOfOperator[operator]} names no single value`
}

const wordsOfOperator: Readonly<Record<Exclude<Operator, 'equals'>, string>> = {
  contains: 'Contains',
  'starts-with': 'StartsWith',
  'ends-with': 'EndsWith',
  matches: 'FitsPattern',
  greater: 'GreaterThan',
  'greater-or-equal': 'GreaterThanOrEqual',
  less: 'LessThan',
  'less-or-equal': 'LessThanOrEqual',
}

/** The value a test compares with, in its normal form; undefined where it has none. */
export function valueOf({ kind, text, operator, type }: Test): Value | undefined {
  if (kind === undefined || operator === 'matches' || (type !== 'string' && kind !== 'asn')) return undefined
  return normaliseValue(kind, defangedKinds.has(kind) ? refang(text) : text)
}

function shown(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
