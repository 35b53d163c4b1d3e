import { textReaders } from '../row-text.ts'
/** What can be bound: whatever else JavaScript has, a binding would abort on, round or turn into NULL. */
export type SqlValue = string | number | Buffer | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** An open database; synchronous. Statements are prepared once and kept by their text. */
export interface Connection {
  exec(sql: string): void
  /** Returns the number of rows changed. */
  run(sql: string, values?: readonly SqlValue[]): number
  /** The first row. */
  get(sql: string, values?: readonly SqlValue[]): SqlRow | undefined
  all(sql: string, values?: readonly SqlValue[]): SqlRow[]
  close(): void
}

/** A statement as both packages give it; they differ in what they answer. */
export interface RawStatement {
  run(values: readonly SqlValue[]): { readonly changes: number | bigint }
  get(values: readonly SqlValue[]): unknown
  all(values: readonly SqlValue[]): unknown[]
}

export interface RawDatabase {
  exec(sql: string): unknown
  prepare(sql: string): RawStatement
  close(): unknown
}

/** A package that has SQLite in it. */
export interface Binding {
  readonly name: 'libsql' | 'node:sqlite'
  /** Opens the file, made where it is missing; `''` is a private database that is gone when closed. */
  open(file: string): RawDatabase
}

/** Makes both packages behave alike: values checked before binding, blobs as Buffers, errors with SQLite's own number. */
export function connect(binding: Binding, file: string): Connection {
  const database = asking(() => binding.open(file))
  const statements = new Map<string, RawStatement>()
  const prepared = (sql: string): RawStatement => {
    const known = statements.get(sql)
    if (known) return known
    const made = database.prepare(sql)
    statements.set(sql, made)
    return made
  }
  // In libsql a statement that met a damaged page once fails for ever, also where nothing is damaged.
  const asked = <Result>(sql: string, ask: (statement: RawStatement) => Result): Result =>
    asking(() => {
      try {
        return ask(prepared(sql))
      } catch (error) {
        statements.delete(sql)
        throw error
      }
    })
  return {
    exec: (sql) => void asking(() => database.exec(sql)),
    run: (sql, values = []) => asked(sql, (statement) => Number(statement.run(checked(values)).changes)),
    get: (sql, values = []) =>
      asked(sql, (statement) => {
        const row = statement.get(checked(values))
        return row === undefined ? undefined : cleanRow(row as Record<string, unknown>)
      }),
    all: (sql, values = []) =>
      asked(sql, (statement) =>
        (statement.all(checked(values)) as Record<string, unknown>[]).map((row) => cleanRow(row)),
      ),
    close: () => {
      statements.clear()
      try {
        database.close()
      } catch {
        // What was committed is on the disk: a connection that will not close takes nothing back, and ends with us.
      }
    },
  }
}

/** SQLite's own error number and words, whichever package raised it. */
export class SqlError extends Error {
  readonly number: number

  constructor(number: number, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'SqlError'
    this.number = number
  }
}

/**
 * What stands for text in a SELECT: its bytes. libsql ends the whole process when it meets text that is not UTF-8, and a
 * flipped bit is enough for that; so no text is ever read as such.
 */
export function bytesOf(...columns: readonly string[]): string {
  return columns.map((column) => `CAST(${column} AS BLOB) AS ${column.split('.').at(-1) as string}`).join(', ')
}

/** What SQLite takes for sound and is not. */
export function corruption(message: string): SqlError {
  return new SqlError(11, message, undefined)
}

/** The text, and the JSON, of a column of bytes. @throws the error of `corruption` */
export const { textIn, jsonIn } = textReaders(corruption)

function asking<Result>(ask: () => Result): Result {
  try {
    return ask()
  } catch (error) {
    const number = numberOf(error)
    throw number === undefined ? error : new SqlError(number, (error as Error).message, error)
  }
}

function numberOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { rawCode, errcode, message } = error as { rawCode?: unknown; errcode?: unknown; message?: unknown }
  if (typeof rawCode === 'number') return rawCode
  if (typeof errcode === 'number') return errcode
  // libsql says why a file cannot be opened in words only: `ConnectionFailed("... /path: 14")`.
  const opened = typeof message === 'string' ? /^ConnectionFailed\(.*: (\d+)"?\)$/s.exec(message) : null
  return opened ? Number(opened[1]) : undefined
}

function checked(values: readonly SqlValue[]): readonly SqlValue[] {
  for (const value of values as readonly unknown[]) {
    if (typeof value === 'string' || value === null || Buffer.isBuffer(value)) continue
    if (
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (!Number.isInteger(value) || Number.isSafeInteger(value))
    ) {
      continue
    }
    throw new TypeError(`cannot be bound: ${typeof value} ${String(value)}`)
  }
  return values
}

function cleanRow(row: Record<string, unknown>): SqlRow {
  // libsql adds it to what `get` answers.
  delete row['_metadata']
  for (const name in row) {
    const value = row[name]
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) continue
    if (value instanceof ArrayBuffer) row[name] = Buffer.from(value)
    else if (value instanceof Uint8Array) row[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return row as SqlRow
}
