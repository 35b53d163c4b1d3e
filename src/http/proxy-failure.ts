import { StixTaxiiError } from '../core/errors.ts'
import type { HttpHeaders } from '../core/ports.ts'
import { codeOf, connectFailure } from './failure.ts'

/** The answer of an HTTP proxy that gives no tunnel. */
export function tunnelRefused(who: string, place: string, status: number): StixTaxiiError {
  // tinyproxy says 401 to a wrong password; before there is a tunnel, only the proxy can have said it.
  if (status === 407 || status === 401) return proxyLogin(who)
  return new StixTaxiiError('HTTP_PROXY_REFUSED', `The ${who} does not let us through to ${place} (${status})`, {
    kind: 'network',
    hint: 'Ask its operator to allow this host and port, or name it in --proxy-bypass if it can be reached directly.',
    context: { proxy: who, place, status },
  })
}

/**
 * Whether an answer that came by way of an HTTP proxy is the proxy's own: it says so, or it is one that signs its pages.
 * @see RFC 9209, 2.1.1 (`Proxy-Status` with an error)
 */
export function isOfProxy(status: number, headers: HttpHeaders): boolean {
  if (status < 400) return false
  if (headers.get('x-squid-error') !== undefined) return true
  return /;\s*error=/i.test(headers.get('proxy-status') ?? '') || /^tinyproxy\b/i.test(headers.get('server') ?? '')
}

/** The proxy wants other credentials than it got. */
export function proxyLogin(who: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('HTTP_PROXY_AUTH', `The ${who} wants a user name and password, or others than it got`, {
    kind: 'auth',
    hint: 'Give them with --proxy-username and --proxy-password-file.',
    context: { proxy: who },
    cause,
  })
}

/** Whatever breaks on the way to the tunnel is the proxy's, and says so. */
export function proxyFailure(error: unknown, who: string): StixTaxiiError {
  if (error instanceof StixTaxiiError) return error
  const code = codeOf(error)
  if (/SOCKS5_AUTH_(REJECTED|FAILED|METHOD)/.test(code)) return proxyLogin(who, error)
  if (
    code.startsWith('HPE_') ||
    code.startsWith('UND_ERR_SOCKS5') ||
    code === 'ECONNRESET' ||
    code === 'UND_ERR_SOCKET' ||
    code === 'UND_ERR_HEADERS_OVERFLOW'
  ) {
    return new StixTaxiiError('HTTP_PROXY_BROKEN', `The ${who} does not behave like a proxy`, {
      kind: 'network',
      hint: 'Check its host, port and scheme (http, https or socks5).',
      context: { proxy: who, reason: code },
      cause: error,
    })
  }
  return connectFailure(error, who)
}
