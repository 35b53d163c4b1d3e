import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import { keptChange } from '../record-change.ts'
import type { RecordChange, Records, StoredRecord } from '../records.ts'
import { nowMicros } from '../now.ts'
import { recordChanged } from '../store-errors.ts'
import type { PostgresAddress } from './address.ts'
import { bytes, jsonIn, textIn, type Connection, type SqlRow, type SqlValue } from './connection.ts'
import type { Database } from './database.ts'
import { storeCorrupt } from './failure.ts'
import { checksumOf } from './keys.ts'

const columns = 'kind, id, owner, revision, expires, body, checksum'

export function newRecords(database: Database, clock: Clock): Records {
  const { asking, address } = database
  return {
    async get(kind, id) {
      const row = await asking.get(`SELECT ${columns} FROM record WHERE kind = $1 AND id = $2`, [
        bytes(kind),
        bytes(id),
      ])
      return row && isThere(row, nowMicros(clock)) ? recordOf(row, address) : undefined
    },
    async list(kind, { owner, afterId, limit } = {}) {
      const values: SqlValue[] = [bytes(kind), nowMicros(clock)]
      const wanted = (condition: string, value: SqlValue) => `AND ${condition} $${values.push(value)}`
      const rows = await asking.all(
        `SELECT ${columns} FROM record WHERE kind = $1 AND (expires IS NULL OR expires > $2)
         ${owner === undefined ? '' : wanted('owner =', bytes(owner))}
         ${afterId === undefined ? '' : wanted('id >', bytes(afterId))}
         ORDER BY id ${limit === undefined ? '' : `LIMIT $${values.push(limit)}`}`,
        values,
      )
      return rows.map((row) => recordOf(row, address))
    },
    async write(changes) {
      try {
        await database.transaction((connection) => changeRecords(connection, nowMicros(clock), changes))
        return true
      } catch (error) {
        if ((error as { code?: unknown }).code === 'STORE_RECORD_CHANGED') return false
        throw error
      }
    },
    sweep: () => asking.run('DELETE FROM record WHERE expires <= $1', [nowMicros(clock)]),
  }
}

/**
 * Inside a transaction, which is to be rolled back when this throws. Each record is held from here to its end: one that is
 * there by its row, one that is made by its place in the index.
 *
 * @throws STORE_RECORD_CHANGED (conflict) when a revision does not hold.
 */
export async function changeRecords(
  connection: Connection,
  now: number,
  changes: readonly RecordChange[],
): Promise<void> {
  for (const change of changes) {
    const { text, expires = null } = keptChange(change)
    const [kind, id] = [bytes(change.kind), bytes(change.id)]
    const found = await held(connection, kind, id)
    const revision = isThere(found, now) ? (found['revision'] as number) : 0
    if (change.revision !== undefined && change.revision !== revision) throw recordChanged(change)
    if (text === undefined) {
      await connection.run('DELETE FROM record WHERE kind = $1 AND id = $2', [kind, id])
      continue
    }
    const owner = change.owner === undefined ? null : bytes(change.owner)
    const row = [kind, id, owner, revision + 1, expires, bytes(text)] as const
    await connection.run(
      `INSERT INTO record (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, id) DO UPDATE
       SET owner = excluded.owner, revision = excluded.revision, expires = excluded.expires, body = excluded.body,
         checksum = excluded.checksum`,
      [...row, checksumOfRecord(row)],
    )
  }
}

/** The row of a record, held; made empty and expired where there is none, so that of two who make it one waits. */
async function held(connection: Connection, kind: Buffer, id: Buffer): Promise<SqlRow> {
  for (;;) {
    await connection.run(
      `INSERT INTO record (${columns}) VALUES ($1, $2, NULL, 0, 0, '', '') ON CONFLICT (kind, id) DO NOTHING`,
      [kind, id],
    )
    const row = await connection.get(`SELECT ${columns} FROM record WHERE kind = $1 AND id = $2 FOR UPDATE`, [kind, id])
    // Else someone removed it between the two.
    if (row) return row
  }
}

/** All of them, expired or not, in order of kind and id. */
export async function* allRecords(connection: Pick<Connection, 'all'>, address: PostgresAddress) {
  const next = `SELECT ${columns} FROM record WHERE $1::bytea IS NULL OR (kind, id) > ($1, $2)
    ORDER BY kind, id LIMIT 100`
  for (let last: readonly SqlValue[] = [null, null]; ;) {
    const rows = await connection.all(next, last)
    for (const row of rows) yield recordOf(row, address)
    const end = rows.at(-1)
    if (!end) return
    last = [end['kind'] as Buffer, end['id'] as Buffer]
  }
}

/** As it is, its revision too. Inside a transaction. */
export async function putRecord(connection: Connection, record: StoredRecord): Promise<void> {
  const { text = 'null', expires = null } = keptChange(record)
  const owner = record.owner === undefined ? null : bytes(record.owner)
  const row = [bytes(record.kind), bytes(record.id), owner, record.revision, expires, bytes(text)] as const
  await connection.run(`INSERT INTO record (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)`, [
    ...row,
    checksumOfRecord(row),
  ])
}

/** What of a record's row is not as it was written; for `store verify`. */
export function isAltered(row: SqlRow): boolean {
  const values = ['kind', 'id', 'owner', 'revision', 'expires', 'body'].map((name) => row[name] ?? null)
  return !checksumOfRecord(values).equals(row['checksum'] as Buffer)
}

function checksumOfRecord(values: readonly SqlRow[string][]): Buffer {
  // What is absent differs from what is empty.
  return checksumOf(...values.flatMap((value) => (value === null ? [0] : [1, value as number | Buffer])))
}

function isThere({ expires }: SqlRow, now: number): boolean {
  return expires === null || (expires as number) > now
}

function recordOf(row: SqlRow, address: PostgresAddress): StoredRecord {
  const [kind, id] = [textIn(row, 'kind'), textIn(row, 'id')]
  if (isAltered(row)) throw storeCorrupt(address, `the ${kind} "${id}" was altered`)
  return {
    kind,
    id,
    ...(row['owner'] !== null && { owner: textIn(row, 'owner') }),
    body: jsonIn(row, 'body'),
    revision: row['revision'] as number,
    ...(row['expires'] !== null && { expiresAt: fromEpochMicroseconds(BigInt(row['expires'] as number)) }),
  }
}
