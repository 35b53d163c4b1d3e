import { createHash } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { pause } from './fault-server.ts'

/** What is done to one direction of one connection; bytes are counted from the beginning of that direction. */
export interface Fault {
  /** Everything of one direction waits this long before it goes on. */
  readonly delayMs?: number | undefined
  /** The connection is cut after this many bytes: in good order (`fin`) or by a reset (`rst`, the default). */
  readonly cutAt?: number | undefined
  readonly cutBy?: 'fin' | 'rst' | undefined
  /** The bit `flipBit` (default 0) of the byte at this place is turned over. */
  readonly flipAt?: number | undefined
  readonly flipBit?: number | undefined
  /** Bytes pass in pieces of this size, one every `dripMs`. */
  readonly dripSize?: number | undefined
  readonly dripMs?: number | undefined
  /** The bytes from `repeatAt` on, `repeatSize` of them, come twice. */
  readonly repeatAt?: number | undefined
  readonly repeatSize?: number | undefined
  /** Nothing passes any more from this byte on, and the connection stays open. */
  readonly stallAt?: number | undefined
}

/** Faults for the connection with this number (from 0): of what the client sends, and of what the server answers. */
export interface ConnectionFaults {
  readonly toServer?: Fault | undefined
  readonly toClient?: Fault | undefined
}

export type FaultPlan = (connection: number) => ConnectionFaults

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  readonly connections: number
  url(path: string): URL
  close(): Promise<void>
}

/** A TCP proxy before `target` that damages connections as its plan says, the same way each time. */
export async function startFaultProxy(target: { host?: string; port: number }, plan: FaultPlan): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    const faults = plan(connections++)
    const upstream = connect(target.port, target.host ?? '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    }
    void relay(client, upstream, faults.toServer ?? {})
    void relay(upstream, client, faults.toClient ?? {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    port,
    origin,
    get connections() {
      return connections
    },
    url: (path) => new URL(path, origin),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function relay(from: Socket, to: Socket, fault: Fault): Promise<void> {
  let at = 0
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (fault.delayMs) await pause(fault.delayMs)
      const bytes = damaged(chunk, at, fault)
      const end = at + chunk.length
      const stopAt = Math.min(fault.cutAt ?? Infinity, fault.stallAt ?? Infinity)
      await pass(stopAt < end ? bytes.subarray(0, Math.max(0, stopAt - at)) : bytes, to, fault)
      at = end
      if (stopAt >= end) continue
      if (stopAt === fault.stallAt) return await new Promise(() => undefined)
      return cut(from, to, fault.cutBy ?? 'rst')
    }
    to.end()
  } catch {
    to.destroy()
  }
}

function damaged(chunk: Buffer, at: number, fault: Fault): Buffer {
  let bytes = chunk
  const place = (fault.flipAt ?? -1) - at
  if (place >= 0 && place < chunk.length) {
    bytes = Buffer.from(chunk)
    bytes[place] = (bytes[place] ?? 0) ^ (1 << (fault.flipBit ?? 0))
  }
  const again = (fault.repeatAt ?? -1) - at
  if (again >= 0 && again < chunk.length) {
    const until = Math.min(chunk.length, again + (fault.repeatSize ?? 1))
    bytes = Buffer.concat([bytes.subarray(0, until), bytes.subarray(again, until), bytes.subarray(until)])
  }
  return bytes
}

async function pass(bytes: Buffer, to: Socket, { dripSize, dripMs }: Fault): Promise<void> {
  const size = dripSize ?? bytes.length
  for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
    if (!to.write(bytes.subarray(at, at + size))) await drained(to)
    if (dripMs) await pause(dripMs)
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
}

function cut(from: Socket, to: Socket, by: 'fin' | 'rst'): void {
  if (by === 'rst') to.resetAndDestroy()
  else to.end()
  from.destroy()
}

/** Numbers in [0, 1) that are the same for the same seed, so that a failing run can be had again. */
export function seeded(seed: number): () => number {
  let drawn = 0
  return () => createHash('sha256').update(`${seed}/${drawn++}`).digest().readUInt32BE() / 2 ** 32
}

export interface SeededPlanOptions {
  readonly seed: number
  /** Which share of connections is damaged; default 0.5. */
  readonly rate?: number | undefined
  /** Faults hit within this many bytes of an answer; default 64 KiB. */
  readonly withinBytes?: number | undefined
  /** Which faults; all of them by default. `flip` and `repeat` damage bytes that plain HTTP does not protect. */
  readonly kinds?: readonly ('cut' | 'flip' | 'delay' | 'drip' | 'repeat' | 'stall')[] | undefined
}

/** A plan drawn from a seed: the fault of connection N is the same in every run. */
export function seededPlan(options: SeededPlanOptions): FaultPlan {
  const {
    seed,
    rate = 0.5,
    withinBytes = 65_536,
    kinds = ['cut', 'flip', 'delay', 'drip', 'repeat', 'stall'],
  } = options
  return (connection) => {
    const random = seeded(seed * 7919 + connection)
    if (random() >= rate) return {}
    const kind = kinds[Math.floor(random() * kinds.length)]
    const at = Math.floor(random() * withinBytes)
    switch (kind) {
      case 'cut':
        return { toClient: { cutAt: at, cutBy: random() < 0.5 ? 'rst' : 'fin' } }
      case 'flip':
        return { toClient: { flipAt: at, flipBit: Math.floor(random() * 8) } }
      case 'delay':
        return { toClient: { delayMs: Math.floor(random() * 50) } }
      case 'drip':
        return { toClient: { dripSize: 1 + Math.floor(random() * 4096), dripMs: 1 } }
      case 'repeat':
        return { toClient: { repeatAt: at, repeatSize: 1 + Math.floor(random() * 64) } }
      case 'stall':
        return { toClient: { stallAt: at } }
      default:
        return {}
    }
  }
}
