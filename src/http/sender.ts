import { StixTaxiiError } from '../core/errors.ts'
import type { HttpRequest } from '../core/ports.ts'
import { checkPlain, checkShape, type Access } from './access.ts'
import { Answer } from './answer.ts'
import { compose } from './compose.ts'
import { raceAbort } from './dial.ts'
import { openLanes, type Lane, type Lanes } from './lanes.ts'
import { isLogin, openLogins, type Logins } from './login.ts'
import type { AccessRule, HttpLimits, HttpOptions } from './options.ts'
import { isOfProxy, tunnelRefused } from './proxy-failure.ts'
import { hopName, redirected } from './redirect.ts'
import { openRouter, type Route, type Router } from './route.ts'
import type { Resolve } from './dial.ts'
import { openRedactor, type Redactor } from './redactor.ts'
import { openTrace, type Trace } from './trace.ts'
import type { TlsOptions } from './options.ts'
import { send, type WireAnswer, type WireRequest } from './wire.ts'

export interface SenderParts {
  readonly options: HttpOptions
  readonly limits: HttpLimits
  readonly tls: TlsOptions
  readonly access: Access
  readonly rate: (host: string, signal?: AbortSignal) => Promise<void>
  readonly resolve?: Resolve | undefined
  /** Aborted when everything is closed. */
  readonly closing: AbortSignal
}

/** An answer together with the duty to give its connection back. */
export interface Received {
  readonly answer: Answer
  /** Ends the exchange; the connection is kept if the answer was read to its end. */
  release(): void
}

/** Sends requests, follows their redirects, logs in where that is needed; retries nothing. */
export class Sender {
  readonly #parts: SenderParts
  readonly #lanes: Lanes
  readonly #router: Router
  readonly #redactor: Redactor
  readonly #trace: Trace
  readonly #logins: Logins

  constructor(parts: SenderParts, undici: Parameters<typeof openLanes>[0]) {
    const { options, limits, tls, resolve } = parts
    this.#parts = parts
    this.#lanes = openLanes(undici)
    this.#router = openRouter({ tls, proxy: options.proxy, limits, resolve, undici })
    const keys = (options.access ?? []).map(({ authentication }) => authentication)
    this.#redactor = openRedactor(keys.flatMap((each) => (each.scheme === 'query' ? [each.name] : [])))
    this.#trace = openTrace(options, this.#redactor)
    this.#logins = openLogins(async (request, read) => {
      checkShape(request.url)
      checkPlain(request.url, options)
      const received = await this.#sendOnce(request, undefined, parts.closing)
      try {
        return await read(received.answer)
      } finally {
        received.answer.close()
        received.release()
      }
    }, options.clock)
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<Received> {
    const visited = new Set<string>()
    let current = request
    while (true) {
      visited.add(hopName(current))
      const received = await this.#sendLoggedIn(current, signal)
      const next = request.keepRedirect === true ? undefined : this.#next(current, received, visited)
      if (!next) return received
      await received.answer.discard()
      received.release()
      current = next
    }
  }

  close(): Promise<void> {
    return this.#lanes.close()
  }

  #next(request: HttpRequest, received: Received, visited: ReadonlySet<string>): HttpRequest | undefined {
    const { status, headers } = received.answer
    try {
      return redirected(request, { status, location: headers.get('location'), visited })
    } catch (error) {
      received.answer.close()
      received.release()
      throw error
    }
  }

  /** A login that the server has forgotten is renewed once. */
  async #sendLoggedIn(request: HttpRequest, signal: AbortSignal): Promise<Received> {
    this.#parts.access.check(request.url)
    const rule = request.anonymous ? undefined : this.#parts.access.ruleFor(request.url)
    if (!rule || !isLogin(rule.authentication)) return this.#sendOnce(request, rule, signal)
    const shown = await raceAbort(this.#logins.authorization(rule.authentication), signal)
    const received = await this.#sendOnce(request, rule, signal)
    if (received.answer.status !== 401) return received
    await received.answer.discard()
    received.release()
    this.#logins.forget(rule.authentication, shown)
    await raceAbort(this.#logins.authorization(rule.authentication), signal)
    return this.#sendOnce(request, rule, signal)
  }

  async #sendOnce(request: HttpRequest, rule: AccessRule | undefined, signal: AbortSignal): Promise<Received> {
    const { limits, options } = this.#parts
    const { url } = request
    // A login may live elsewhere: the certificate goes only where the profile's other secrets may go.
    const withCertificate = request.anonymous !== true && this.#parts.access.shows(url)
    const route = this.#router(url, withCertificate)
    const parts = { userAgent: options.userAgent, route, rule, logins: this.#logins, redactor: this.#redactor }
    const message = await compose(request, parts)
    await this.#parts.rate(url.host, signal)
    const { lane, wire } = await this.#carry(request, route, message, signal)
    const answer = new Answer(wire, { url, host: url.host, peerFingerprint: lane.fingerprint, limits })
    if (route.viaProxy && (wire.status === 407 || isOfProxy(wire.status, wire.headers))) {
      answer.close()
      this.#lanes.give(lane, false)
      throw tunnelRefused(route.viaProxy.who, url.host, wire.status)
    }
    return { answer, release: () => this.#lanes.give(lane, wire.body.complete) }
  }

  async #carry(
    request: HttpRequest,
    route: Route,
    message: WireRequest,
    signal: AbortSignal,
  ): Promise<{ lane: Lane; wire: WireAnswer }> {
    const { headersTimeoutMs, idleTimeoutMs } = this.#parts.limits
    // What must not be sent twice goes over a new connection: a kept one may be closing just now.
    let fresh = !isRepeatable(request)
    while (true) {
      const lane = this.#lanes.take(route, fresh)
      const traced = this.#trace.request(request, message, lane.used)
      try {
        const wire = await send(lane, message, { headersTimeoutMs, idleTimeoutMs, signal })
        traced.answer(wire, lane.fingerprint)
        return { lane, wire }
      } catch (error) {
        this.#lanes.give(lane, false)
        traced.failure(error)
        // The server closed a kept connection between two requests: nobody need know (N19).
        const closedMeanwhile =
          lane.used && error instanceof StixTaxiiError && error.code === 'HTTP_CONNECTION_LOST' && isRepeatable(request)
        if (!closedMeanwhile) throw error
        fresh = true
      }
    }
  }
}

export function isRepeatable(request: HttpRequest): boolean {
  return request.repeatable ?? (request.method === 'GET' || request.method === 'OPTIONS')
}
