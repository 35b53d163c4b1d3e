import { chmod, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import type { ProcessTable } from './lock.ts'

/**
 * Reads a file of our own after checking that nobody else can write its folder or see it; undefined when there is none.
 * A leading BOM is dropped.
 * @throws PROFILE_FOLDER_UNSAFE, PROFILE_FILE_LOOSE, PROFILE_FOLDER_UNUSABLE, PROFILE_FILE_DAMAGED (config)
 */
export async function readOwnFile(path: string, processes: ProcessTable): Promise<string | undefined> {
  try {
    if (!(await checkFolder(dirname(path), processes))) return undefined
    if (!(await checkFile(path, processes))) return undefined
    const bytes = await readFile(path)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new StixTaxiiError('PROFILE_FILE_DAMAGED', `${path} is not UTF-8 text`, {
        kind: 'config',
        hint: `Save it as UTF-8, or put back the version before: ${path}.bak`,
        context: { path },
      })
    }
    throw unusable(path, error)
  }
}

/** Makes the folder, 0700, and checks it when it was there. @throws as `readOwnFile` */
export async function makeOwnFolder(directory: string, processes: ProcessTable): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await checkFolder(directory, processes)
  } catch (error) {
    throw unusable(directory, error)
  }
}

/** Writes the file, 0600, by way of a new one beside it, so that a reader or a crash sees the old or the new one, whole. */
export async function writeOwnFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(draft, 0o600)
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw unusable(path, error)
  }
}

/** Makes a rename last through a power cut; systems that cannot sync a folder are left to it. */
export async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** The error for a file or folder of ours that the system would not let us use; anything else comes back as it is. */
export function unusable(path: string, error: unknown): unknown {
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : ''
  if (error instanceof StixTaxiiError || !/^E[A-Z0-9]+$/.test(code)) return error
  if (['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE'].includes(code)) {
    return new StixTaxiiError('PROFILE_WRITE_FAILED', `${path} could not be written: ${whyOf(error)}`, {
      kind: 'local',
      hint: 'Nothing was changed. Make room (or repair the disk) and try again.',
      context: { path, reason: code },
      cause: error,
    })
  }
  return new StixTaxiiError('PROFILE_FOLDER_UNUSABLE', `${path} cannot be used: ${reasonOf(code)}`, {
    kind: 'config',
    hint: 'Name a folder that you may write in STIXTAXII_CONFIG_DIR.',
    context: { path, reason: code },
    cause: error,
  })
}

function reasonOf(code: string): string {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EISDIR: 'it is a folder, not a file',
    ELOOP: 'its symbolic links lead in a circle',
    ENOENT: 'it leads nowhere (a broken symbolic link?)',
    EEXIST: 'a file is where the folder should be',
  }
  return reasons[code] ?? (code || 'unknown reason')
}

// A symbolic link is followed: what counts is who owns and may change what it leads to.
async function checkFolder(directory: string, processes: ProcessTable): Promise<boolean> {
  const found = await statOrNothing(directory)
  if (!found) return false
  if (processes.uid === undefined) return true
  if (found.uid !== processes.uid && found.uid !== 0) {
    throw new StixTaxiiError('PROFILE_FOLDER_UNSAFE', `${directory} belongs to user ${found.uid}, not to you`, {
      kind: 'config',
      hint: 'Whoever owns it could plant commands there. Take it over with chown, or name a folder of your own in STIXTAXII_CONFIG_DIR.',
      context: { path: directory, owner: found.uid },
    })
  }
  if ((found.mode & 0o022) !== 0) {
    throw new StixTaxiiError(
      'PROFILE_FOLDER_UNSAFE',
      `${directory} can be changed by other users (mode ${octal(found.mode)})`,
      {
        kind: 'config',
        hint: `Close it with: chmod 700 ${directory}`,
        context: { path: directory, mode: octal(found.mode) },
      },
    )
  }
  return true
}

async function checkFile(path: string, processes: ProcessTable): Promise<boolean> {
  const found = await statOrNothing(path)
  if (!found) return false
  if (processes.uid === undefined) return true
  if (found.uid !== processes.uid && found.uid !== 0) {
    throw new StixTaxiiError('PROFILE_FILE_LOOSE', `${path} belongs to user ${found.uid}, not to you`, {
      kind: 'config',
      hint: 'Take it over with chown, or remove it.',
      context: { path, owner: found.uid },
    })
  }
  if ((found.mode & 0o077) !== 0) {
    throw new StixTaxiiError('PROFILE_FILE_LOOSE', `${path} is open to other users (mode ${octal(found.mode)})`, {
      kind: 'config',
      hint: `Close it with: chmod 600 ${path}`,
      context: { path, mode: octal(found.mode) },
    })
  }
  return true
}

async function statOrNothing(path: string): Promise<{ uid: number; mode: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0')
}
