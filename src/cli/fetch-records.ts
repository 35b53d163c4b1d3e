import { errorCell } from './error-cell.ts'
import type { FetchResult } from '../fetch/fetch.ts'
import { totalsOf } from '../fetch/outcome.ts'
import type { OutputFormat, OutputRecord, OutputWriter, Shape } from '../output/writer.ts'

/** How fetch records look in a table. */
export const fetchShape: Shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'version', head: 'TAXII' },
    { field: 'pages', head: 'Pages', align: 'right' },
    { field: 'received', head: 'Received', align: 'right' },
    { field: 'new', head: 'New', align: 'right' },
    { field: 'updated', head: 'Updated', align: 'right' },
    { field: 'unchanged', head: 'Unchanged', align: 'right' },
    { field: 'revoked', head: 'Revoked', align: 'right' },
    { field: 'quarantined', head: 'Quarantined', align: 'right' },
    { field: 'from', head: 'From' },
    { field: 'to', head: 'To' },
    { field: 'status', head: 'Status' },
    { field: 'error', head: 'Error' },
  ],
  name: 'collection',
  empty: 'Nothing to fetch',
}

/** Writes the rows of a fetch and what they come to. */
export async function writeFetchResult(output: OutputWriter, rows: readonly FetchResult[]): Promise<void> {
  const records = rows.map((row) => fetchRecord(output.format, row))
  await output.results(records, { ...totalsOf(rows) }, fetchShape)
}

/** A row as a record of `-o json`, or as a table shows it. */
export function fetchRecord(format: OutputFormat, row: FetchResult): OutputRecord {
  const { error } = row
  const told = error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
  return { ...row, error: errorCell(format, told) }
}
