import type { Expression, Test } from '../stix1/expression.ts'
import type { LossCounter } from './losses.ts'
import { literalOf, quoted, testText } from './test-text.ts'

/** What stands in one pair of brackets, or several of them joined. */
type Node = { readonly is: 'bracket'; readonly part: Expression; readonly type: string } | Joined
interface Joined {
  readonly is: 'and' | 'or'
  readonly nodes: readonly Node[]
}

/** Longest pattern that is written: what reads patterns has bounds too. */
const maxPatternLength = 60_000
const maxDepth = 60

/**
 * Patterns that say what an expression without references says: one, or several alternatives where one would be too long.
 * None when nothing of it can be expressed.
 *
 * What is not understood stays in the pattern where it has to hold too, as a property that no object has
 * (`x_not_understood`): so the pattern never claims more than was meant. Among alternatives it is left out.
 * @see STIX 2.1, 9 (STIX patterning)
 */
export function patternsOf(expression: Expression, losses: LossCounter): readonly string[] {
  if (isUnknown(expression)) {
    losses.add(`Not understood: ${whatOf(expression)}`)
    return []
  }
  const node = observe(expression, true, losses)
  const alternatives = node.is === 'or' ? merged(node.nodes) : [node]
  const texts = alternatives.flatMap((each) => {
    const text = textOfNode(each)
    const isReadable = text.length <= maxPatternLength && depthOf(text) <= maxDepth
    if (!isReadable) losses.add('An alternative that makes too long or too deep a pattern')
    return isReadable ? [text] : []
  })
  return chunked(texts)
}

function chunked(alternatives: readonly string[]): readonly string[] {
  const patterns: string[] = []
  let current: string[] = []
  let length = 0
  for (const alternative of alternatives) {
    if (current.length > 0 && length + alternative.length > maxPatternLength) {
      patterns.push(current.join(' OR '))
      current = []
      length = 0
    }
    current.push(alternative)
    length += alternative.length + 4
  }
  return current.length > 0 ? [...patterns, current.join(' OR ')] : patterns
}

function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const [mark] of text.matchAll(/'(?:[^'\\]|\\.)*'|[([)\]]/gs)) {
    if (mark === '(' || mark === '[') deepest = Math.max(deepest, ++depth)
    else if (mark === ')' || mark === ']') depth--
  }
  return deepest
}

/** What has to be observed. */
function observe(part: Expression, isPositive: boolean, losses: LossCounter): Node {
  switch (part.is) {
    case 'and':
    case 'or':
      return joinNodes(part, isPositive, losses, observe)
    case 'not':
      if (part.part.is !== 'test') losses.add('A negation, told as another value being there')
      return observe(part.part, !isPositive, losses)
    case 'object':
      return observeObject(part.part, isPositive, losses)
    case 'contained':
      return observe(part.part, isPositive, losses)
    case 'unknown':
    case 'reference':
      return bracket(part, isPositive)
    case 'test':
      return observeObject(part, isPositive, losses)
  }
}

/** Of one object: in one pair of brackets where all of it is of one type, else each type in its own. */
function observeObject(part: Expression, isPositive: boolean, losses: LossCounter): Node {
  if (part.is === 'not') return observeObject(part.part, !isPositive, losses)
  const types = typesOf(part)
  if (types.size <= 1 || (part.is !== 'and' && part.is !== 'or')) return bracket(part, isPositive)
  if ((part.is === 'or') === isPositive) return joinNodes(part, isPositive, losses, observeObject)
  const grouped = new Map<string, Expression[]>()
  for (const inner of part.parts) {
    const own = [...typesOf(inner)].sort().join(' ') || [...types][0] || ''
    const group = grouped.get(own)
    if (group) group.push(inner)
    else grouped.set(own, [inner])
  }
  const groups = [...grouped.values()].map((parts): Expression =>
    parts.length === 1 ? (parts[0] as Expression) : { is: part.is, parts },
  )
  if (groups.length < 2) return bracket(part, isPositive)
  losses.add('Properties of one object that are objects of several types')
  return joinNodes({ is: part.is, parts: groups }, isPositive, losses, observeObject)
}

function joinNodes(
  { is, parts }: { readonly is: 'and' | 'or'; readonly parts: readonly Expression[] },
  isPositive: boolean,
  losses: LossCounter,
  read: typeof observe,
): Node {
  const isAlternative = (is === 'or') === isPositive
  const known = isAlternative ? parts.filter((part) => !isUnknown(part)) : parts
  if (isAlternative) for (const part of parts.filter(isUnknown)) losses.add(`Not understood: ${whatOf(part)}`)
  // Where no alternative is understood, what stands beside them must not become all there is.
  const said = known.length > 0 ? known : parts.slice(0, 1)
  const nodes = said.map((part) => read(part, isPositive, losses))
  const word = isAlternative ? 'or' : 'and'
  const flat = nodes.flatMap((node) => (node.is === word ? node.nodes : [node]))
  const [only] = flat
  return only && flat.length === 1 ? only : { is: word, nodes: flat }
}

function bracket(part: Expression, isPositive: boolean): Node {
  const type = [...typesOf(part)][0] ?? 'x-cybox-object'
  return { is: 'bracket', part: isPositive ? part : { is: 'not', part }, type }
}

function isUnknown(part: Expression): boolean {
  if (part.is === 'object' || part.is === 'not' || part.is === 'contained') return isUnknown(part.part)
  if (part.is === 'and' || part.is === 'or') return part.parts.every(isUnknown)
  return part.is === 'unknown' || part.is === 'reference' || (part.is === 'test' && part.path === undefined)
}

export function whatOf(part: Expression): string {
  if (part.is === 'unknown') return part.what
  if (part.is === 'test') return part.name
  if (part.is === 'object' || part.is === 'not' || part.is === 'contained') return whatOf(part.part)
  return part.is === 'and' || part.is === 'or' ? whatOf(part.parts[0] ?? { is: 'unknown', what: 'nothing' }) : part.is
}

/** Types of the STIX 2 objects that an expression of one CybOX object is about. */
function typesOf(part: Expression, under?: string): ReadonlySet<string> {
  switch (part.is) {
    case 'test':
      return part.path === undefined ? new Set() : new Set([typeOfPath(under ?? part.path)])
    case 'and':
    case 'or':
      return new Set(part.parts.flatMap((inner) => [...typesOf(inner, under)]))
    case 'contained':
      return typesOf(part.part, part.under)
    case 'not':
    case 'object':
      return typesOf(part.part, under)
    default:
      return new Set()
  }
}

function typeOfPath(path: string): string {
  return path.slice(0, path.indexOf(':'))
}

/** Alternatives that test the same property for equality, as one `IN`. */
function merged(nodes: readonly Node[]): readonly Node[] {
  const byPath = new Map<string, Extract<Node, { is: 'bracket' }>[]>()
  for (const node of nodes) {
    const path = node.is === 'bracket' ? equalityPath(node.part) : undefined
    if (path === undefined || node.is !== 'bracket') continue
    const there = byPath.get(path)
    if (there) there.push(node)
    else byPath.set(path, [node])
  }
  const isFirst = new Set([...byPath.values()].map(([first]) => first))
  return nodes.flatMap((node): readonly Node[] => {
    const path = node.is === 'bracket' ? equalityPath(node.part) : undefined
    const group = path === undefined ? undefined : byPath.get(path)
    if (!group || node.is !== 'bracket' || group.length < 2) return [node]
    return isFirst.has(node) ? setsOf(group) : []
  })
}

/** Members of one IN: longer lists are several. */
const maxMembers = 500

function setsOf(group: readonly Extract<Node, { is: 'bracket' }>[]): readonly Node[] {
  const sets: Node[] = []
  for (let from = 0; from < group.length; from += maxMembers) {
    const some = group.slice(from, from + maxMembers)
    sets.push({ ...(some[0] as (typeof group)[number]), part: { is: 'or', parts: some.map(({ part }) => part) } })
  }
  return sets
}

function equalityPath(part: Expression): string | undefined {
  if (part.is === 'object') return equalityPath(part.part)
  return part.is === 'test' && isMember(part) ? part.path : undefined
}

/** Whether a test may stand in an IN: networks are compared otherwise. */
function isMember(test: Test): boolean {
  const literal = literalOf(test)
  if (test.operator !== 'equals' || literal === undefined) return false
  return (test.kind !== 'ipv4' && test.kind !== 'ipv6') || !literal.includes('/')
}

function textOfNode(node: Node): string {
  if (node.is === 'bracket') return `[${comparisonText(node.part, true, node.type, undefined).text}]`
  const texts = (node.is === 'or' ? merged(node.nodes) : node.nodes).map((inner) => {
    const text = textOfNode(inner)
    return node.is === 'and' && inner.is === 'or' && text.includes(' OR ') ? `(${text})` : text
  })
  return texts.join(node.is === 'and' ? ' AND ' : ' OR ')
}

interface Compared {
  readonly text: string
  readonly is: 'one' | 'and' | 'or'
}

/** A comparison expression; `type` is that of the object it is about, `under` the path at which it is found. */
function comparisonText(part: Expression, isPositive: boolean, type: string, under: string | undefined): Compared {
  switch (part.is) {
    case 'test': {
      const path = part.path === undefined ? undefined : pathUnder(part.path, under)
      const text = path === undefined ? undefined : testText(part, path, isPositive)
      return { text: text ?? notUnderstood(type, part.name), is: 'one' }
    }
    case 'and':
    case 'or':
      return joinedText(part, isPositive, type, under)
    case 'not':
      return comparisonText(part.part, !isPositive, type, under)
    case 'object':
      return comparisonText(part.part, isPositive, type, under)
    case 'contained':
      return comparisonText(part.part, isPositive, type, part.under)
    default:
      return { text: notUnderstood(type, whatOf(part)), is: 'one' }
  }
}

function joinedText(
  part: Extract<Expression, { is: 'and' | 'or' }>,
  isPositive: boolean,
  type: string,
  under?: string,
): Compared {
  const word = (part.is === 'or') === isPositive ? 'or' : 'and'
  const said = word === 'or' ? part.parts.filter((inner) => !isUnknown(inner)) : part.parts
  const set = word === 'or' && isPositive ? setText(said, under) : undefined
  if (set !== undefined) return { text: set, is: 'one' }
  const texts = (said.length > 0 ? said : part.parts).map((inner) => {
    const compared = comparisonText(inner, isPositive, type, under)
    return compared.is !== 'one' && compared.is !== word ? `(${compared.text})` : compared.text
  })
  const distinct = [...new Set(texts)]
  return { text: distinct.join(word === 'or' ? ' OR ' : ' AND '), is: distinct.length > 1 ? word : 'one' }
}

/**
 * `path IN (...)` for alternatives that are all equalities of one property. Not for hashes: OASIS's own library for Python
 * takes the whole list for one hash and refuses it.
 */
function setText(parts: readonly Expression[], under: string | undefined): string | undefined {
  const tests = parts.map((part) => (part.is === 'object' ? part.part : part))
  const paths = new Set(tests.map(equalityPath))
  const [path] = paths
  if (tests.length < 2 || paths.size !== 1 || path === undefined || path.includes(':hashes.')) return undefined
  const literals = tests.flatMap((test) => (test.is === 'test' ? [literalOf(test) ?? ''] : []))
  const distinct = [...new Set(literals)]
  const where = pathUnder(path, under)
  return distinct.length === 1 ? `${where} = ${distinct[0] ?? ''}` : `${where} IN (${distinct.join(', ')})`
}

function pathUnder(path: string, under: string | undefined): string {
  return under === undefined ? path : `${under}.${path.slice(path.indexOf(':') + 1)}`
}

function notUnderstood(type: string, what: string): string {
  return `${type}:x_not_understood = ${quoted(what)}`
}
