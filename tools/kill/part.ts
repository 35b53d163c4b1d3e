import type { Finding } from '../campaign/report.ts'

/** What a part of the campaign did. */
export interface PartReport {
  readonly lines: readonly string[]
  readonly findings: readonly Finding[]
  /** Kills, or states of the disk: whatever the part counts. */
  readonly done: number
}
