import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { StixTaxiiError } from '../core/errors.ts'
import { codeOf, connectFailure, seconds } from './failure.ts'

/** Addresses of a name, in the order to try them. Replaceable, so that tests can play a name server. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface DialOptions {
  readonly resolve?: Resolve | undefined
  /** Gives back the addresses that may be used, or throws. */
  readonly vet: (host: string, addresses: readonly string[]) => readonly string[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** How messages name the place, as `proxy p.example:3128`. */
  readonly who: string
}

/** A further address is tried this long after the one before, without giving that one up (RFC 8305). */
const attemptDelayMs = 250

/**
 * A TCP connection to a host whose addresses have been vetted; it goes to one of exactly those addresses.
 * @throws HTTP_NAME_UNKNOWN, HTTP_CONNECT_FAILED, HTTP_CONNECT_TIMEOUT (network), HTTP_ADDRESS_REFUSED (refused).
 */
export async function dial(host: string, port: number, options: DialOptions): Promise<Socket> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(connectTimedOut(options)), options.timeoutMs)
  const signal = AbortSignal.any([deadline.signal, options.signal])
  try {
    const addresses = isIP(host) ? [host] : await raceAbort(resolveName(host, options), signal)
    return await race(options.vet(host, addresses), port, signal)
  } catch (error) {
    throw connectFailure(error, options.who)
  } finally {
    clearTimeout(timer)
  }
}

export function connectTimedOut(options: { who: string; timeoutMs: number }): StixTaxiiError {
  const { who, timeoutMs } = options
  return new StixTaxiiError('HTTP_CONNECT_TIMEOUT', `${who} could not be connected to within ${seconds(timeoutMs)}`, {
    kind: 'network',
    hint: 'Check host and port, and whether a firewall drops what goes there.',
    context: { host: who, timeoutMs },
  })
}

async function resolveName(host: string, options: DialOptions): Promise<readonly string[]> {
  const resolve = options.resolve ?? systemResolve
  try {
    const addresses = await resolve(host)
    if (addresses.length > 0) return addresses
    throw new Error('the answer is empty')
  } catch (error) {
    throw new StixTaxiiError('HTTP_NAME_UNKNOWN', `The name ${host} cannot be resolved`, {
      kind: 'network',
      hint: 'Check the spelling and the name service of this machine.',
      context: { host, reason: codeOf(error) },
      cause: error,
    })
  }
}

async function systemResolve(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, verbatim: true })
  return interleave(
    found.filter(({ family }) => family === 6).map(({ address }) => address),
    found.filter(({ family }) => family === 4).map(({ address }) => address),
    found[0]?.family === 6,
  )
}

function interleave(six: readonly string[], four: readonly string[], sixFirst: boolean): readonly string[] {
  const [first, second] = sixFirst ? [six, four] : [four, six]
  const longest = Math.max(first.length, second.length)
  return Array.from({ length: longest }, (_, index) => [first[index], second[index]])
    .flat()
    .filter((address) => address !== undefined)
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the promise does. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) {
      promise.catch(() => undefined)
      return stop()
    }
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

// The types of Node 20 do not know that a socket takes a high-water mark.
const socketOptions: object = { highWaterMark: 65_536, noDelay: true, keepAlive: true }

/** Happy eyeballs: attempts overlap, the first connection wins and the others are closed. */
function race(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>()
    const failures: Error[] = []
    let next = 0
    let timer: NodeJS.Timeout | undefined
    const settle = (winner: Socket | undefined, error?: Error): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      next = addresses.length
      for (const socket of open) if (socket !== winner) socket.destroy()
      if (winner) resolve(winner)
      else reject(error ?? (failures.length === 1 ? (failures[0] as Error) : new AggregateError(failures)))
    }
    const stop = (): void => settle(undefined, signal.reason as Error)
    const attempt = (): void => {
      clearTimeout(timer)
      const address = addresses[next++]
      if (address === undefined) return
      const socket = connect({ host: address, port, ...socketOptions })
      open.add(socket)
      socket.once('connect', () => {
        socket.removeAllListeners('error')
        settle(socket)
      })
      socket.on('error', (error) => {
        open.delete(socket)
        failures.push(error)
        if (next < addresses.length) attempt()
        else if (open.size === 0) settle(undefined)
      })
      if (next < addresses.length) timer = setTimeout(attempt, attemptDelayMs)
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    attempt()
  })
}
