import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { without } from './feed.ts'

/** A forward proxy on loopback that wants a user name and a password, and counts what goes through it. */
export interface Forwarder extends AsyncDisposable {
  readonly url: string
  /** Targets of CONNECT and absolute addresses, in order; refused ones are not here. */
  readonly passed: readonly string[]
  readonly refused: number
}

/** Starts the proxy; without `credentials` everybody may pass. */
export async function startForwarder(credentials?: string): Promise<Forwarder> {
  const passed: string[] = []
  const sockets = new Set<Socket>()
  let refused = 0
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const mayPass = (request: IncomingMessage): boolean => {
    if (wanted === undefined || request.headers['proxy-authorization'] === wanted) return true
    refused++
    return false
  }
  const server = createServer((request, response) => {
    if (!mayPass(request)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
    passed.push(request.url ?? '')
    const headers = without(request.headers, 'proxy-authorization')
    const onward = httpRequest(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request, socket: Socket) => {
    if (!mayPass(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    passed.push(request.url ?? '')
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    for (const end of [onward, socket]) {
      sockets.add(end)
      end.on('error', () => end.destroy())
    }
  })
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    get refused() {
      return refused
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
