import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { HttpLimits } from './options.ts'
import type { WireBody } from './wire-body.ts'

export interface DecodeOptions {
  readonly host: string
  /** The answer's Content-Encoding as it came. */
  readonly encoding: string | undefined
  readonly limits: Pick<HttpLimits, 'maxBodyBytes' | 'maxRatio' | 'ratioFromBytes'>
}

const chunkBytes = 128 * 1024

type Decoder = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>

const decoders: Readonly<Record<string, () => Decoder>> = {
  gzip: () => createGunzip({ chunkSize: chunkBytes }),
  'x-gzip': () => createGunzip({ chunkSize: chunkBytes }),
  deflate: () => createInflate({ chunkSize: chunkBytes }),
  br: () => createBrotliDecompress({ chunkSize: chunkBytes }),
}

/**
 * The body as it was meant, counted against the limits while it is unpacked.
 * @throws HTTP_ENCODING_REFUSED, HTTP_BODY_DAMAGED, HTTP_BODY_TOO_LARGE, HTTP_BODY_BOMB (protocol).
 */
export function decoded(wire: WireBody, options: DecodeOptions): AsyncIterable<Uint8Array> {
  const encoding = (options.encoding ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return counted(wire, wire, options)
  const make = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  if (!make) throw encodingRefused(options)
  return counted(unpacked(wire, make(), options), wire, options)
}

function counted(source: AsyncIterable<Buffer>, wire: WireBody, options: DecodeOptions): AsyncIterable<Uint8Array> {
  const { maxBodyBytes, maxRatio, ratioFromBytes } = options.limits
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]()
      let total = 0
      return {
        async next() {
          const step = await iterator.next()
          if (step.done) return step
          total += step.value.length
          if (total > maxBodyBytes) throw tooLarge(options.host, maxBodyBytes)
          if (total > ratioFromBytes && total > wire.received * maxRatio) throw bomb(options, total, wire.received)
          return step
        },
        async return() {
          await iterator.return?.()
          return { done: true as const, value: undefined }
        },
      }
    },
  }
}

async function* unpacked(wire: WireBody, decoder: Decoder, options: DecodeOptions): AsyncGenerator<Buffer> {
  let wireFailure: unknown
  const feeding = feed(wire, decoder).catch((error: unknown) => {
    wireFailure = error
    decoder.destroy(error instanceof Error ? error : new Error('reading failed', { cause: error }))
  })
  try {
    for await (const chunk of decoder) yield chunk as Buffer
    await feeding
    // The decoder stops at the end of its stream and ignores what follows: nothing may follow (N9).
    if (decoder.bytesWritten !== wire.received) throw new Error('bytes after the end of the compressed data')
  } catch (error) {
    throw wireFailure ?? damaged(options, error)
  } finally {
    decoder.destroy()
  }
}

async function feed(wire: WireBody, decoder: Decoder): Promise<void> {
  let empty = true
  for await (const chunk of wire) {
    empty = false
    if (decoder.destroyed) return
    // After its end the decoder takes nothing more; the rest is only counted.
    if (decoder.readableEnded) continue
    if (!decoder.write(chunk)) await drained(decoder)
  }
  if (empty) throw new Error('no data')
  decoder.end()
}

function drained(decoder: Decoder): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      decoder.off('drain', go).off('close', go).off('end', go)
      resolve()
    }
    decoder.on('drain', go).on('close', go).on('end', go)
  })
}

function encodingRefused({ host, encoding }: DecodeOptions): StixTaxiiError {
  const shown = printable(encoding ?? '', { maxLength: 60 })
  return new StixTaxiiError(
    'HTTP_ENCODING_REFUSED',
    `${host} packs its answer as "${shown}", which was not asked for`,
    {
      kind: 'protocol',
      hint: 'The server must answer plainly or with gzip, deflate or br, one of them once.',
      context: { host, encoding: shown },
    },
  )
}

function damaged({ host, encoding }: DecodeOptions, cause: unknown): StixTaxiiError {
  const reason = cause instanceof Error ? cause.message : ''
  return new StixTaxiiError('HTTP_BODY_DAMAGED', `The compressed answer of ${host} is damaged (${reason})`, {
    kind: 'protocol',
    hint: 'Nothing of it was kept. A proxy in between may alter answers; else the operator of the server must look.',
    context: { host, encoding: printable(encoding ?? ''), reason },
    cause,
  })
}

function bomb({ host, limits }: DecodeOptions, decodedBytes: number, wireBytes: number): StixTaxiiError {
  return new StixTaxiiError(
    'HTTP_BODY_BOMB',
    `The answer of ${host} unpacks to more than ${limits.maxRatio} times its size`,
    {
      kind: 'protocol',
      hint: 'That is how decompression bombs look. If the content is meant to be so, raise the ratio allowed.',
      context: { host, decodedBytes, wireBytes, maxRatio: limits.maxRatio },
    },
  )
}

export function tooLarge(host: string, maxBytes: number): StixTaxiiError {
  return new StixTaxiiError('HTTP_BODY_TOO_LARGE', `The answer of ${host} is larger than ${maxBytes} bytes`, {
    kind: 'protocol',
    hint: 'Ask for smaller pages or a shorter window.',
    context: { host, maxBytes },
  })
}
