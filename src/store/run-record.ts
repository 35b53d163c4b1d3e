import type { PieceOfRun } from './store-piece.ts'

/** What a run was begun with, as it is kept. */
export interface RunRecord {
  readonly version: string
  readonly startedAt: string
  readonly from?: string | undefined
  readonly full?: boolean | undefined
  readonly pid: number
  readonly host: string
}

export interface OpenRun {
  readonly number: number
  readonly collection: number
  readonly full: boolean
}

/** The columns of counts. */
export const counters = [
  'pages',
  'received',
  'new',
  'updated',
  'unchanged',
  'conflicts',
  'quarantined',
  'revoked',
] as const

/** What is kept of a run that comes from another store. */
export function recordOfPiece({ version, startedAt, from, full, by }: PieceOfRun): RunRecord {
  return { version, startedAt, from, full: full || undefined, ...by }
}
