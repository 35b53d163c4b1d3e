import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type * as Undici from 'undici'
import { addressGuard, bareHost } from './address-guard.ts'
import { dial, type Resolve } from './dial.ts'
import type { LaneOptions } from './lanes.ts'
import type { HttpLimits, ProxyOptions, TlsOptions } from './options.ts'
import { openProxy, type ProxyDialer } from './proxy.ts'
import { bypassesProxy } from './proxy-bypass.ts'
import { tlsDialer } from './tls.ts'

export interface RouteOptions {
  readonly tls: TlsOptions
  readonly proxy?: ProxyOptions | undefined
  readonly limits: HttpLimits
  readonly resolve?: Resolve | undefined
  readonly undici: Pick<typeof Undici, 'Client'>
}

/** A way to a server. */
export interface Route extends LaneOptions {
  /** Set where a proxy itself reads the request: it gets the whole URL and these headers. */
  readonly viaProxy?: Pick<ProxyDialer, 'who' | 'headers'> | undefined
}

/** How to get from here to the server of a URL. */
export type Router = (url: URL, withCertificate: boolean) => Route

export function openRouter(options: RouteOptions): Router {
  const { resolve, limits, undici } = options
  const vet = addressGuard()
  const tls = tlsDialer(options.tls)
  const timeoutMs = limits.connectTimeoutMs
  const proxy = options.proxy && openProxy(options.proxy, timeoutMs, undici)

  return (url, withCertificate) => {
    const host = bareHost(url.hostname)
    const who = url.host
    const port = portOf(url)
    const through = proxy && !bypassesProxy(url, port, options.proxy?.noProxy) ? proxy : undefined
    const base = { origin: url.origin, host: who, key: `${url.origin} ${withCertificate} ${through ? 'proxy' : ''}` }
    const secured = (open: () => Promise<Socket | TLSSocket>, signal: AbortSignal): Promise<Socket | TLSSocket> =>
      url.protocol === 'http:' ? open() : tls.secure(open, host, { withCertificate, who, signal, timeoutMs })

    if (!through) {
      const direct = (signal: AbortSignal): Promise<Socket> =>
        dial(host, port, { resolve, vet, timeoutMs, signal, who })
      return { ...base, open: (signal) => secured(() => direct(signal), signal) }
    }
    // Behind a proxy the name is resolved over there: only a literal address can be vetted.
    if (isIP(host)) vet(host, [host])
    if (url.protocol === 'http:' && through.takesWholeUrls) {
      return { ...base, origin: through.origin, viaProxy: through, open: (signal) => through.connect(signal) }
    }
    return { ...base, open: (signal) => secured(() => through.tunnel(host, port, signal), signal) }
  }
}

/** The port a URL means. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}
