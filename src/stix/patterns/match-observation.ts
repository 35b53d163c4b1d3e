import type { JsonObject } from '../stix2/fields.ts'
import type { Comparison } from './ast.ts'
import { type Budget, spend } from './budget.ts'
import { conditionOf } from './compare.ts'
import type { Observation } from './observations.ts'
import { resolvePath } from './resolve-path.ts'

/** Whether an observation has an object for which a comparison holds. */
export type ObservationTest = (observation: Observation, budget: Budget) => boolean

/**
 * Makes what stands in brackets ready to be put to observations: all of it has to hold for one and the same object
 * (PAT-3). A missing path makes a test false, whatever its operator and `NOT` (PAT-10); with `[*]` one element is enough.
 */
export function observationTest(comparison: Comparison, notRun: string[]): ObservationTest {
  const holds = objectTest(comparison, notRun)
  return (observation, budget) => observation.objects.some((object) => holds(object, observation, budget))
}

type ObjectTest = (object: JsonObject, observation: Observation, budget: Budget) => boolean

function objectTest(comparison: Comparison, notRun: string[]): ObjectTest {
  if ('operands' in comparison) {
    const operands = comparison.operands.map((operand) => objectTest(operand, notRun))
    return comparison.kind === 'all'
      ? (object, observation, budget) => operands.every((holds) => holds(object, observation, budget))
      : (object, observation, budget) => operands.some((holds) => holds(object, observation, budget))
  }
  const { path } = comparison
  const condition = comparison.kind === 'test' ? conditionOf(comparison, notRun) : undefined
  return (object, { find }, budget) => {
    spend(budget, 1)
    if (object['type'] !== path.type) return false
    const found = resolvePath(object, path, find, budget)
    if (condition) return found.some((resolved) => condition(resolved, budget))
    return found.length > 0 !== comparison.negated
  }
}
