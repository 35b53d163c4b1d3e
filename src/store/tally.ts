import type { Counts } from './store.ts'

/** Counts being counted. */
export type Tally = { -readonly [Name in keyof Counts]: number }

export function newTally(): Tally {
  return { pages: 0, received: 0, new: 0, updated: 0, unchanged: 0, conflicts: 0, quarantined: 0, revoked: 0 }
}

/** Adds the second to the first. */
export function addCounts(sum: Tally, counts: Counts): void {
  for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name]
}
