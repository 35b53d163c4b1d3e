import { directorScenarios } from './scenarios-director.ts'
import { serverScenarios } from './scenarios-server.ts'
import { sourceScenarios } from './scenarios-source.ts'
import { storeScenarios } from './scenarios-store.ts'
import type { Scenario } from './scenario.ts'

/** Every command that is tortured, by name. */
export const scenarios: readonly Scenario[] = [
  ...sourceScenarios,
  ...storeScenarios,
  ...serverScenarios,
  ...directorScenarios,
]
