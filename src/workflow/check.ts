import { StixTaxiiError } from '../core/errors.ts'
import type { ErrorKind } from '../core/errors.ts'

/** One thing that was looked at. `fix` is what to do about it, a command where there is one. */
export interface Check {
  readonly check: string
  /** Null for what concerns the machine and not one source. */
  readonly source: string | null
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly fix: string | null
  /** What a `fail` ends in. */
  readonly kind?: ErrorKind | undefined
}

/** A check that found nothing wrong, or something to mind, or a fault. */
export const ok = (check: string, message: string): Check => ({ check, source: null, status: 'ok', message, fix: null })
export const warn = (check: string, message: string, fix: string): Check => ({
  check,
  source: null,
  status: 'warn',
  message,
  fix,
})

/** A fault as a check: its message, its hint as the fix, its kind. */
export function failed(check: string, error: unknown): Check {
  const known = error instanceof StixTaxiiError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return {
    check,
    source: null,
    status: 'fail',
    message,
    fix: known?.hint ?? null,
    kind: known?.kind ?? 'internal',
  }
}
