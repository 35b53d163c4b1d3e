import type { Clock } from '../core/ports.ts'
import type { NoticeSink } from '../core/notice.ts'
import { seconds } from './failure.ts'
import type { RateLimit } from './options.ts'

/** Lets at most `rate.requests` requests begin within any `rate.perMs`, for each host by itself; the others wait. */
export function openRate(
  rate: RateLimit | undefined,
  clock: Clock,
  notices: NoticeSink,
): (host: string, signal?: AbortSignal) => Promise<void> {
  const begun = new Map<string, number[]>()
  return async (host, signal) => {
    if (!rate) return
    const times = begun.get(host) ?? []
    begun.set(host, times)
    while (true) {
      const now = clock.monotonicMs()
      while (times.length > 0 && (times[0] as number) <= now - rate.perMs) times.shift()
      if (times.length < rate.requests) {
        times.push(now)
        return
      }
      const waitMs = (times[0] as number) + rate.perMs - now
      notices({
        code: 'HTTP_RATE_WAIT',
        message: `Waiting ${seconds(waitMs)}: ${host} allows ${rate.requests} requests in ${seconds(rate.perMs)}`,
      })
      await clock.sleep(Math.max(1, waitMs), signal)
    }
  }
}
