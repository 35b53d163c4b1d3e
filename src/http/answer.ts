import { StixTaxiiError } from '../core/errors.ts'
import type { HttpHeaders, HttpResponse } from '../core/ports.ts'
import { decoded, tooLarge } from './decode.ts'
import { defaultReadBytes } from './defaults.ts'
import type { HttpLimits } from './options.ts'
import type { WireAnswer } from './wire.ts'

/** What is left of a body is read to keep the connection, if it is at most this much; else the connection is closed. */
const discardBytes = 256 * 1024

export interface AnswerOptions {
  readonly url: URL
  readonly host: string
  readonly peerFingerprint: string | undefined
  readonly limits: HttpLimits
}

/** An answer as the port has it, over the bytes from the wire. */
export class Answer implements HttpResponse {
  readonly status: number
  readonly headers: HttpHeaders
  readonly url: URL
  readonly peerFingerprint?: string | undefined
  readonly #wire: WireAnswer
  readonly #options: AnswerOptions
  #body: AsyncIterable<Uint8Array> | undefined

  constructor(wire: WireAnswer, options: AnswerOptions) {
    this.status = wire.status
    this.headers = wire.headers
    this.url = options.url
    this.peerFingerprint = options.peerFingerprint
    this.#wire = wire
    this.#options = options
  }

  get body(): AsyncIterable<Uint8Array> {
    const { host, limits } = this.#options
    const bodiless = this.status === 204 || this.status === 304 || this.headers.get('content-length') === '0'
    const encoding = bodiless ? undefined : this.headers.get('content-encoding')
    this.#body ??= decoded(this.#wire.body, { host, encoding, limits })
    return this.#body
  }

  async bytes(maxBytes = defaultReadBytes): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let total = 0
    for await (const chunk of this.body) {
      total += chunk.length
      if (total > maxBytes) throw tooLarge(this.#options.host, maxBytes)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, total)
  }

  async text(maxBytes = defaultReadBytes): Promise<string> {
    const bytes = await this.bytes(maxBytes)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (error) {
      const { host } = this.#options
      throw new StixTaxiiError('HTTP_BODY_ENCODING', `The answer of ${host} is not UTF-8`, {
        kind: 'protocol',
        hint: 'Text that is not UTF-8 would come out garbled, so nothing of it was kept. The server must send UTF-8.',
        context: { host, firstBytes: bytes.subarray(0, 4).toString('hex') },
        cause: error,
      })
    }
  }

  async discard(): Promise<void> {
    const wire = this.#wire.body
    let read = 0
    try {
      while (read <= discardBytes && !wire.complete) {
        const step = await wire.next()
        if (step.done) return
        read += step.value.length
      }
    } catch {
      // Whatever is wrong with a body that nobody wants concerns only the connection, which is closed.
    }
    this.close()
  }

  /** Closes the connection unless the body has arrived to its end. */
  close(): void {
    if (this.#wire.body.complete) return
    const { host } = this.#options
    this.#wire.body.cancel(
      new StixTaxiiError('HTTP_BODY_ABANDONED', `The answer of ${host} is wanted no more`, {
        kind: 'internal',
        hint: 'This is a fault of the program: please report it.',
        context: { host },
      }),
    )
  }
}
