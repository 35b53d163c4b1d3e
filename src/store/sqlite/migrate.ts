import { StixTaxiiError } from '../../core/errors.ts'
import type { NoticeSink } from '../../core/notice.ts'
import type { Clock } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { Connection } from './binding.ts'
import { copyWhileHeld } from './copy.ts'
import type { Database } from './database.ts'
import { noteLatest } from './latest.ts'
import { applicationId } from './schema.ts'

const mostAttempts = 100

/** The schema since which superseded versions are noted: what SQL cannot tell of those that are there. */
const latestNoted = 4

/** How often a program waits as long as for any writer while another one copies and changes a store: half an hour. */
const mostWaits = 30

/**
 * Brings the tables to the newest schema in one transaction. A store that has something in it is copied first, to a file
 * beside it that is named after its version and the time; `notices` is told, since that takes its time. Of several
 * programs that begin at once one does it, and the others wait, for half an hour at most.
 *
 * @throws STORE_NEWER (local), here and from every later transaction, when a later release made or changed it; STORE_FOREIGN (local) when it is another program's database;
 * STORE_UPGRADING (conflict) when another process is still at it.
 */
export async function migrate(
  database: Database,
  migrations: readonly string[],
  { clock, notices }: { readonly clock: Clock; readonly notices?: NoticeSink | undefined },
): Promise<void> {
  const found = schemaVersion(database.reader)
  if (found > migrations.length) throw newer(database.file, found, migrations.length)
  if (found > 0) ours(database)
  if (found < migrations.length) await change(database, migrations, found, { clock, notices })
  // A newer program may upgrade the store while this one has it open.
  database.lookFirst((connection) => {
    const current = schemaVersion(connection)
    if (current > migrations.length) throw newer(database.file, current, migrations.length)
  })
}

async function change(
  database: Database,
  migrations: readonly string[],
  found: number,
  { clock, notices }: { readonly clock: Clock; readonly notices?: NoticeSink | undefined },
): Promise<void> {
  for (let waits = 1; ; waits++) {
    try {
      return await database.transaction(async (connection) => {
        const current = schemaVersion(connection)
        if (current > migrations.length) throw newer(database.file, current, migrations.length)
        if (current === migrations.length) return
        if (current === 0 && hasTables(connection)) throw foreign(database.file)
        if (current > 0) {
          notices?.({ code: 'STORE_UPGRADED', message: upgrading(database.file, current, migrations.length) })
          await copyBeside(database, `schema-${current}-${stampOf(clock)}`)
        }
        for (const sql of migrations.slice(current)) connection.exec(sql)
        if (current > 0 && current < latestNoted && migrations.length >= latestNoted) noteLatest(connection)
        connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
      })
    } catch (error) {
      if (!(error instanceof StixTaxiiError && error.code === 'STORE_BUSY')) throw error
      if (waits === mostWaits) throw stillUpgrading(database.file, found, error)
      notices?.({ code: 'STORE_UPGRADE_AWAITED', message: awaiting(database.file, found) })
    }
  }
}

function upgrading(file: string, from: number, to: number): string {
  return `The store ${file} is of an older release (schema ${from}): it is copied beside itself, then brought to schema ${to}`
}

function awaiting(file: string, from: number): string {
  return `The store ${file} is of an older release (schema ${from}), and another process keeps it locked, probably to bring it to this one; waiting for it`
}

function stillUpgrading(file: string, found: number, cause: StixTaxiiError): StixTaxiiError {
  return new StixTaxiiError('STORE_UPGRADING', `${awaiting(file, found)} has taken half an hour`, {
    kind: 'conflict',
    hint: 'Look for another stixtaxii that is at work on this store, and run this again when it has ended.',
    context: { file, found },
    cause,
  })
}

/** Under another name where a program that was killed a moment ago has left that one. */
async function copyBeside(database: Database, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await copyWhileHeld(database, `${database.file}.${name}${attempt === 1 ? '' : `-${attempt}`}`)
    } catch (error) {
      if (!(error instanceof StixTaxiiError && error.code === 'STORE_BACKUP_EXISTS') || attempt === mostAttempts)
        throw error
    }
  }
}

function stampOf(clock: Clock): string {
  return timestampOfDate(clock.now()).replaceAll(/[-:]|\.\d+/g, '')
}

export function schemaVersion(connection: Connection): number {
  return connection.get('PRAGMA user_version')?.['user_version'] as number
}

function ours(database: Database): void {
  if (database.reader.get('PRAGMA application_id')?.['application_id'] !== applicationId) throw foreign(database.file)
}

function hasTables(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM sqlite_schema LIMIT 1') !== undefined
}

function newer(file: string, found: number, known: number): StixTaxiiError {
  return new StixTaxiiError('STORE_NEWER', `The store ${file} has schema ${found}, this program knows up to ${known}`, {
    kind: 'local',
    hint: 'Use the newer stixtaxii that wrote it, or name another store with --store. Nothing was changed.',
    context: { file, found, known },
  })
}

function foreign(file: string): StixTaxiiError {
  return new StixTaxiiError('STORE_FOREIGN', `${file} is a database of another program`, {
    kind: 'local',
    hint: 'Name a file of its own for the store with --store. Nothing was changed.',
    context: { file },
  })
}
