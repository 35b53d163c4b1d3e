import type { ServerLog } from '../serve/server-log.ts'
import type { WatchDependencies } from '../workflow/watch.ts'

/** Waits for the stop signal, and for what runs beside the server to end by it. What fails meanwhile ends the waiting. */
export async function untilStopped(
  signal: AbortSignal,
  meanwhile?: (stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await (meanwhile ? meanwhile(signal) : stopped)
}

/** Tells fetches in the server's log: one event a collection. */
export function loggedFetches(log: ServerLog): WatchDependencies['onFetched'] {
  return async (rows) => {
    for (const row of rows) {
      const { source, status, error } = row
      const collection = row.collection ?? undefined
      const counts = { received: row.received, new: row.new, updated: row.updated, quarantined: row.quarantined }
      const told = { source, collection, status, ...counts, code: error?.code, error: error?.message }
      if (status === 'failed') log.warn('fetch', told)
      else log.info('fetch', told)
    }
  }
}
