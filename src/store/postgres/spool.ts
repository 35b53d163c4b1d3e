import { bytesOf, partOf } from '../spooled-part.ts'
import { open, rm, mkdtemp, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { StixTaxiiError } from '../../core/errors.ts'
import type { PageBatch, PagePart } from '../store.ts'

/** Parts of a batch, all of them here; they can be read again. */
export interface GatheredParts extends AsyncDisposable {
  read(): AsyncIterable<PagePart>
}

const bytesInMemory = 16 * 1024 * 1024

/**
 * Waits for all parts before any lock is taken, and keeps them for a transaction that has to be done again. What is more
 * than 16 MiB goes to a file that has no name any more, so that it is gone with this process, however that ends.
 */
export async function gather(parts: PageBatch['parts']): Promise<GatheredParts> {
  const early: PagePart[] = []
  let spool: Spool | undefined
  let bytes = 0
  const close = async () => spool?.close()
  try {
    for await (const part of parts) {
      bytes += bytesOf(part)
      if (!spool && bytes > bytesInMemory) spool = await openSpool()
      if (spool) await spool.add(serialize(part))
      else early.push(part)
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    async *read() {
      yield* early
      if (!spool) return
      for await (const record of spool.read()) yield partOf(deserialize(record) as PagePart)
    },
    [Symbol.asyncDispose]: close,
  }
}

interface Spool {
  add(record: Buffer): Promise<void>
  read(): AsyncIterable<Buffer>
  close(): Promise<void>
}

async function openSpool(): Promise<Spool> {
  const file = await spooling(unnamedFile)
  const lengths: number[] = []
  let end = 0
  return {
    add: (record) =>
      spooling(async () => {
        await file.writev([record], end)
        lengths.push(record.length)
        end += record.length
      }),
    async *read() {
      let at = 0
      for (const length of lengths) {
        const record = Buffer.allocUnsafe(length)
        await spooling(() => readWhole(file, record, at))
        at += length
        yield record
      }
    },
    close: () => file.close(),
  }
}

async function unnamedFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'stixtaxii-spool-'))
  try {
    return await open(join(folder, 'parts'), 'wx+', 0o600)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readWhole(file: FileHandle, into: Buffer, from: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, from + done)
    if (bytesRead === 0) throw new Error('it ends too early')
    done += bytesRead
  }
}

async function spooling<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw new StixTaxiiError('STORE_SPOOL', `Pages cannot be held in ${tmpdir()}: ${(cause as Error).message}`, {
      kind: 'local',
      hint: 'Nothing of this page was kept. Make room there, or name another folder with TMPDIR, then run this again.',
      context: { folder: tmpdir() },
      cause,
    })
  }
}
