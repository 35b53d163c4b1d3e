import { StixTaxiiError } from '../core/errors.ts'
import type { HttpRequest } from '../core/ports.ts'
import type { HttpOptions } from './options.ts'
import type { Redactor } from './redactor.ts'
import { isStreamed } from './streamed-body.ts'
import type { WireAnswer, WireRequest } from './wire.ts'

/** Writes what went over the wire, heads only, with every secret as `***`. */
export interface Trace {
  request(request: HttpRequest, message: WireRequest, keptConnection: boolean): Traced
}

export interface Traced {
  answer(wire: WireAnswer, peerFingerprint: string | undefined): void
  failure(error: unknown): void
}

const silent: Traced = { answer: () => undefined, failure: () => undefined }

export function openTrace({ trace, clock }: HttpOptions, redactor: Redactor): Trace {
  let count = 0
  if (!trace) return { request: () => silent }
  return {
    request(request, message, keptConnection) {
      const number = ++count
      const begunMs = clock.monotonicMs()
      const base = (): Record<string, unknown> => ({ number, at: clock.now().toISOString() })
      const elapsed = (): number => Math.round(clock.monotonicMs() - begunMs)
      const url = redactor.url(request.url)
      trace({
        event: 'request',
        ...base(),
        method: message.method,
        url,
        headers: redactor.requestHeaders(message.headers),
        bodyBytes: bodyBytes(message.body),
        ...(request.shownBody !== undefined && { body: redactor.tree(request.shownBody) }),
        keptConnection,
      })
      return {
        answer(wire, peerFingerprint) {
          const headers = redactor.answerHeaders(wire.headers.entries())
          trace({
            event: 'answer',
            ...base(),
            status: wire.status,
            url,
            headers,
            peerFingerprint,
            elapsedMs: elapsed(),
          })
        },
        failure(error) {
          const code = error instanceof StixTaxiiError ? error.code : 'CORE_CANCELLED'
          trace({ event: 'failure', ...base(), url, code, elapsedMs: elapsed() })
        },
      }
    },
  }
}

function bodyBytes(body: WireRequest['body']): number {
  if (body === undefined) return 0
  return isStreamed(body) ? body.lengthBytes : Buffer.byteLength(body)
}
