import { StixTaxiiError } from '../core/errors.ts'
import { tlsFailure } from './tls-failure.ts'

/** Where in an exchange something broke. */
export type Phase = 'connect' | 'head' | 'body'

/** The machine-readable name of a failure of Node's or undici's, `''` when it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors.find((each) => codeOf(each) !== ''))
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
  EADDRNOTAVAIL: 'cannot be reached from here',
  ETIMEDOUT: 'did not answer to connecting',
  ECONNRESET: 'closed the connection while connecting',
  EPIPE: 'closed the connection while connecting',
  EMFILE: 'cannot be reached: too many files are open here',
  EACCES: 'cannot be reached: this machine forbids it',
  EPERM: 'cannot be reached: this machine forbids it',
}

/** A failure to get a connection to `host`, which may be a proxy's (`who` says so, as `proxy p.example:3128`). */
export function connectFailure(error: unknown, who: string): StixTaxiiError {
  if (error instanceof StixTaxiiError) return error
  const tls = tlsFailure(error, who)
  if (tls) return tls
  const code = codeOf(error)
  return new StixTaxiiError('HTTP_CONNECT_FAILED', `${who} ${unreachable[code] ?? 'cannot be connected to'}`, {
    kind: 'network',
    hint: 'Check host and port, and whether a firewall or a proxy lies between.',
    context: { host: who, reason: code },
    cause: error,
  })
}

/** What undici or the socket says about an answer, in our words. `ended` says whether the peer closed in good order. */
export function answerFailure(error: unknown, phase: Phase, host: string, ended: boolean): StixTaxiiError {
  if (error instanceof StixTaxiiError) return error
  const code = codeOf(error)
  if (phase !== 'body') {
    const tls = tlsFailure(error, host)
    if (tls) return tls
  }
  if (!ended && (isGarbled(error) || isUnasked(error))) return framing(host, messageOf(error), error)
  if (phase === 'body') {
    return new StixTaxiiError('HTTP_BODY_CUT', `${host} broke off in the middle of its answer`, {
      kind: 'network',
      hint: 'Nothing of the broken answer was kept. Try again; if it persists, ask for smaller pages.',
      context: { host, reason: code },
      cause: error,
    })
  }
  return new StixTaxiiError('HTTP_CONNECTION_LOST', `${host} closed the connection without an answer`, {
    kind: 'network',
    hint: 'Try again; if it persists, something between here and the server closes connections. A port that expects TLS does so too where the URL begins with http://.',
    context: { host, reason: code },
    cause: error,
  })
}

const garbled = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])

/** undici's parser gives its errors a name and, as of 7.30, no code. After the peer has closed they mean: cut short. */
export function isGarbled(error: unknown): boolean {
  return error instanceof Error && (error.name === 'HTTPParserError' || garbled.has(codeOf(error)))
}

/** Bytes came when no answer was due: undici destroys the connection. */
export function isUnasked(error: unknown): boolean {
  return codeOf(error) === 'UND_ERR_SOCKET' && error instanceof Error && error.message.startsWith('bad ')
}

function messageOf(error: unknown): string {
  // llhttp's own words, in parentheses at the end.
  return error instanceof Error ? (/\(([^)]+)\)$/.exec(error.message)?.[1] ?? '') : ''
}

export function framing(host: string, detail: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('HTTP_FRAMING', `${host} does not answer in proper HTTP (${detail || 'unreadable head'})`, {
    kind: 'protocol',
    hint: 'Check that host and port are those of a TAXII server and that no proxy in between alters answers.',
    context: { host, reason: detail },
    cause,
  })
}

/** A deadline of one answer that passed. */
export function timedOut(
  what: 'HTTP_HEADERS_TIMEOUT' | 'HTTP_IDLE' | 'HTTP_TOO_SLOW',
  host: string,
  ms: number,
): StixTaxiiError {
  const details = { kind: 'network', context: { host, timeoutMs: ms } } as const
  if (what === 'HTTP_IDLE') {
    return new StixTaxiiError('HTTP_IDLE', `${host} sent nothing more for ${seconds(ms)} in the middle of its answer`, {
      ...details,
      hint: 'Nothing of the unfinished answer was kept. Try again, or ask for smaller pages.',
    })
  }
  if (what === 'HTTP_TOO_SLOW') {
    return new StixTaxiiError('HTTP_TOO_SLOW', `${host} sent next to nothing for ${seconds(ms)}`, {
      ...details,
      hint: 'Nothing of the unfinished answer was kept. Try again later, or ask for smaller pages.',
    })
  }
  return new StixTaxiiError('HTTP_HEADERS_TIMEOUT', `${host} did not begin to answer within ${seconds(ms)}`, {
    ...details,
    hint: 'The server may be busy: try again later, or ask for less at once.',
  })
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}
