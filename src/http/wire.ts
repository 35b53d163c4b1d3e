import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { HttpHeaders, StreamedBody } from '../core/ports.ts'
import { maxInterimAnswers } from './defaults.ts'
import { answerFailure, codeOf, framing, isGarbled, isUnasked, timedOut } from './failure.ts'
import { headersOf } from './headers.ts'
import type { Lane } from './lanes.ts'
import { exactly, isStreamed } from './streamed-body.ts'
import { WireBody } from './wire-body.ts'

/** A request as it goes onto the wire; everything in it has been checked. */
export interface WireRequest {
  readonly method: string
  /** Path and query, or the whole URL for a proxy. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | StreamedBody | undefined
  readonly onSending?: (() => void) | undefined
}

export interface WireOptions {
  readonly headersTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

export interface WireAnswer {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: WireBody
}

/** A body must bring at least so much within ten idle limits, or it would drip for ever (N3). */
const leastBytes = 64 * 1024
const idleLimitsForLeast = 10

/** Sends the request on the lane and resolves with the head of the answer. @throws HTTP_* as `failure.ts` has them. */
export function send(lane: Lane, request: WireRequest, options: WireOptions): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(lane, options, resolve, reject)
    exchange.start(request)
  })
}

class Exchange {
  readonly #lane: Lane
  readonly #options: WireOptions
  readonly #resolve: (answer: WireAnswer) => void
  readonly #reject: (error: Error) => void
  readonly #body: WireBody
  #timer: NodeJS.Timeout | undefined
  #pace: NodeJS.Timeout | undefined
  #receivedBefore = 0
  #stopped: Error | undefined
  #headCame = false
  #ended = false
  #untilClose = false
  #interim = 0
  readonly #onAbort = (): void => this.#stop(this.#options.signal.reason as Error)

  constructor(lane: Lane, options: WireOptions, resolve: (answer: WireAnswer) => void, reject: (error: Error) => void) {
    this.#lane = lane
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#body = new WireBody((reason) => this.#stop(reason))
  }

  start(request: WireRequest): void {
    const { signal } = this.#options
    if (signal.aborted) return this.#reject(signal.reason as Error)
    signal.addEventListener('abort', this.#onAbort, { once: true })
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => this.#started(request.onSending),
      onResponseStart: (_controller, status, headers) => this.#head(status, headers),
      onResponseData: (controller, chunk) => {
        this.#timer?.refresh()
        this.#body.push(controller, chunk)
      },
      onResponseEnd: () => this.#end(),
      onResponseError: (_controller, error) => this.#fail(error),
    }
    const { method, target, headers, body = null } = request
    const bytes = isStreamed(body) ? this.#streamed(body) : body
    this.#lane.client.dispatch(
      { method: method as Dispatcher.HttpMethod, path: target, headers, body: bytes, idempotent: true },
      handler,
    )
  }

  /** The bytes of a streamed body; a server that takes them, however slowly, is not silent. */
  #streamed(body: StreamedBody): Readable {
    const pieces = exactly(body, {
      onPiece: () => this.#headCame || this.#timer?.refresh(),
      // Told before undici destroys the connection, which would say less.
      onFault: (fault) => this.#stop(fault),
    })
    return pieces as AsyncIterable<Uint8Array> as Readable
  }

  #started(onSending: (() => void) | undefined): void {
    onSending?.()
    const ms = this.#options.headersTimeoutMs
    this.#timer = setTimeout(() => {
      setImmediate(() => {
        if (!this.#headCame) this.#stop(timedOut('HTTP_HEADERS_TIMEOUT', this.#lane.host, ms))
      })
    }, ms)
  }

  #head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (status < 200) {
      this.#interim += 1
      if (this.#interim > maxInterimAnswers) this.#stop(framing(this.#lane.host, 'too many interim answers'))
      return
    }
    this.#headCame = true
    this.#untilClose = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#idle(), this.#options.idleTimeoutMs)
    this.#pace = setInterval(() => this.#checkPace(), this.#options.idleTimeoutMs * idleLimitsForLeast)
    this.#resolve({ status, headers: headersOf(headers), body: this.#body })
  }

  #idle(): void {
    if (this.#body.readFurther()) return void this.#timer?.refresh()
    const { received } = this.#body
    // After this process was held up (a long write, a laptop asleep) what came meanwhile has yet to be read: look again
    // once it was.
    setImmediate(() => {
      if (this.#body.received !== received) return
      this.#stop(timedOut('HTTP_IDLE', this.#lane.host, this.#options.idleTimeoutMs))
    })
  }

  #checkPace(): void {
    const { received, isHeldBack } = this.#body
    const { host } = this.#lane
    if (!isHeldBack && received - this.#receivedBefore < leastBytes) {
      this.#stop(timedOut('HTTP_TOO_SLOW', host, this.#options.idleTimeoutMs * idleLimitsForLeast))
    }
    this.#receivedBefore = received
  }

  #end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    clearInterval(this.#pace)
    // Bytes after the end of the answer may have arrived with it: only the next turn shows them (N6).
    setImmediate(() => this.#settle(this.#doubt()))
  }

  /** What makes an answer doubtful although it came to its end as undici sees it. */
  #doubt(): Error | undefined {
    const { host, socket } = this.#lane
    const error = socket?.errored
    if (!error) return undefined
    if (isUnasked(error) || isGarbled(error)) return framing(host, 'more bytes than announced', error)
    // Where only the end of the connection ends the body, a reset is no end (N7).
    return this.#untilClose && codeOf(error) !== 'UND_ERR_INFO' ? answerFailure(error, 'body', host, true) : undefined
  }

  #fail(error: Error): void {
    const phase = this.#headCame ? 'body' : 'head'
    const { fault, host, ended } = this.#lane
    this.#settle(this.#stopped ?? answerFailure(fault ?? error, phase, host, ended))
  }

  #stop(reason: Error): void {
    if (this.#stopped || this.#ended) return
    this.#stopped = reason
    this.#lane.stop(reason)
    this.#settle(reason)
  }

  #settle(failure: Error | undefined): void {
    clearTimeout(this.#timer)
    clearInterval(this.#pace)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#body.finish(failure)
    if (failure) this.#reject(failure)
  }
}
