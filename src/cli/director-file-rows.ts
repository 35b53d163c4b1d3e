import { StixTaxiiError } from '../core/errors.ts'
import type { Storage } from '../director/client.ts'
import type { OutputWriter, Shape } from '../output/writer.ts'
import type { TargetRow } from './director-rows.ts'
import { describeStorage, storageRecord } from './director-storage.ts'
import { errorCell } from './error-cell.ts'

/** What came of one file that was to be put into a storage or taken out of it. */
export interface FileRow extends Pick<TargetRow, 'status' | 'order' | 'message' | 'error'> {
  readonly name: string
  readonly storage: Storage
  readonly lengthBytes: number | null
  readonly sha256: string | null
}

/**
 * Writes a row for each file and what they come to, and ends as the files did: the failure of all, CLI_FILES_FAILED (partial)
 * of some.
 */
export async function writeFileRows(output: OutputWriter, rows: readonly FileRow[]): Promise<void> {
  const failure = failureOf(rows)
  const count = (...wanted: FileRow['status'][]): number => rows.filter(({ status }) => wanted.includes(status)).length
  const totals = {
    files: rows.length,
    done: count('done'),
    unchanged: count('unchanged'),
    accepted: count('accepted'),
    pending: count('pending', 'unverified'),
    failed: count('failed'),
  }
  const records = rows.map(({ storage, error, ...row }) => {
    const told = error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
    const isFlat = output.format === 'table' || output.format === 'csv'
    const order = isFlat && row.status === 'done' ? null : row.order
    return { ...row, ...storageRecord(storage), order, error: errorCell(output.format, told) }
  })
  try {
    await output.results(records, totals, shape)
  } catch (error) {
    throw failure ?? error
  }
  if (failure) throw failure
}

function failureOf(rows: readonly FileRow[]): StixTaxiiError | undefined {
  const failed = rows.filter(({ error }) => error !== null)
  const first = failed[0]
  if (!first?.error) return undefined
  if (rows.length === 1) return first.error
  const names = failed.map(({ name }) => name)
  const place = describeStorage(first.storage)
  return new StixTaxiiError(
    'CLI_FILES_FAILED',
    `${failed.length} of ${rows.length} files failed in ${place}: ${names.join(', ')}`,
    {
      kind: failed.length === rows.length ? first.error.kind : 'partial',
      hint: first.error.hint ?? 'The result says why, file by file.',
      context: { failed: names, first: first.error.code },
      cause: first.error,
    },
  )
}

const shape: Shape = {
  columns: [
    { field: 'name', head: 'Name', long: 'whole' },
    { field: 'location', head: 'Storage' },
    { field: 'pool', head: 'Pool' },
    { field: 'status', head: 'Status' },
    { field: 'lengthBytes', head: 'Bytes', align: 'right', minor: 1 },
    { field: 'sha256', head: 'SHA-256', long: 'whole', minor: 2 },
    { field: 'order', head: 'Order', minor: 0, long: 'whole' },
    { field: 'message', head: 'Message', minor: 0, long: 'wrap' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'name',
}
