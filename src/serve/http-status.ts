import { StixTaxiiError } from '../core/errors.ts'

/** Errors that are about the request, by the HTTP status that says so. Every other one is ours: 500. */
const statusOfCode = {
  SERVE_NEXT_FORGED: 400,
  SERVE_BODY_CUT: 400,
  SERVE_BODY_DAMAGED: 400,
  SERVE_BODY_TOO_LARGE: 413,
  SERVE_BODY_ENCODING: 415,
  SERVE_FILTER_INVALID: 400,
  SERVE_CURSOR_FOREIGN: 400,
  SERVE_BODY_NOT_JSON: 400,
  SERVE_LOGIN_NEEDED: 401,
  SERVE_FORBIDDEN: 403,
  SERVE_COLLECTION_READ_ONLY: 403,
  SERVE_NOT_FOUND: 404,
  SERVE_COLLECTION_UNKNOWN: 404,
  SERVE_METHOD_REFUSED: 405,
  SERVE_NOT_ACCEPTABLE: 406,
  SERVE_CONTENT_TYPE: 415,
  SERVE_RANGE_INVALID: 416,
  SERVE_BODY_UNUSABLE: 422,
  SERVE_LOGIN_LIMITED: 429,
} as const

/** What an error of `readBody` or of a persistence is to the client; 500: nothing about it is the client's business (S19). */
export type RefusalStatus = (typeof statusOfCode)[keyof typeof statusOfCode] | 500

export function httpStatusOf(error: unknown): RefusalStatus {
  if (!(error instanceof StixTaxiiError) || !Object.hasOwn(statusOfCode, error.code)) return 500
  return statusOfCode[error.code as keyof typeof statusOfCode]
}

/** Seconds after which a client may try again what failed in passing. */
export const passingSeconds = 30

/**
 * Ours, and it passes: the store is away, locked or full. Nothing is told of it but that the same request may be sent again,
 * which does no harm to what is stored already.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof StixTaxiiError)) return false
  return ['network', 'pending'].includes(error.kind) || ['STORE_BUSY', 'STORE_FULL'].includes(error.code)
}
