import { withoutSecrets } from './known-secrets.ts'
import { visible } from './visible.ts'

/** Every kind of failure with the exit status it ends in; `docs/exit-codes` and `help exit-codes` are made from it. */
export const exitStatusOfKind = {
  internal: 1,
  usage: 2,
  config: 3,
  auth: 4,
  'not-found': 5,
  conflict: 6,
  network: 7,
  pending: 8,
  remote: 9,
  protocol: 10,
  local: 11,
  partial: 12,
  refused: 13,
  cancelled: 130,
} as const

export type ErrorKind = keyof typeof exitStatusOfKind

/** Plain values that say what an error was about; never a secret. Shown as `error.context` in JSON. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>

export interface ErrorDetails {
  readonly kind: ErrorKind
  /** What the user can do next, one or two sentences. */
  readonly hint?: string | undefined
  readonly context?: ErrorContext | undefined
  /** How long the other side asks us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * The one error of this program. `code` is `ROOM_REASON`; the message says what happened in the user's words with the
 * value seen; the kind decides the exit status. Secrets that a server repeats are taken out of everything it carries, and what
 * a terminal would act upon stands in message and hint as `\u{..}`; both are cut where nobody reads on (S8).
 */
export class StixTaxiiError extends Error {
  readonly code: string
  readonly kind: ErrorKind
  readonly hint: string | undefined
  readonly context: ErrorContext
  readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, details: ErrorDetails) {
    super(sayable(message), details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'StixTaxiiError'
    this.code = code
    this.kind = details.kind
    this.hint = details.hint === undefined ? undefined : sayable(details.hint)
    this.context = cleanContext(details.context ?? {})
    this.retryAfterMs = details.retryAfterMs
  }
}

// More than any sentence has: what is longer repeats what somebody else wrote.
const longestText = 4000

function sayable(text: string): string {
  const safe = withoutSecrets(visible(text, { lines: true }))
  return safe.length <= longestText ? safe : `${safe.slice(0, longestText)}…`
}

function cleanContext(context: ErrorContext): ErrorContext {
  const clean = (value: ErrorContext[string]): ErrorContext[string] => {
    if (typeof value === 'string') return withoutSecrets(value)
    return typeof value === 'object' && value !== null ? value.map(withoutSecrets) : value
  }
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, clean(value)]))
}

/** The error a stop by signal ends in; `signal` decides among 129, 130 and 143 in the porch. */
export function cancelled(cause?: unknown, hint?: string): StixTaxiiError {
  return new StixTaxiiError('CORE_CANCELLED', 'Stopped before the end', { kind: 'cancelled', hint, cause })
}

/** Whether trying the same again later may help. */
export function isTemporary(error: unknown): boolean {
  return error instanceof StixTaxiiError && error.kind === 'network'
}
