import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { StixTaxiiError } from '../core/errors.ts'
import { ScanError } from '../scan/scan-error.ts'
import { createSlicer, type DocumentShape, type SlicerOptions } from '../scan/slicer.ts'
import { describeObject, isDamaged } from '../stix/describe.ts'
import type { Damaged, Item } from '../stix/item.ts'
import { contentBlockOf } from './content-block-line.ts'
import { damaged, encodedFile, notStix, unreadable } from './stix-file-faults.ts'

/** Some of what a file holds, in its order. */
export interface Batch {
  readonly items: readonly Item[]
  readonly damaged: readonly Damaged[]
  /** How what a strict reader would have refused was mended; a sentence each. */
  readonly losses?: readonly string[] | undefined
  /** More was changed than what has no meaning. */
  readonly isMended?: boolean | undefined
}

const batchItems = 5000
const batchBytes = 16 * 1024 * 1024
const chunkBytes = 1024 * 1024
const peekBytes = 65_536

/**
 * Reads STIX from a file: a STIX 2 bundle or TAXII envelope, a JSON array, objects and `content-block` lines one after the
 * other (NDJSON), or a STIX 1 XML document as one block. What it is shows in its first bytes, not in its name.
 *
 * What is good comes first: when the document turns out to be damaged, the batches before hold all that was whole.
 * @throws WORKFLOW_FILE_UNREADABLE (not-found, local), WORKFLOW_FILE_DAMAGED or WORKFLOW_FILE_NOT_STIX (protocol).
 */
export async function* readStixFile(file: string, signal?: AbortSignal): AsyncIterable<Batch> {
  const start = await peek(file)
  const encoded = encodingOf(start)
  if (encoded) throw encodedFile(file, encoded)
  if (isXml(start)) {
    const { readStix1File } = await import('./stix1-file.ts')
    yield await readStix1File(file)
    return
  }
  const head = start
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (head === '') throw damaged(file, 'it is empty')
  if (!/^[{[]/.test(head)) throw notStix(file, head)
  yield* head.startsWith('[') ? readDocument(file, 'array', signal) : readObjects(file, head, signal)
}

async function peek(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(peekBytes), 0, peekBytes, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** What has to be undone before it can be read; JSON is UTF-8 only (RFC 8259, 8.1). */
function encodingOf(start: Buffer): 'gzip' | 'UTF-16' | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip'
  return /^(?:\xff\xfe)?(?:\s\0)*[{[]\0|^(?:\xfe\xff)?(?:\0\s)*\0[{[]/.test(start.toString('latin1'))
    ? 'UTF-16'
    : undefined
}

function isXml(start: Buffer): boolean {
  const utf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)
  return utf16 || /^(?:\xef\xbb\xbf)?\s*<|^\0<|^<\0/.test(start.subarray(0, 1024).toString('latin1'))
}

/** One envelope or bundle, or objects one after the other: the first line tells, unless it is only the first of many. */
async function* readObjects(file: string, head: string, signal?: AbortSignal): AsyncIterable<Batch> {
  const lineEnd = head.indexOf('\n')
  const more = lineEnd >= 0 && head.slice(lineEnd).trim() !== ''
  if (more && isWholeObject(head.slice(0, lineEnd))) return yield* readDocument(file, 'sequence', signal)
  let any = false
  try {
    for await (const batch of readDocument(file, 'envelope', signal)) {
      any = true
      yield batch
    }
    if (any) return
  } catch (error) {
    if (any || !(error instanceof StixTaxiiError) || !(error.cause instanceof ScanError)) throw error
  }
  // No array of objects in it: then it is an object itself, and others may follow.
  yield* readDocument(file, 'sequence', signal)
}

function isWholeObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

async function* readDocument(file: string, shape: DocumentShape, signal?: AbortSignal): AsyncIterable<Batch> {
  const gathered = newGathering()
  const slicer = createSlicer({ shape, onMember: gathered.take, onDamaged: gathered.putAside })
  const input = createReadStream(file, { highWaterMark: chunkBytes, ...(signal && { signal }) })
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      slicer.push(chunk)
      if (gathered.isFull()) yield gathered.give()
    }
    const { value } = slicer.end()
    if (shape === 'envelope' && Array.isArray(value['objects']) && !gathered.any()) yield { items: [], damaged: [] }
  } catch (cause) {
    if (gathered.any()) yield gathered.give()
    if (cause instanceof ScanError) throw damaged(file, cause.message, cause)
    if (cause instanceof StixTaxiiError) throw cause
    throw unreadable(file, cause)
  }
  if (gathered.any()) yield gathered.give()
}

interface Gathering {
  take(raw: Buffer): void
  putAside(detail: string, raw: Buffer): void
  any(): boolean
  isFull(): boolean
  give(): Batch
}

function newGathering(): Gathering {
  let items: Item[] = []
  let damagedOnes: Damaged[] = []
  let bytes = 0
  const putAside = (detail: string, raw: Buffer): void => {
    bytes += raw.length
    damagedOnes.push({ reason: 'STIX_SYNTAX', detail, raw })
  }
  const add = (found: Item | Damaged): void => {
    bytes += found.raw.length
    if ('reason' in found) damagedOnes.push(found)
    else items.push(found)
  }
  const take = (raw: Buffer): void => {
    const block = contentBlockOf(raw)
    if (block) return add(block)
    const object = describeObject(raw)
    const mayHaveMore = isDamaged(object) ? raw.includes('"objects"') : object.type === 'bundle'
    if (!mayHaveMore || !sliceInner(raw, take, putAside)) add(object)
  }
  return {
    take,
    putAside,
    any: () => items.length + damagedOnes.length > 0,
    isFull: () => items.length >= batchItems || bytes >= batchBytes,
    give() {
      const batch = { items, damaged: damagedOnes }
      items = []
      damagedOnes = []
      bytes = 0
      return batch
    },
  }
}

/** Takes the objects out of a bundle or an envelope that was itself one of several; false when it has no array of them. */
function sliceInner(raw: Buffer, onMember: Slicing['onMember'], onDamaged: Slicing['onDamaged']): boolean {
  const slicer = createSlicer({ onMember, onDamaged })
  slicer.push(raw)
  return Array.isArray(slicer.end().value['objects'])
}

type Slicing = Pick<SlicerOptions, 'onMember' | 'onDamaged'>
