import { open, stat, type FileHandle } from 'node:fs/promises'
import type { Clock } from '../core/ports.ts'

export interface FollowOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Begin behind what is there already. Default false. */
  readonly fromEnd?: boolean | undefined
  /** Between two looks; default 250. */
  readonly pollMs?: number | undefined
}

/** What following a file yields: bytes, or that it begins anew (rotated or cut), so that an unfinished line is at its end. */
export type Followed = Buffer | 'restart'

const pieceBytes = 256 * 1024
/** Looks that find nothing more in a file whose name another has. Who writes may go on in the old one for a moment. */
const lastLooks = 2

/**
 * Reads a file and what is written to it later, until `signal`. When another file takes its name (rotation), the old one is
 * read to its end first, however many take the name meanwhile; when it becomes shorter (truncation), it is read from its
 * beginning. A missing file is waited for once it was there.
 */
export async function* followFile(file: string, options: FollowOptions): AsyncGenerator<Followed> {
  const first = await open(file, 'r')
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const bearers = watchName(file, first, { ...options, signal })
  try {
    let position = options.fromEnd ? (await first.stat()).size : 0
    for (let emptyLooks = 0; !signal.aborted;) {
      const [handle, next] = bearers.files as [FileHandle, FileHandle?]
      const before = position
      for await (const piece of readOn(handle, position, signal)) {
        position += piece.length
        yield piece
      }
      emptyLooks = next && position === before ? emptyLooks + 1 : 0
      const isLeft = emptyLooks >= lastLooks
      if (isLeft) {
        bearers.files.shift()
        await handle.close()
      } else if ((await handle.stat()).size >= position) {
        await bearers.look()
        continue
      }
      emptyLooks = 0
      position = 0
      yield 'restart'
    }
  } finally {
    stop.abort()
    await bearers.ended
    for (const handle of bearers.files) await handle.close()
  }
}

interface NameBearers {
  /** The files that had the name, in order, from the one that is read. */
  readonly files: FileHandle[]
  /** Resolves when the name was looked at next. */
  look(): Promise<void>
  readonly ended: Promise<void>
}

/**
 * Opens whatever takes the name of a file. That goes on beside the reading, because who takes what is read may be busy for
 * longer than a log keeps its name; and a file that was removed can be read only if it was open before.
 */
function watchName(file: string, first: FileHandle, { clock, signal, pollMs = 250 }: FollowOptions): NameBearers {
  const files = [first]
  const look = async (): Promise<void> => {
    await clock.sleep(pollMs, signal).catch(() => undefined)
    const next = signal.aborted ? undefined : await bearerOf(file, files.at(-1) as FileHandle).catch(() => undefined)
    if (next) files.push(next)
  }
  let looked = look()
  const watch = async (): Promise<void> => {
    for (; !signal.aborted; looked = look()) await looked
  }
  return { files, look: () => looked, ended: watch() }
}

/** The file that has the name now; undefined when it is still this one, or none. */
async function bearerOf(file: string, last: FileHandle): Promise<FileHandle | undefined> {
  const [ours, named] = await Promise.all([last.stat(), stat(file)])
  return named.ino === ours.ino && named.dev === ours.dev ? undefined : open(file, 'r')
}

async function* readOn(handle: FileHandle, from: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  let position = from
  while (!signal.aborted) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
