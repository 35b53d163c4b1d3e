import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type * as Undici from 'undici'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { basic } from './access.ts'
import { bareHost } from './address-guard.ts'
import { connectTimedOut, dial, raceAbort } from './dial.ts'
import type { ProxyOptions } from './options.ts'
import { proxyFailure, tunnelRefused } from './proxy-failure.ts'
import { socksTunnel } from './socks.ts'
import { tlsDialer } from './tls.ts'

export interface ProxyDialer {
  /** `scheme://host:port` of the proxy. */
  readonly origin: string
  /** How messages name it. */
  readonly who: string
  /** Whether plain http is asked of the proxy itself, with the whole URL, rather than through a tunnel. */
  readonly takesWholeUrls: boolean
  /** Headers for requests that the proxy itself reads. */
  readonly headers: Readonly<Record<string, string>>
  /** A connection to the proxy. */
  connect(signal: AbortSignal): Promise<Socket | TLSSocket>
  /**
   * A connection through the proxy to `host:port`, as if it were direct.
   * @throws HTTP_PROXY_AUTH (auth), HTTP_PROXY_REFUSED, HTTP_CONNECT_* (network), HTTP_TLS_* of an https proxy.
   */
  tunnel(host: string, port: number, signal: AbortSignal): Promise<Socket | TLSSocket>
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'socks5:': 1080, 'socks:': 1080 }

/** @throws HTTP_PROXY_INVALID (config) */
export function openProxy(proxy: ProxyOptions, timeoutMs: number, undici: Pick<typeof Undici, 'Client'>): ProxyDialer {
  const { protocol, hostname } = proxy.url
  const usualPort = Object.hasOwn(defaultPorts, protocol) ? defaultPorts[protocol] : undefined
  if (usualPort === undefined || hostname === '' || proxy.url.username !== '' || proxy.url.password !== '') {
    throw invalidProxy(proxy.url)
  }
  const socks = protocol.startsWith('socks')
  const port = proxy.url.port === '' ? usualPort : Number(proxy.url.port)
  const who = `proxy ${hostname}:${port}`
  const tls = tlsDialer({ insecure: false, ca: proxy.ca })
  const host = bareHost(hostname)

  const connect = (signal: AbortSignal): Promise<Socket | TLSSocket> => {
    // The user named the proxy: it may live anywhere.
    const bare = (): Promise<Socket> =>
      dial(host, port, { vet: (_host, addresses) => addresses, timeoutMs, signal, who })
    return protocol === 'https:' ? tls.secure(bare, host, { withCertificate: false, who, signal, timeoutMs }) : bare()
  }
  const headers = socks ? {} : authorization(proxy)
  const dialer: ProxyDialer = {
    origin: `${protocol}//${hostname}:${port}`,
    who,
    takesWholeUrls: !socks,
    headers,
    connect,
    async tunnel(target, targetPort, signal) {
      const bracketed = target.includes(':') ? `[${target}]` : target
      const place = `${bracketed}:${targetPort}`
      const handshake = socks
        ? socksTunnel(await connect(signal), target, targetPort, { proxy, who, timeoutMs, signal })
        : connectTunnel({ undici, dialer, place, timeoutMs, signal })
      return handshake
    },
  }
  return dialer
}

function authorization(proxy: ProxyOptions): Record<string, string> {
  if (!proxy.username && !proxy.password) return {}
  const none = new Secret('')
  return { 'proxy-authorization': basic(proxy.username ?? none, proxy.password ?? none) }
}

interface TunnelParts {
  readonly undici: Pick<typeof Undici, 'Client'>
  readonly dialer: ProxyDialer
  readonly place: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Asks an HTTP proxy for a tunnel. @see RFC 9110, 9.3.6 */
async function connectTunnel({ undici, dialer, place, timeoutMs, signal }: TunnelParts): Promise<Socket | TLSSocket> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(connectTimedOut({ who: dialer.who, timeoutMs })), timeoutMs)
  const stop = AbortSignal.any([signal, deadline.signal])
  const client = new undici.Client(dialer.origin, {
    connect: (_place, callback) => {
      dialer.connect(stop).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      )
    },
  })
  try {
    const asked = client.connect({ path: place, headers: { ...dialer.headers, host: place } })
    const { statusCode, socket } = await raceAbort(asked, stop)
    if (statusCode >= 200 && statusCode < 300) return socket as Socket
    socket.on('error', () => undefined).destroy()
    throw tunnelRefused(dialer.who, place, statusCode)
  } catch (error) {
    void client.destroy().catch(() => undefined)
    throw proxyFailure(error, dialer.who)
  } finally {
    clearTimeout(timer)
  }
}

function invalidProxy(url: URL): StixTaxiiError {
  return new StixTaxiiError('HTTP_PROXY_INVALID', `"${url.protocol}//${url.host}" cannot be used as a proxy`, {
    kind: 'config',
    hint: 'Write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, without user name and password in it.',
    context: { proxy: `${url.protocol}//${url.host}` },
  })
}
