import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface LoopbackProxy extends AsyncDisposable {
  readonly port: number
  /** What it was asked for: `CONNECT host:port`, `GET http://...`, `SOCKS host:port`. */
  readonly asked: readonly string[]
  /** All bytes and headers that the proxy itself got to see, as text. */
  readonly seen: readonly string[]
}

export interface HttpProxyOptions {
  /** `user:password` */
  readonly login?: string | undefined
  /** The status it refuses every CONNECT with. */
  readonly refuseWith?: number | undefined
  /** Cuts the tunnel once so many bytes came back through it. */
  readonly cutAfter?: number | undefined
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Where everything goes, whatever host was asked for. */
  readonly to?: number | undefined
}

/** An HTTP proxy: tunnels by CONNECT, whole URLs otherwise. */
export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<LoopbackProxy> {
  const asked: string[] = []
  const seen: string[] = []
  const server = options.tls ? createHttpsServer(options.tls) : createHttpServer()
  const admitted = (request: IncomingMessage): boolean => {
    asked.push(`${request.method} ${request.url}`)
    seen.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
    const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`
    return expected === undefined || request.headers['proxy-authorization'] === expected
  }
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    client.on('error', () => undefined)
    const status = admitted(request) ? options.refuseWith : 407
    if (status !== undefined) return client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
    const port = Number(request.url?.split(':').at(-1))
    const upstream = connect(options.to ?? port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n')
      client.pipe(upstream)
    })
    let passed = 0
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length
      if (options.cutAfter !== undefined && passed > options.cutAfter) {
        client.destroy()
        upstream.destroy()
      } else client.write(chunk)
    })
    upstream.on('error', () => client.destroy()).on('end', () => client.end())
    client.on('close', () => upstream.destroy())
  })
  server.on('request', (request: IncomingMessage, response) => {
    if (!admitted(request)) return response.writeHead(407).end('proxy wants a login')
    const target = new URL(request.url ?? '')
    const headers = { ...request.headers }
    delete headers['proxy-authorization']
    const upstream = httpRequest(
      { host: '127.0.0.1', port: options.to ?? target.port, path: target.pathname + target.search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    upstream.on('error', () => response.writeHead(502).end())
    request.pipe(upstream)
  })
  return { ...(await listening(server)), asked, seen }
}

export interface SocksProxyOptions {
  readonly login?: string | undefined
  /** The reply code to every CONNECT; 0 (the default) connects. */
  readonly reply?: number | undefined
  readonly to?: number | undefined
}

/** A SOCKS5 proxy. @see RFC 1928, RFC 1929 */
export async function startSocksProxy(options: SocksProxyOptions = {}): Promise<LoopbackProxy> {
  const asked: string[] = []
  const seen: string[] = []
  const server = createServer((client) => {
    client.on('error', () => undefined)
    void converse(client, options, asked).catch(() => client.destroy())
  })
  return { ...(await listening(server)), asked, seen }
}

async function converse(client: Socket, { login, reply = 0, to }: SocksProxyOptions, asked: string[]): Promise<void> {
  const read = reader(client)
  const [, methods = 0] = await read(2)
  const offered = await read(methods)
  const wanted = login === undefined ? 0 : 2
  if (!offered.includes(wanted)) return void client.end(Buffer.from([5, 0xff]))
  client.write(Buffer.from([5, wanted]))
  if (login !== undefined) {
    const [, nameLength = 0] = await read(2)
    const name = await read(nameLength)
    const [wordLength = 0] = await read(1)
    const given = `${name.toString()}:${(await read(wordLength)).toString()}`
    client.write(Buffer.from([1, given === login ? 0 : 1]))
    if (given !== login) return void client.end()
  }
  const [, , , kind = 0] = await read(4)
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await read(1))[0] ?? 0)
  const address = await read(length)
  const host = kind === 3 ? address.toString() : [...address].join('.')
  const port = (await read(2)).readUInt16BE()
  asked.push(`SOCKS ${host}:${port}`)
  client.write(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
  if (reply !== 0) return void client.end()
  client.removeAllListeners('data')
  const upstream = connect(to ?? port, '127.0.0.1')
  upstream.on('error', () => client.destroy())
  client.on('close', () => upstream.destroy())
  client.pipe(upstream).pipe(client)
}

function reader(socket: Socket): (size: number) => Promise<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  let wake: (() => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    wake?.()
  })
  return async (size) => {
    while (held.length < size) await new Promise<void>((resolve) => (wake = resolve))
    const bytes = held.subarray(0, size)
    held = held.subarray(size)
    return bytes
  }
}

async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
