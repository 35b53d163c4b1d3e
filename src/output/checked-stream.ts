import type { Writable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'

/**
 * A stream that says when it could not write. Node itself ends with 0 when standard output is on a full disk, and dies of
 * an unhandled error when the reader of a pipe has gone.
 */
export interface CheckedStream {
  /** Whether the reader has gone. */
  readonly closed: boolean
  /**
   * Resolves when more can be taken. Bytes are not copied: the caller leaves them as they are.
   * @throws OUTPUT_FAILED (local) when something could not be written, now or before; OUTPUT_CLOSED when the reader of a
   * pipe has gone, which the porch takes for a wish and ends with 0.
   */
  write(chunk: string | Uint8Array): Promise<void>
  /** Resolves when everything is written. Throws as `write` does. The stream itself stays open. */
  end(): Promise<void>
}

/** Pieces are gathered until there are this many bytes, or the current turn of the event loop is over. */
const gatherBytes = 65_536

/** `name` is what messages call it: `standard output`. */
export function openCheckedStream(stream: Writable, name: string): CheckedStream {
  let failure: StixTaxiiError | undefined
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let scheduled: NodeJS.Immediate | undefined
  let sent: Promise<void> = Promise.resolve()

  const fail = (error: NodeJS.ErrnoException): void => void (failure ??= asFailure(error, name))
  // Errors come to the write's callback and here; without a listener they end the process.
  stream.on('error', fail)

  const send = (): Promise<void> => {
    if (scheduled) clearImmediate(scheduled)
    scheduled = undefined
    if (waiting.length === 0) return sent
    const chunk = waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    sent = sent.then(
      () =>
        new Promise((resolve) => {
          if (failure) return resolve()
          stream.write(chunk, (error) => {
            if (error) fail(error)
            resolve()
          })
        }),
    )
    return sent
  }

  return {
    get closed() {
      return failure?.code === 'OUTPUT_CLOSED'
    },
    async write(chunk) {
      if (failure) throw failure
      waiting.push(
        typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength),
      )
      waitingBytes += chunk.length
      if (waitingBytes < gatherBytes) {
        scheduled ??= setImmediate(() => void send())
        return
      }
      await send()
      if (failure) throw failure
    },
    async end() {
      await send()
      if (failure) throw failure
    },
  }
}

function asFailure(error: NodeJS.ErrnoException, name: string): StixTaxiiError {
  const gone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ECONNRESET'
  if (gone) {
    return new StixTaxiiError('OUTPUT_CLOSED', `The reader of ${name} has gone`, { kind: 'local', cause: error })
  }
  const why = whyOf(error)
  return new StixTaxiiError('OUTPUT_FAILED', `Could not write to ${name}: ${why}`, {
    kind: 'local',
    hint: 'What was written is incomplete. Make room, or write elsewhere, and run it again.',
    context: { errno: error.code },
    cause: error,
  })
}
