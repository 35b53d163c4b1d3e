import { open, rm } from 'node:fs/promises'
import { StixTaxiiError } from '../../core/errors.ts'
import { connect } from './binding.ts'
import type { Database } from './database.ts'

/**
 * Copies the whole store, as it is between two transactions, into a new file (0600) that is on the disk when this
 * resolves.
 *
 * @throws STORE_BACKUP_EXISTS (conflict); STORE_BACKUP_FAILED (local) when it cannot be written. Neither leaves a file.
 */
export async function copyInto(database: Database, file: string): Promise<void> {
  await copied(file, () => database.alone((connection) => connection.run('VACUUM INTO ?', [file])))
}

/** The same from inside a transaction that has changed nothing yet: no one else writes until the copy is there. */
export async function copyWhileHeld({ binding, file: from }: Database, file: string): Promise<void> {
  await copied(file, async () => {
    const connection = connect(binding, from)
    try {
      connection.run('VACUUM INTO ?', [file])
    } finally {
      connection.close()
    }
  })
}

async function copied(file: string, copy: () => Promise<unknown>): Promise<void> {
  await claim(file)
  try {
    // SQLite takes an empty file for a new one, so the file is ours alone from its first byte on.
    await copy()
    const handle = await open(file, 'r+')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

async function claim(file: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.close()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new StixTaxiiError('STORE_BACKUP_EXISTS', `${file} exists already`, {
        kind: 'conflict',
        hint: 'Name a file that does not exist; a copy never overwrites one.',
        context: { file },
        cause,
      })
    }
    throw new StixTaxiiError('STORE_BACKUP_FAILED', `The copy ${file} cannot be made: ${(cause as Error).message}`, {
      kind: 'local',
      hint: 'Check that the folder exists and that this user may write in it.',
      context: { file },
      cause,
    })
  }
}
