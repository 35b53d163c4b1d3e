import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { tellsOfDeadToken } from './assumptions.ts'

/** What was asked of whom, for messages. */
export interface Asked {
  /** `POST`, `GET` ... */
  readonly method: string
  /** What Director was to do: "create the enrichment source". */
  readonly does: string
  /** The Logpoint, pool or storage it was asked for: `acme/lp1`. */
  readonly target: string
  readonly host: string
}

export interface Refusal {
  readonly status: number
  /** What Director said; may be empty. */
  readonly text: string
  readonly retryAfterMs?: number | undefined
  readonly hint?: string | undefined
}

export function isWrite({ method }: Pick<Asked, 'method'>): boolean {
  return method !== 'GET'
}

/**
 * The error for an answer that refuses, by its status and by what it says.
 * @see API reference, section 11
 */
export function refusalError(asked: Asked, refusal: Refusal): StixTaxiiError {
  const { status } = refusal
  const said = printable(refusal.text.trim(), { maxLength: 500 })
  const about = { context: contextOf(asked, status), retryAfterMs: refusal.retryAfterMs }
  const message = (text: string): string => `${text} (HTTP ${status})${said === '' ? '' : `: ${said}`}`
  const refuses = `${asked.host} does not ${asked.does} for ${asked.target}`
  // Whatever a broken server says of tokens: only a refusal tells that nothing was done.
  if (status >= 500 && isWrite(asked)) return outcomeUnknown(asked, message)
  if (status === 401 || status === 403 || tellsOfDeadToken(refusal.text)) {
    return new StixTaxiiError('DIRECTOR_UNAUTHORIZED', message(refuses), {
      kind: 'auth',
      hint: 'The token may have expired (after 8 hours, unless it is always active) or be of a user without this right. Make one in the Director Console under Profile, Generate Token.',
      ...about,
    })
  }
  if (status === 429) {
    return new StixTaxiiError('DIRECTOR_RATE_LIMITED', message(`${asked.host} asks for fewer requests`), {
      kind: 'network',
      hint: 'Nothing was changed. Try again later.',
      ...about,
    })
  }
  if (status >= 500) return unavailable(asked, message, about)
  if (status === 404) {
    return new StixTaxiiError('DIRECTOR_NOT_FOUND', message(`${refuses}: it is not there`), {
      kind: 'not-found',
      hint: 'Check the name, and the identifiers of the pool and the Logpoint, which Director does not look up.',
      ...about,
    })
  }
  if (status === 409) {
    return new StixTaxiiError('DIRECTOR_CONFLICT', message(`${refuses} as things stand`), {
      kind: 'conflict',
      hint: 'It was changed meanwhile or exists already: list what is there, then decide.',
      ...about,
    })
  }
  return new StixTaxiiError('DIRECTOR_REFUSED', message(refuses), {
    kind: 'remote',
    hint: refusal.hint ?? 'Its words are all there is. A Logpoint in Co-Managed mode refuses every change from here.',
    ...about,
  })
}

function unavailable(
  asked: Asked,
  message: (text: string) => string,
  about: { readonly retryAfterMs: number | undefined },
): StixTaxiiError {
  const text = message(`${asked.host} cannot ${asked.does} for ${asked.target} at present`)
  return new StixTaxiiError('DIRECTOR_UNAVAILABLE', text, { kind: 'network', hint: 'Try again later.', ...about })
}

/** A write that was sent and not answered for: nobody knows whether it was carried out, so it is never sent again (D1). */
export function outcomeUnknown(
  asked: Asked,
  message: (text: string) => string = (text) => text,
  cause?: unknown,
): StixTaxiiError {
  const text = message(`It is not known whether ${asked.host} did ${asked.does} for ${asked.target}`)
  return new StixTaxiiError('DIRECTOR_OUTCOME_UNKNOWN', text, {
    kind: 'pending',
    hint: 'It was sent once and is not repeated. List what is there, then decide.',
    context: contextOf(asked),
    cause,
  })
}

/** An upload whose connection broke before the last byte: with its length announced, it cannot have been taken. */
export function uploadCut(asked: Asked, sentBytes: number, cause: unknown): StixTaxiiError {
  const text = `The connection broke before ${asked.host} could ${asked.does} for ${asked.target}`
  return new StixTaxiiError('DIRECTOR_UPLOAD_CUT', text, {
    kind: 'network',
    hint: 'Not all of the file was sent, so nothing was taken. Upload it again.',
    context: { ...contextOf(asked), sentBytes },
    cause,
  })
}

/** A good status with something else than JSON: a login page, a proxy, nothing. */
export function notJson(asked: Asked, status: number, beginning: string): StixTaxiiError {
  const seen = beginning.trim() === '' ? 'an empty answer' : 'something else than JSON'
  const text = `${asked.host} gave ${seen} when asked to ${asked.does} for ${asked.target} (HTTP ${status})`
  return new StixTaxiiError('DIRECTOR_NOT_JSON', text, {
    kind: 'protocol',
    hint: isWrite(asked)
      ? 'Check the URL of the profile: a login page or a proxy may answer there. List what is there before you send it again.'
      : 'Check the URL of the profile: a login page or a proxy may answer there.',
    context: { ...contextOf(asked, status), beginning: printable(beginning.trim(), { maxLength: 120 }) },
  })
}

/** JSON of another shape than is documented. */
export function otherShape(asked: Asked, wanted: string): StixTaxiiError {
  const text = `${asked.host} did not give ${wanted} when asked to ${asked.does} for ${asked.target}`
  return new StixTaxiiError('DIRECTOR_SHAPE', text, {
    kind: 'protocol',
    hint: 'Check the version of the plugin: this program knows the answers of StixTaxii 6.1.0.',
    context: contextOf(asked),
  })
}

/** A redirect of a write: only a slash at the end may differ. */
export function writeRedirected(asked: Asked, status: number, to: string, isElsewhere: boolean): StixTaxiiError {
  const text = `${asked.host} redirects (HTTP ${status}) when asked to ${asked.does} for ${asked.target}`
  return new StixTaxiiError('DIRECTOR_REDIRECT', text, {
    kind: isElsewhere ? 'refused' : 'protocol',
    hint: 'Changes are not sent after a redirect. Check the URL of the profile; a redirect may also be the way to a login page.',
    context: { ...contextOf(asked, status), to: printable(to, { maxLength: 200 }) },
  })
}

function contextOf({ host, target, does }: Asked, status?: number): Readonly<Record<string, string | number>> {
  return { host, target, call: does, ...(status !== undefined && { status }) }
}
