import { createCoreScan, hasCore, type CoreScan } from './core-scan.ts'
import { createEnvelopeReader } from './envelope-reader.ts'
import { createMemberReader } from './member-reader.ts'
import { ScanError } from './scan-error.ts'
import { createUtf8Check } from './utf8-check.ts'

/** Where the members are: in an array of the top-level object, in a bare array, or one after the other (NDJSON). */
export type DocumentShape = 'envelope' | 'array' | 'sequence'

export interface SliceLimits {
  /** Nesting of one member; default 100. A deeper member is damaged; at 10,000 the document is refused. */
  readonly maxDepth: number
  /** Bytes of one string; default 16 MiB. */
  readonly maxStringBytes: number
  /** Members of one object; default 10,000. */
  readonly maxKeys: number
  /** Bytes of everything outside the array; default 1 MiB. */
  readonly maxEnvelopeBytes: number
}

export interface SlicerOptions {
  readonly shape?: DocumentShape | undefined
  /** Name of the array in an envelope; default `objects`. */
  readonly key?: string | undefined
  readonly limits?: Partial<SliceLimits> | undefined
  /** Who reads within the array: the WebAssembly core where this Node has it (the default), or its twin in TypeScript. */
  readonly core?: 'webassembly' | 'typescript' | undefined
  /** A member's bytes without insignificant white space. They may share memory with the chunk: nobody may write to them. */
  readonly onMember: (raw: Buffer) => void
  /** A member that breaks a limit or holds what no JSON has; the document goes on. `raw` is as it came. */
  readonly onDamaged: (detail: string, raw: Buffer) => void
}

export interface Envelope {
  /** The top-level object with its array emptied; for other shapes an empty object. */
  readonly value: Readonly<Record<string, unknown>>
  readonly raw: Buffer
}

/**
 * Cuts the members of an array out of a JSON document as raw bytes while it arrives, in pieces of any size.
 *
 * Checked: UTF-8, separators between members, brackets and strings within them, everything outside the array, and that
 * the document ends where it ends. What is within a member is for `describeObject` to look at. A byte order mark is
 * dropped, duplicate keys are let be (the last `next` counts, each `objects` array is cut).
 * @throws ScanError from `push` and `end`; nothing may be pushed after it.
 */
export interface Slicer {
  push(chunk: Uint8Array): void
  end(): Envelope
  /** What stands before the array, from the moment it begins: `more` and `next` of servers that write them first. */
  readonly head: Readonly<Record<string, unknown>> | undefined
}

export const defaultSliceLimits: SliceLimits = {
  maxDepth: 100,
  maxStringBytes: 16 * 1024 * 1024,
  maxKeys: 10_000,
  maxEnvelopeBytes: 1024 * 1024,
}

/** Where the slicer stands. */
type State = 'envelope' | 'first' | 'member' | 'inside' | 'after' | 'core' | 'done'

/** Opens a slicer; see `Slicer`. */
export function createSlicer(options: SlicerOptions): Slicer {
  const limits = { ...defaultSliceLimits, ...options.limits }
  const shape = options.shape ?? 'envelope'
  const utf8 = createUtf8Check()
  let offset = 0
  const offsetOf = (position: number) => offset + position
  const member = createMemberReader(limits, offsetOf)
  const envelope = createEnvelopeReader(options.key ?? 'objects', limits.maxEnvelopeBytes, offsetOf)
  let state: State = shape === 'envelope' ? 'envelope' : shape === 'array' ? 'member' : 'first'
  // A bare array is read like the members of a sequence, once its bracket was seen.
  let bracketSeen = shape !== 'array'

  const usesCore = hasCore && options.core !== 'typescript' && shape !== 'sequence'
  let core: CoreScan | undefined

  function openArray(): void {
    if (usesCore) core = createCoreScan(limits, offsetOf, options)
    state = usesCore ? 'core' : 'first'
  }

  function readByCore(chunk: Buffer, from: number): number {
    const at = core?.read(chunk, from) ?? -1
    if (at < 0) return chunk.length
    core = undefined
    closeArray()
    return at
  }

  function deliver(): void {
    const raw = member.take()
    if (member.problem === undefined) options.onMember(raw)
    else options.onDamaged(member.problem, raw)
    state = 'after'
  }

  function closeArray(): void {
    if (shape === 'envelope') envelope.closeArray()
    state = shape === 'envelope' ? 'envelope' : 'done'
  }

  function readInside(chunk: Buffer, from: number): number {
    const at = member.read(chunk, from)
    if (at < 0) return chunk.length
    deliver()
    return at
  }

  // Between members: separators, the array's end, or the next member.
  function readBetween(chunk: Buffer, from: number): number {
    const byte = chunk[from] as number
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return from + 1
    if (!bracketSeen) {
      if (byte !== 0x5b) throw new ScanError('syntax', 'the document does not begin with [', offsetOf(from))
      bracketSeen = true
      openArray()
      return from + 1
    }
    if (state === 'done') throw new ScanError('trailing', 'something follows the end of the document', offsetOf(from))
    if (shape !== 'sequence') {
      if (byte === 0x5d && state !== 'member') {
        closeArray()
        return from + 1
      }
      if (state === 'after') {
        if (byte !== 0x2c) throw new ScanError('syntax', 'a separator is missing', offsetOf(from))
        state = 'member'
        return from + 1
      }
    }
    if (byte === 0x2c || byte === 0x5d || byte === 0x7d || byte === 0x3a)
      throw new ScanError('syntax', 'a value is missing', offsetOf(from))
    member.begin()
    state = 'inside'
    return readInside(chunk, from)
  }

  return {
    push(input) {
      const chunk = Buffer.from(input.buffer, input.byteOffset, input.length)
      if (!utf8.push(chunk)) throw new ScanError('encoding', 'the document is not UTF-8', offset)
      let at = 0
      while (offset + at < 3 && at < chunk.length && chunk[at] === byteOrderMark[offset + at]) at++
      while (at < chunk.length) {
        if (state === 'core') at = readByCore(chunk, at)
        else if (state === 'inside') at = readInside(chunk, at)
        else if (state === 'envelope') {
          at = envelope.read(chunk, at)
          if (at < 0) break
          openArray()
        } else at = readBetween(chunk, at)
      }
      offset += chunk.length
    },
    end() {
      if (!utf8.end()) throw new ScanError('cut', 'the document ends within a character', offset)
      if (shape === 'envelope' && state === 'envelope') return envelope.end(offset)
      if (shape === 'sequence' && state === 'inside' && member.endHere()) deliver()
      const complete = shape === 'sequence' ? state === 'first' || state === 'after' : state === 'done'
      if (!complete) throw new ScanError('cut', 'the document ended before its end', offset)
      return { value: {}, raw: Buffer.alloc(0) }
    },
    get head() {
      return envelope.head
    },
  }
}

const byteOrderMark = [0xef, 0xbb, 0xbf]
