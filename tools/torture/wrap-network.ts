import dns from 'node:dns'
import net from 'node:net'
import { Readable } from 'node:stream'
import { plain, systemError, type Strikes } from './strike.ts'
import { wrap, type Call } from './wrap-files.ts'

const streams: Readonly<Record<number, string>> = { 0: 'standard input', 1: 'standard output', 2: 'standard error' }

/** Fails what goes over sockets, the three standard streams where they are pipes among them. */
export function wrapNetwork(strikes: Strikes): void {
  const socket = net.Socket.prototype
  const hosts = new WeakMap<object, string>()
  const hostOf = (one: net.Socket): string => hosts.get(one) ?? 'a client'
  wrap(
    socket,
    'connect',
    (original) =>
      function (this: net.Socket, ...given: unknown[]) {
        const host = hostAsked(given)
        hosts.set(this, host)
        const how = strikes.on('connect', host)
        if (how === undefined) return original.apply(this, given)
        process.nextTick(() => this.destroy(systemError(how, 'connect')))
        return this
      },
  )
  for (const name of ['_write', '_writev'])
    wrap(
      socket,
      name,
      (original) =>
        function (this: net.Socket, ...given: unknown[]) {
          const stream = streamOf(this)
          const how = stream === undefined ? strikes.on('send', hostOf(this)) : strikes.on('output', stream)
          if (how === undefined) return original.apply(this, given)
          ;(given.at(-1) as Call)(systemError(how, 'write'))
        },
    )
  Object.defineProperty(socket, 'push', {
    configurable: true,
    writable: true,
    value(this: net.Socket, chunk: unknown, encoding?: BufferEncoding) {
      const push = (what: unknown): boolean => Readable.prototype.push.call(this, what, encoding)
      if (chunk === null) return push(null)
      const stream = streamOf(this)
      const how = stream === undefined ? strikes.on('receive', hostOf(this)) : strikes.on('input', stream)
      if (how === undefined) return push(chunk)
      if (how === 'end') return push(null)
      this.destroy(systemError(how, 'read'))
      return false
    },
  })
  wrap(
    net.Server.prototype,
    'listen',
    (original) =>
      function (this: net.Server, ...given: unknown[]) {
        const how = strikes.on('listen', 'a port')
        if (how === undefined) return original.apply(this, given)
        process.nextTick(() => this.emit('error', systemError(how, 'listen')))
        return this
      },
  )
  wrap(dns, 'lookup', (original) => (...given) => {
    const how = strikes.on('resolve', String(given[0]))
    if (how === undefined) return original(...given)
    process.nextTick(() => (given.at(-1) as Call)(systemError(how, 'getaddrinfo')))
  })
  wrap(dns.promises, 'lookup', (original) => async (...given) => {
    const how = strikes.on('resolve', String(given[0]))
    if (how === undefined) return original(...given)
    throw systemError(how, 'getaddrinfo')
  })
}

function streamOf(socket: net.Socket & { readonly fd?: number }): string | undefined {
  return typeof socket.fd === 'number' ? streams[socket.fd] : undefined
}

function hostAsked(given: unknown[]): string {
  const [first] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given
  const { host, path } = (typeof first === 'object' && first !== null ? first : { host: given[1] }) as {
    host?: unknown
    path?: unknown
  }
  return plain(String(path ?? host ?? 'localhost'))
}
