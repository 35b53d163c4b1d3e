import { createMemberBytes } from './member-bytes.ts'
import { ScanError } from './scan-error.ts'
import type { SliceLimits } from './slicer.ts'
import { nextNotable } from './string-skip.ts'

/**
 * Reads one member of an array: finds its end and gives its bytes without insignificant white space. This is the hot
 * loop of every poll: strings are skipped four bytes at a time, and a member without white space that lies within one
 * chunk is not copied.
 */
export interface MemberReader {
  /** A member begins at the next byte that `read` is given. */
  begin(): void
  /** Reads on from `from`; the position after the member, or -1 when it goes on in the next chunk. */
  read(chunk: Buffer, from: number): number
  /** For a document that may end with a bare literal: whether the member that was begun ends here, with the document. */
  endHere(): boolean
  /** The member's bytes, once its end was found. */
  take(): Buffer
  /** Why the member is damaged, if it is. */
  readonly problem: string | undefined
}

const other = 1
const quote = 2
const open = 3
const close = 4
const comma = 5
const colon = 6
const space = 7

// What a byte outside strings is; 0 = it has no business there.
const classOf = new Uint8Array(256)
for (let byte = 0x21; byte < 0x7f; byte++) classOf[byte] = other
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) classOf[byte] = space
for (const byte of [0x7b, 0x5b]) classOf[byte] = open
for (const byte of [0x7d, 0x5d]) classOf[byte] = close
classOf[0x22] = quote
classOf[0x2c] = comma
classOf[0x3a] = colon
classOf[0x5c] = 0

/** Deeper than any document that is not an attack; the bracket stack grows no further. */
const hardDepth = 10_000

export function createMemberReader(limits: SliceLimits, offsetOf: (position: number) => number): MemberReader {
  let brackets = new Uint8Array(128)
  let keys = new Int32Array(128)
  let depth = 0
  let inString = false
  let escaped = false
  let stringBytes = 0
  let last = 0
  let spaced = false
  let problem: string | undefined

  const bytes = createMemberBytes()
  let taken: Buffer = Buffer.alloc(0)

  function finish(chunk: Buffer, from: number, to: number): number {
    taken = bytes.finish(chunk, from, to)
    return to
  }

  function nest(bracket: number, position: number): void {
    if (++depth === limits.maxDepth + 1) problem ??= `is nested deeper than ${limits.maxDepth} levels`
    if (depth > hardDepth) throw new ScanError('limit', `nested deeper than ${hardDepth} levels`, offsetOf(position))
    if (depth >= brackets.length) {
      brackets = grown(brackets, new Uint8Array(depth * 2))
      keys = grown(keys, new Int32Array(depth * 2))
    }
    brackets[depth] = bracket
    keys[depth] = 0
  }

  // The position after the string, or -1 when it goes on in the next chunk.
  function skipString(chunk: Buffer, view: DataView, from: number): number {
    const end = chunk.length
    let at = from
    if (escaped && at < end) {
      escaped = false
      if ((chunk[at] as number) < 0x20) throw control(at)
      at++
    }
    for (;;) {
      at = nextNotable(chunk, view, at, end)
      if (at >= end) break
      const byte = chunk[at] as number
      if (byte === 0x22) {
        if (stringBytes + at - from > limits.maxStringBytes) problem ??= longString
        inString = false
        stringBytes = 0
        return at + 1
      }
      if (byte !== 0x5c) throw control(at)
      // What follows a backslash is not looked at, except that no control character may hide there.
      if (at + 1 >= end) {
        escaped = true
        break
      }
      if ((chunk[at + 1] as number) < 0x20) throw control(at + 1)
      at += 2
    }
    stringBytes += end - from
    if (stringBytes > limits.maxStringBytes) problem ??= longString
    return -1
  }

  const longString = `has a string of more than ${limits.maxStringBytes} bytes`
  const control = (at: number) => new ScanError('syntax', 'a control character within a string', offsetOf(at))

  function read(chunk: Buffer, from: number): number {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    const end = chunk.length
    let start = from
    let at = from
    if (inString) {
      at = skipString(chunk, view, at)
      if (at < 0) return carry(chunk, start)
      last = quote
      if (depth === 0) return finish(chunk, start, at)
    }
    while (at < end) {
      const byte = chunk[at] as number
      switch (classOf[byte]) {
        case quote: {
          if (depth === 0 && last !== 0) return finish(chunk, start, at)
          inString = true
          at = skipString(chunk, view, at + 1)
          if (at < 0) return carry(chunk, start)
          last = quote
          if (depth === 0) return finish(chunk, start, at)
          break
        }
        case colon:
          if (depth === 0) throw new ScanError('syntax', 'a colon where a separator belongs', offsetOf(at))
          if ((keys[depth] = (keys[depth] as number) + 1) > limits.maxKeys)
            problem ??= `has an object of more than ${limits.maxKeys} members`
          last = colon
          at++
          break
        case comma:
          if (depth === 0) return finish(chunk, start, at)
          last = comma
          at++
          break
        case open:
          if (depth === 0 && last !== 0) throw new ScanError('syntax', 'a separator is missing', offsetOf(at))
          nest(byte, at)
          last = open
          at++
          break
        case close:
          if (depth === 0) return finish(chunk, start, at)
          if (brackets[depth] !== byte - 2) throw new ScanError('syntax', 'brackets do not match', offsetOf(at))
          depth--
          at++
          if (depth === 0) return finish(chunk, start, at)
          last = close
          break
        case space: {
          if (depth === 0) return finish(chunk, start, at)
          bytes.keep(chunk, start, at)
          do at++
          while (at < end && classOf[chunk[at] as number] === space)
          start = at
          spaced = true
          continue
        }
        case other:
          // Taking the blank of `1 2` away would make another number of it.
          if (spaced && last === other) problem ??= 'has two values without a separator'
          do at++
          while (at < end && classOf[chunk[at] as number] === other)
          last = other
          break
        default:
          throw new ScanError('syntax', 'a byte that has no business outside a string', offsetOf(at))
      }
      spaced = false
    }
    return carry(chunk, start)
  }

  function carry(chunk: Buffer, start: number): number {
    bytes.keep(chunk, start, chunk.length)
    return -1
  }

  return {
    begin() {
      depth = 0
      inString = escaped = spaced = false
      stringBytes = last = 0
      problem = undefined
      bytes.begin()
    },
    read,
    take() {
      return taken
    },
    endHere() {
      if (depth > 0 || inString || last !== other) return false
      taken = bytes.finish(taken, 0, 0)
      return true
    },
    get problem() {
      return problem
    },
  }
}

function grown<T extends Uint8Array | Int32Array>(from: T, into: T): T {
  into.set(from)
  return into
}
