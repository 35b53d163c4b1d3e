import { maxChain } from '../stix1/collect-values.ts'
import type { Expression, Reference } from '../stix1/expression.ts'
import type { StixPackage } from '../stix1/package.ts'

/** Parts that one indicator may be made of by references. */
const maxParts = 50_000

/**
 * An expression with what it refers to in its place. What is missing, goes round in a circle or is more than can be told is
 * `unknown`. Objects that an e-mail only links to stand beside it.
 */
export function resolveReferences(expression: Expression, { byId }: Pick<StixPackage, 'byId'>): Expression {
  const open = new Set<string>()
  let parts = 0

  const resolve = (part: Expression): Expression => {
    switch (part.is) {
      case 'and':
      case 'or':
        return { is: part.is, parts: part.parts.map(resolve) }
      case 'not':
        return { is: 'not', part: resolve(part.part) }
      case 'object': {
        const inner = resolve(part.part)
        return besides({ ...part, part: inner })
      }
      case 'contained':
        return { ...part, part: resolve(part.part) }
      case 'reference':
        return follow(part)
      default:
        return part
    }
  }
  const follow = (reference: Reference): Expression => {
    const key = `${reference.to} ${reference.id}`
    const found = byId[reference.to].get(reference.id)
    if (!found) return { is: 'unknown', what: 'a reference to what is not in the package' }
    if (open.has(key)) return { is: 'unknown', what: 'references in a circle' }
    if (open.size >= maxChain || ++parts > maxParts) return { is: 'unknown', what: 'more references than are followed' }
    open.add(key)
    const part = resolve(found)
    open.delete(key)
    return reference.under === undefined ? part : { is: 'contained', part, under: reference.under }
  }
  return resolve(expression)
}

/** Objects inside of an object, that are not contained in it, hold beside it. */
function besides(object: Extract<Expression, { is: 'object' }>): Expression {
  const { part } = object
  if (part.is === 'object') return part
  if (part.is !== 'and' || !part.parts.some((inner) => inner.is === 'object')) return object
  const own = part.parts.filter((inner) => inner.is !== 'object')
  const others = part.parts.filter((inner) => inner.is === 'object')
  if (own.length === 0) return { is: 'and', parts: others }
  return { is: 'and', parts: [{ ...object, part: { is: 'and', parts: own } }, ...others] }
}
