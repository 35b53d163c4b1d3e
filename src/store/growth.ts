import type { Tally } from './tally.ts'

/** What the index gained. */
export interface IndexGrowth {
  readonly statements: number
  readonly values: number
  readonly unusable: number
}

/** What the collection gained. */
export interface Growth {
  readonly tally: Tally
  readonly lastAdded: number
  readonly ids: number
  readonly versions: number
  readonly blocks: number
  readonly index: IndexGrowth
}
