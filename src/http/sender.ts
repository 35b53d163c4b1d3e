import type { HttpRequest } from '../core/ports.ts'
import type { Access } from './access.ts'
import { authorizationOf } from './access.ts'
import { Answer } from './answer.ts'
import { checkHeader } from './headers.ts'
import { openLanes, type Lane, type Lanes } from './lanes.ts'
import type { AccessRule, HttpLimits, HttpOptions } from './options.ts'
import { hopName, redirected } from './redirect.ts'
import type { Router } from './route.ts'
import { Secret } from '../core/secret.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { send, type WireAnswer, type WireRequest } from './wire.ts'

export interface SenderParts {
  readonly options: HttpOptions
  readonly limits: HttpLimits
  readonly access: Access
  readonly router: Router
  readonly rate: (host: string, signal?: AbortSignal) => Promise<void>
}

/** An answer together with the duty to give its connection back. */
export interface Received {
  readonly answer: Answer
  /** Ends the exchange; the connection is kept if the answer was read to its end. */
  release(): void
}

/** Sends one request, follows its redirects, logs in where that is needed; retries nothing. */
export interface Sender {
  send(request: HttpRequest, signal: AbortSignal): Promise<Received>
  close(): Promise<void>
}

export async function openSender(parts: SenderParts): Promise<Sender> {
  const lanes = openLanes(await import('undici'))
  return {
    async send(request, signal) {
      const visited = new Set<string>()
      let current = request
      while (true) {
        visited.add(hopName(current))
        const received = await sendOnce(parts, lanes, current, signal)
        const { status, headers } = received.answer
        try {
          const next = redirected(current, { status, location: headers.get('location'), visited })
          if (!next) return received
          parts.access.check(next.url)
          current = next
        } catch (error) {
          received.release()
          throw error
        }
        await received.answer.discard()
        received.release()
      }
    },
    close: () => lanes.close(),
  }
}

async function sendOnce(
  parts: SenderParts,
  lanes: Lanes,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Received> {
  parts.access.check(request.url)
  const rule = request.anonymous ? undefined : parts.access.ruleFor(request.url)
  const message = compose(parts, request, rule)
  await parts.rate(request.url.host, signal)
  const { lane, wire } = await carry(parts, lanes, request, message, signal)
  const { limits } = parts
  return {
    answer: new Answer(wire, { url: request.url, host: request.url.host, peerFingerprint: lane.fingerprint, limits }),
    release: () => lanes.give(lane, wire.body.complete),
  }
}

async function carry(
  parts: SenderParts,
  lanes: Lanes,
  request: HttpRequest,
  message: WireRequest,
  signal: AbortSignal,
): Promise<{ lane: Lane; wire: WireAnswer }> {
  const { headersTimeoutMs, idleTimeoutMs } = parts.limits
  const route = parts.router(request.url, request.anonymous !== true)
  // What must not be sent twice goes over a new connection: a kept one may be closing just now.
  let fresh = !isRepeatable(request)
  while (true) {
    const lane = lanes.take(route, fresh)
    try {
      return { lane, wire: await send(lane, message, { headersTimeoutMs, idleTimeoutMs, signal }) }
    } catch (error) {
      lanes.give(lane, false)
      // The server closed a kept connection between two requests: nobody need know (N19).
      const closedMeanwhile = lane.used && error instanceof StixTaxiiError && error.code === 'HTTP_CONNECTION_LOST'
      if (!closedMeanwhile) throw error
      fresh = true
    }
  }
}

export function isRepeatable(request: HttpRequest): boolean {
  return request.repeatable ?? (request.method === 'GET' || request.method === 'OPTIONS')
}

/** The request as it goes onto the wire, with everything the rule adds to it. */
function compose(parts: SenderParts, request: HttpRequest, rule: AccessRule | undefined): WireRequest {
  const headers: Record<string, string> = {
    'user-agent': parts.options.userAgent,
    'accept-encoding': 'gzip',
    ...lowerCased(request.headers ?? {}),
  }
  const url = new URL(request.url)
  url.hash = ''
  if (rule) {
    const authorization = authorizationOf(rule.authentication)
    if (authorization !== undefined) headers['authorization'] = authorization
    for (const { name, value } of rule.headers) headers[name.toLowerCase()] = Secret.open(value)
    if (rule.authentication.scheme === 'query') {
      url.searchParams.set(rule.authentication.name, Secret.open(rule.authentication.key))
    }
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value)
  return { method: request.method, target: `${url.pathname}${url.search}`, headers, body: request.body }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
