import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { addressGuard, bareHost } from './address-guard.ts'
import { dial, type Resolve } from './dial.ts'
import type { LaneOptions } from './lanes.ts'
import type { HttpLimits, TlsOptions } from './options.ts'
import { tlsDialer } from './tls.ts'

export interface RouteOptions {
  readonly tls: TlsOptions
  readonly limits: HttpLimits
  readonly resolve?: Resolve | undefined
}

/** How to get from here to the server of a URL. */
export type Router = (url: URL, withCertificate: boolean) => LaneOptions

export function openRouter(options: RouteOptions): Router {
  const vet = addressGuard()
  const tls = tlsDialer(options.tls)
  const timeoutMs = options.limits.connectTimeoutMs

  const direct = async (url: URL, withCertificate: boolean, signal: AbortSignal): Promise<Socket | TLSSocket> => {
    const host = bareHost(url.hostname)
    const who = url.host
    const socket = await dial(host, portOf(url), { resolve: options.resolve, vet, timeoutMs, signal, who })
    if (url.protocol === 'http:') return socket
    return tls.secure(socket, host, { withCertificate, who, signal, timeoutMs })
  }

  return (url, withCertificate) => ({
    origin: url.origin,
    host: url.host,
    key: `${url.origin} ${withCertificate}`,
    open: (signal) => direct(url, withCertificate, signal),
  })
}

/** The port a URL means. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}
