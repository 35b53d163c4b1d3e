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

/**
 * Reads a file and what is written to it later, until `signal`. When another file takes its name (rotation), the old one is
 * read to its end first; when it becomes shorter (truncation), it is read from its beginning. A missing file is waited for
 * once it was there.
 */
export async function* followFile(file: string, options: FollowOptions): AsyncGenerator<Followed> {
  const { clock, signal, pollMs = 250 } = options
  let handle = await open(file, 'r')
  let position = options.fromEnd ? (await handle.stat()).size : 0
  try {
    while (!signal.aborted) {
      for await (const piece of readOn(handle, position, signal)) {
        position += piece.length
        yield piece
      }
      const change = await changeOf(file, handle, position)
      if (change === 'none') {
        await clock.sleep(pollMs, signal).catch(() => undefined)
        continue
      }
      if (change === 'rotated') {
        // What was written between the last look and the renaming.
        for await (const piece of readOn(handle, position, signal)) {
          position += piece.length
          yield piece
        }
        const next = await open(file, 'r').catch(() => undefined)
        if (!next) {
          await clock.sleep(pollMs, signal).catch(() => undefined)
          continue
        }
        await handle.close()
        handle = next
      }
      position = 0
      yield 'restart'
    }
  } finally {
    await handle.close()
  }
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

async function changeOf(file: string, handle: FileHandle, position: number): Promise<'none' | 'rotated' | 'cut'> {
  const ours = await handle.stat()
  const named = await stat(file).catch(() => undefined)
  if (named && (named.ino !== ours.ino || named.dev !== ours.dev)) return 'rotated'
  return ours.size < position ? 'cut' : 'none'
}
