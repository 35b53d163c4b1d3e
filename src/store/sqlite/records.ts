import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import { keptChange } from '../record-change.ts'
import type { RecordChange, Records, StoredRecord } from '../records.ts'
import { recordChanged } from '../store-errors.ts'
import { jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './binding.ts'
import { reading, type Database } from './database.ts'
import { storeCorrupt } from './failure.ts'
import { checksumOf } from './keys.ts'
import { nowMicros } from '../now.ts'

const columns = 'kind, id, owner, revision, expires, body, checksum'

/** The statements of records; their query plans are tested. */
export const recordSql = {
  find: `SELECT ${columns} FROM record WHERE kind = ? AND id = ?`,
  list: `SELECT ${columns} FROM record WHERE kind = ? AND id > ? AND coalesce(expires, ?) >= ? ORDER BY id LIMIT ?`,
  listOwned: `SELECT ${columns} FROM record INDEXED BY record_owner
    WHERE kind = ? AND owner = ? AND id > ? AND coalesce(expires, ?) >= ? ORDER BY id LIMIT ?`,
  keep: `INSERT OR REPLACE INTO record (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  remove: 'DELETE FROM record WHERE kind = ? AND id = ?',
  sweep: 'DELETE FROM record WHERE expires IS NOT NULL AND expires <= ?',
} as const

const everMicros = Number.MAX_SAFE_INTEGER

export function newRecords(database: Database, clock: Clock): Records {
  const { reader, file } = database
  return {
    get: (kind, id) =>
      reading(file, () => {
        const row = reader.get(recordSql.find, [Buffer.from(kind), Buffer.from(id)])
        return row && isThere(row, nowMicros(clock)) ? recordOf(row, file) : undefined
      }),
    list: (kind, { owner, afterId, limit } = {}) =>
      reading(file, () => {
        const owned: SqlValue[] = owner === undefined ? [] : [Buffer.from(owner)]
        // An id can be empty, and comes after nothing.
        const after = afterId === undefined ? -1 : Buffer.from(afterId)
        const rows = reader.all(owner === undefined ? recordSql.list : recordSql.listOwned, [
          Buffer.from(kind),
          ...owned,
          after,
          everMicros,
          nowMicros(clock) + 1,
          limit ?? -1,
        ])
        return rows.map((row) => recordOf(row, file))
      }),
    async write(changes) {
      try {
        await database.transaction((connection) => changeRecords(connection, nowMicros(clock), changes))
        return true
      } catch (error) {
        if ((error as { code?: unknown }).code === 'STORE_RECORD_CHANGED') return false
        throw error
      }
    },
    sweep: () => database.transaction((connection) => connection.run(recordSql.sweep, [nowMicros(clock)])),
  }
}

/**
 * Inside a transaction, which is to be rolled back when this throws.
 * @throws STORE_RECORD_CHANGED (conflict) when a revision does not hold.
 */
export function changeRecords(connection: Connection, now: number, changes: readonly RecordChange[]): void {
  for (const change of changes) {
    const { text, expires = null } = keptChange(change)
    const [kind, id] = [Buffer.from(change.kind), Buffer.from(change.id)]
    const found = connection.get(recordSql.find, [kind, id])
    const revision = found && isThere(found, now) ? (found['revision'] as number) : 0
    if (change.revision !== undefined && change.revision !== revision) throw recordChanged(change)
    if (text === undefined) {
      connection.run(recordSql.remove, [kind, id])
      continue
    }
    const owner = change.owner === undefined ? null : Buffer.from(change.owner)
    const row = [kind, id, owner, revision + 1, expires, Buffer.from(text)] as const
    connection.run(recordSql.keep, [...row, checksumOfRecord(row)])
  }
}

/** All of them, expired or not, in order of kind and id. */
export function* allRecords(connection: Connection, file: string): Iterable<StoredRecord> {
  for (const row of rowsOfRecords(connection)) yield recordOf(row, file)
}

/** As it is, its revision too. Inside a transaction. */
export function putRecord(connection: Connection, record: StoredRecord): void {
  const { text = 'null', expires = null } = keptChange(record)
  const owner = record.owner === undefined ? null : Buffer.from(record.owner)
  const key = [Buffer.from(record.kind), Buffer.from(record.id)] as const
  const row = [...key, owner, record.revision, expires, Buffer.from(text)] as const
  connection.run(recordSql.keep, [...row, checksumOfRecord(row)])
}

/** Which records are not as they were written; for `store verify`. */
export function* alteredRecords(connection: Connection): Iterable<string> {
  for (const row of rowsOfRecords(connection)) {
    if (isAltered(row)) yield `the ${String(row['kind'])} "${String(row['id'])}" was altered`
  }
}

function* rowsOfRecords(connection: Connection): Iterable<SqlRow> {
  const next = `SELECT ${columns} FROM record WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT 100`
  for (let last: readonly SqlValue[] = [-1, -1]; ;) {
    const rows = connection.all(next, last)
    yield* rows
    const end = rows.at(-1)
    if (!end) return
    last = [end['kind'] as SqlValue, end['id'] as SqlValue]
  }
}

function isAltered(row: SqlRow): boolean {
  const values = ['kind', 'id', 'owner', 'revision', 'expires', 'body'].map((name) => row[name] as SqlValue)
  return !checksumOfRecord(values).equals(row['checksum'] as Buffer)
}

function checksumOfRecord(values: readonly SqlValue[]): Buffer {
  // What is absent differs from what is empty.
  return checksumOf(...values.flatMap((value) => (value === null ? [0] : [1, value])))
}

function isThere({ expires }: SqlRow, now: number): boolean {
  return expires === null || (expires as number) > now
}

function recordOf(row: SqlRow, file: string): StoredRecord {
  const [kind, id] = [textIn(row, 'kind'), textIn(row, 'id')]
  if (isAltered(row)) throw storeCorrupt(file, `the ${kind} "${id}" was altered`)
  return {
    kind,
    id,
    ...(row['owner'] !== null && { owner: textIn(row, 'owner') }),
    body: jsonIn(row, 'body'),
    revision: row['revision'] as number,
    ...(row['expires'] !== null && { expiresAt: fromEpochMicroseconds(BigInt(row['expires'] as number)) }),
  }
}
