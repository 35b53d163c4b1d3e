import type { Records } from '../store/records.ts'
import type { ServerLog } from './server-log.ts'

const usual = { firstMs: 60_000, everyMs: 600_000 }

/**
 * Removes records that have expired (jobs, results, counts of logins) while the server runs: after a minute, then every ten.
 * That the store cannot be written now is no reason to stop; the next time comes.
 */
export function startSweeping(
  { records, log }: { readonly records: Pick<Records, 'sweep'>; readonly log: Pick<ServerLog, 'warn'> },
  { firstMs, everyMs } = usual,
): AsyncDisposable {
  let sweeping: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const wait = (ms: number): void => {
    timer = setTimeout(() => {
      sweeping = records
        .sweep()
        .catch((error: unknown) => log.warn('sweep', { error: String(error) }))
        .finally(() => isOver || wait(everyMs))
    }, ms)
    timer.unref()
  }
  wait(firstMs)
  return {
    async [Symbol.asyncDispose]() {
      isOver = true
      clearTimeout(timer)
      await sweeping
    },
  }
}
