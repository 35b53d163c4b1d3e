import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { connectTimedOut, raceAbort } from './dial.ts'
import { codeOf } from './failure.ts'
import type { ProxyOptions } from './options.ts'
import { proxyFailure } from './proxy-failure.ts'

export interface SocksOptions {
  readonly proxy: ProxyOptions
  readonly who: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Asks a SOCKS5 proxy for a connection to `host:port`, with user name and password where given. undici's protocol code
 * does it; its agent is passed by, because that has deadlines of its own and hides the connection.
 * @throws HTTP_PROXY_AUTH (auth), HTTP_PROXY_REFUSED, HTTP_PROXY_BROKEN, HTTP_CONNECT_TIMEOUT (network)
 * @see RFC 1928, RFC 1929
 */
export async function socksTunnel(
  socket: Socket | TLSSocket,
  host: string,
  port: number,
  options: SocksOptions,
): Promise<Socket | TLSSocket> {
  const { Socks5Client } = await import('undici/lib/core/socks5-client.js')
  const { username, password } = options.proxy
  const client = new Socks5Client(socket, {
    username: username && Secret.open(username),
    password: password && Secret.open(password),
  })
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(connectTimedOut(options)), options.timeoutMs)
  try {
    const signal = AbortSignal.any([options.signal, deadline.signal])
    const connected = new Promise<void>((resolve, reject) => {
      client.on('error', reject)
      client.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
      client.on('authenticated', () => client.connect(host, port))
      client.on('connected', () => resolve())
    })
    client.handshake()
    await raceAbort(connected, signal)
    socket.off('error', client.onSocketError).off('close', client.onSocketClose)
    // The client read by events; undici's parser reads by itself, and nothing may slip through before.
    socket.pause()
    return socket
  } catch (error) {
    socket.on('error', () => undefined).destroy()
    throw socksFailure(error, `${host}:${port}`, options.who)
  } finally {
    clearTimeout(timer)
  }
}

function socksFailure(error: unknown, place: string, who: string): StixTaxiiError {
  if (error instanceof StixTaxiiError) return error
  const code = codeOf(error)
  const reply = /SOCKS5_REPLY_(\d+)$/.exec(code)?.[1]
  if (reply !== undefined) {
    return new StixTaxiiError(
      'HTTP_PROXY_REFUSED',
      `The ${who} cannot or will not connect to ${place}${saying(reply)}`,
      {
        kind: 'network',
        hint: 'Check host and port of the server; else ask the operator of the proxy.',
        context: { proxy: who, place, reply: Number(reply) },
        cause: error,
      },
    )
  }
  return proxyFailure(error, who)
}

const replies: Readonly<Record<string, string>> = {
  '2': 'its rules forbid it',
  '3': 'the network cannot be reached',
  '4': 'the host cannot be reached',
  '5': 'the host refused',
}

function saying(reply: string): string {
  const text = replies[reply]
  return text === undefined ? '' : `: ${text}`
}
