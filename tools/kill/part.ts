import type { Finding } from '../campaign/report.ts'

/** For a part that goes over scenes. */
export interface ScenesOptions {
  readonly seed: number
  /** Of each scene, drawn evenly from its calls; 0: all of them. */
  readonly points: number
  readonly lanes: number
}

/** What a part of the campaign did. */
export interface PartReport {
  readonly lines: readonly string[]
  readonly findings: readonly Finding[]
  /** Kills, or states of the disk: whatever the part counts. */
  readonly done: number
}

/** What was done with one scene. */
export interface Played {
  readonly line: string
  readonly findings: readonly Finding[]
  readonly done: number
}

/** The scenes of a part together. */
export const reportOf = (played: readonly Played[]): PartReport => ({
  lines: played.map(({ line }) => line),
  findings: played.flatMap(({ findings }) => findings),
  done: played.reduce((sum, { done }) => sum + done, 0),
})

/** Numbers from 0 below `count`: one in each of as many stretches of equal length; all when `points` is 0 or not fewer. */
export function drawn(count: number, points: number, random: () => number): number[] {
  if (points === 0 || points >= count) return Array.from({ length: count }, (_, index) => index)
  return Array.from({ length: points }, (_, index) => Math.floor((index + random()) * (count / points)))
}
