import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server as HttpsServer } from 'node:https'
import { Server as NetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { Secret } from '../core/secret.ts'
import { whyOf } from '../core/system-fault.ts'
import { Connections, plainAddress } from './connections.ts'
import type { ConnectionCounts, ConnectionLimits } from './connections.ts'
import type { RequestConnection } from './parts.ts'
import type { ServerTls } from './server-tls.ts'

export interface ListenLimits extends ConnectionLimits {
  /** A request's head has to be there within this. */
  readonly headersTimeoutMs: number
  /** A whole request has to be there within this. */
  readonly requestTimeoutMs: number
  /** How often the two are looked at, and answers that are not taken. */
  readonly checkIntervalMs: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveMs: number
}

export interface ListenOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls?: ServerTls | undefined
  readonly limits: ListenLimits
  readonly clock: Clock
  /** Whether an address is a proxy's, so that many clients share it. */
  readonly isProxy: (address: string) => boolean
  readonly answer: (request: Request, connection: RequestConnection) => Response | Promise<Response>
}

export interface Listener {
  readonly host: string
  readonly port: number
  readonly counts: ConnectionCounts
  /** New connections get this certificate; those that are there stay. @throws SERVE_TLS_UNUSABLE (config) */
  reload(tls: ServerTls): void
  /**
   * Accepts nothing more, answers what has come, and closes; after `graceMs` without regard. Returns how many connections
   * were cut off then.
   */
  close(graceMs: number): Promise<number>
}

/** A client's next request may be on its way when it is told to go. */
const lastRequestMs = 250

/**
 * Opens a port and answers with `answer`. The limits hold against clients that send or take slowly, or do nothing (E1).
 * @throws SERVE_PORT_BUSY (conflict), SERVE_ADDRESS_REFUSED, SERVE_TLS_UNUSABLE (config)
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { limits, clock } = options
  // Late: whoever only uses the rooms needs no server.
  const { getRequestListener } = await import('@hono/node-server')
  const connections = new Connections(limits, clock, options.isProxy)
  const expecting = new WeakSet<IncomingMessage>()
  const connectionOf = (incoming: IncomingMessage, outgoing: ServerResponse): RequestConnection => ({
    peerAddress: plainAddress(incoming.socket.remoteAddress),
    isTls: options.tls !== undefined,
    certificateSubject: certificateSubject(incoming.socket),
    onClosed: (told) => {
      const { socket } = incoming
      const before = socket.bytesWritten
      outgoing.once('close', () => told({ bytes: socket.bytesWritten - before, isWhole: outgoing.writableFinished }))
    },
    ...(expecting.has(incoming) ? { acceptBody: () => outgoing.writeContinue() } : {}),
  })
  const respond = getRequestListener(
    (request, { incoming, outgoing }) =>
      options.answer(request, connectionOf(incoming as IncomingMessage, outgoing as ServerResponse)),
    { overrideGlobalObjects: false },
  )
  const listener: RequestListener = (incoming, outgoing) => {
    connections.begin(incoming, outgoing)
    void respond(incoming, outgoing)
  }
  const server = open(options, listener)
  server.on('connection', (socket: Socket) => connections.add(socket))
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    expecting.add(incoming)
    listener(incoming, outgoing as ServerResponse & { req: IncomingMessage })
  })
  await bound(server, options)
  const sweeping = setInterval(() => connections.sweep(), limits.checkIntervalMs)
  sweeping.unref()
  const { port } = server.address() as AddressInfo
  return {
    host: options.host,
    port,
    get counts() {
      return connections.counts
    },
    reload: (tls) => void checkedTls(tls, () => (server as HttpsServer).setSecureContext(secureContext(tls))),
    async close(graceMs) {
      // The server's own `close` would drop connections whose next request is on its way.
      NetServer.prototype.close.call(server)
      const cutOff = await connections.close(Math.min(lastRequestMs, graceMs), graceMs)
      clearInterval(sweeping)
      server.closeAllConnections()
      return cutOff
    },
  }
}

function open(options: ListenOptions, listener: RequestListener): Server {
  const { limits, tls } = options
  const settings = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  }
  if (!tls) return createHttpServer(settings, listener)
  const handshake = { handshakeTimeout: limits.headersTimeoutMs, ALPNProtocols: ['http/1.1'] }
  return checkedTls(tls, () => createHttpsServer({ ...settings, ...handshake, ...secureContext(tls) }, listener))
}

/**
 * TLS 1.3, and of TLS 1.2 only suites with forward secrecy and authenticated encryption: none that HTTP/2 forbids.
 * @see RFC 9113 appendix A; TAXII 2.1 section 8.2.2 (S21-2)
 */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':')

function secureContext({ certificate, key, passphrase, clientAuthorities, clientCertificates }: ServerTls) {
  const asks = clientCertificates !== 'none'
  return {
    minVersion: 'TLSv1.2' as const,
    ciphers,
    cert: certificate,
    key: Secret.open(key),
    ...(passphrase ? { passphrase: Secret.open(passphrase) } : {}),
    ...(asks && clientAuthorities ? { ca: clientAuthorities } : {}),
    requestCert: asks,
    rejectUnauthorized: clientCertificates === 'required',
  }
}

function checkedTls<Result>(tls: ServerTls, use: () => Result): Result {
  try {
    return use()
  } catch (cause) {
    throw new StixTaxiiError(
      'SERVE_TLS_UNUSABLE',
      `The certificate ${tls.certificateFile} and its key cannot be used`,
      {
        kind: 'config',
        hint: 'Both have to be PEM, the key has to be that of the certificate, and its passphrase right.',
        context: { certificate: tls.certificateFile },
        cause,
      },
    )
  }
}

async function bound(server: Server, { host, port }: ListenOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const isBusy = code === 'EADDRINUSE'
    throw new StixTaxiiError(
      isBusy ? 'SERVE_PORT_BUSY' : 'SERVE_ADDRESS_REFUSED',
      isBusy ? `Port ${port} of ${host} is in use` : `${host} port ${port} cannot be listened on: ${whyOf(cause)}`,
      {
        kind: isBusy ? 'conflict' : 'config',
        hint: isBusy
          ? 'Name another with --port, or --port 0 for any that is free.'
          : 'Name an address of this machine with --host, and a port that you may open.',
        context: { host, port, reason: code },
        cause,
      },
    )
  }
}

const subjects = new WeakMap<Socket, string | undefined>()

function certificateSubject(socket: Socket | TLSSocket): string | undefined {
  if (!('getPeerCertificate' in socket) || !socket.authorized) return undefined
  if (!subjects.has(socket)) subjects.set(socket, subjectText(socket.getPeerCertificate().subject))
  return subjects.get(socket)
}

/**
 * `CN=alice,OU=SOC,O=Example`: most specific first; several values of one kind one after the other. What separates is
 * escaped within a value, so that no name can be spelled to look like several.
 * @see RFC 4514, 2.4
 */
export function subjectText(subject: PeerCertificate['subject'] | undefined): string | undefined {
  if (!subject) return undefined
  const parts = Object.entries(subject).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}=${escapedName(each)}`),
  )
  return parts.reverse().join(',') || undefined
}

function escapedName(value: string | undefined): string {
  return (value ?? '').replaceAll(/[\\,+"<>;]/g, '\\$&')
}
