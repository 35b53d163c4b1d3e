import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import { trustedTarget } from './trusted-target.ts'

/** A file that appears whole or not at all; what stood there before stays until then. */
export interface AtomicFile {
  /** @throws OUTPUT_FILE_FAILED (local) */
  write(chunk: Uint8Array): Promise<void>
  /** Makes it durable and puts it in its place. @throws OUTPUT_FILE_FAILED (local) */
  commit(): Promise<void>
  /** Drops what was written; nothing happens after `commit`. */
  discard(): Promise<void>
}

/**
 * Opens a new file beside `file`, to be renamed to it in the end; a reader never sees half of it.
 *
 * A link is followed, and the file it leads to is replaced; who may read that file stays as it was. What is no regular file
 * (`/dev/stdout`, a named pipe) is written to as it is: replacing it would destroy it.
 * @throws OUTPUT_FILE_FAILED (local) where it is a folder, or its folder cannot be written. OUTPUT_LINK_REFUSED (refused)
 * where another user's link in a folder open to all is on the way.
 */
export async function openAtomicFile(file: string): Promise<AtomicFile> {
  return guarded(file, async () => {
    const target = await trustedTarget(file)
    const there = await orAbsent(stat(file))
    if (there !== undefined && !there.isFile()) return writeThrough(file, await openSpecial(file))
    return replaceInTheEnd(file, target, there?.mode)
  })
}

/** Opens what is no regular file; what was put in its place since is neither made nor emptied. */
async function openSpecial(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_WRONLY)
  if (!(await handle.stat()).isFile()) return handle
  await handle.close()
  throw Object.assign(new Error('it was replaced meanwhile'), { code: 'EBUSY' })
}

async function replaceInTheEnd(file: string, target: string, mode: number | undefined): Promise<AtomicFile> {
  const folder = path.dirname(target)
  const part = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString('hex')}.part`)
  const handle = await open(part, 'wx', mode === undefined ? 0o666 : 0o600)
  if (mode !== undefined) await handle.chmod(mode & 0o777).catch(() => undefined)
  let done = false
  return {
    write: (chunk) => guarded(file, () => handle.writeFile(chunk)),
    async commit() {
      await guarded(file, async () => {
        await handle.sync()
        await handle.close()
        await rename(part, target)
        done = true
        await syncFolder(folder)
      })
    },
    async discard() {
      if (done) return
      done = true
      await handle.close().catch(() => undefined)
      await rm(part, { force: true })
    },
  }
}

/** A folder that may be written and not read, or a system that cannot sync one: the file is in its place all the same. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

function writeThrough(file: string, handle: FileHandle): AtomicFile {
  let open = true
  const close = async (): Promise<void> => {
    if (!open) return
    open = false
    await handle.close()
  }
  return {
    write: (chunk) => guarded(file, () => handle.writeFile(chunk)),
    commit: () => guarded(file, close),
    discard: () => close().catch(() => undefined),
  }
}

function orAbsent<T>(question: Promise<T>): Promise<T | undefined> {
  return question.catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  })
}

async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StixTaxiiError) throw cause
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new StixTaxiiError('OUTPUT_FILE_FAILED', `${file} could not be written: ${whyOf(cause)}`, {
      kind: 'local',
      hint: 'Check that its folder exists and can be written, and that the disk has room.',
      context: { file, reason },
      cause,
    })
  }
}
