export const collectionId = 'campaign'

export interface KillOptions {
  readonly kills: number
  readonly seed: number
  /** In each round: a fresh store that is filled from nothing. */
  readonly objects: number
  readonly lanes: number
}

export const killDefaults = { kills: 100, seed: 0, objects: 3_000, lanes: 2 } satisfies KillOptions
