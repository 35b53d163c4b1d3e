import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../core/ports.ts'

/** How much of the server one or all clients may have. */
export interface ConnectionLimits {
  readonly maxConnections: number
  /** Of one address. */
  readonly maxPerAddress: number
  /** An answer has to be taken within this, and a second more for each `slowestBytesPerSecond` of it. */
  readonly answerTimeoutMs: number
  readonly slowestBytesPerSecond: number
  /** What is answered and not yet taken, of all clients together; beyond it the slowest lose their connection. */
  readonly maxUnsentBytes: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxConnections: 1024,
  maxPerAddress: 64,
  answerTimeoutMs: 30_000,
  slowestBytesPerSecond: 32 * 1024,
  maxUnsentBytes: 256 * 1024 * 1024,
}

/** Why connections were closed or not accepted by us, counted since the start. */
export interface ConnectionCounts {
  readonly open: number
  readonly accepted: number
  /** Idle ones that made room for another. */
  readonly displaced: number
  /** Not accepted: there was no idle one. */
  readonly refused: number
  /** Took their answer too slowly. */
  readonly tooSlow: number
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly begunMs: number
  /** When its answer was first seen waiting for the client, and how much the connection had been given by then. */
  waiting?: { readonly sinceMs: number; readonly bytesBefore: number }
}

interface Connection {
  readonly socket: Socket
  readonly address: string
  readonly exchanges: Set<Exchange>
  /** Since when it has had nothing to answer. */
  idleSinceMs: number
}

/** A body that takes longer than this to come may lose its connection to somebody who is quicker. */
const patienceForBodiesMs = 5_000

/**
 * Keeps account of a server's connections. A new one over a limit displaces the one that has been idle (or sending its
 * request's head) for longest, else one whose body takes its time: whoever holds connections without using them cannot keep
 * others out. Only where every connection is at work, the new one is refused.
 */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #clock: Clock
  /** Whether an address is not counted by itself: a proxy speaks for many. */
  readonly #isShared: (address: string) => boolean
  readonly #open = new Map<string, Connection>()
  readonly #byAddress = new Map<string, Set<Connection>>()
  readonly #counts = { accepted: 0, displaced: 0, refused: 0, tooSlow: 0 }
  #onEmpty: (() => void) | undefined
  #isClosing = false

  constructor(limits: ConnectionLimits, clock: Clock, isShared: (address: string) => boolean) {
    this.#limits = limits
    this.#clock = clock
    this.#isShared = isShared
  }

  get counts(): ConnectionCounts {
    return { open: this.#open.size, ...this.#counts }
  }

  /** Called with each new socket, the raw one where there is TLS over it. Returns whether it may stay. */
  add(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress)
    const ofAddress = this.#byAddress.get(address) ?? new Set<Connection>()
    const isFull = !this.#isShared(address) && ofAddress.size >= this.#limits.maxPerAddress
    const crowd = isFull ? ofAddress : this.#open.size >= this.#limits.maxConnections ? this.#open.values() : undefined
    if (this.#isClosing || (crowd && !this.#displaceOneOf(crowd))) {
      this.#counts.refused++
      socket.destroy()
      return false
    }
    const connection = { socket, address, exchanges: new Set<Exchange>(), idleSinceMs: this.#clock.monotonicMs() }
    const key = keyOf(socket)
    this.#counts.accepted++
    this.#open.set(key, connection)
    this.#byAddress.set(address, ofAddress.add(connection))
    socket.once('close', () => this.#forget(key, connection))
    return true
  }

  /** Called with each request, before it is answered. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#open.get(keyOf(incoming.socket))
    if (!connection) return
    const exchange: Exchange = { incoming, outgoing, begunMs: this.#clock.monotonicMs() }
    connection.exchanges.add(exchange)
    if (this.#isClosing) outgoing.shouldKeepAlive = false
    outgoing.once('close', () => {
      connection.exchanges.delete(exchange)
      connection.idleSinceMs = this.#clock.monotonicMs()
      if (this.#isClosing && connection.exchanges.size === 0) connection.socket.destroySoon()
    })
  }

  /** Closes connections that do not take their answers. To be called every second or so. */
  sweep(): void {
    const now = this.#clock.monotonicMs()
    const waiting: { readonly connection: Connection; readonly unsent: number; readonly takenBeforeMs: number }[] = []
    for (const connection of this.#open.values()) {
      for (const exchange of connection.exchanges) {
        const unsent = exchange.outgoing.headersSent ? exchange.outgoing.writableLength : 0
        if (unsent === 0) continue
        waiting.push({ connection, unsent, takenBeforeMs: this.#takenBefore(exchange, unsent) })
      }
    }
    let total = waiting.reduce((sum, { unsent }) => sum + unsent, 0)
    for (const { connection, unsent, takenBeforeMs } of waiting.sort((a, b) => a.takenBeforeMs - b.takenBeforeMs)) {
      if (takenBeforeMs > now && total <= this.#limits.maxUnsentBytes) continue
      total -= unsent
      this.#counts.tooSlow++
      connection.socket.destroy()
    }
  }

  /** An answer that is made as it is taken has as much time as what was given so far is worth. */
  #takenBefore(exchange: Exchange, unsent: number): number {
    const { bytesWritten } = exchange.incoming.socket
    exchange.waiting ??= { sinceMs: this.#clock.monotonicMs(), bytesBefore: bytesWritten - unsent }
    const { sinceMs, bytesBefore } = exchange.waiting
    const seconds = (bytesWritten - bytesBefore) / this.#limits.slowestBytesPerSecond
    return sinceMs + this.#limits.answerTimeoutMs + seconds * 1000
  }

  /**
   * Lets every request that has come be answered, then closes its connection; those without a request are closed after
   * `idleMs` (one may be on its way), all that is left after `graceMs`. Returns how many had to be cut off.
   */
  async close(idleMs: number, graceMs: number): Promise<number> {
    this.#isClosing = true
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve))
    for (const { exchanges } of this.#open.values()) {
      for (const { outgoing } of exchanges) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false
    }
    if (this.#open.size === 0) return 0
    if (await this.#passes(idleMs, empty)) return 0
    for (const { exchanges, socket } of [...this.#open.values()]) if (exchanges.size === 0) socket.destroy()
    if (this.#open.size === 0 || (await this.#passes(graceMs - idleMs, empty))) return 0
    const left = [...this.#open.values()]
    for (const { socket } of left) socket.destroy()
    return left.length
  }

  /** Waits so long, or until there are no connections; then true. */
  async #passes(ms: number, empty: Promise<void>): Promise<boolean> {
    const stop = new AbortController()
    const slept = this.#clock.sleep(ms, stop.signal).then(
      () => false,
      () => false,
    )
    const isEmpty = await Promise.race([empty.then(() => true), slept])
    stop.abort()
    return isEmpty
  }

  #displaceOneOf(crowd: Iterable<Connection>): boolean {
    const now = this.#clock.monotonicMs()
    let found: { readonly connection: Connection; readonly isIdle: boolean; readonly sinceMs: number } | undefined
    for (const connection of crowd) {
      const isIdle = connection.exchanges.size === 0
      const slowBody = isIdle ? undefined : slowBodySince(connection, now)
      const sinceMs = isIdle ? connection.idleSinceMs : slowBody
      if (sinceMs === undefined || connection.socket.destroyed) continue
      const isBetter = !found || (isIdle === found.isIdle ? sinceMs < found.sinceMs : isIdle)
      if (isBetter) found = { connection, isIdle, sinceMs }
    }
    if (!found) return false
    this.#counts.displaced++
    this.#forget(keyOf(found.connection.socket), found.connection)
    found.connection.socket.destroy()
    return true
  }

  #forget(key: string, connection: Connection): void {
    if (this.#open.get(key) === connection) this.#open.delete(key)
    const ofAddress = this.#byAddress.get(connection.address)
    ofAddress?.delete(connection)
    if (ofAddress?.size === 0) this.#byAddress.delete(connection.address)
    if (this.#open.size === 0) this.#onEmpty?.()
  }
}

/** When the oldest request began whose body is still coming; undefined when all have come, or one is still quick. */
function slowBodySince({ exchanges }: Connection, now: number): number | undefined {
  const each = [...exchanges].map(({ incoming, begunMs }) => (incoming.complete ? Infinity : begunMs))
  const oldest = Math.min(...each)
  return now - oldest > patienceForBodiesMs ? oldest : undefined
}

/** A socket and the TLS socket over it have this in common. A closed one knows its address no more, hence the memory. */
const keys = new WeakMap<Socket, string>()

function keyOf(socket: Socket): string {
  const known = keys.get(socket)
  if (known !== undefined) return known
  const key = `${socket.remoteAddress}|${socket.remotePort}`
  keys.set(socket, key)
  return key
}

/** An IPv4 address that came over IPv6 as itself; an interface's name is left out. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}
