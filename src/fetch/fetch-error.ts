import { cancelled, StixTaxiiError } from '../core/errors.ts'
import { systemFault } from '../core/system-fault.ts'

/** Whatever stopped a fetch as the error of its row: after the signal everything is a cancellation. */
export function asFetchError(error: unknown, signal: AbortSignal): StixTaxiiError {
  if (signal.aborted) return stopped(error)
  if (error instanceof StixTaxiiError) return error
  const fault = systemFault(error)
  if (fault) {
    const { message, hint, context } = fault
    return new StixTaxiiError('FETCH_SYSTEM_FAULT', message, { kind: 'local', hint, context, cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new StixTaxiiError('FETCH_UNEXPECTED', `Fetching failed in an unforeseen way: ${message}`, {
    kind: 'internal',
    hint: 'This is a fault of stixtaxii. Run it again with --debug and report what it prints.',
    cause: error,
  })
}

/** What a stop by signal ends in: `CORE_CANCELLED`. */
export function stopped(cause: unknown): StixTaxiiError {
  return cancelled(cause, 'What was stored is kept. The same command brings the rest.')
}

/** The status of a row that ended with this error. */
export function statusOf(error: StixTaxiiError): 'failed' | 'cancelled' {
  return error.kind === 'cancelled' ? 'cancelled' : 'failed'
}
