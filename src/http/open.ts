import { setMaxListeners } from 'node:events'
import { cancelled, StixTaxiiError } from '../core/errors.ts'
import type { Http, HttpRequest, HttpResponse } from '../core/ports.ts'
import { openAccess } from './access.ts'
import { defaultLimits, defaultRetry } from './defaults.ts'
import type { Resolve } from './dial.ts'
import { seconds } from './failure.ts'
import type { HttpOptions } from './options.ts'
import { openRate } from './rate.ts'
import { Retrying } from './retrying.ts'
import { Sender } from './sender.ts'

/** What only tests replace. */
export interface HttpSeams {
  readonly resolve?: Resolve | undefined
}

/**
 * Opens one profile's way to the network. Nothing is connected, and undici not loaded, before the first request.
 * @throws HTTP_ORIGIN_INVALID (config)
 */
export function openHttp(options: HttpOptions, seams: HttpSeams = {}): Http {
  const limits = { ...defaultLimits, ...defined(options.limits) }
  const retry = { ...defaultRetry, ...defined(options.retry) }
  const tls = { insecure: false, ...defined(options.tls) }
  if (tls.insecure) {
    options.notices({
      code: 'HTTP_INSECURE',
      message: `The identity of ${options.origins.join(', ')} is not verified: this profile switches TLS verification off`,
    })
  }
  const access = openAccess(options)
  const rate = openRate(options.rate, options.clock, options.notices)
  const closing = new AbortController()
  // Each exchange listens until it ends; many at once are no leak.
  setMaxListeners(0, closing.signal)
  let sender: Promise<Sender> | undefined
  const openSender = async (): Promise<Sender> => {
    const parts = { options, limits, tls, access, rate, resolve: seams.resolve, closing: closing.signal }
    return new Sender(parts, options.proxy ? await import('undici') : await clientAlone())
  }

  async function exchange<T>(request: HttpRequest, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    sender ??= openSender()
    const ready = await sender
    const stop = stopper([closing.signal, request.signal], limits.totalTimeoutMs, request.url.host)
    const { signal } = stop
    try {
      return await new Retrying({ sender: ready, options, retry, signal }).run(request, read)
    } catch (error) {
      throw signal.aborted && !(error instanceof StixTaxiiError && error.kind === 'network')
        ? stopReason(signal)
        : error
    } finally {
      stop.release()
    }
  }

  return {
    exchange,
    async [Symbol.asyncDispose]() {
      closing.abort(cancelled())
      // What could not be opened told so to whoever asked; there is nothing to close then.
      await (await sender?.catch(() => undefined))?.close()
    },
  }
}

// The whole of undici takes twice as long to load; its `connect`, for proxies, comes with the whole only.
async function clientAlone() {
  const { default: Client } = await import('undici/lib/dispatcher/client.js')
  return { Client }
}

/** Options without those left undefined, so that they do not hide a default. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>
}

function stopReason(signal: AbortSignal): StixTaxiiError {
  return signal.reason instanceof StixTaxiiError ? signal.reason : cancelled(signal.reason)
}

interface Stopper {
  readonly signal: AbortSignal
  release(): void
}

/**
 * One signal for one exchange, aborted with any of the sources or after the total time. By hand, because what
 * `AbortSignal.any` makes stays on a long-lived source until the garbage is collected, and exchanges are many.
 */
function stopper(sources: readonly (AbortSignal | undefined)[], totalMs: number | undefined, host: string): Stopper {
  const controller = new AbortController()
  const links = sources.map((source) => {
    const follow = (): void => controller.abort(source?.reason)
    if (source?.aborted) follow()
    source?.addEventListener('abort', follow, { once: true })
    return () => source?.removeEventListener('abort', follow)
  })
  const timer =
    totalMs === undefined ? undefined : setTimeout(() => controller.abort(totalTimeout(host, totalMs)), totalMs)
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer)
      for (const unlink of links) unlink()
    },
  }
}

function totalTimeout(host: string, ms: number): StixTaxiiError {
  return new StixTaxiiError('HTTP_TOTAL_TIMEOUT', `${host} was not done within ${seconds(ms)}`, {
    kind: 'network',
    hint: 'Allow more time, or ask for less at once.',
    context: { host, timeoutMs: ms },
  })
}
