import { isUtf8 } from 'node:buffer'
import { nextNotable } from './string-skip.ts'

/** What a look at one JSON value found. */
export type TopLevel =
  /** Spans are `[start, end)` pairs by the order of the names asked for; the next look overwrites them. */
  | { readonly kind: 'object'; readonly spans: Int32Array }
  | { readonly kind: 'other' }
  /** No JSON, or JSON beyond the limits; `problem` says what, after "it". */
  | { readonly kind: 'invalid'; readonly problem: string }

/** Names looked for, with what the scan needs to know of them. Made once. */
export interface WantedNames {
  readonly names: readonly string[]
  readonly bytes: readonly Buffer[]
  readonly spans: Int32Array
}

export function wantedNames(names: readonly string[]): WantedNames {
  return { names, bytes: names.map((name) => Buffer.from(name)), spans: new Int32Array(names.length * 2) }
}

const maxDepth = 100
const brackets = new Uint8Array(maxDepth + 1)
const other: TopLevel = { kind: 'other' }

// The memory that was looked at last: objects of one chunk share it, and making views costs more than reading an object.
let memory: ArrayBufferLike = new ArrayBuffer(0)
let bytes: Uint8Array = new Uint8Array(memory)
let view: DataView = new DataView(memory)

/**
 * Checks that the bytes are one JSON value, by the whole grammar of RFC 8259, and finds the values of some top-level
 * names: the last of each, as JSON.parse has it. A span that was not found is `[-1, -1)`.
 *
 * Nothing is built, so no key can pollute a prototype, and text that is not ASCII costs no more than other text.
 */
export function readTopLevel(raw: Buffer, wanted: WantedNames): TopLevel {
  if (!isUtf8(raw)) return { kind: 'invalid', problem: 'is not UTF-8' }
  if (raw.buffer !== memory) {
    memory = raw.buffer
    bytes = new Uint8Array(memory)
    view = new DataView(memory)
  }
  wanted.spans.fill(-1)
  const start = raw.byteOffset
  const end = start + raw.length
  const at = scanValue(start, end, wanted)
  if (at === tooDeep) return { kind: 'invalid', problem: `is nested deeper than ${maxDepth} levels` }
  if (at < 0) return { kind: 'invalid', problem: `is no JSON at byte ${-at - 1 - start}` }
  if (bytes[skipSpace(start, end)] !== 0x7b) return other
  const { spans } = wanted
  for (let index = 0; index < spans.length; index++)
    if ((spans[index] as number) >= 0) spans[index] = (spans[index] as number) - start
  return { kind: 'object', spans }
}

const tooDeep = -(2 ** 31)

// The end of the one value between `from` and `end`; -1 - position where the JSON breaks, or `tooDeep`.
function scanValue(from: number, end: number, wanted: WantedNames): number {
  const { spans } = wanted
  let depth = 0
  let field = -1
  let at = skipSpace(from, end)
  for (;;) {
    const byte = bytes[at] as number
    if (at >= end) return -1 - end
    if (byte === 0x7b || byte === 0x5b) {
      if (depth === maxDepth) return tooDeep
      brackets[++depth] = byte
      at = skipSpace(at + 1, end)
      const isEmpty = at < end && bytes[at] === byte + 2
      if (!isEmpty) {
        if (byte === 0x5b) continue
        const value = keyEnd(at, end)
        if (value < 0) return value
        if (depth === 1) {
          field = fieldOf(at, wanted)
          if (field >= 0) spans[field * 2] = value
        }
        at = value
        continue
      }
    } else {
      const after = scalarEnd(at, end)
      if (after < 0) return after
      at = after
    }
    for (;;) {
      if (depth === 0) {
        at = skipSpace(at, end)
        return at < end ? -1 - at : at
      }
      if (depth === 1 && field >= 0) {
        spans[field * 2 + 1] = at
        field = -1
      }
      if (at < end && (bytes[at] as number) <= 0x20) at = skipSpace(at, end)
      if (at >= end) return -1 - end
      const bracket = brackets[depth] as number
      const mark = bytes[at] as number
      if (mark === bracket + 2) {
        depth--
        at++
        continue
      }
      if (mark !== 0x2c) return -1 - at
      at = skipSpace(at + 1, end)
      if (bracket === 0x7b) {
        const value = keyEnd(at, end)
        if (value < 0) return value
        if (depth === 1) {
          field = fieldOf(at, wanted)
          if (field >= 0) spans[field * 2] = value
        }
        at = value
      }
      break
    }
  }
}

// The position of the value after `"key" :`.
function keyEnd(at: number, end: number): number {
  if (at >= end || bytes[at] !== 0x22) return -1 - at
  let after = stringEnd(at + 1, end)
  if (after < 0) return after
  keyStop = after - 1
  if (after < end && bytes[after] !== 0x3a) after = skipSpace(after, end)
  if (after >= end || bytes[after] !== 0x3a) return -1 - after
  return skipSpace(after + 1, end)
}

// Where the key that `keyEnd` read last has its closing quote.
let keyStop = 0

// Which of the wanted names the key at this quote is; -1 for none.
function fieldOf(quote: number, wanted: WantedNames): number {
  const length = keyStop - quote - 1
  let escaped = false
  for (let at = quote + 1; at < keyStop && !escaped; at++) escaped = bytes[at] === 0x5c
  if (escaped) {
    const text = Buffer.from(memory, quote, keyStop + 1 - quote).toString()
    return wanted.names.indexOf(JSON.parse(text) as string)
  }
  names: for (let index = 0; index < wanted.bytes.length; index++) {
    const name = wanted.bytes[index] as Buffer
    if (name.length !== length) continue
    for (let at = 0; at < length; at++) if (bytes[quote + 1 + at] !== name[at]) continue names
    return index
  }
  return -1
}

function skipSpace(from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at] as number
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    at++
  }
  return at
}

// The position after a string, number or literal.
function scalarEnd(at: number, end: number): number {
  const byte = bytes[at]
  if (byte === 0x22) return stringEnd(at + 1, end)
  if (byte === 0x74) return literalEnd(at, end, literals.true)
  if (byte === 0x66) return literalEnd(at, end, literals.false)
  if (byte === 0x6e) return literalEnd(at, end, literals.null)
  return numberEnd(at, end)
}

const literals = { true: Buffer.from('true'), false: Buffer.from('false'), null: Buffer.from('null') }

function literalEnd(at: number, end: number, literal: Uint8Array): number {
  if (at + literal.length > end) return -1 - at
  for (let index = 0; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return -1 - at
  return at + literal.length
}

function numberEnd(from: number, end: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  if (at < end && bytes[at] === 0x30) at++
  else if ((at = digitsEnd(at, end)) < 0) return at
  if (at < end && bytes[at] === 0x2e && (at = digitsEnd(at + 1, end)) < 0) return at
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    at = digitsEnd(at, end)
  }
  return at
}

function digitsEnd(from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  return at === from ? -1 - at : at
}

// The position after the closing quote; escapes that JSON does not have and control characters break it.
function stringEnd(from: number, end: number): number {
  let at = from
  for (;;) {
    at = nextNotable(bytes, view, at, end)
    if (at >= end) return -1 - end
    const byte = bytes[at]
    if (byte === 0x22) return at + 1
    if (byte !== 0x5c || at + 1 >= end) return -1 - at
    const escape = bytes[at + 1] as number
    if (escape === 0x75) {
      if (at + 6 > end) return -1 - at
      for (let digit = 2; digit < 6; digit++) if (!isHex(bytes[at + digit] as number)) return -1 - at
      at += 6
    } else {
      if (!simpleEscapes.includes(escape)) return -1 - at
      at += 2
    }
  }
}

const simpleEscapes = [...Buffer.from('"\\/bfnrt')]

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
