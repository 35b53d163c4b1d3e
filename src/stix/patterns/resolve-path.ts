import { isObject, type JsonObject } from '../stix2/fields.ts'
import type { ObjectPath } from './ast.ts'
import { type Budget, spend } from './budget.ts'

/** What an object path leads to in one object. */
export interface Resolved {
  /** No `null`: that is as good as missing. */
  readonly value: unknown
  /** The property it is the value of, which tells how bytes are written in it. */
  readonly property: string
}

/**
 * Follows a path from an object of its type: properties, list places, and references where a property goes on behind one
 * (`_ref`, `_refs[*]`). Empty when anything on the way is missing; several with `[*]`.
 * @see STIX 2.1, 9.7 (object path syntax)
 */
export function resolvePath(
  object: JsonObject,
  path: ObjectPath,
  find: (reference: string) => JsonObject | undefined,
  budget: Budget,
): readonly Resolved[] {
  let found: readonly Resolved[] = [{ value: object, property: '' }]
  for (const step of path.steps) {
    const next: Resolved[] = []
    for (const { value, property } of found) {
      if ('index' in step) next.push(...elements(value, step.index).map((element) => ({ value: element, property })))
      else {
        const holder = typeof value === 'string' && /_refs?$/.test(property) ? find(value) : value
        if (isObject(holder) && Object.hasOwn(holder, step.name)) {
          next.push({ value: holder[step.name], property: step.name })
        }
      }
    }
    spend(budget, next.length + 1)
    found = next.filter(({ value }) => value !== null && value !== undefined)
  }
  return found
}

function elements(value: unknown, index: number | '*'): readonly unknown[] {
  if (!Array.isArray(value)) return []
  return index === '*' ? value : value.slice(index, index + 1)
}
