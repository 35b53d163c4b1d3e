import { StixTaxiiError } from '../../core/errors.ts'
import type { HttpHeaders, HttpRequest, HttpResponse } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import { percentEncoded } from '../../core/percent-encoded.ts'
import { redactUrl } from '../../core/redact.ts'
import { httpDateMs } from '../../core/retry-after.ts'
import { urlAt } from '../../core/url.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../settings.ts'
import type { Dialect } from './dialect.ts'
import { refusalError, type Refusal } from './failure.ts'
import { htmlTitle, judgeMediaType } from './media-type.ts'

/** What every request of one client shares, and what it has learned about its server. */
export interface Session {
  readonly settings: TaxiiSettings
  readonly dependencies: TaxiiDependencies
  readonly dialect: Dialect
  /** Whether paths end in a slash. `learned` once an answer has shown it. */
  readonly slash: { style: 'always' | 'never'; learned: boolean }
  /** How query parameters have to be written here. */
  readonly query: QueryStyle
  /** Where the dates of a collection's objects can be had: headers, the manifest, nowhere. */
  dates: 'unknown' | 'headers' | 'manifest' | 'nowhere'
  /** The server was seen to ignore or refuse `added_after`. */
  ignoresBegin: boolean
  /** While a server is being looked for: each request and what came back. */
  readonly tried?: Tried[] | undefined
}

/** One request of a search, for its diagnosis. */
export interface Tried {
  readonly url: URL
  readonly status: number
  readonly contentType: string | undefined
  readonly text: string
}

/** What servers were seen to insist on in a query; the standard's way unless one refused it. */
export interface QueryStyle {
  /** Digits of `added_after`'s fraction: the standard has six; some want three or none. `none`: the filter is refused. */
  time: 'micros' | 'millis' | 'seconds' | 'none'
  limit: boolean
  /** Brackets of `match[...]`. */
  brackets: 'plain' | 'encoded'
}

export function createSession(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  dialect: Dialect,
  tried?: Tried[],
): Session {
  const style = settings.preset?.trailingSlash ?? 'always'
  return {
    tried,
    settings,
    dependencies,
    dialect,
    slash: { style, learned: false },
    query: { time: 'micros', limit: true, brackets: 'plain' },
    dates: 'unknown',
    ignoresBegin: settings.preset?.ignoresBegin ?? false,
  }
}

/** An answer with its whole body. */
export interface Answer {
  readonly status: number
  readonly headers: HttpHeaders
  readonly url: URL
  readonly text: string
}

export interface Ask {
  readonly url: URL
  /** What is asked for, for messages. */
  readonly asked: string
  readonly method?: HttpRequest['method'] | undefined
  readonly accept?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The address of something below an API root, with or without the slash at its end as the server wants it.
 * @throws TAXII_ADDRESS_REFUSED (refused) for a name that would lead elsewhere: an address cannot have `..` in it
 */
export function endpoint(session: Session, root: URL, ...segments: readonly string[]): URL {
  const climbing = segments.find((segment) => /^\.{0,2}$/.test(segment))
  if (climbing !== undefined) throw noSegment(climbing, root)
  const path = [root.pathname.replace(/\/+$/, ''), ...segments.map(percentEncoded)].join('/')
  return slashed(urlAt(root.origin, `${path}/`), session.slash.style)
}

function noSegment(name: string, root: URL): StixTaxiiError {
  return new StixTaxiiError(
    'TAXII_ADDRESS_REFUSED',
    `What is called "${name}" has no address below ${redactUrl(root)}`,
    {
      kind: 'refused',
      hint: 'An address with that name in it would lead elsewhere. Tell the provider.',
      context: { name },
    },
  )
}

/** The address with or without the slash at the end of its path. */
export function slashed(url: URL, style: 'always' | 'never'): URL {
  const copy = new URL(url)
  const bare = copy.pathname.replace(/\/+$/, '')
  copy.pathname = style === 'always' ? `${bare}/` : bare
  return copy
}

/**
 * Sends a request and gives the answer whole, whatever its status. Until the server has shown how its paths end, a 404
 * is asked again the other way (TAXII 2.1, 3.1 wants the slash; ThreatConnect and others do not).
 */
export async function ask(session: Session, request: Ask): Promise<Answer> {
  const answer = await send(session, request)
  if (session.slash.learned || request.url.pathname === '/') return answer
  if (answer.status < 400 && looksLikeJson(answer.text)) {
    session.slash.learned = true
    return answer
  }
  if (answer.status !== 404 || (request.method ?? 'GET') !== 'GET') return answer
  const otherStyle = session.slash.style === 'always' ? 'never' : 'always'
  const other = await send(session, { ...request, url: slashed(request.url, otherStyle) })
  if (other.status >= 400 || !looksLikeJson(other.text)) return answer
  session.slash.style = otherStyle
  session.slash.learned = true
  return other
}

function looksLikeJson(text: string): boolean {
  return /^\ufeff?\s*\{/.test(text)
}

async function send(session: Session, request: Ask): Promise<Answer> {
  const { http } = session.dependencies
  const answer = await http.exchange(httpRequest(session, request), async (response): Promise<Answer> => {
    const { status, headers, url } = response
    const text = status < 400 ? await response.text(maxResourceBytes) : await beginningOf(response)
    return { status, headers, url, text }
  })
  const { status, headers, url, text } = answer
  session.tried?.push({ url, status, contentType: headers.get('content-type'), text: text.slice(0, 1000) })
  return answer
}

const maxResourceBytes = 64 * 1024 * 1024

/** A request of this session, with the media types of its version. */
export function httpRequest(session: Session, request: Ask): HttpRequest {
  const headers = { accept: request.accept ?? session.dialect.accept, ...request.headers }
  return {
    method: request.method ?? 'GET',
    url: request.url,
    headers,
    body: request.body,
    signal: request.signal,
  }
}

/** The first 64 KiB of an error's body as text; what is wrong with it does not matter. */
export async function beginningOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= 65_536) break
    }
    await response.discard()
  } catch {
    // The status is what counts.
  }
  return Buffer.concat(chunks).subarray(0, 65_536).toString('utf8')
}

/**
 * Asks for a JSON resource.
 * @throws TAXII_* by the status; TAXII_NOT_TAXII (protocol) when the answer is no JSON object; TAXII_MEDIA_TYPE when strict.
 */
export async function askResource(session: Session, request: Ask): Promise<{ answer: Answer; value: object }> {
  const answer = await ask(session, request)
  if (answer.status >= 300) throw refused(session, answer, request.asked)
  return { answer, value: resourceOf(session, answer) }
}

/** The JSON object of a good answer. */
export function resourceOf(session: Session, answer: Answer): object {
  const contentType = answer.headers.get('content-type')
  const value = jsonObject(answer.text)
  if (value === undefined) throw notTaxii(answer.url, contentType, answer.text)
  checkMediaType(session, answer.url, contentType)
  return value
}

export function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The error for a refused answer of this session. */
export function refused(session: Session, refusal: Refusal, asked: string): StixTaxiiError {
  return refusalError(refusal, {
    asked,
    version: session.dialect.version,
    accessHint: session.settings.preset?.accessHint,
    now: session.dependencies.clock.now(),
  })
}

/** The error for an answer that is not TAXII at all. */
export function notTaxii(url: URL, contentType: string | undefined, beginning: string): StixTaxiiError {
  const verdict = judgeMediaType(contentType, '2.1')
  const seen = verdict.kind === 'right' ? 'a damaged answer' : verdict.seen
  const title = beginning.trimStart().startsWith('<') ? htmlTitle(beginning) : undefined
  const what = title === undefined ? seen : `${seen}, title "${title}"`
  return new StixTaxiiError('TAXII_NOT_TAXII', `${redactUrl(url)} is not TAXII: ${what}`, {
    kind: 'protocol',
    hint: 'A login page, a proxy or another path answers here: check the URL, or let "stixtaxii discover" look around.',
    context: { url: redactUrl(url), mediaType: verdict.kind === 'right' ? undefined : verdict.seen, title },
  })
}

/** Notes a media type that is not the standard's, or refuses it where the profile is strict. */
export function checkMediaType(session: Session, url: URL, contentType: string | undefined): void {
  const verdict = judgeMediaType(contentType, session.dialect.version)
  if (verdict.kind === 'right') return
  const message = `${url.host} answers with ${verdict.seen} where TAXII ${session.dialect.version} has a type of its own`
  if (session.settings.strict)
    throw new StixTaxiiError('TAXII_MEDIA_TYPE', message, {
      kind: 'protocol',
      hint: 'Without --strict this is only noted.',
      context: { url: redactUrl(url), mediaType: verdict.seen },
    })
  session.dependencies.notices({ code: 'TAXII_MEDIA_TYPE_LOOSE', message })
}

/** The server's clock by its `Date` header, as a stamp; undefined when it sends none. */
export function serverDateOf(headers: HttpHeaders): string | undefined {
  const ms = httpDateMs(headers.get('date'))
  return ms === undefined ? undefined : timestampOfDate(new Date(ms))
}
