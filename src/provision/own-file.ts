import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'

/**
 * Reads a file that this program keeps for itself; undefined when there is none.
 * @throws PROVISION_FILE_LOOSE (config) when others may read or write it, PROVISION_FILE_FAILED (local)
 */
export async function readOwnFile(file: string): Promise<string | undefined> {
  return guarded(file, 'read', async () => {
    const found = await orAbsent(stat(file))
    if (found === undefined) return undefined
    // Windows knows no such bits.
    if (path.sep === '/' && (found.mode & 0o077) !== 0) throw loose(file, found.mode)
    return await readFile(file, 'utf8')
  })
}

/** Puts a whole new file, 0600, in the place of the old one; it lasts through a power cut. @throws PROVISION_FILE_FAILED (local) */
export async function writeOwnFile(file: string, text: string): Promise<void> {
  await guarded(file, 'written', async () => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const draft = `${file}.${randomBytes(6).toString('hex')}.part`
    try {
      const handle = await open(draft, 'wx', 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(draft, file)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
    await syncFolder(path.dirname(file))
  })
}

/** A file that only grows; a line that was appended is on the disk. */
export interface Appender extends AsyncDisposable {
  /** @throws PROVISION_FILE_FAILED (local) */
  append(line: string): Promise<void>
}

/**
 * Opens a file of ours, 0600, for lines at its end. Half a line that a crash left there is closed first, so that the next
 * one stands alone. Lines of several callers are written together and made durable together. After a line that could not
 * be written (whole) nothing is appended any more: it would stand on the same line, and be lost with it.
 * @throws PROVISION_FILE_FAILED (local)
 */
export async function openAppender(file: string): Promise<Appender> {
  const handle = await guarded(file, 'written', async () => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    const opened = await open(file, 'a+', 0o600)
    await closeHalfLine(opened)
    await syncFolder(path.dirname(file))
    return opened
  })
  let waiting: string[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await last
    const lines = waiting
    waiting = []
    next = undefined
    await guarded(file, 'written', async () => {
      await handle.appendFile(lines.join(''))
      await handle.datasync()
    })
  }
  return {
    append(line) {
      waiting.push(`${line}\n`)
      if (next === undefined) last = next = flush()
      return next
    },
    async [Symbol.asyncDispose]() {
      await last.catch(() => undefined)
      await handle.close()
    },
  }
}

async function closeHalfLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat()
  if (size === 0) return
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  if (buffer[0] !== 0x0a) await handle.appendFile('\n')
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

function orAbsent<T>(question: Promise<T>): Promise<T | undefined> {
  return question.catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
}

async function guarded<T>(file: string, verb: 'read' | 'written', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StixTaxiiError) throw cause
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new StixTaxiiError('PROVISION_FILE_FAILED', `${file} could not be ${verb}: ${whyOf(cause)}`, {
      kind: 'local',
      hint: 'Check its folder and the room on the disk, or name another place with --state FILE.',
      context: { file, reason },
      cause,
    })
  }
}

function loose(file: string, mode: number): StixTaxiiError {
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  return new StixTaxiiError('PROVISION_FILE_LOOSE', `${file} is open to other users (mode ${octal})`, {
    kind: 'config',
    hint: `Close it with: chmod 600 ${file}`,
    context: { file, mode: octal },
  })
}
