export const collectionId = 'campaign'

export interface KillOptions {
  readonly kills: number
  readonly seed: number
  /** In each round: a fresh store that is filled from nothing. */
  readonly objects: number
  readonly lanes: number
}

/** Reads `--kills N --seed S --objects N --lanes N`. */
export function readKillOptions(argv: readonly string[], randomSeed: number): KillOptions {
  const options = { kills: 100, seed: randomSeed, objects: 3_000, lanes: 2 }
  for (let at = 0; at < argv.length; at += 2) {
    const name = argv[at]?.replace(/^--/, '') ?? ''
    const value = Number(argv[at + 1])
    if (!(name in options) || !Number.isInteger(value) || value < 0) {
      throw new Error(`${argv[at]} ${argv[at + 1]}: use --kills N --seed N --objects N --lanes N`)
    }
    options[name as keyof typeof options] = value
  }
  return options
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
