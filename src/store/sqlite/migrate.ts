import { StixTaxiiError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { Connection } from './binding.ts'
import { copyWhileHeld } from './copy.ts'
import type { Database } from './database.ts'
import { applicationId } from './schema.ts'

const mostAttempts = 100

/**
 * Brings the tables to the newest schema in one transaction. A store that has something in it is copied first, to a file
 * beside it that is named after its version and the time. Of several programs that begin at once one does it, and the
 * others wait.
 *
 * @throws STORE_NEWER (local) when a later release made it; STORE_FOREIGN (local) when it is another program's database.
 */
export async function migrate(database: Database, migrations: readonly string[], clock: Clock): Promise<void> {
  const found = schemaVersion(database.reader)
  if (found > migrations.length) throw newer(database.file, found, migrations.length)
  if (found > 0) ours(database)
  if (found === migrations.length) return
  await database.transaction(async (connection) => {
    const current = schemaVersion(connection)
    if (current > migrations.length) throw newer(database.file, current, migrations.length)
    if (current === migrations.length) return
    if (current === 0 && hasTables(connection)) throw foreign(database.file)
    if (current > 0) await copyBeside(database, `schema-${current}-${stampOf(clock)}`)
    for (const sql of migrations.slice(current)) connection.exec(sql)
    connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
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
