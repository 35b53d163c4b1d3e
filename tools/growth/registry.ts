import { growthOfEnrich, growthOfIndex } from './enrich.ts'
import { growthOfExport } from './export.ts'
import { growthOfFetch } from './fetch.ts'
import type { Growth } from './growth.ts'
import { growthOfLookup } from './lookup.ts'
import { growthOfServe } from './serve.ts'

/** Every command whose growth is measured, in the order of the table. */
export const growths: readonly Growth[] = [
  growthOfFetch,
  growthOfLookup,
  growthOfIndex,
  growthOfEnrich,
  growthOfExport,
  growthOfServe,
]
