import path from 'node:path'
import { openAtomicFile } from '../output/atomic-file.ts'
import type { AtomicFile } from '../output/atomic-file.ts'
import type { OutputWriter } from '../output/writer.ts'
import { itemLine } from '../stix/item-line.ts'
import type { Item } from '../stix/item.ts'
import type { SourceRef } from '../store/store.ts'

/** Where `--emit` sends new and changed items, one NDJSON line each, after they were stored. */
export interface Emitter {
  readonly onStored: (source: SourceRef, collection: string, item: Item) => void
  /** Writes what was stored by now. @throws OUTPUT_FAILED, OUTPUT_FILE_FAILED (local) */
  readonly onCommitted: () => Promise<void>
  /** Puts a file in its place, also after a fetch that failed: what it holds is stored and will not be new again. */
  end(): Promise<void>
}

/** `-` is standard output; everything else a file, which appears whole when the fetch has ended. */
export async function openEmitter(
  target: string,
  { output, workingDirectory }: { readonly output: OutputWriter; readonly workingDirectory: string },
): Promise<Emitter> {
  if (target === '-') return emitterTo(streamSink(output))
  return emitterTo(fileSink(await openAtomicFile(path.resolve(workingDirectory, target))))
}

interface Sink {
  write(lines: Buffer): Promise<void>
  end(): Promise<void>
  discard(): Promise<void>
}

function emitterTo(sink: Sink): Emitter {
  let lines: Buffer[] = []
  let written: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    // Sources are fetched side by side: their lines go out one lot after the other.
    written = written.then(async () => {
      const taken = lines
      lines = []
      if (taken.length > 0) await sink.write(Buffer.concat(taken))
    })
    return written
  }
  return {
    onStored: (source, collection, item) => void lines.push(itemLine(item, { source: source.name, collection })),
    onCommitted: flush,
    async end() {
      await flush().catch(async (error: unknown) => {
        await sink.discard()
        throw error
      })
      await sink.end()
    },
  }
}

/** When the reader of a pipe has gone, storing goes on without it. */
function streamSink(output: OutputWriter): Sink {
  return {
    async write(lines) {
      if (output.closed) return
      try {
        await output.raw(lines)
      } catch (error) {
        if (!output.closed) throw error
      }
    },
    end: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  }
}

function fileSink(file: AtomicFile): Sink {
  return {
    write: (lines) => file.write(lines),
    end: () => file.commit().finally(() => file.discard()),
    discard: () => file.discard(),
  }
}
