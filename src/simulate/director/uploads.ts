import { createHash } from 'node:crypto'
import type { RequestHead } from '../loopback-server.ts'
import { boundaryOf, readForm } from './multipart.ts'

/** An upload as it arrived: to be compared with what was sent. */
export interface ReceivedUpload {
  /** The bytes themselves as the body, or one part of a form. */
  readonly encoding: 'raw' | 'multipart'
  /** Name of the form's part. */
  readonly partName?: string | undefined
  /** From the `file_name` header (raw) or the part. */
  readonly fileName?: string | undefined
  readonly contentType?: string | undefined
  /** How many parts the form had. */
  readonly parts?: number | undefined
  /** Bytes of the file. */
  readonly bytes: number
  readonly sha256: string
  /** The file itself, where it is small enough to be kept. */
  readonly content?: Buffer | undefined
  /** Why it was not taken: over the limit, torn before its end, or no form. */
  readonly fault?: 'too-large' | 'torn' | 'cut' | { readonly form: string } | undefined
}

export interface UploadLimits {
  readonly maxBytes: number
  /** Files up to this size are kept in `content`. */
  readonly keepBytes: number
  /** Stop reading after this many bytes of the body. */
  readonly cutAtBytes?: number | undefined
}

class CutHere extends Error {}

/** Reads the body of an upload as it comes, in either encoding, holding no more of it than `keepBytes`. */
export async function readUpload(
  head: RequestHead,
  body: AsyncIterable<Buffer>,
  limits: UploadLimits,
): Promise<ReceivedUpload> {
  const type = head.headers['content-type'] ?? ''
  const boundary = boundaryOf(type)
  const digest = createHash('sha256')
  const kept: Buffer[] = []
  let [bytes, parts] = [0, 0]
  let part: { name?: string | undefined; fileName?: string | undefined; type?: string | undefined } = {}
  const take = (chunk: Buffer): void => {
    if (parts > 1) return
    digest.update(chunk)
    bytes += chunk.length
    if (bytes <= limits.keepBytes) kept.push(chunk)
  }
  const onPart = (each: Parameters<Parameters<typeof readForm>[2]['onPart']>[0]): void => {
    parts++
    if (parts === 1) part = { name: each.name, fileName: each.fileName, type: each.headers['content-type'] }
  }
  let fault: ReceivedUpload['fault']
  try {
    const watched = watch(body, limits.cutAtBytes)
    if (boundary === undefined) for await (const chunk of watched) take(chunk)
    else {
      const reason = await readForm(watched, boundary, { onPart, onBytes: take })
      if (reason !== undefined) fault = { form: reason }
      for await (const chunk of watched) void chunk
    }
    if (bytes > limits.maxBytes) fault = 'too-large'
  } catch (error) {
    fault = error instanceof CutHere ? 'cut' : 'torn'
  }
  const file = {
    bytes,
    sha256: digest.digest('hex'),
    content: bytes <= limits.keepBytes ? Buffer.concat(kept) : undefined,
  }
  if (boundary === undefined)
    return { encoding: 'raw', fileName: head.headers.file_name, contentType: type, ...file, fault }
  const { name, fileName, type: contentType } = part
  return { encoding: 'multipart', partName: name, fileName, contentType, parts, ...file, fault }
}

// A generator that was left early cannot be read on, so the iterator is held by hand.
function watch(body: AsyncIterable<Buffer>, cutAtBytes = Infinity): AsyncIterable<Buffer> {
  const source = body[Symbol.asyncIterator]()
  let bytes = 0
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const read = await source.next()
    if (!read.done) bytes += read.value.length
    if (bytes >= cutAtBytes) throw new CutHere()
    return read
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}
