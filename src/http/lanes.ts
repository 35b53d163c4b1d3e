import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type * as Undici from 'undici'
import { StixTaxiiError } from '../core/errors.ts'
import { defaultLimits, maxHeadBytes } from './defaults.ts'
import { fingerprintOf } from './tls.ts'

/** A connection to one place, for one exchange at a time, opened when it is first used. */
export interface Lane {
  readonly client: Undici.Client
  /** The place that was dialled, for messages. */
  readonly host: string
  /** Whether this connection has carried an answer before. */
  used: boolean
  /** The connection itself, once there is one. */
  socket: Socket | TLSSocket | undefined
  /** Whether the peer has closed it in good order. */
  ended: boolean
  fingerprint: string | undefined
  /** The first error of the connection: a TLS alert is followed by an end that says less. */
  fault: Error | undefined
  /** Whether the connection has gone down. */
  lost: boolean
  /** Closes the connection, or gives up making it; what is under way on it fails with the reason. */
  readonly stop: (reason: Error) => void
}

export interface LaneOptions {
  /** `scheme://host:port` that the HTTP messages go to: the server's, or a proxy's for plain http. */
  readonly origin: string
  readonly host: string
  /** Lanes of different keys are never mixed: origin, proxy, with or without certificate. */
  readonly key: string
  readonly open: (signal: AbortSignal) => Promise<Socket | TLSSocket>
}

/**
 * Keeps idle connections for the next request. One exchange has a connection to itself, so that what arrives on it can
 * belong to nobody else; after any doubt it is destroyed instead of kept (N20).
 */
export interface Lanes {
  take(options: LaneOptions, fresh: boolean): Lane
  /** `reusable` only when the answer was read to its proper end. */
  give(lane: Lane, reusable: boolean): void
  close(): Promise<void>
}

const idleMs = 30_000

export function openLanes(undici: Pick<typeof Undici, 'Client'>): Lanes {
  const idle = new Map<string, Lane[]>()
  const keyOf = new WeakMap<Lane, string>()
  const all = new Set<Lane>()

  const drop = (lane: Lane): void => {
    all.delete(lane)
    const waiting = idle.get(keyOf.get(lane) ?? '')
    if (waiting?.includes(lane)) waiting.splice(waiting.indexOf(lane), 1)
    lane.stop(closed())
  }

  const make = (options: LaneOptions): Lane => {
    const stopping = new AbortController()
    const lane: Lane = {
      host: options.host,
      used: false,
      ended: false,
      fingerprint: undefined,
      fault: undefined,
      lost: false,
      socket: undefined,
      stop: (reason) => {
        stopping.abort(reason)
        // Destroyed rather than told to abort the request: undici would make a new connection after an abort.
        lane.client.destroy(reason).catch(() => undefined)
      },
      client: new undici.Client(options.origin, {
        connect: (_place, callback) => {
          options.open(stopping.signal).then(
            (socket) => {
              socket.once('end', () => (lane.ended = true))
              socket.once('error', (error) => (lane.fault = error))
              lane.socket = socket
              lane.fingerprint = fingerprintOf(socket)
              callback(null, socket)
            },
            (error: Error) => callback(error, null),
          )
        },
        // Deadlines are ours: undici's do not fire while a reader is paused (N4).
        headersTimeout: 0,
        bodyTimeout: 0,
        connectTimeout: defaultLimits.connectTimeoutMs,
        keepAliveTimeout: idleMs,
        keepAliveMaxTimeout: idleMs,
        maxHeaderSize: maxHeadBytes,
        pipelining: 1,
      }),
    }
    lane.client.on('disconnect', () => {
      lane.lost = true
      if (idle.get(options.key)?.includes(lane)) drop(lane)
    })
    keyOf.set(lane, options.key)
    all.add(lane)
    return lane
  }

  return {
    take: (options, fresh) => (fresh ? undefined : idle.get(options.key)?.pop()) ?? make(options),
    give(lane, reusable) {
      if (!reusable || lane.lost || lane.socket?.destroyed) return drop(lane)
      lane.used = true
      const key = keyOf.get(lane) ?? ''
      idle.set(key, [...(idle.get(key) ?? []), lane])
    },
    async close() {
      const lanes = [...all]
      all.clear()
      idle.clear()
      for (const lane of lanes) lane.stop(closed())
      await Promise.all(lanes.map(({ client }) => client.destroy().catch(() => undefined)))
    },
  }
}

function closed(): StixTaxiiError {
  return new StixTaxiiError('HTTP_CLOSED', 'The connection was closed here', {
    kind: 'internal',
    hint: 'This is a fault of the program: please report it.',
  })
}
