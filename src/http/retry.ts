import type { RetryOptions } from './options.ts'

const longestDelayMs = 30_000

/** Answers that another try may better. */
export function isRetryStatus(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504
}

/** The wait before retry `attempt` (from 0): exponential with full jitter, at most 30 s. */
export function backoffMs(attempt: number, retry: RetryOptions, random: () => number): number {
  return Math.round(random() * Math.min(longestDelayMs, retry.baseDelayMs * 2 ** attempt))
}

/**
 * What a Retry-After header asks for, in milliseconds from `now`: seconds or an HTTP date, never negative; undefined when
 * there is none or it is neither.
 * @see RFC 9110, 10.2.3
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  // Only texts that name a day: Date.parse takes "-5" and "2" for years.
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
