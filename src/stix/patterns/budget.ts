import { StixTaxiiError } from '../../core/errors.ts'

/** How much work one evaluation may be. */
export interface Budget {
  /** Steps of any kind: an object tested, a character compared, an observation tried. */
  left: number
}

/** A few seconds of the slowest kind of step. */
export const defaultSteps = 100_000_000

/** Takes steps off a budget. @throws STIX_PATTERN_COSTLY (refused) when it is spent */
export function spend(budget: Budget, steps: number): void {
  budget.left -= steps
  if (budget.left >= 0) return
  throw new StixTaxiiError('STIX_PATTERN_COSTLY', 'The pattern asks for too much work on these observations', {
    kind: 'refused',
    hint: 'Give fewer observations at a time, or a pattern with fewer AND, FOLLOWEDBY and REPEATS.',
  })
}
