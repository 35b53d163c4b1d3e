import { cancelled } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { Page } from '../taxii/client.ts'

/** Reads a poll one page ahead: while one is being stored the next is on its way. */
export interface PageReader {
  /**
   * The next page; undefined at the end; `'later'` when none has come within `waitMs`. Rejects as the poll does, and
   * with CORE_CANCELLED as soon as the signal is aborted, also when the poll does not heed it.
   */
  next(waitMs?: number): Promise<Page | undefined | 'later'>
  /** Stops the request on its way and closes the poll. */
  close(): Promise<void>
}

/** How long a poll that was told to stop may take to close before it is left behind. */
const closeWaitMs = 500

/** Opens a poll for reading ahead; `poll` gets a signal that `close` aborts too. */
export function readAhead(
  poll: (signal: AbortSignal) => AsyncIterable<Page>,
  clock: Clock,
  signal: AbortSignal,
): PageReader {
  const own = new AbortController()
  const iterator = poll(AbortSignal.any([signal, own.signal]))[Symbol.asyncIterator]()
  let coming: Promise<IteratorResult<Page>> | undefined

  function ask(): Promise<IteratorResult<Page>> {
    const result = iterator.next()
    // It may fail while a page is being stored; whoever asks for it next is told.
    result.catch(() => undefined)
    return result
  }

  return {
    async next(waitMs) {
      coming ??= ask()
      const result = await settledBefore(coming, clock, signal, waitMs)
      if (result === 'later') return 'later'
      if (result.done) return undefined
      coming = ask()
      return result.value
    },
    async close() {
      own.abort()
      const closed = Promise.resolve(iterator.return?.()).then(
        () => undefined,
        () => undefined,
      )
      await settledBefore(closed, clock, new AbortController().signal, closeWaitMs)
    },
  }
}

/**
 * The promise's outcome, or `'later'` after `waitMs`, or CORE_CANCELLED on the signal. Not by `Promise.race` with
 * something that lives on: that would keep every page in memory.
 */
function settledBefore<T>(
  promise: Promise<T>,
  clock: Clock,
  signal: AbortSignal,
  waitMs: number | undefined,
): Promise<T | 'later'> {
  return new Promise((resolve, reject) => {
    const timer = new AbortController()
    const stop = (): void => {
      settle(() => reject(cancelled(signal.reason)))
    }
    const settle = (outcome: () => void): void => {
      signal.removeEventListener('abort', stop)
      timer.abort()
      outcome()
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error as Error)),
    )
    if (waitMs === undefined) return
    clock.sleep(waitMs, timer.signal).then(
      () => settle(() => resolve('later')),
      () => undefined,
    )
  })
}
