import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { ClientBase, Pool, PoolClient } from 'pg'
import type { Clock } from '../../core/ports.ts'
import { rememberSecret } from '../../core/known-secrets.ts'
import { Secret } from '../../core/secret.ts'
import { tlsOptions, type PostgresAddress } from './address.ts'
import { connect, PostgresError, typesFor, type Connection } from './connection.ts'
import { commitUnknown, connectFailure, isTransient, isUnreachable, poolExhausted, storeFailure } from './failure.ts'
import { newer, schemaVersion } from './migrate.ts'
import { migrations } from './schema.ts'

/**
 * One database over a pool of sessions. Writers are READ COMMITTED and begin with the row of their collection, FOR UPDATE:
 * each statement behind it sees all that was committed before, so that nothing is lost, and nothing fails for having
 * waited as it would in a snapshot taken before the lock. Readers that ask more than once have one snapshot.
 */
export interface Database {
  readonly address: PostgresAddress
  /** Runs `work` as one transaction, again where the server undid it or the connection was lost; rolled back when it throws. */
  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Runs `work` in one moment's picture, for reading only; again where the connection was lost. */
  reading<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Single questions, each of its own moment. */
  readonly asking: Pick<Connection, 'get' | 'all' | 'run'>
  /** A session of its own beside the pool; `onLost` is called once when it ends before it is closed. */
  session(onLost: () => void): Promise<Session>
  close(): Promise<void>
}

export interface Session {
  readonly connection: Connection
  close(): Promise<void>
}

export interface DatabaseSettings {
  readonly address: PostgresAddress
  readonly password: () => Promise<Secret>
  readonly clock: Clock
  readonly identity: { readonly pid: number; readonly host: string }
  /** Sessions at most, those of locks not counted. Default 8. */
  readonly sessions?: number | undefined
}

const connectPatienceMs = 15_000
/** How long a free session is waited for: those that have one wait for each other's commits. */
const sessionPatienceMs = 60_000
const farewellMs = 2000
const mostAttempts = 5
const firstPauseMs = 50
const longestPauseMs = 1000
/** How long a server that was there is waited for: it may be starting again, or another takes its place. */
const returnPatienceMs = 30_000

/**
 * What every session is told. Our transactions that stay open are locks, which the server must not end as idle ones; a
 * commit is on the disk when it is answered; dead peers are noticed within half a minute, so that they keep no lock.
 */
const sessionSettings = (schema: string): string => `
  SET search_path = "${schema}";
  SET client_encoding = 'UTF8'; SET bytea_output = 'hex';
  SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s'; SET jit = off;
  SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`

export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { address, clock } = settings
  const pg = (await import('pg')).default
  const config = await clientConfig(settings, pg.types)
  // Waited for by the package, whatever its types say.
  const prepare = async (client: ClientBase): Promise<unknown> => {
    // Told where it is awaited; without a listener the end of a session would end the process.
    client.on('error', () => undefined)
    return client.query(sessionSettings(address.schema))
  }
  class Client extends pg.Client {
    constructor() {
      super({ ...config, connectionTimeoutMillis: connectPatienceMs })
    }
  }
  const pool: Pool = new pg.Pool({
    Client,
    max: settings.sessions ?? 8,
    connectionTimeoutMillis: sessionPatienceMs,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    onConnect: (client: ClientBase): unknown => prepare(client),
  })
  pool.on('error', () => undefined)
  const failed = (error: unknown) => storeFailure(error, address)

  async function taken(): Promise<PoolClient> {
    try {
      return await pool.connect()
    } catch (error) {
      const isFull = pool.totalCount >= (settings.sessions ?? 8) && pool.idleCount === 0
      throw isFull ? poolExhausted(address, error) : connectFailure(error, address)
    }
  }

  /** Gives the session back, or ends it where nobody knows what state it is in. */
  async function using<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const client = await taken()
    let fault: unknown
    try {
      return await work(connect(client))
    } catch (error) {
      fault = error
      throw error
    } finally {
      client.release(fault instanceof PostgresError && fault.isLost ? fault : undefined)
    }
  }

  /** Tries again what may go well then; also to connect, once there has been a connection. */
  async function again<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const deadline = clock.monotonicMs() + returnPatienceMs
    let failures = 0
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await attempt()
      } catch (error) {
        if (isTransient(error)) failures++
        else if (failures === 0 || !isUnreachable(error)) throw failed(error)
        if (failures >= mostAttempts || clock.monotonicMs() >= deadline) throw failed(error)
        await clock.sleep(pauseMs * (0.5 + Math.random()))
      }
    }
  }

  return {
    address,
    async transaction(work) {
      const settled = settling(using, work, address)
      try {
        return await again(settled.attempt)
      } catch (error) {
        throw settled.isOpen() ? commitUnknown(address, error) : error
      }
    },
    reading: (work) =>
      again(() =>
        using(async (connection) => {
          await connection.exec('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
          try {
            return await work(connection)
          } finally {
            await ignoring(connection.exec('COMMIT'))
          }
        }),
      ),
    asking: {
      get: (sql, values) => again(() => using((connection) => connection.get(sql, values))),
      all: (sql, values) => again(() => using((connection) => connection.all(sql, values))),
      run: (sql, values) => again(() => using((connection) => connection.run(sql, values))),
    },
    async session(onLost) {
      const client = new Client()
      let isClosing = false
      client.on('error', () => undefined)
      client.on('end', () => {
        if (!isClosing) onLost()
      })
      const close = async () => {
        isClosing = true
        await soon(client.end())
        // A server that is gone without a word never says goodbye.
        ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
      }
      try {
        await client.connect()
        await prepare(client)
      } catch (error) {
        await close()
        throw connectFailure(error, address)
      }
      return { connection: connect(client), close }
    },
    close: () => soon(pool.end()),
  }
}

// Of no row where a newer program has upgraded the store since this one opened it.
const settle = `INSERT INTO settled (token, at, schema)
  SELECT $1, extract(epoch FROM now())::bigint, schema FROM store WHERE schema = $2`
const sweepChance = 0.005
/** Nobody asks for the token of a transaction of yesterday. */
const sweepSettled = `DELETE FROM settled WHERE token IN (
  SELECT token FROM settled WHERE at < extract(epoch FROM now())::bigint - 86400 LIMIT 10000 FOR UPDATE SKIP LOCKED)`

/**
 * One transaction that may be attempted several times. Each writes a token of its own into the table `settled`; where the
 * connection is lost while COMMIT is under way, the next attempt waits until that session has ended (both take the lock of
 * the token), looks for the token, and is done already when it is there.
 */
function settling<Result>(
  using: <Answer>(work: (connection: Connection) => Promise<Answer>) => Promise<Answer>,
  work: (connection: Connection) => Promise<Result>,
  address: PostgresAddress,
): { attempt(): Promise<Result>; /** Whether it may have been done. */ isOpen(): boolean } {
  const token = randomUUID()
  const key = Buffer.from(token.replaceAll('-', ''), 'hex')
  let unsettled: { readonly result: Result } | undefined
  const attempt = () =>
    using(async (connection) => {
      const guarded = guard(connection)
      let result: Result
      try {
        await connection.exec(
          `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(hashtextextended('${token}', 0))`,
        )
        if (unsettled) {
          const found = await connection.get('SELECT 1 AS found FROM settled WHERE token = $1', [key])
          if (found) {
            await connection.exec('ROLLBACK')
            return unsettled.result
          }
          unsettled = undefined
        }
        result = await work(guarded.connection)
        guarded.end()
        if ((await connection.run(settle, [key, migrations.length])) === 0) throw await otherSchema(connection, address)
        if (Math.random() < sweepChance) await connection.exec(sweepSettled)
      } catch (error) {
        guarded.end()
        await ignoring(connection.exec('ROLLBACK'))
        throw error
      }
      unsettled = { result }
      try {
        await connection.exec('COMMIT')
      } catch (error) {
        // The server said no, so it is settled.
        if (error instanceof PostgresError && !error.isLost) unsettled = undefined
        throw error
      }
      unsettled = undefined
      return result
    })
  return { attempt, isOpen: () => unsettled !== undefined }
}

async function otherSchema(connection: Connection, address: PostgresAddress): Promise<Error> {
  return newer(address, await schemaVersion(connection, address), migrations.length)
}

/**
 * A connection that is good for one transaction: the first failure is the answer to everything that follows, and nothing
 * goes to it when the transaction is over.
 */
function guard(inner: Connection): { connection: Connection; end(): void } {
  let failure: Error | undefined
  const guarded = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    if (failure) throw failure
    try {
      return await call()
    } catch (error) {
      if (error instanceof PostgresError) failure ??= error
      throw error
    }
  }
  return {
    connection: {
      exec: (sql) => guarded(() => inner.exec(sql)),
      run: (sql, values) => guarded(() => inner.run(sql, values)),
      get: (sql, values) => guarded(() => inner.get(sql, values)),
      all: (sql, values) => guarded(() => inner.all(sql, values)),
      copy: (target, types, rows) => guarded(() => inner.copy(target, types, rows)),
    },
    end: () => {
      failure ??= new Error('the transaction is over')
    },
  }
}

/** Waits for a farewell, but not for one that never comes. */
async function soon(work: Promise<unknown>): Promise<void> {
  const stop = new AbortController()
  const late = setTimeout(farewellMs, undefined, { signal: stop.signal })
  await Promise.race([ignoring(work), ignoring(late)])
  stop.abort()
}

/** For what may fail without harm: the end of a session that is gone. */
async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined)
}

async function clientConfig(
  { address, password, identity }: DatabaseSettings,
  types: Parameters<typeof typesFor>[0],
): Promise<Record<string, unknown>> {
  const { host, port, user, database, tls } = address
  return {
    host,
    port,
    user,
    database,
    ssl: tls ? await tlsOptions(tls) : false,
    application_name: `stixtaxii ${identity.pid}@${identity.host}`.slice(0, 63),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typesFor(types),
    password: async () => {
      const clear = Secret.open(await password())
      rememberSecret(clear)
      return clear
    },
  }
}
