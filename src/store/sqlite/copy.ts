import { randomBytes } from 'node:crypto'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
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
  await copied(file, (part) => database.alone((connection) => connection.run('VACUUM INTO ?', [part])))
}

/** The same from inside a transaction that has changed nothing yet: no one else writes until the copy is there. */
export async function copyWhileHeld({ binding, file: from }: Database, file: string): Promise<void> {
  await copied(file, async (part) => {
    const connection = connect(binding, from)
    try {
      connection.run('VACUUM INTO ?', [part])
    } finally {
      connection.close()
    }
  })
}

/** The file gets its name when it is whole and on the disk: what a killed program leaves must not pass for a copy. */
async function copied(file: string, copy: (part: string) => Promise<unknown>): Promise<void> {
  if (await isThere(file)) throw existing(file)
  const folder = path.dirname(file)
  const part = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.part`)
  await claim(part, file)
  try {
    // SQLite takes an empty file for a new one, so the file is ours alone from its first byte on.
    await copy(part)
    await synced(part, 'r+')
    await nameIt(part, file)
    // A folder that cannot be read, or a system that cannot sync one: the copy is there all the same.
    await synced(folder, 'r').catch(() => undefined)
  } finally {
    await rm(part, { force: true })
  }
}

/** Gives the file its name, unless there is one of that name by now. @throws STORE_BACKUP_EXISTS, STORE_BACKUP_FAILED. */
export async function nameIt(part: string, file: string, linkTo: typeof link = link): Promise<void> {
  try {
    await linkTo(part, file)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    if (code === 'EEXIST') throw existing(file, cause)
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw failed(file, cause)
    // A file system without hard links can only be looked at before.
    if (await isThere(file)) throw existing(file, cause)
    await rename(part, file)
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}

async function synced(file: string, flags: 'r+' | 'r'): Promise<void> {
  const handle = await open(file, flags)
  await handle.sync().finally(() => handle.close())
}

async function claim(part: string, file: string): Promise<void> {
  try {
    const handle = await open(part, 'wx', 0o600)
    await handle.close()
  } catch (cause) {
    throw failed(file, cause)
  }
}

function existing(file: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_BACKUP_EXISTS', `${file} exists already`, {
    kind: 'conflict',
    hint: 'Name a file that does not exist; a copy never overwrites one.',
    context: { file },
    cause,
  })
}

function failed(file: string, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_BACKUP_FAILED', `The copy ${file} cannot be made: ${(cause as Error).message}`, {
    kind: 'local',
    hint: 'Check that the folder exists and that this user may write in it.',
    context: { file },
    cause,
  })
}
