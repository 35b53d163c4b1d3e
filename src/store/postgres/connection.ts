import type { ClientBase, DatabaseError } from 'pg'
import { StixTaxiiError } from '../../core/errors.ts'
import { copyRows, type ColumnType } from './copy-in.ts'
import { textReaders } from '../row-text.ts'

/** What can be bound: a Buffer is `bytea`; arrays go to `ANY($1::bytea[])` and `unnest`. */
export type SqlValue = string | number | boolean | Buffer | null | readonly (string | number | Buffer | null)[]
/** `bigint` columns are numbers, `bytea` are Buffers. */
export type SqlRow = Readonly<Record<string, string | number | boolean | Buffer | null>>

/** One session of the server. Calls take turns. */
export interface Connection {
  /** Several statements, without values. */
  exec(sql: string): Promise<void>
  /** Returns the number of rows changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>
  /** The first row. */
  get(sql: string, values?: readonly SqlValue[]): Promise<SqlRow | undefined>
  all(sql: string, values?: readonly SqlValue[]): Promise<SqlRow[]>
  /** Adds rows by binary COPY, the fastest way in. `target`: table and columns. */
  copy(target: string, types: readonly ColumnType[], rows: Iterable<readonly CopiedValue[]>): Promise<void>
}

export type CopiedValue = number | boolean | Buffer | null

/** A failure of the server or of the way to it. `state` is the SQLSTATE; without one the connection was lost. */
export class PostgresError extends Error {
  readonly state: string | undefined

  constructor(state: string | undefined, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'PostgresError'
    this.state = state
  }

  /** Whether the session is gone, and with it what it had not committed. */
  get isLost(): boolean {
    return this.state === undefined || this.state.startsWith('08') || lostStates.has(this.state)
  }
}

// Sessions that were ended by the server: shutdown, crash, a start that is not done, and its time limits.
const lostStates = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'])

/** Makes a client of the package `pg` a connection. */
export function connect(client: ClientBase): Connection {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(ask: () => Promise<Result>): Promise<Result> => {
    const result = last.then(ask, ask).catch((error: unknown) => {
      throw postgresError(error)
    })
    last = result.catch(() => undefined)
    return result
  }
  const query = (sql: string, values: readonly SqlValue[] = []) =>
    inTurn(() => client.query<Record<string, SqlRow[string]>>(sql, values.map(bound)))
  return {
    exec: async (sql) => void (await inTurn(() => client.query(sql))),
    run: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
    get: async (sql, values) => (await query(sql, values)).rows[0],
    all: async (sql, values) => (await query(sql, values)).rows,
    copy: (target, types, rows) => inTurn(() => copyRows(client, target, types, rows)),
  }
}

/** Arrays of bytes go in PostgreSQL's binary format: as text each would be twice as long, and is slow to write. */
function bound(value: SqlValue): unknown {
  return Array.isArray(value) && Buffer.isBuffer(value[0]) ? binaryArray(value as readonly (Buffer | null)[]) : value
}

const byteaType = 17

/** One dimension from 1 on. See `array_recv` of PostgreSQL. */
function binaryArray(values: readonly (Buffer | null)[]): Buffer {
  const size = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 20)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  const hasNull = values.includes(null) ? 1 : 0
  for (const number of [1, hasNull, byteaType, values.length, 1]) at = bytes.writeInt32BE(number, at)
  for (const value of values) {
    at = bytes.writeInt32BE(value?.length ?? -1, at)
    if (value) at += value.copy(bytes, at)
  }
  return bytes
}

/** What `pg` throws in our words; mistakes in the program are given back as they are. */
export function postgresError(error: unknown): unknown {
  if (error instanceof PostgresError || error instanceof StixTaxiiError || !(error instanceof Error)) return error
  const { code, severity } = error as Partial<DatabaseError>
  if (severity !== undefined && code !== undefined) return new PostgresError(code, error.message, error)
  if (error instanceof TypeError || error instanceof RangeError) return error
  return new PostgresError(undefined, error.message, error)
}

const int8 = 20

/** How columns are read: for each client, so that other users of the package keep theirs. */
export function typesFor(types: { getTypeParser(oid: number, format?: string): unknown }) {
  return {
    getTypeParser(oid: number, format?: string): unknown {
      if (format !== 'binary' && oid === int8) return wholeNumber
      if (format !== 'binary' && oid === byteaType) return bytesOfHex
      return types.getTypeParser(oid, format)
    },
  }
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`a number of the store is too large: ${text}`)
  return number
}

function bytesOfHex(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex')
}

/** Text is kept as its bytes: any text can be, whatever the database's encoding. */
export function bytes(text: string): Buffer {
  return Buffer.from(text)
}

/** What PostgreSQL takes for sound and is not. */
export function corruption(message: string): PostgresError {
  return new PostgresError('XX001', message, undefined)
}

/** The text, and the JSON, of a column of bytes. @throws the error of `corruption` */
export const { textIn, jsonIn } = textReaders(corruption)
