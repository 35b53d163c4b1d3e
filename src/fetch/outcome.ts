import { StixTaxiiError } from '../core/errors.ts'
import type { Counts } from '../store/store.ts'
import { addCounts, noCounts } from './counts.ts'
import { stopped } from './fetch-error.ts'
import type { FetchResult } from './fetch.ts'

/** What all rows of a fetch come to. */
export interface FetchTotals extends Counts {
  readonly sources: number
  readonly collections: number
  readonly failed: number
}

export function totalsOf(rows: readonly FetchResult[]): FetchTotals {
  return {
    sources: new Set(rows.map((row) => row.source)).size,
    collections: rows.filter((row) => row.collection !== null).length,
    failed: rows.filter((row) => row.status !== 'ok').length,
    ...rows.reduce(addCounts, noCounts),
  }
}

/**
 * How a fetch ends as a whole: undefined when all rows are ok, a cancellation when one was cancelled, the first row's
 * error when all failed, FETCH_PARTIAL when some did.
 */
export function failureOf(rows: readonly FetchResult[]): StixTaxiiError | undefined {
  const failed = rows.filter((row) => row.error !== null)
  const first = failed[0]?.error
  if (!first) return undefined
  if (failed.some((row) => row.status === 'cancelled')) return stopped(first)
  if (failed.length === rows.length) return first
  const names = failed.map(nameOfRow)
  return new StixTaxiiError('FETCH_PARTIAL', `${failed.length} of ${rows.length} failed: ${names.join(', ')}`, {
    kind: 'partial',
    hint: 'The result says why, row by row. What was read is stored; fetching again goes on from there.',
    context: { failed: names },
    cause: first,
  })
}

/** `source/collection`, or the source alone. */
export function nameOfRow(row: Pick<FetchResult, 'source' | 'collection'>): string {
  return row.collection === null ? row.source : `${row.source}/${row.collection}`
}
