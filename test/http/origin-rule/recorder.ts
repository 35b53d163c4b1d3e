import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { serverTls } from '../../quirks/tls.ts'

/** One request as a server saw it, with whatever it could learn of the client. */
export interface Seen {
  readonly method: string
  readonly path: string
  /** Head and body as text. */
  readonly text: string
  readonly body: string
  /** Whether a client certificate was shown. */
  readonly certificate: boolean
}

export interface Reply {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

/** A server on several addresses, TLS and plain HTTP on the same port, that remembers everything. */
export interface Recorder extends AsyncDisposable {
  readonly port: number
  /** Connections and requests since the last look, which begins anew. */
  look(): { readonly contacts: number; readonly plain: number; readonly seen: readonly Seen[] }
}

/**
 * Listens on those of the addresses that this machine has, on one port; `port` 0 takes any. TLS is told from plain HTTP by
 * its first byte, and asks for a client certificate that it does not check.
 */
export async function startRecorder(
  addresses: readonly string[],
  port: number,
  reply: (request: Seen) => Reply,
): Promise<Recorder> {
  let [contacts, plain] = [0, 0]
  let seen: Seen[] = []
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    void readRequest(incoming).then((request) => {
      seen.push(request)
      const { status = 200, headers = {}, body = '' } = reply(request)
      outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
    })
  }
  const tls = serverTls({ clients: true })
  const secured = createHttpsServer(
    { key: tls.key, cert: tls.cert, ca: tls.clientAuthorities, requestCert: true, rejectUnauthorized: false },
    onRequest,
  )
  const bare = createHttpServer(onRequest)
  for (const server of [secured, bare]) server.on('clientError', (_error, socket) => socket.destroy())
  secured.on('tlsClientError', () => undefined)
  const sockets = new Set<Socket>()
  const accept = (socket: Socket): void => {
    contacts += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      if (first[0] !== 0x16) plain += 1
      ;(first[0] === 0x16 ? secured : bare).emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  }
  const servers: Server[] = []
  let shared = port
  for (const address of addresses) {
    const server = await listening(address, shared, accept)
    if (!server) continue
    shared = (server.address() as AddressInfo).port
    servers.push(server)
  }
  return {
    port: shared,
    look() {
      const found = { contacts, plain, seen }
      ;[contacts, plain] = [0, 0]
      seen = []
      return found
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function listening(address: string, port: number, accept: (socket: Socket) => void): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer(accept)
    // Not every machine has IPv6, or more than one loopback address.
    server.once('error', () => resolve(undefined))
    server.listen(port, address, () => resolve(server))
  })
}

async function readRequest(incoming: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString('utf8')
  const { method = '', url = '' } = incoming
  const shown = (incoming.socket as Partial<TLSSocket>).getPeerCertificate?.()
  return {
    method,
    path: url.split('?')[0] ?? '',
    text: `${method} ${url}\n${incoming.rawHeaders.join('\n')}\n${body}`,
    body,
    certificate: shown !== undefined && Object.keys(shown).length > 0,
  }
}
