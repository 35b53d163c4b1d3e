/** One line of the table `npm run bench` prints: a goal of the project's performance plan with what was measured in this run. */
export interface BenchRow {
  /** `F1`, `S1`, ... */
  readonly goal: string
  readonly what: string
  readonly ours: string
  /** The limit (curl, bare node) or rival (taxii2-client) in the same run. */
  readonly beside: string
  readonly ratio: string
  readonly wanted: string
  /** Undefined: printed for information, no goal. */
  readonly held?: boolean | undefined
}

export interface BenchOptions {
  /** Fewer objects and repetitions: for the landing check, where only the counts must be right. */
  readonly quick: boolean
  /** Whether a goal was asked for; a bench of several measures only those. */
  readonly wants: (goal: string) => boolean
}

export type Bench = (options: BenchOptions) => Promise<readonly BenchRow[]>

/** The middle value; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}
