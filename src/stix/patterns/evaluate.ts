import type { Expression } from './ast.ts'
import { type Budget, defaultSteps } from './budget.ts'
import type { Observation } from './observations.ts'
import { planOf } from './plan.ts'
import { searchBinding } from './search.ts'

/** What came of a pattern on observations. */
export interface Evaluation {
  readonly matched: boolean
  /** The observations of the binding that was found, in the pattern's order; empty when none was. */
  readonly bound: readonly Observation[]
  /** Regular expressions that were not run, and so held for nothing; a sentence each. */
  readonly notRun: readonly string[]
}

/**
 * Evaluates a pattern on observations: whether they can be bound to its observation expressions so that all of it holds,
 * and with which. AND and FOLLOWEDBY need different observations for their operands.
 *
 * An observation was seen at some moment from `first` to `last`, and times hold when there is a choice of moments for
 * which all hold together. One that was observed n times counts n times for REPEATS of a
 * single observation, with the whole of its span.
 * @throws STIX_PATTERN_COSTLY (refused) when the work goes beyond `steps`
 * @see STIX 2.1, 9.4 to 9.7; PAT-1 to PAT-10
 */
export function evaluatePattern(
  expression: Expression,
  observations: readonly Observation[],
  { steps = defaultSteps }: { readonly steps?: number | undefined } = {},
): Evaluation {
  const budget: Budget = { left: steps }
  const notRun: string[] = []
  const plan = planOf(expression, observations, budget, notRun)
  const bound = plan === undefined ? undefined : searchBinding(plan, observations, budget)
  return { matched: bound !== undefined, bound: bound ?? [], notRun: [...new Set(notRun)] }
}
