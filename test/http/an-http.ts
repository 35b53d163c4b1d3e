import { openHttp, type HttpSeams } from '../../src/http/open.ts'
import type { Http, HttpRequest } from '../../src/core/ports.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { fakeClock, type FakeClock } from '../support/fake-clock.ts'
import type { Notice } from '../../src/core/notice.ts'

export interface OpenedHttp extends AsyncDisposable {
  readonly http: Http
  readonly clock: FakeClock
  readonly notices: Notice[]
  readonly trace: Readonly<Record<string, unknown>>[]
}

/** An `Http` for one origin with short deadlines, no real waiting between tries and everything it tells kept. */
export function anHttp(origin: string, options: Partial<HttpOptions> = {}, seams: HttpSeams = {}): OpenedHttp {
  const clock = fakeClock()
  const notices: Notice[] = []
  const trace: Readonly<Record<string, unknown>>[] = []
  const http = openHttp(
    {
      origins: [origin],
      userAgent: 'stixtaxii/test',
      notices: (notice) => notices.push(notice),
      trace: (record) => trace.push(record),
      clock,
      random: () => 0.5,
      ...options,
      limits: { connectTimeoutMs: 2000, headersTimeoutMs: 2000, idleTimeoutMs: 2000, ...options.limits },
    },
    seams,
  )
  return { http, clock, notices, trace, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}

/** What came of one request, as values that a test can compare. */
export interface Outcome {
  readonly status?: number
  readonly text?: string
  readonly url?: string
  readonly error?: StixTaxiiError
}

/** One exchange whose body is read as text; an error becomes part of the outcome. */
export async function outcomeOf(http: Http, url: URL, request: Partial<HttpRequest> = {}): Promise<Outcome> {
  try {
    return await http.exchange({ method: 'GET', url, ...request }, async (response) => ({
      status: response.status,
      text: await response.text(),
      url: response.url.href,
    }))
  } catch (error) {
    if (error instanceof StixTaxiiError) return { error }
    throw error
  }
}

/** The code and kind of a failed outcome, as `HTTP_BODY_CUT network`. */
export function faultOf(outcome: Outcome): string {
  return outcome.error ? `${outcome.error.code} ${outcome.error.kind}` : `none, but ${outcome.status} "${outcome.text}"`
}

export const noRetries = { maxRetries: 0 } as const

export const basicFor = (origin: string, username: string, password: string, pathPrefix = '/') => ({
  origin,
  pathPrefix,
  authentication: { scheme: 'basic', username: new Secret(username), password: new Secret(password) } as const,
  headers: [],
})
