import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'

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
 * @throws OUTPUT_FILE_FAILED (local) where the folder cannot be written.
 */
export async function openAtomicFile(file: string): Promise<AtomicFile> {
  const folder = path.dirname(file)
  const part = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.part`)
  const handle = await guarded(file, () => open(part, 'wx', 0o666))
  let done = false
  return {
    write: (chunk) => guarded(file, () => handle.writeFile(chunk)),
    async commit() {
      await guarded(file, async () => {
        await handle.sync()
        await handle.close()
        await rename(part, file)
        done = true
        const directory = await open(folder, 'r')
        await directory.sync().finally(() => directory.close())
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

async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new StixTaxiiError('OUTPUT_FILE_FAILED', `${file} could not be written: ${reason}`, {
      kind: 'local',
      hint: 'Check that its folder exists and can be written, and that the disk has room.',
      context: { file, reason },
      cause,
    })
  }
}
