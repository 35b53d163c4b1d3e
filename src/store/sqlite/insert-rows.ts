import type { Connection, SqlValue } from './binding.ts'

const rowsPerInsert = 50

/** So many marks of a row, for a statement. */
export const rowMarks = (row: string, count: number): string => Array<string>(count).fill(row).join(', ')

/** A statement by the number of its rows, made once for each number. */
export function perCount(make: (count: number) => string): (count: number) => string {
  const made = new Map<number, string>()
  return (count) => {
    const sql = made.get(count) ?? make(count)
    made.set(count, sql)
    return sql
  }
}

/** Puts rows of `width` values each, which follow one another in `values`, with as few statements as sensible. */
export function insertRows(
  connection: Connection,
  sql: (count: number) => string,
  values: readonly SqlValue[],
  width: number,
): void {
  for (let at = 0; at < values.length; at += rowsPerInsert * width) {
    const some = values.slice(at, at + rowsPerInsert * width)
    connection.run(sql(some.length / width), some)
  }
}
