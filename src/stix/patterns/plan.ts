import { toEpochMicroseconds } from '../../core/timestamp.ts'
import type { Expression } from './ast.ts'
import { type Budget, spend } from './budget.ts'
import { observationTest } from './match-observation.ts'
import type { Observation } from './observations.ts'

/** A pattern with the observations that each of its observation expressions could be bound to. Never impossible. */
export type Plan =
  /** Indices of observations, rising. */
  | { readonly kind: 'one-of'; readonly candidates: readonly number[] }
  | { readonly kind: 'and' | 'or' | 'followed-by'; readonly operands: readonly Plan[] }
  /** `counted`: each repetition is one observation, which counts as many times as it was observed. */
  | { readonly kind: 'repeats'; readonly of: Plan; readonly times: number; readonly counted: boolean }
  | { readonly kind: 'within'; readonly of: Plan; readonly span: number }
  /** Microseconds, both inclusive. */
  | { readonly kind: 'between'; readonly of: Plan; readonly first: number; readonly last: number }

/**
 * Puts the tests of a pattern to all observations, once each. Undefined when the pattern cannot match, whatever the times:
 * a part that has to match has no observation.
 */
export function planOf(
  expression: Expression,
  observations: readonly Observation[],
  budget: Budget,
  notRun: string[],
): Plan | undefined {
  const plan = (part: Expression) => planOf(part, observations, budget, notRun)
  switch (expression.kind) {
    case 'observation': {
      const test = observationTest(expression.test, notRun)
      const candidates: number[] = []
      for (const [index, observation] of observations.entries()) {
        spend(budget, 1)
        if (test(observation, budget)) candidates.push(index)
      }
      return candidates.length === 0 ? undefined : { kind: 'one-of', candidates }
    }
    case 'or':
      return eitherOf(expression.operands.map(plan).filter((operand) => operand !== undefined))
    case 'and':
    case 'followed-by': {
      // All are planned, so that every regular expression that cannot run is reported.
      const operands = expression.operands.map(plan)
      const possible = operands.filter((operand) => operand !== undefined)
      return possible.length < operands.length ? undefined : { kind: expression.kind, operands: possible }
    }
    case 'qualified': {
      const of = plan(expression.of)
      const { qualifier } = expression
      if (!of) return undefined
      if (qualifier.kind === 'repeats') {
        return { kind: 'repeats', of, times: qualifier.times, counted: isOfOne(expression.of) }
      }
      if (qualifier.kind === 'within') return { kind: 'within', of, span: Math.round(qualifier.seconds * 1e6) }
      return { kind: 'between', of, first: micros(qualifier.start), last: micros(qualifier.stop) - 1 }
    }
  }
}

function isOfOne(expression: Expression): boolean {
  return expression.kind === 'observation' || (expression.kind === 'or' && expression.operands.every(isOfOne))
}

/** Alternatives that are one observation each are one set of candidates: so REPEATS need not try their order. */
function eitherOf(operands: readonly Plan[]): Plan | undefined {
  if (operands.length < 2) return operands[0]
  if (!operands.every((operand) => operand.kind === 'one-of')) return { kind: 'or', operands }
  const candidates = new Set(operands.flatMap((operand) => operand.candidates))
  return { kind: 'one-of', candidates: [...candidates].sort((a, b) => a - b) }
}

function micros(key: string): number {
  return Number(toEpochMicroseconds(key) ?? 0n)
}
