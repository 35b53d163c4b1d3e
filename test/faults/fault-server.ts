import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'

/** A request as it was read from the wire; names of `headers` in lower case. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Head as it came, for what must not be in it. */
  readonly head: string
  /** 0 for the first connection the server accepted. */
  readonly connection: number
  /** 0 for the first request of all. */
  readonly index: number
}

/** One thing done to the connection, in order. Everything is decided beforehand, so that a run can be repeated. */
export type Step =
  | { readonly do: 'send'; readonly bytes: Buffer }
  | { readonly do: 'drip'; readonly bytes: Buffer; readonly size: number; readonly everyMs: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** Closes in good order (FIN). */
  | { readonly do: 'end' }
  /** Closes with a reset (RST). */
  | { readonly do: 'reset' }
  /** Says nothing more and keeps the connection open. */
  | { readonly do: 'silence' }

export const sendBytes = (bytes: string | Uint8Array): Step => ({ do: 'send', bytes: asBuffer(bytes) })
export const drip = (bytes: string | Uint8Array, size: number, everyMs: number): Step => ({
  do: 'drip',
  bytes: asBuffer(bytes),
  size,
  everyMs,
})
export const wait = (ms: number): Step => ({ do: 'wait', ms })
export const end: Step = { do: 'end' }
export const reset: Step = { do: 'reset' }
export const silence: Step = { do: 'silence' }

export interface AnswerParts {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A proper answer as bytes, with Content-Length unless `headers` frames it otherwise. */
export function answerBytes({ status = 200, headers = {}, body = '' }: AnswerParts = {}): Buffer {
  const bytes = asBuffer(body)
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const framed = names.has('content-length') || names.has('transfer-encoding') || names.has('connection')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  if (!framed) lines.push(`Content-Length: ${bytes.length}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Answer\r\n${lines.join('')}\r\n`, 'latin1'), bytes])
}

export const answer = (parts: AnswerParts = {}): Step => sendBytes(answerBytes(parts))

/** A body in chunked encoding: each part a chunk, with the end unless `cut`. */
export function chunked(parts: readonly (string | Uint8Array)[], cut = false): Buffer {
  const pieces = parts.map(asBuffer).flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, crlf])
  return Buffer.concat(cut ? pieces : [...pieces, Buffer.from('0\r\n\r\n')])
}

const crlf = Buffer.from('\r\n')

export type Script = (request: SeenRequest) => readonly Step[] | Promise<readonly Step[]>

export interface FaultServer extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` or https. */
  readonly origin: string
  readonly requests: readonly SeenRequest[]
  /** How many connections were accepted so far. */
  readonly connections: number
  /** How many are open now. */
  readonly open: number
  url(path: string): URL
  close(): Promise<void>
}

export interface FaultServerOptions {
  readonly tls?: TlsOptions | undefined
  readonly host?: string | undefined
  /** Called with each connection before anything is read, to answer before a request or not at all. */
  readonly onConnection?: ((socket: Socket, index: number) => void) | undefined
}

/**
 * A server on a free loopback port that reads whole requests and answers each with the steps its script gives: any bytes,
 * in any pieces, at any pace, with any end.
 */
export async function startFaultServer(script: Script, options: FaultServerOptions = {}): Promise<FaultServer> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const accept = (socket: Socket): void => {
    const connection = connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    options.onConnection?.(socket, connection)
    void serve(socket, async (parsed) => {
      const request = { ...parsed, connection, index: requests.length }
      requests.push(request)
      return script(request)
    })
  }
  const server: Server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept)
  server.on('tlsClientError', () => undefined)
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  const origin = `${options.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    port,
    origin,
    requests,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    url: (path) => new URL(path, origin),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Parsed = Omit<SeenRequest, 'connection' | 'index'>

async function serve(socket: Socket, script: (request: Parsed) => Promise<readonly Step[]>): Promise<void> {
  try {
    for await (const request of requestsOf(socket)) {
      for (const step of await script(request)) if (!(await perform(step, socket))) return
    }
  } catch {
    socket.destroy()
  }
}

async function perform(step: Step, socket: Socket): Promise<boolean> {
  switch (step.do) {
    case 'send':
      await write(socket, step.bytes)
      return true
    case 'drip':
      for (let at = 0; at < step.bytes.length && !socket.destroyed; at += step.size) {
        await write(socket, step.bytes.subarray(at, at + step.size))
        await pause(step.everyMs)
      }
      return true
    case 'wait':
      await pause(step.ms)
      return true
    case 'end':
      socket.end()
      return false
    case 'reset':
      socket.resetAndDestroy()
      return false
    case 'silence':
      return false
  }
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || bytes.length === 0) return resolve()
    socket.write(bytes, () => resolve())
  })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function* requestsOf(socket: Socket): AsyncGenerator<Parsed> {
  let held: Buffer = Buffer.alloc(0)
  // A server that has fallen silent must not close because the loop ends: events, not an iterator over the stream.
  const arrivals = arrivalsOf(socket)
  while (true) {
    let headEnd: number
    while ((headEnd = held.indexOf('\r\n\r\n')) < 0) {
      const more = await arrivals()
      if (!more) return
      held = Buffer.concat([held, more])
    }
    const head = held.subarray(0, headEnd).toString('latin1')
    const [requestLine = '', ...lines] = head.split('\r\n')
    const headers = Object.fromEntries(lines.map(splitHeader))
    const length = Number(headers['content-length'] ?? 0)
    while (held.length < headEnd + 4 + length) {
      const more = await arrivals()
      if (!more) return
      held = Buffer.concat([held, more])
    }
    const [method = '', target = ''] = requestLine.split(' ')
    const body = held.subarray(headEnd + 4, headEnd + 4 + length)
    held = held.subarray(headEnd + 4 + length)
    yield { method, target, headers, body, head }
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function arrivalsOf(socket: Socket): () => Promise<Buffer | undefined> {
  const waiting: Buffer[] = []
  let ended = false
  let wake: (() => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    waiting.push(chunk)
    wake?.()
  })
  const stop = (): void => {
    ended = true
    wake?.()
  }
  socket.on('end', stop).on('close', stop)
  return async () => {
    while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve))
    return waiting.shift()
  }
}

function asBuffer(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string'
    ? Buffer.from(bytes, 'utf8')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
