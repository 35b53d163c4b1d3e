import type { ValueKind } from '../statement.ts'
import { attributeOf, ownText, type Element } from './elements.ts'
import { allOf, anyOf, negated, type Expression, type Operator, type Test } from './expression.ts'

/** What reading a property needs to know of the package around it. */
export interface FieldContext {
  /** CybOX 2.0: lists are separated by a plain comma, and `&comma;` stands for one that is meant. */
  readonly plainCommas: boolean
}

/** What a property of a CybOX object is in STIX 2, and what its text is looked for as. */
export interface Field {
  readonly path?: string | undefined
  readonly kind?: ValueKind | undefined
  readonly type?: Test['type'] | undefined
}

/** Longest list in one element. */
const maxListed = 100_000
const defaultDelimiter = '##comma##'

const operators: Readonly<Record<string, Operator>> = {
  equals: 'equals',
  contains: 'contains',
  startswith: 'starts-with',
  endswith: 'ends-with',
  fitspattern: 'matches',
  greaterthan: 'greater',
  greaterthanorequal: 'greater-or-equal',
  lessthan: 'less',
  lessthanorequal: 'less-or-equal',
}
const negatedOperators: Readonly<Record<string, Operator>> = { doesnotequal: 'equals', doesnotcontain: 'contains' }
const betweenOperators: Readonly<Record<string, readonly [Operator, Operator]>> = {
  inclusivebetween: ['greater-or-equal', 'less-or-equal'],
  exclusivebetween: ['greater', 'less'],
}

/**
 * A property's element as an expression: its text, or the list in it, under `condition` and `apply_condition`. A property
 * without a condition is an observation and read as `Equals`. `fieldOf` says per text what it is. Undefined: it is empty.
 * @see CybOX 2.1, cybox_common.xsd, BaseObjectPropertyType and PatternFieldGroup (SX1-12 to SX1-16)
 */
export function readField(
  element: Element,
  field: Field | ((text: string) => Field),
  context: FieldContext,
): Expression | undefined {
  const texts = listOf(element, context)
  if (texts.length === 0) return undefined
  if (element.isTextCut || texts.length > maxListed) return { is: 'unknown', what: `${element.local} (too long)` }
  const condition = attributeOf(element, 'condition')?.toLowerCase() ?? 'equals'
  const between = Object.hasOwn(betweenOperators, condition) ? betweenOperators[condition] : undefined
  const test = (text: string, operator: Operator): Test => {
    const { path, kind, type } = typeof field === 'function' ? field(text) : field
    return { is: 'test', path, kind, operator, text, type: type ?? 'string', name: element.local }
  }
  if (between) {
    const [low, high] = texts
    if (low === undefined || high === undefined || texts.length > 2) return unreadable(element, condition)
    return allOf([test(low, between[0]), test(high, between[1])])
  }
  if (attributeOf(element, 'bit_mask') !== undefined) return unreadable(element, 'a bit mask')
  const positive = Object.hasOwn(operators, condition) ? operators[condition] : undefined
  const operator = positive ?? (Object.hasOwn(negatedOperators, condition) ? negatedOperators[condition] : undefined)
  if (!operator) return unreadable(element, condition)
  const tests = texts.map((text) => (positive ? test(text, operator) : negated(test(text, operator))))
  return applied(tests, attributeOf(element, 'apply_condition')?.toUpperCase())
}

/** `ANY` is the default. */
function applied(tests: readonly Expression[], apply: string | undefined): Expression | undefined {
  if (apply === 'ALL') return allOf(tests)
  const any = anyOf(tests)
  return apply === 'NONE' && any ? negated(any) : any
}

function unreadable(element: Element, what: string): Expression {
  return { is: 'unknown', what: `${element.local} (${what.slice(0, 40)})` }
}

/** The texts in an element, trimmed, blank ones left out. */
export function listOf(element: Element, { plainCommas }: FieldContext): readonly string[] {
  const isPattern = element.attributes['condition'] !== undefined
  const delimiter = element.attributes['delimiter'] ?? defaultDelimiter
  const text = element.text
  if (plainCommas && !text.includes(defaultDelimiter)) {
    // Without a condition it is one observed value, in which a comma is a comma.
    const pieces = isPattern ? text.split(',') : [text]
    return pieces.map((piece) => ownText(piece.replaceAll('&comma;', ',').trim())).filter((piece) => piece !== '')
  }
  const pieces = delimiter === '' || !text.includes(delimiter) ? [text] : text.split(delimiter)
  return pieces.map((piece) => ownText(piece.trim())).filter((piece) => piece !== '')
}
