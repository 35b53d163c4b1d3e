import type { FuzzTarget } from './target.ts'

/** How a run is asked for. */
export interface FuzzOptions {
  readonly seed: number
  /** Inputs in all, spread over the targets; with one target named: its own. */
  readonly count: number
  /** Number of the first input of each target. */
  readonly from: number
  /** Threads. */
  readonly lanes: number
}

export const fuzzDefaults = { count: 50_000, from: 0, lanes: 2 }

/** A stretch of one target's inputs. */
export interface Stretch {
  readonly target: string
  readonly from: number
  readonly count: number
}

/** Longest time that one input may take. */
export const longestMs = 1000

/** The inputs of a run, target by target, by their weights; each has one at least. */
export function stretchesOf(targets: readonly FuzzTarget[], { count, from }: FuzzOptions): readonly Stretch[] {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  return targets.map(({ name, weight }) => ({
    target: name,
    from,
    count: Math.max(1, Math.round((count * weight) / total)),
  }))
}

/** A number for one input: the same for the same seed, target and number, whatever else is run. */
export function seedOf(seed: number, target: string, index: number): number {
  let mixed = seed >>> 0
  for (const character of target) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193) >>> 0
  return (Math.imul(mixed ^ index, 0x9e3779b1) ^ (index << 7)) >>> 0
}

/** The command line that gives the same input again. */
export function againOf(seed: number, target: string, index: number): string {
  return `npm run fuzz -- --target ${target} --seed ${seed} --from ${index} --count 1`
}
