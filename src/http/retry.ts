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
