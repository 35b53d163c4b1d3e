import { growthOfExport } from './export.ts'
import { growthOfFetch } from './fetch.ts'
import type { Growth } from './growth.ts'

/** Every command whose growth is measured, in the order of the table. */
export const growths: readonly Growth[] = [growthOfFetch, growthOfExport]
