import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import type { Context } from 'hono'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { ServeEnvironment } from './parts.ts'

/** Bytes of bodies that are on their way to this process. */
export interface BodyBudget {
  /** Takes so many bytes more for a body that has `own` already; false: there is no room beside the others. */
  take(bytes: number, own: number): boolean
  giveBack(bytes: number): void
}

/** Room for bodies of so many bytes together; one alone always has room, so that every size that is allowed can come. */
export function createBodyBudget(maxBytes: number): BodyBudget {
  let taken = 0
  return {
    take(bytes, own) {
      if (taken + bytes > maxBytes && taken > own) return false
      taken += bytes
      return true
    },
    giveBack(bytes) {
      taken -= bytes
    },
  }
}

/**
 * Each body is bounded; this bounds what many slow clients together can make us hold of bodies that are not whole yet. What
 * has come, and what it is unpacked to, is no longer counted.
 */
const allBodies = createBodyBudget(256 * 1024 * 1024)

/**
 * The whole body of a request, unpacked (gzip, deflate), of at most `maxBytes`. What is longer is refused by its
 * Content-Length before a byte of it is read, else as soon as that many bytes have come or come out of the decoder. A
 * request without a body gives no bytes. `httpStatusOf` says which status each of the errors is.
 *
 * @throws SERVE_BODY_TOO_LARGE, SERVE_BODY_ENCODING, SERVE_BODY_DAMAGED, SERVE_BODY_CUT (usage)
 * @throws SERVE_BODIES_BUSY (network) when others on their way leave no room for it: it passes
 */
export async function readBody(
  c: Context<ServeEnvironment>,
  maxBytes: number,
  budget: BodyBudget = allBodies,
): Promise<Buffer> {
  const unpack = unpackerOf(c.req.header('content-encoding'))
  const declared = c.req.header('content-length')
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes)
  const { body } = c.req.raw
  c.env?.acceptBody?.()
  const packed = body ? await received(body, maxBytes, budget) : Buffer.alloc(0)
  if (body && declared !== undefined && Number(declared) !== packed.length) throw cut()
  return unpack ? unpack(packed, maxBytes) : packed
}

type Unpack = (packed: Buffer, maxBytes: number) => Promise<Buffer>

function unpackerOf(encoding = 'identity'): Unpack | undefined {
  const name = encoding.trim().toLowerCase()
  if (name === 'identity' || name === '') return undefined
  const unpacker = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined
  if (unpacker) return unpacker
  const shown = printable(encoding, { maxLength: 60 })
  throw new StixTaxiiError('SERVE_BODY_ENCODING', `Content-Encoding "${shown}" is not understood`, {
    kind: 'usage',
    hint: 'Send the body as it is, or packed once with gzip or deflate.',
    context: { encoding: shown },
  })
}

const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: unpackWith(gunzip),
  'x-gzip': unpackWith(gunzip),
  deflate: unpackWith(inflate),
}

/** What `info` makes of the answer of zlib's functions; their types do not know it. */
interface Unpacked {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function unpackWith(unpack: typeof gunzip): Unpack {
  const unpackBytes = promisify(unpack)
  return async (packed, maxBytes) => {
    try {
      const options = { maxOutputLength: maxBytes, info: true }
      const { buffer, engine } = (await unpackBytes(packed, options)) as unknown as Unpacked
      // It stops at the end of the packed data and ignores what follows: nothing may follow.
      if (engine.bytesWritten !== packed.length) throw new Error('bytes after the end')
      return buffer
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
      throw new StixTaxiiError('SERVE_BODY_DAMAGED', 'The packed body is damaged or not complete', {
        kind: 'usage',
        hint: 'Pack it again, or send it as it is.',
        cause,
      })
    }
  }
}

async function received(body: ReadableStream<Uint8Array>, maxBytes: number, budget: BodyBudget): Promise<Buffer> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let count = 0
  const refuse = (error: StixTaxiiError): never => {
    // Not waited for: whoever sends too much may also never end.
    void reader.cancel().catch(() => undefined)
    throw error
  }
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw cut(cause)
      })
      if (done) return Buffer.concat(chunks, count)
      if (count + value.length > maxBytes) refuse(tooLarge(maxBytes))
      if (!budget.take(value.length, count)) refuse(busy())
      count += value.length
      chunks.push(value)
    }
  } finally {
    budget.giveBack(count)
  }
}

function busy(): StixTaxiiError {
  return new StixTaxiiError('SERVE_BODIES_BUSY', 'Too many bodies are on their way at the same time', {
    kind: 'network',
    hint: 'Send it again a little later.',
  })
}

function tooLarge(maxBytes: number): StixTaxiiError {
  return new StixTaxiiError('SERVE_BODY_TOO_LARGE', `The body has more than ${maxBytes} bytes`, {
    kind: 'usage',
    hint: 'Send it in several requests.',
    context: { maxBytes },
  })
}

function cut(cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('SERVE_BODY_CUT', 'The body ended before its Content-Length', {
    kind: 'usage',
    hint: 'Send it again.',
    cause,
  })
}
