import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { timestampOfDate } from '../../core/timestamp.ts'
import { sourceLocked } from '../store-errors.ts'
import type { LockHolder, SourceLock, SourceRef } from '../store.ts'
import type { StoreDependencies } from '../registry.ts'
import { bytesOf, connect, textIn, type Binding, type Connection } from './binding.ts'
import { isBusy, storeFailure } from './failure.ts'

/**
 * The lock of a source is an open `BEGIN IMMEDIATE` on a small database of its own: the kernel drops it when its process
 * dies, however that dies. The holder is committed first, so that who waits can read it. Nothing but SQLite opens these
 * files: closing one would drop the locks that this process has on it.
 */
export interface Locks {
  lock(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<SourceLock>
  /** Who has the lock now. */
  holder(sourceId: string): LockHolder | undefined
  close(): void
}

const pollMs = 20
/** A look at a lock takes it for an instant, so a lock counts as held only when it was so over this time. */
const leastWaitMs = 60

export function newLocks(store: string, binding: Binding, dependencies: StoreDependencies): Locks {
  const { clock, identity } = dependencies
  const folder = `${store}.locks`
  const held = new Set<Connection>()
  // Kept open between uses: libsql gives a closed one back only to the garbage collector.
  const idle = new Map<string, Connection[]>()
  const fileOf = (sourceId: string) =>
    join(folder, `${createHash('sha256').update(sourceId).digest('hex').slice(0, 32)}.lock`)

  async function opened(sourceId: string): Promise<Connection> {
    const waiting = idle.get(sourceId)?.pop()
    if (waiting) return waiting
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const connection = connect(binding, fileOf(sourceId))
    connection.exec('PRAGMA busy_timeout = 0')
    await chmod(fileOf(sourceId), 0o600)
    return connection
  }

  function release(sourceId: string, connection: Connection): void {
    held.delete(connection)
    abandon(connection)
    const waiting = idle.get(sourceId)
    if (waiting) waiting.push(connection)
    else idle.set(sourceId, [connection])
  }

  /** Takes the lock now or answers false. */
  function taken(connection: Connection): boolean {
    try {
      connection.exec('BEGIN IMMEDIATE')
      connection.exec(
        'CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER, host TEXT, since TEXT) STRICT',
      )
      connection.run('INSERT OR REPLACE INTO holder VALUES (1, ?, ?, ?)', [
        identity.pid,
        identity.host,
        timestampOfDate(clock.now()),
      ])
      connection.exec('COMMIT; BEGIN IMMEDIATE')
      return true
    } catch (error) {
      abandon(connection)
      if (isBusy(error)) return false
      throw error
    }
  }

  async function lock(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }) {
    const deadline = clock.monotonicMs() + Math.max(options.timeoutMs, leastWaitMs)
    const connection = await opened(source.id)
    try {
      while (!taken(connection)) {
        options.signal?.throwIfAborted()
        if (clock.monotonicMs() >= deadline) throw sourceLocked(source, writtenHolder(connection), options.timeoutMs)
        await clock.sleep(pollMs, options.signal)
      }
    } catch (error) {
      release(source.id, connection)
      throw storeFailure(error, fileOf(source.id))
    }
    held.add(connection)
    return {
      source: source.id,
      async [Symbol.asyncDispose]() {
        if (held.has(connection)) release(source.id, connection)
      },
    }
  }

  function holder(sourceId: string): LockHolder | undefined {
    if (!existsSync(fileOf(sourceId))) return undefined
    const connection = idle.get(sourceId)?.pop() ?? connect(binding, fileOf(sourceId))
    try {
      connection.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
      return undefined
    } catch (error) {
      return isBusy(error) ? (writtenHolder(connection) ?? { pid: 0, host: '', since: '' }) : undefined
    } finally {
      release(sourceId, connection)
    }
  }

  return {
    lock,
    holder,
    close: () => {
      for (const connection of [...held, ...[...idle.values()].flat()]) {
        abandon(connection)
        connection.close()
      }
      held.clear()
      idle.clear()
    },
  }
}

function writtenHolder(connection: Connection): LockHolder | undefined {
  try {
    const row = connection.get(`SELECT pid, ${bytesOf('host', 'since')} FROM holder`)
    return row && { pid: row['pid'] as number, host: textIn(row, 'host'), since: textIn(row, 'since') }
  } catch {
    return undefined
  }
}

function abandon(connection: Connection): void {
  try {
    connection.exec('ROLLBACK')
  } catch {
    return
  }
}
