import { StixTaxiiError } from '../../core/errors.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { Clock } from '../../core/ports.ts'
import { sourceLocked } from '../store-errors.ts'
import type { LockHolder, SourceLock, SourceRef } from '../store.ts'
import { bytes, textIn, type Connection, type SqlRow } from './connection.ts'
import type { Database, Session } from './database.ts'
import { storeFailure } from './failure.ts'

/**
 * The lock of a source is a row lock in an open transaction, on a session of its own: the server drops it when that session
 * ends, however it ends. Who takes it raises the source's fence and says who it is, in the row `source_holder`.
 *
 * A holder may lose its session without knowing it yet, and another may have the lock by then. So each commit holds the row
 * `source_holder` and looks whether the fence is still the one of its lock: it is either before the other's fence or fails.
 */
export interface Locks {
  lock(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<SourceLock>
  /** Who has the lock now. */
  holder(sourceId: string): Promise<LockHolder | undefined>
  /** In the transaction of a commit. @throws STORE_LOCK_LOST (network) when a lock that we took was lost. */
  fence(connection: Connection, sourceIds: ReadonlySet<string>): Promise<void>
  close(): Promise<void>
}

const pollMs = 50
/** A look at a lock takes it for an instant, so a lock counts as held only when it was so over this time. */
const leastWaitMs = 60

interface Held {
  readonly source: SourceRef
  readonly fence: number
  /** Whether its session has ended. */
  readonly state: { readonly isLost: boolean }
}

export function newLocks(
  database: Database,
  { clock, identity }: { readonly clock: Clock; readonly identity: { readonly pid: number; readonly host: string } },
): Locks {
  const held = new Map<string, Held>()
  const sessions = new Set<Session>()

  async function lock(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }) {
    const key = bytes(source.id)
    await database.asking.run('INSERT INTO source_lock (source) VALUES ($1) ON CONFLICT DO NOTHING', [key])
    const state = { isLost: false }
    const session = await database.session(() => {
      state.isLost = true
    })
    sessions.add(session)
    try {
      await waitFor(session.connection, source, options)
      const fence = await raiseFence(key)
      const mine: Held = { source, fence, state }
      held.set(source.id, mine)
      return {
        source: source.id,
        [Symbol.asyncDispose]: async () => {
          if (held.get(source.id) === mine) held.delete(source.id)
          await release(session)
        },
      }
    } catch (error) {
      await release(session)
      throw storeFailure(error, database.address)
    }
  }

  async function waitFor(
    connection: Connection,
    source: SourceRef,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<void> {
    const deadline = clock.monotonicMs() + Math.max(timeoutMs, leastWaitMs)
    while (!(await taken(connection, source.id))) {
      signal?.throwIfAborted()
      if (clock.monotonicMs() >= deadline) throw sourceLocked(source, await writtenHolder(source.id), timeoutMs)
      await clock.sleep(pollMs, signal)
    }
  }

  /** Committed at once, so that who waits can read it; it waits for commits that were fenced before. */
  async function raiseFence(source: Buffer): Promise<number> {
    return database.transaction(async (connection) => {
      const row = await connection.get(
        `INSERT INTO source_holder (source, fence, pid, host, since) VALUES ($1, 1, $2, $3, $4)
         ON CONFLICT (source) DO UPDATE SET fence = source_holder.fence + 1,
           pid = excluded.pid, host = excluded.host, since = excluded.since RETURNING fence`,
        [source, identity.pid, bytes(identity.host), bytes(timestampOfDate(clock.now()))],
      )
      return row?.['fence'] as number
    })
  }

  async function writtenHolder(sourceId: string): Promise<LockHolder | undefined> {
    const row = await database.asking.get('SELECT pid, host, since FROM source_holder WHERE source = $1', [
      bytes(sourceId),
    ])
    return row && holderOf(row)
  }

  /** Its end is the end of the lock. */
  async function release(session: Session): Promise<void> {
    if (sessions.delete(session)) await session.close()
  }

  return {
    lock,
    async holder(sourceId) {
      const find = 'SELECT 1 AS found FROM source_lock WHERE source = $1'
      const free = await database.asking.get(`${find} FOR KEY SHARE SKIP LOCKED`, [bytes(sourceId)])
      if (free || !(await database.asking.get(find, [bytes(sourceId)]))) return undefined
      return (await writtenHolder(sourceId)) ?? { pid: 0, host: '', since: '' }
    },
    async fence(connection, sourceIds) {
      for (const id of [...sourceIds].sort()) {
        const mine = held.get(id)
        if (!mine) continue
        const row = await connection.get('SELECT fence FROM source_holder WHERE source = $1 FOR SHARE', [bytes(id)])
        if (mine.state.isLost || row?.['fence'] !== mine.fence) throw lockLost(mine.source)
      }
    },
    async close() {
      held.clear()
      await Promise.all([...sessions].map(release))
    },
  }
}

/** Takes the lock now, or answers false without a transaction. */
async function taken(connection: Connection, sourceId: string): Promise<boolean> {
  await connection.exec('BEGIN')
  const row = await connection.get('SELECT 1 AS found FROM source_lock WHERE source = $1 FOR UPDATE SKIP LOCKED', [
    bytes(sourceId),
  ])
  if (!row) await connection.exec('ROLLBACK')
  return row !== undefined
}

function holderOf(row: SqlRow): LockHolder {
  return { pid: row['pid'] as number, host: textIn(row, 'host'), since: textIn(row, 'since') }
}

function lockLost(source: SourceRef): StixTaxiiError {
  return new StixTaxiiError('STORE_LOCK_LOST', `The connection that held the lock of "${source.name}" was lost`, {
    kind: 'network',
    hint: 'Another process may be fetching it now, so nothing of this page was kept. Run this again.',
    context: { source: source.name },
  })
}
