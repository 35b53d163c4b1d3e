import { StixTaxiiError } from '../../core/errors.ts'
import type { NoticeSink } from '../../core/notice.ts'
import type { PostgresAddress } from './address.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { storeFailure } from './failure.ts'

/**
 * Brings the tables to the newest schema, in one transaction under an advisory lock: of several processes that start at
 * once, one makes them and the others wait. `notices` is told when there is something in them, since that takes its time.
 *
 * @throws STORE_MISSING (not-found) when there is no store and none is wanted; STORE_NEWER (local) when a later release made
 * it; STORE_FOREIGN (local) when the schema is another program's.
 */
export async function migrate(
  database: Database,
  migrations: readonly string[],
  { create, notices }: { readonly create: boolean; readonly notices?: NoticeSink | undefined },
): Promise<void> {
  const { address } = database
  const found = await schemaVersion(database.asking, address)
  if (found > migrations.length) throw newer(address, found, migrations.length)
  if (found === migrations.length) return
  if (found === 0 && !create) throw missing(address)
  const session = await database.session(() => undefined)
  try {
    await session.connection.exec('BEGIN')
    await session.connection.get('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `stixtaxii ${address.schema}`,
    ])
    await change(session.connection, address, migrations, notices)
    await session.connection.exec('COMMIT')
  } catch (error) {
    throw storeFailure(error, address)
  } finally {
    await session.close()
  }
}

async function change(
  connection: Connection,
  address: PostgresAddress,
  migrations: readonly string[],
  notices: NoticeSink | undefined,
): Promise<void> {
  const current = await schemaVersion(connection, address)
  if (current > migrations.length) throw newer(address, current, migrations.length)
  if (current === migrations.length) return
  if (current === 0) {
    await makeSchema(connection, address)
    await connection.exec(
      'CREATE TABLE store (one integer PRIMARY KEY CHECK (one = 1), program text NOT NULL, schema integer NOT NULL)',
    )
    await connection.exec("INSERT INTO store (one, program, schema) VALUES (1, 'stixtaxii', 0)")
  } else {
    notices?.({
      code: 'STORE_UPGRADED',
      message: `The store at ${address.place} is of an older release (schema ${current}): it is brought to schema ${migrations.length}`,
    })
  }
  for (const sql of migrations.slice(current)) await connection.exec(sql)
  await connection.run('UPDATE store SET schema = $1', [migrations.length])
}

/** One that is there must be empty: it may have been made for us by someone who may. */
async function makeSchema(connection: Connection, address: PostgresAddress): Promise<void> {
  const there = await connection.get(
    `SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = pg_namespace.oid) AS used
     FROM pg_namespace WHERE nspname = $1`,
    [address.schema],
  )
  if (there?.['used'] === true) throw foreign(address)
  if (!there) await connection.exec(`CREATE SCHEMA "${address.schema}"`)
}

/** 0: there is no store. */
export async function schemaVersion(
  connection: Pick<Connection, 'get'>,
  { schema }: Pick<PostgresAddress, 'schema'>,
): Promise<number> {
  const there = await connection.get(
    `SELECT 1 AS found FROM pg_class
     JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'store'`,
    [schema],
  )
  if (!there) return 0
  // By its whole name: a schema that this role may not use is passed over in the search path, as if nothing were there.
  const row = await connection.get(`SELECT schema FROM "${schema}".store WHERE program = 'stixtaxii'`)
  return (row?.['schema'] as number | undefined) ?? 0
}

function missing({ schema, database, place }: PostgresAddress): StixTaxiiError {
  return new StixTaxiiError('STORE_MISSING', `There is no store in schema ${schema} of "${database}" at ${place}`, {
    kind: 'not-found',
    hint: 'Check --store and STIXTAXII_STORE. A store is made by what stores something: stixtaxii import FILE',
    context: { database, schema },
  })
}

/** STORE_NEWER (local): a later release has made the store, or upgraded it. */
export function newer({ place, schema }: PostgresAddress, found: number, known: number): StixTaxiiError {
  return new StixTaxiiError(
    'STORE_NEWER',
    `The store at ${place} has schema ${found}, this program knows up to ${known}`,
    {
      kind: 'local',
      hint: 'Use the newer stixtaxii that wrote it, or name another store with --store. Nothing was changed.',
      context: { place, schema, found, known },
    },
  )
}

function foreign({ schema, database }: PostgresAddress): StixTaxiiError {
  return new StixTaxiiError('STORE_FOREIGN', `The schema ${schema} of "${database}" has tables of another program`, {
    kind: 'local',
    hint: 'Name a schema of its own for the store, as postgres://.../DATABASE?schema=NAME. Nothing was changed.',
    context: { database, schema },
  })
}
