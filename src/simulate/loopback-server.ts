import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { urlAt } from '../core/url.ts'

/** A request as a simulated server saw it. Header names in lower case; `rawHeaders` as on the wire, name and value in turn. */
export interface SimulatedRequest {
  /** 1 for the first request of this server. */
  readonly number: number
  /** Which connection it came over; 1 for the first. */
  readonly connection: number
  readonly method: string
  readonly url: URL
  /** The path as it was on the wire, without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Common name of the client certificate, where one was shown and it stood the check. */
  readonly certificate?: string | undefined
}

/** An answer before it is written. `Content-Length` is added; `Content-Encoding` too when the server compresses. */
export interface SimulatedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Writes this many bytes of the body, then tears the connection, with the full length promised. */
  readonly cutAt?: number | undefined
  /** Waits this long before the head is written, besides the server's own think time. */
  readonly delayMs?: number | undefined
}

/** `drop` tears the connection without an answer, `hang` never answers. */
export type SimulatedVerdict = SimulatedResponse | 'drop' | 'hang'

/** Gives the answer to a request; undefined where nothing lives at its path. */
export type SimulatedHandler = (
  request: SimulatedRequest,
) => SimulatedVerdict | undefined | Promise<SimulatedVerdict | undefined>

/** The spoiling hooks: the way every quirk is made out of a correct server. */
export interface SpoilHooks {
  /** May answer in the server's place, before authentication and routing. */
  readonly onRequest?: SimulatedHandler | undefined
  /** May change or swallow an answer that is ready. */
  readonly onResponse?:
    | ((
        request: SimulatedRequest,
        response: SimulatedResponse,
      ) => SimulatedVerdict | undefined | Promise<SimulatedVerdict | undefined>)
    | undefined
}

export interface LoopbackOptions extends SpoilHooks {
  /** PEM; with it the server speaks https. `clientAuthorities` (PEM) makes it ask for a client certificate. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientAuthorities?: string } | undefined
  /** Host name in `url`; the server listens on 127.0.0.1 whatever it says. Default `127.0.0.1`. */
  readonly hostname?: string | undefined
  /** How long every answer takes. */
  readonly thinkMs?: number | undefined
  /** Compresses answers for clients that accept gzip. */
  readonly gzip?: boolean | undefined
  /** The server's clock, for its `Date` header and its stamps; default the real one. */
  readonly now?: (() => Date) | undefined
  /** Default 0: any that is free. */
  readonly port?: number | undefined
  /** Reads a body as it comes and gives what the handler is to see of it; default: all of it. Throwing tears the connection. */
  readonly takeBody?: ((head: RequestHead, body: AsyncIterable<Buffer>) => Promise<Buffer>) | undefined
  /** How many of the last requests are kept; default all. */
  readonly remembers?: number | undefined
}

/** A request whose body has not been read yet. */
export type RequestHead = Omit<SimulatedRequest, 'body'>

export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string
  readonly port: number
  /** Every request in order of arrival, those that were refused included. */
  readonly requests: readonly SimulatedRequest[]
  /** Stops listening and tears what is open. */
  close(): Promise<void>
}

/**
 * Starts an HTTP(S) server on a free loopback port that answers by `handler`.
 *
 * What nothing answers gets a 404 page in HTML, as a web server in front of a TAXII service would give.
 */
export async function startLoopback(handler: SimulatedHandler, options: LoopbackOptions = {}): Promise<LoopbackServer> {
  const requests: SimulatedRequest[] = []
  const sockets = new Map<Socket, number>()
  const stopped = new AbortController()
  let base = ''
  let numbered = 0

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const head = headOf(incoming, base, ++numbered, sockets.get(incoming.socket) ?? 0)
    const request = { ...head, body: await (options.takeBody ?? wholeBody)(head, incoming) }
    requests.push(request)
    if (requests.length > (options.remembers ?? Infinity)) requests.shift()
    const verdict = await answer(handler, options, request)
    if (verdict === 'hang') return
    if (verdict === 'drop') return void incoming.socket.destroy()
    const delayMs = (options.thinkMs ?? 0) + (verdict.delayMs ?? 0)
    if (delayMs > 0) await wait(delayMs, undefined, { signal: stopped.signal })
    writeResponse(outgoing, request, verdict, options)
  }
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  }

  const { tls } = options
  const server = tls
    ? createHttpsServer({ key: tls.key, cert: tls.cert, ...clientCertificates(tls.clientAuthorities) }, onRequest)
    : createHttpServer(onRequest)
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.set(socket, ++connections)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  let connections = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  base = `${tls ? 'https' : 'http'}://${options.hostname ?? '127.0.0.1'}:${port}`

  const close = async (): Promise<void> => {
    stopped.abort()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    for (const socket of sockets.keys()) socket.destroy()
    await closed
  }
  return { url: base, port, requests, close, [Symbol.asyncDispose]: close }
}

function clientCertificates(authorities: string | undefined): object {
  // Unverified clients come through, so that the TAXII layer can refuse them as a real service does.
  return authorities === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: authorities }
}

async function wholeBody(_: RequestHead, body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function headOf(incoming: IncomingMessage, base: string, number: number, connection: number): RequestHead {
  const target = incoming.url ?? '/'
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return {
    number,
    connection,
    method: incoming.method ?? 'GET',
    url: target.startsWith('/') ? urlAt(base, target) : new URL(target, base),
    path: target.split('?', 1)[0] ?? '/',
    headers,
    rawHeaders: incoming.rawHeaders,
    certificate: certificateName(incoming.socket),
  }
}

function certificateName(socket: Socket | TLSSocket): string | undefined {
  if (!('getPeerCertificate' in socket) || !socket.authorized) return undefined
  const name = socket.getPeerCertificate().subject?.CN
  return Array.isArray(name) ? name[0] : name
}

async function answer(
  handler: SimulatedHandler,
  options: LoopbackOptions,
  request: SimulatedRequest,
): Promise<SimulatedVerdict> {
  const early = await options.onRequest?.(request)
  if (early !== undefined) return early
  const verdict = (await handler(request)) ?? notFoundPage
  if (typeof verdict === 'string') return verdict
  return (await options.onResponse?.(request, verdict)) ?? verdict
}

const notFoundPage: SimulatedResponse = {
  status: 404,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><html><head><title>404 Not Found</title></head><body>Not Found</body></html>'),
}

function writeResponse(
  outgoing: ServerResponse,
  request: SimulatedRequest,
  response: SimulatedResponse,
  options: LoopbackOptions,
): void {
  let { body } = response
  const headers: Record<string, string> = { ...response.headers }
  const gzip = options.gzip && body.length > 0 && (request.headers['accept-encoding'] ?? '').includes('gzip')
  if (gzip && !('content-encoding' in headers)) {
    body = gzipSync(body)
    headers['content-encoding'] = 'gzip'
  }
  if (!('date' in headers)) headers.date = (options.now?.() ?? new Date()).toUTCString()
  if (!('content-length' in headers)) headers['content-length'] = String(body.length)
  outgoing.sendDate = false
  outgoing.writeHead(response.status, headers)
  if (response.cutAt === undefined) return void outgoing.end(body)
  outgoing.write(body.subarray(0, response.cutAt), () => outgoing.socket?.destroy())
}

/** A JSON answer of the given media type. */
export function jsonResponse(
  status: number,
  type: string,
  value: unknown,
  headers: Record<string, string> = {},
): SimulatedResponse {
  return { status, headers: { 'content-type': type, ...headers }, body: Buffer.from(JSON.stringify(value)) }
}
