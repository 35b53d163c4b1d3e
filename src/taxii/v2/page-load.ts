import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import type { HttpHeaders, HttpResponse } from '../../core/ports.ts'
import { redactUrl } from '../../core/redact.ts'
import { ScanError } from '../../scan/scan-error.ts'
import { createSlicer, type Slicer } from '../../scan/slicer.ts'
import type { Damaged } from '../../stix/item.ts'
import { createHandover } from './handover.ts'
import { beginningOf, checkMediaType, httpRequest, notTaxii, refused, type Ask, type Session } from './session.ts'
import type { Refusal } from './failure.ts'

/** A part of an answer: objects as raw bytes, and the bytes they were cut from. */
export interface Slab {
  readonly items: readonly Buffer[]
  readonly damaged: readonly Damaged[]
  /** The first and the last of these values, whichever list they are in; undefined when there is none. */
  readonly first: Buffer | undefined
  readonly last: Buffer | undefined
  readonly digest: () => string
}

/** No values, cut from no bytes. */
export const emptySlab = (): Slab => closeSlab(openSlab())

/** What an answer says besides its objects; known once its head and its whole body have arrived. */
export interface Tail {
  readonly headers: HttpHeaders
  readonly status: number
  readonly url: URL
  readonly peerFingerprint: string | undefined
  readonly more: boolean
  readonly next: string | undefined
  /** Whether `more` was there at all. */
  readonly saysMore: boolean
}

/** The last slab of an answer comes with the tail; those before it are slabs of a very large one. */
export interface Load {
  readonly slab: Slab
  /** Those of the answer, which may be used before its end was seen: it may still turn out to be cut. */
  readonly headers: HttpHeaders
  readonly tail?: Tail | undefined
}

/** An answer with objects on its way: begun when made, read by iterating, given up by `stop`. */
export interface PageLoad {
  read(): AsyncIterable<Load>
  stop(): void
}

/** What the envelope says before its objects have come. */
export interface EnvelopeHead {
  readonly more: boolean
  readonly next: string | undefined
}

export interface PageLoadOptions {
  readonly signal: AbortSignal
  /** Called as soon as `more` and `next` are known, if they stand before the objects; again when an attempt is repeated. */
  readonly onHead?: ((head: EnvelopeHead) => void) | undefined
}

/** An answer up to this size is given whole; a larger one in slabs of about this size. */
const slabBytes = 32 * 1024 * 1024

/**
 * Asks for a page of objects and begins to read it at once.
 *
 * Nothing of an answer up to 32 MiB is given before its end was seen, so that a cut one can be asked again (by
 * `Http.exchange`) without a trace. Once a slab has been given, a fault ends the reading instead.
 * @throws from `read`: TAXII_* by the status, TAXII_NOT_TAXII, TAXII_PAGE_CUT, TAXII_PAGE_DAMAGED (protocol)
 */
export function startPageLoad(session: Session, request: Ask, options: PageLoadOptions): PageLoad {
  const stopper = new AbortController()
  const signal = AbortSignal.any([options.signal, stopper.signal])
  const handover = createHandover<Load>()
  const reading = { session, request, options, handover, given: false }
  const exchange = session.dependencies.http
    .exchange(httpRequest(session, { ...request, signal }), (response) => readAttempt(reading, response))
    .then((outcome) => {
      if (outcome instanceof StixTaxiiError) throw outcome
    })
    .catch((error: unknown) => {
      throw afterRetries(error)
    })
  exchange.then(
    () => {
      handover.end()
    },
    (error: unknown) => {
      handover.fail(error)
    },
  )
  return {
    read: () => handover.read(),
    stop: () => {
      handover.drop()
      stopper.abort(new StixTaxiiError('CORE_CANCELLED', 'No longer wanted', { kind: 'cancelled' }))
    },
  }
}

interface Reading {
  readonly session: Session
  readonly request: Ask
  readonly options: PageLoadOptions
  readonly handover: ReturnType<typeof createHandover<Load>>
  /** Whether a slab has been handed over, after which nothing can be repeated. */
  given: boolean
}

// A body that stayed cut through all repetitions is the server's word, not the network's.
function afterRetries(error: unknown): unknown {
  if (!(error instanceof StixTaxiiError) || error.code !== 'TAXII_PAGE_CUT' || error.kind !== 'network') return error
  return new StixTaxiiError('TAXII_PAGE_CUT', error.message, {
    kind: 'protocol',
    hint: error.hint,
    context: error.context,
    cause: error.cause,
  })
}

// What may be repeated is thrown; what may not is returned, so that the exchange ends.
async function readAttempt(reading: Reading, response: HttpResponse): Promise<StixTaxiiError | undefined> {
  const { session, request } = reading
  if (response.status >= 300) {
    const { status, headers, url } = response
    const refusal: Refusal = { status, headers, url, text: await beginningOf(response) }
    return refused(session, refusal, request.asked)
  }
  session.slash.learned = true
  try {
    await readBody(reading, response)
    return undefined
  } catch (error) {
    const failure = error instanceof ScanError ? damagedPage(response, error) : error
    if (reading.given && failure instanceof StixTaxiiError) return failure
    throw failure
  }
}

async function readBody(reading: Reading, response: HttpResponse): Promise<void> {
  const { session, options, handover } = reading
  const contentType = response.headers.get('content-type')
  let slab = openSlab()
  const slicer = createSlicer({
    onMember: (raw) => {
      if (raw[0] === 0x7b) slab.items.push(raw)
      else slab.damaged.push({ reason: 'STIX_NOT_AN_OBJECT', detail: 'A value that is no object', raw })
      noteValue(slab, raw)
    },
    onDamaged: (detail, raw) => {
      slab.damaged.push({ reason: 'STIX_LIMIT', detail: `The object ${detail}`, raw })
      noteValue(slab, raw)
    },
  })
  let begun = false
  let headTold = false
  for await (const chunk of response.body) {
    if (!begun && chunk.length > 0) {
      begun = true
      if (looksLikeMarkup(chunk)) throw notTaxii(response.url, contentType, Buffer.from(chunk).toString('latin1'))
    }
    slicer.push(chunk)
    slab.chunks.push(chunk)
    slab.bytes += chunk.length
    if (!headTold && slicer.head) {
      headTold = true
      tellHead(slicer, options)
    }
    if (slab.bytes > slabBytes) {
      reading.given = true
      await handover.give({ slab: closeSlab(slab), headers: response.headers })
      slab = openSlab()
    }
  }
  const envelope = slicer.end().value
  checkEnvelope(response, envelope)
  checkMediaType(session, response.url, contentType)
  const tail = tailOf(response, envelope)
  reading.given = true
  await handover.give({ slab: closeSlab(slab), headers: response.headers, tail })
}

function tellHead(slicer: Slicer, options: PageLoadOptions): void {
  const head = slicer.head as Readonly<Record<string, unknown>>
  options.onHead?.({ more: head['more'] === true, next: nextOf(head) })
}

function tailOf(response: HttpResponse, envelope: Readonly<Record<string, unknown>>): Tail {
  return {
    headers: response.headers,
    status: response.status,
    url: response.url,
    peerFingerprint: response.peerFingerprint,
    more: envelope['more'] === true || envelope['more'] === 'true',
    saysMore: envelope['more'] !== undefined && envelope['more'] !== null,
    next: nextOf(envelope),
  }
}

// A number is not what the standard has, but what servers that page by offset write.
function nextOf(envelope: Readonly<Record<string, unknown>>): string | undefined {
  const next = envelope['next']
  if (typeof next === 'string') return next === '' ? undefined : next
  return typeof next === 'number' ? String(next) : undefined
}

function looksLikeMarkup(chunk: Uint8Array): boolean {
  for (const byte of chunk) {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue
    return byte === 0x3c
  }
  return false
}

// An error resource or another resource under status 200 is no empty page.
function checkEnvelope(response: HttpResponse, envelope: Readonly<Record<string, unknown>>): void {
  const objects = envelope['objects']
  const isList = objects === undefined || objects === null || Array.isArray(objects)
  const strange =
    objects === undefined && ['title', 'api_roots', 'collections', 'can_read', 'error'].some((name) => name in envelope)
  if (isList && !strange) return
  throw new StixTaxiiError(
    'TAXII_NOT_AN_ENVELOPE',
    `${redactUrl(response.url)} answers with something else than objects`,
    {
      kind: 'protocol',
      hint: 'Check that the URL, the API root and the collection belong together.',
      context: { url: redactUrl(response.url), members: Object.keys(envelope).slice(0, 10) },
    },
  )
}

function damagedPage(response: HttpResponse, error: ScanError): StixTaxiiError {
  const where = redactUrl(response.url)
  const context = { url: where, offset: error.offset, reason: error.reason }
  // An unfinished document may be the network's doing: that is asked again.
  if (error.reason === 'cut')
    return new StixTaxiiError('TAXII_PAGE_CUT', `The answer of ${where} ends in the middle: ${error.message}`, {
      kind: 'network',
      hint: 'Try again; if it stays so, ask for less at a time with --page-size.',
      context,
      cause: error,
    })
  return new StixTaxiiError('TAXII_PAGE_DAMAGED', `The answer of ${where} is damaged: ${error.message}`, {
    kind: 'protocol',
    hint: 'What came before this page is kept. Tell the provider; --trace-http FILE records the exchange.',
    context,
    cause: error,
  })
}

interface OpenSlab {
  readonly items: Buffer[]
  readonly damaged: Damaged[]
  readonly chunks: Uint8Array[]
  bytes: number
  first: Buffer | undefined
  last: Buffer | undefined
}

function openSlab(): OpenSlab {
  return { items: [], damaged: [], chunks: [], bytes: 0, first: undefined, last: undefined }
}

function noteValue(slab: OpenSlab, raw: Buffer): void {
  slab.first ??= raw
  slab.last = raw
}

function closeSlab({ items, damaged, chunks, first, last }: OpenSlab): Slab {
  let digest: string | undefined
  return {
    items,
    damaged,
    first,
    last,
    digest: () => {
      if (digest === undefined) {
        const hash = createHash('sha256')
        for (const chunk of chunks) hash.update(chunk)
        digest = hash.digest('hex')
      }
      return digest
    },
  }
}
