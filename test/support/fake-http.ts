import { Readable } from 'node:stream'
import type { Http, HttpRequest, HttpResponse } from '../../src/core/ports.ts'

/** One answer, given once. */
export interface Stub {
  readonly method?: HttpRequest['method'] | undefined
  /** Whole URL, or its path and query. */
  readonly url: string
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Text as it is, bytes as they are, anything else as JSON. */
  readonly body?: unknown
}

export interface FakeHttp extends Http {
  readonly requests: readonly HttpRequest[]
  /** Fails when a stub was not asked for. */
  verify(): void
}

/** An `Http` for the wiring of commands: stubs serve once, in any order, and must all be used. */
export function fakeHttp(stubs: readonly Stub[]): FakeHttp {
  const left = [...stubs]
  const requests: HttpRequest[] = []
  const verify = (): void => {
    if (left.length > 0) throw new Error(`never asked for: ${left.map((stub) => stub.url).join(', ')}`)
  }
  return {
    requests,
    verify,
    async exchange(request, read) {
      requests.push(request)
      const at = left.findIndex((stub) => answers(stub, request))
      const stub = left[at]
      if (stub === undefined) throw new Error(`no stub for ${request.method} ${request.url.href}`)
      left.splice(at, 1)
      return read(responseOf(stub, request.url))
    },
    async [Symbol.asyncDispose]() {
      verify()
    },
  }
}

function answers(stub: Stub, { method, url }: HttpRequest): boolean {
  return (stub.method ?? 'GET') === method && (stub.url === url.href || stub.url === url.pathname + url.search)
}

function responseOf(stub: Stub, url: URL): HttpResponse {
  const { body, status = 200, headers = {} } = stub
  const bytes =
    body === undefined
      ? Buffer.alloc(0)
      : typeof body === 'string' || body instanceof Uint8Array
        ? Buffer.from(body as string)
        : Buffer.from(JSON.stringify(body))
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    status,
    url,
    headers: { get: (name) => lower.get(name.toLowerCase()), entries: () => lower.entries() },
    body: Readable.from(bytes.length > 0 ? [bytes] : []),
    bytes: async () => bytes,
    text: async () => bytes.toString('utf8'),
    discard: async () => undefined,
  }
}
