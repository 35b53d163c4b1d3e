import { StixTaxiiError } from '../core/errors.ts'
import type { Clock, Http, HttpRequest, HttpResponse, StreamedBody } from '../core/ports.ts'
import { retryAfterMs as waitOf, serverNow } from '../core/retry-after.ts'
import { readUrl } from '../core/url.ts'
import type { DirectorAnswer } from './answers.ts'
import { isWrite, outcomeUnknown, uploadCut, writeRedirected, type Asked } from './failure.ts'

export interface SessionParts {
  readonly http: Http
  readonly clock: Clock
}

export interface Sending {
  readonly asked: Asked
  readonly method: HttpRequest['method']
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: HttpRequest['body']
  readonly shownBody?: unknown
  /** For reading an order: whoever waits for it has a rhythm of their own. */
  readonly singleTry?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

const mostRetries = 3
const firstDelayMs = 500
/** A longer wait than this is left to the user. */
const longestWaitMs = 60_000

/**
 * Sends one call and gives its answer whole. Reads are repeated by `Http`. A write is repeated only where nothing of it was
 * sent, or where Director says it did nothing (429); and after a redirect that differs in the slash at the end.
 *
 * @throws HTTP_* as the port has them; DIRECTOR_OUTCOME_UNKNOWN (pending) once a write was sent and not answered for;
 * DIRECTOR_UPLOAD_CUT (network) when it broke before the last byte of a file; DIRECTOR_REDIRECT (protocol, refused).
 * @see API reference, section 11 and section 9 row 3
 */
export async function sendCall(sending: Sending, parts: SessionParts): Promise<DirectorAnswer> {
  if (!isWrite(sending.asked)) return exchange(sending, parts, {})
  for (let retry = 0; ; retry += 1) {
    const tried = await tryWrite(sending, parts)
    if ('answer' in tried && tried.answer.status !== 429) return redirected(sending, tried.answer, parts)
    const waitMs = waitAfter(tried, retry)
    if (waitMs !== undefined) await parts.clock.sleep(waitMs, sending.signal)
    else if ('unsent' in tried) throw tried.unsent
    else return tried.answer
  }
}

type Tried = { readonly answer: Arrived } | { readonly unsent: StixTaxiiError }

interface Arrived extends DirectorAnswer {
  readonly location?: string | undefined
}

function waitAfter(tried: Tried, retry: number): number | undefined {
  if (retry >= mostRetries) return undefined
  const backoffMs = firstDelayMs * 2 ** retry
  if ('unsent' in tried) return backoffMs
  const waitMs = Math.max(tried.answer.retryAfterMs ?? 0, backoffMs)
  return waitMs > longestWaitMs ? undefined : waitMs
}

/** One try of a write: its answer, or why nothing of it was sent. What leaves the outcome open is thrown. */
async function tryWrite(sending: Sending, parts: SessionParts): Promise<Tried> {
  const { asked, body } = sending
  let sent = false
  const watched = typeof body === 'object' && 'open' in body ? watch(body) : undefined
  try {
    const onSending = (): void => void (sent = true)
    return { answer: await exchange({ ...sending, body: watched?.body ?? body }, parts, { onSending }) }
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || (error.kind !== 'network' && error.kind !== 'protocol')) throw error
    if (!sent && error.kind === 'network') return { unsent: error }
    if (!sent) throw error
    if (watched && !watched.isWhole()) throw uploadCut(asked, watched.givenBytes(), error)
    throw outcomeUnknown(asked, undefined, error)
  }
}

async function redirected(sending: Sending, answer: Arrived, parts: SessionParts): Promise<DirectorAnswer> {
  if (answer.status < 300 || answer.status >= 400) return answer
  const to = readUrl(answer.location ?? '', sending.url)
  const isSlash = (answer.status === 301 || answer.status === 308) && to && differsBySlash(sending.url, to)
  if (isSlash) {
    const tried = await tryWrite({ ...sending, url: to }, parts)
    if ('unsent' in tried) throw tried.unsent
    if (tried.answer.status < 300 || tried.answer.status >= 400) return tried.answer
  }
  const isElsewhere = to !== undefined && to.origin !== sending.url.origin
  throw writeRedirected(sending.asked, answer.status, to ? `${to.origin}${to.pathname}` : '', isElsewhere)
}

function differsBySlash(from: URL, to: URL): boolean {
  const bare = ({ origin, pathname }: URL): string => origin + pathname.replace(/\/$/, '')
  return bare(from) === bare(to) && from.pathname !== to.pathname && to.search === from.search
}

function exchange(
  sending: Sending,
  { http, clock }: SessionParts,
  { onSending }: Pick<HttpRequest, 'onSending'>,
): Promise<Arrived> {
  const { method, url, body, shownBody, singleTry, signal, asked } = sending
  const headers = { accept: 'application/json', ...sending.headers }
  const keepRedirect = isWrite(asked)
  const request = { method, url, headers, body, shownBody, singleTry, signal, keepRedirect, onSending }
  return http.exchange(request, async (response) => {
    const text = response.status < 300 ? await response.text() : await beginningOf(response)
    const retryAfterMs = waitAsked(response, clock)
    return { status: response.status, text, retryAfterMs, location: response.headers.get('location') }
  })
}

/** Director's `Retry-After`, in seconds or as a date, from its own clock where it tells it. @see RFC 9110, 10.2.3 */
function waitAsked({ headers }: HttpResponse, clock: Clock): number | undefined {
  return waitOf(headers.get('retry-after'), serverNow(headers, clock.now()))
}

const beginningBytes = 65_536

/** The first 64 KiB of a refusal as text; what is wrong with the rest does not matter. */
async function beginningOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= beginningBytes) break
    }
    await response.discard()
  } catch {
    // The status is what counts.
  }
  return Buffer.concat(chunks).subarray(0, beginningBytes).toString('utf8')
}

interface Watched {
  readonly body: StreamedBody
  /** Whether its last byte was taken. */
  isWhole(): boolean
  givenBytes(): number
}

function watch(body: StreamedBody): Watched {
  let given = 0
  return {
    body: {
      lengthBytes: body.lengthBytes,
      async *open() {
        given = 0
        for await (const piece of body.open()) {
          given += piece.length
          yield piece
        }
      },
    },
    isWhole: () => given >= body.lengthBytes,
    givenBytes: () => given,
  }
}
