import type { Stage } from './stage.ts'

/** What one run of a command cost. */
export interface GrowthFigure {
  readonly cpuMs: number
  readonly wallMs: number
  /** Largest resident set of the process, MiB. */
  readonly peakMiB: number
  /** How many units (objects, values looked up, events, requests) the time was spent on: counted, not assumed. */
  readonly count: number
}

/** A command whose cost is followed while the number of stored objects grows. */
export interface Growth {
  readonly name: string
  /** What `count` counts, in the singular. */
  readonly unit: string
  /**
   * Runs it once beside a store of `objects` indicators, all values different.
   * @throws Error when what came out is not what must come out: a wrong count has no cost
   */
  run(objects: number, stage: Stage): Promise<GrowthFigure>
}

/** A line of docs/data/growth.json. */
export interface GrowthRecord extends GrowthFigure {
  readonly name: string
  readonly unit: string
  readonly objects: number
}

/** docs/data/growth.json, from which docs/growth.md is made. */
export interface GrowthData {
  readonly node: string
  readonly processor: string
  readonly cores: number
  /** By name, then by number of objects. */
  readonly records: readonly GrowthRecord[]
}
