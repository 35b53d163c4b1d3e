import { errorCell } from './error-cell.ts'
import type { FetchResult } from '../fetch/fetch.ts'
import { totalsOf } from '../fetch/outcome.ts'
import type { OutputFormat, OutputRecord, OutputWriter, Shape } from '../output/writer.ts'

/** How fetch records look in a table. */
export const fetchShape: Shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'title', head: 'Title', minor: 1 },
    { field: 'version', head: 'TAXII', minor: 3 },
    { field: 'pages', head: 'Pages', align: 'right', minor: 8 },
    { field: 'received', head: 'Received', align: 'right', minor: 2 },
    { field: 'new', head: 'New', align: 'right' },
    { field: 'updated', head: 'Updated', align: 'right', minor: 4 },
    { field: 'unchanged', head: 'Unchanged', align: 'right' },
    { field: 'revoked', head: 'Revoked', align: 'right', minor: 5 },
    { field: 'quarantined', head: 'Quarantined', align: 'right', minor: 6 },
    { field: 'from', head: 'From', minor: 9 },
    { field: 'to', head: 'Checkpoint', minor: 7 },
    { field: 'status', head: 'Status' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
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
