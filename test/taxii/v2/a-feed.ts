import type { LoopbackServer, SimulatedRequest } from '../../../src/simulate/loopback-server.ts'
import { isObjects, objectsUrl, oneCollection, startScript, type Said, type Script } from '../a-script.ts'

/** A server of one collection, and what was asked of its objects endpoint. */
export interface Feed extends AsyncDisposable {
  readonly server: LoopbackServer
  readonly url: string
  asked(): number
  /** The `Range` headers of those requests. */
  ranges(): (string | undefined)[]
  /** What those requests had as this parameter. */
  queries(name: string): (string | null)[]
}

/**
 * A collection whose objects endpoint says what `say` says to its n-th request, from 0 on; `elsewhere` may answer at other
 * addresses.
 */
export async function feedThat(
  say: (n: number, request: SimulatedRequest) => Said | undefined,
  elsewhere: Script = () => undefined,
): Promise<Feed> {
  let asked = 0
  const script = oneCollection((request) => (isObjects(request) ? say(asked++, request) : elsewhere(request)))
  const server = await startScript(script)
  const polls = () => server.requests.filter(isObjects)
  return {
    server,
    url: objectsUrl(server),
    asked: () => asked,
    ranges: () => polls().map(({ headers }) => headers.range),
    queries: (name) => polls().map(({ url }) => url.searchParams.get(name)),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** Headers that date the objects of a page. */
export const dated = (first: string, last = first): Record<string, string> => ({
  'x-taxii-date-added-first': first,
  'x-taxii-date-added-last': last,
})

/** The n-th second of a day, as `added_after` is written. */
export const second = (n: number): string =>
  new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString().replace('Z', '000Z')

export const stix20 = 'application/vnd.oasis.stix+json; version=2.0'

/** How a 2.0 server answers item ranges out of a list of JSON texts. */
export interface RangeRules {
  /** Items that one answer has at the most; default 10. */
  readonly cap?: number
  /** Default `items FIRST-LAST/TOTAL`; undefined leaves the header out. */
  readonly contentRange?: (first: number, last: number, total: number) => string | undefined
  readonly headers?: (first: number, last: number) => Record<string, string>
  readonly status?: number
}

/** The answer to one range; 416 past the end. */
export function rangeOf(request: SimulatedRequest, texts: readonly string[], rules: RangeRules = {}): Said {
  const { cap = 10, status = 206, headers = () => ({}) } = rules
  const [, from, to] = /^items[ =](\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const first = Number(from ?? 0)
  const last = Math.min(Number(to ?? texts.length - 1), first + cap - 1, texts.length - 1)
  if (first >= texts.length) return { status: 416 }
  const { contentRange = () => `items ${first}-${last}/${texts.length}` } = rules
  const range = contentRange(first, last, texts.length)
  return {
    status,
    headers: {
      'content-type': stix20,
      ...(range === undefined ? {} : { 'content-range': range }),
      ...headers(first, last),
    },
    text: `{"type":"bundle","objects":[${texts.slice(first, last + 1).join(',')}]}`,
  }
}

/** A 2.0 collection of these JSON texts. */
export const rangesThat = (texts: readonly string[], rules: RangeRules = {}, elsewhere?: Script): Promise<Feed> =>
  feedThat((_n, request) => rangeOf(request, texts, rules), elsewhere)

/** JSON that nests deeper than is allowed: an object that is put aside as damaged. */
export const deep = (name: string): string => `{"id":"x--${name}","a":${'['.repeat(120)}${']'.repeat(120)}}`
