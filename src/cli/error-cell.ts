import type { OutputFormat } from '../output/writer.ts'

/** A record's error: an object for programs, its sentence where a person or a spreadsheet reads a cell. */
export function errorCell<T extends { readonly message: string }>(
  format: OutputFormat,
  error: T | null,
): T | string | null {
  return format === 'table' || format === 'csv' ? (error?.message ?? null) : error
}
