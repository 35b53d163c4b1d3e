import type { Clock } from '../../core/ports.ts'
import { connect, SqlError, type Binding, type Connection } from './binding.ts'
import { isBusy, storeFailure } from './failure.ts'
import { newSnapshots } from './snapshots.ts'

/** One file, opened twice: readers never see a transaction that is not committed, writers take turns. */
export interface Database {
  readonly file: string
  readonly binding: Binding
  /** For reading only. Failures come as they are: wrap what uses it in `reading`. */
  readonly reader: Connection
  /** From now on each transaction begins with this look, and fails as it throws. */
  lookFirst(look: (connection: Connection) => void): void
  /** Runs `work`, which may await, as one transaction; rolled back when it throws. Waits for its turn. */
  transaction<Result>(work: (connection: Connection) => Result | Promise<Result>): Promise<Result>
  /** Runs `work`, which may await, over one moment's picture of the store. A few at a time, the others wait for their turn. */
  snapshot<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Runs `work` alone among the writers of this process but outside a transaction, as VACUUM must. */
  alone<Result>(work: (connection: Connection) => Result): Promise<Result>
  close(): Promise<void>
}

/** How long a writer waits for writers of other processes. Page transactions are short, so this is many of them. */
const writerPatienceMs = 60_000
const openPatienceMs = 30_000

// Without a time-out of SQLite's own, which would stop the whole process while it waits: who holds the lock may be another
// store of this very process, in the middle of something it awaits.
const pragmas = `
  PRAGMA busy_timeout = 0;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 16384;
  PRAGMA foreign_keys = ON;
  PRAGMA temp_store = FILE;
`

export async function openDatabase(file: string, binding: Binding, clock: Clock): Promise<Database> {
  const writer = await opened(file, binding, clock)
  writer.exec('PRAGMA cache_size = -65536')
  const openReader = async () => {
    const connection = await opened(file, binding, clock)
    connection.exec('PRAGMA cache_size = -8192; PRAGMA query_only = ON; PRAGMA busy_timeout = 5000')
    return connection
  }
  let reader: Connection
  try {
    reader = await openReader()
  } catch (error) {
    writer.close()
    throw error
  }
  const snapshots = newSnapshots(openReader)
  let last: Promise<unknown> = Promise.resolve()
  let hasWritten = false
  let look: ((connection: Connection) => void) | undefined

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work, work)
    last = result.catch(() => undefined)
    return result
  }

  async function transaction<Result>(work: (connection: Connection) => Result | Promise<Result>): Promise<Result> {
    return inTurn(async () => {
      hasWritten = true
      try {
        await patiently(clock, writerPatienceMs, () => writer.exec('BEGIN IMMEDIATE'))
        const guarded = guard(writer)
        try {
          look?.(guarded.connection)
          const result = await work(guarded.connection)
          guarded.end()
          await patiently(clock, writerPatienceMs, () => writer.exec('COMMIT'))
          return result
        } catch (error) {
          guarded.end()
          ignoring(() => writer.exec('ROLLBACK'))
          throw error
        }
      } catch (error) {
        throw storeFailure(error, file)
      }
    })
  }

  return {
    file,
    binding,
    reader,
    lookFirst(next) {
      look = next
    },
    transaction,
    snapshot: (work) => reading(file, () => snapshots.run(work)),
    alone: (work) =>
      inTurn(async () => {
        try {
          return await patiently(clock, writerPatienceMs, () => work(writer))
        } catch (error) {
          throw storeFailure(error, file)
        }
      }),
    close: () =>
      inTurn(async () => {
        await snapshots.close()
        reader.close()
        // libsql's close leaves this undone while a statement waits for the garbage collector. Who only read leaves it to
        // others: a look must not wait for the disk.
        if (hasWritten) ignoring(() => writer.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
        writer.close()
      }),
  }
}

/**
 * A connection that is good for one transaction. SQLite itself may have rolled back on a failure (a full disk), and what is
 * written then would stay: so the first failure is the answer to everything that follows.
 */
function guard(inner: Connection): { connection: Connection; end(): void } {
  let failure: Error | undefined
  const guarded = <Result>(call: () => Result): Result => {
    if (failure) throw failure
    try {
      return call()
    } catch (error) {
      if (error instanceof SqlError) failure = error
      throw error
    }
  }
  return {
    connection: {
      exec: (sql) => guarded(() => inner.exec(sql)),
      run: (sql, values) => guarded(() => inner.run(sql, values)),
      get: (sql, values) => guarded(() => inner.get(sql, values)),
      all: (sql, values) => guarded(() => inner.all(sql, values)),
      close: () => undefined,
    },
    end: () => {
      failure ??= new Error('the transaction is over')
    },
  }
}

/** For what may fail without harm: a rollback of what a full disk has rolled back already, a checkpoint others prevent. */
function ignoring(work: () => void): void {
  try {
    work()
  } catch {
    return
  }
}

async function opened(file: string, binding: Binding, clock: Clock): Promise<Connection> {
  return patiently(clock, openPatienceMs, () => {
    const connection = connect(binding, file)
    try {
      connection.exec(pragmas)
      // The first read finds out that the file is no database, or is recovering.
      connection.get('SELECT count(*) AS tables FROM sqlite_schema')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

/** Tries again while other processes are in the way; other failures, and this one after a while, are thrown. */
async function patiently<Result>(clock: Clock, patienceMs: number, attempt: () => Result): Promise<Result> {
  const deadline = clock.monotonicMs() + patienceMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 25)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || clock.monotonicMs() >= deadline) throw error
      await clock.sleep(pauseMs * (0.5 + Math.random()))
    }
  }
}

/** Gives SQLite's failures the words of the store. */
export async function reading<Result>(file: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw storeFailure(error, file)
  }
}
