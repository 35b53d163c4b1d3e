import type { HttpLimits, RetryOptions } from './options.ts'

const mebibyte = 1024 * 1024

export const defaultLimits: HttpLimits = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  maxBodyBytes: 1024 * mebibyte,
  maxRatio: 200,
  ratioFromBytes: 32 * mebibyte,
}

export const defaultRetry: RetryOptions = { maxRetries: 5, budgetMs: 300_000, baseDelayMs: 500 }

/** What `bytes()` and `text()` read at most when the caller does not say. */
export const defaultReadBytes = 16 * mebibyte

/** Heads larger than this are refused. */
export const maxHeadBytes = 16 * 1024

/** Interim (1xx) answers before the real one. */
export const maxInterimAnswers = 16

export const maxRedirects = 5
