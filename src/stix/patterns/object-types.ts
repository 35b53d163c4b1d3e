import type { Comparison } from './ast.ts'

/** The types of object for which a comparison can hold; none when AND joins different types (PAT-3). */
export function objectTypes(comparison: Comparison): ReadonlySet<string> {
  if (comparison.kind === 'test' || comparison.kind === 'exists') return new Set([comparison.path.type])
  const [first, ...rest] = comparison.operands.map(objectTypes)
  const types = new Set(first)
  for (const other of rest) {
    if (comparison.kind === 'any') for (const type of other) types.add(type)
    else for (const type of types) if (!other.has(type)) types.delete(type)
  }
  return types
}
