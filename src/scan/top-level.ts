import { isUtf8 } from 'node:buffer'
import { nextNotable } from './string-skip.ts'

/** What a look at one JSON value found. Spans are `[start, end)` pairs, by the order of the names asked for. */
export type TopLevel =
  | { readonly kind: 'object'; readonly spans: Int32Array }
  | { readonly kind: 'other' }
  /** No JSON, or JSON beyond the limits; `problem` says what, after "it". */
  | { readonly kind: 'invalid'; readonly problem: string }

/** Names looked for, with what the scan needs to know of them. Made once. */
export interface WantedNames {
  readonly names: readonly string[]
  readonly bytes: readonly Buffer[]
}

export function wantedNames(names: readonly string[]): WantedNames {
  return { names, bytes: names.map((name) => Buffer.from(name)) }
}

const maxDepth = 100

/**
 * Checks that the bytes are one JSON value, by the whole grammar of RFC 8259, and finds the values of some top-level
 * names: the last of each, as JSON.parse has it. A span that was not found is `[-1, -1)`.
 *
 * Nothing is built, so this is several times as fast as parsing, and no key can pollute a prototype.
 */
export function readTopLevel(bytes: Buffer, wanted: WantedNames): TopLevel {
  if (!isUtf8(bytes)) return { kind: 'invalid', problem: 'is not UTF-8' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const spans = new Int32Array(wanted.names.length * 2).fill(-1)
  const brackets = new Uint8Array(maxDepth + 1)
  const end = bytes.length
  let depth = 0
  let at = skipSpace(bytes, 0, end)
  const isObject = bytes[at] === 0x7b
  let field = -1
  let fieldStart = 0

  // One round reads one value, with what leads to it and what closes after it.
  for (;;) {
    const byte = bytes[at]
    if (byte === 0x7b || byte === 0x5b) {
      if (depth === maxDepth) return { kind: 'invalid', problem: `is nested deeper than ${maxDepth} levels` }
      brackets[++depth] = byte
      at = skipSpace(bytes, at + 1, end)
      if (bytes[at] !== byte + 2) {
        if (byte === 0x5b) continue
        const key = readKey()
        if (key === undefined) return broken(at)
        continue
      }
      // An empty one: closed below.
    } else {
      const next = scalarEnd(bytes, view, at, end)
      if (next < 0) return broken(at)
      at = next
    }
    let more = false
    while (depth > 0 && !more) {
      if (depth === 1 && field >= 0 && bytes[at] !== undefined) note(at)
      at = skipSpace(bytes, at, end)
      const bracket = brackets[depth] as number
      if (bytes[at] === bracket + 2) {
        depth--
        at++
      } else if (bytes[at] === 0x2c) {
        at = skipSpace(bytes, at + 1, end)
        if (bracket === 0x7b && readKey() === undefined) return broken(at)
        more = true
      } else return broken(at)
    }
    if (!more) break
  }
  at = skipSpace(bytes, at, end)
  if (at < end) return broken(at)
  return isObject ? { kind: 'object', spans } : { kind: 'other' }

  function note(position: number): void {
    spans[field * 2] = fieldStart
    spans[field * 2 + 1] = position
    field = -1
  }

  // Reads `"key" :` and leaves `at` at the value; undefined when that is not what is there.
  function readKey(): true | undefined {
    if (bytes[at] !== 0x22) return undefined
    const start = at
    const after = stringEnd(bytes, view, at + 1, end)
    if (after < 0) return undefined
    at = skipSpace(bytes, after, end)
    if (bytes[at] !== 0x3a) return undefined
    at = skipSpace(bytes, at + 1, end)
    if (depth === 1) {
      field = fieldOf(bytes, start + 1, after - 1, wanted)
      fieldStart = at
    }
    return true
  }
}

function broken(at: number): TopLevel {
  return { kind: 'invalid', problem: `is no JSON at byte ${at}` }
}

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

// Which of the wanted names the key between the quotes is; -1 for none.
function fieldOf(bytes: Buffer, start: number, end: number, wanted: WantedNames): number {
  for (let index = 0; index < wanted.bytes.length; index++) {
    const name = wanted.bytes[index] as Buffer
    if (name.length === end - start && name.compare(bytes, start, end) === 0) return index
  }
  const escape = bytes.indexOf(0x5c, start)
  if (escape < 0 || escape >= end) return -1
  return wanted.names.indexOf(JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string)
}

// The position after a string, number or literal; -1 when it is none of them.
function scalarEnd(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  const byte = bytes[at]
  if (byte === 0x22) return stringEnd(bytes, view, at + 1, end)
  if (byte === 0x74) return literalEnd(bytes, at, literals.true)
  if (byte === 0x66) return literalEnd(bytes, at, literals.false)
  if (byte === 0x6e) return literalEnd(bytes, at, literals.null)
  return numberEnd(bytes, at, end)
}

const literals = { true: Buffer.from('true'), false: Buffer.from('false'), null: Buffer.from('null') }

function literalEnd(bytes: Uint8Array, at: number, literal: Uint8Array): number {
  for (let index = 0; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return -1
  return at + literal.length
}

function numberEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  if (bytes[at] === 0x30) at++
  else if ((at = digitsEnd(bytes, at, end)) < 0) return -1
  if (bytes[at] === 0x2e && (at = digitsEnd(bytes, at + 1, end)) < 0) return -1
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    at = digitsEnd(bytes, at, end)
  }
  return at
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  return at === from ? -1 : at
}

// The position after the closing quote; -1 for an escape that JSON does not have, a control character, or no end.
function stringEnd(bytes: Uint8Array, view: DataView, from: number, end: number): number {
  let at = from
  for (;;) {
    at = nextNotable(bytes, view, at, end)
    if (at >= end) return -1
    const byte = bytes[at]
    if (byte === 0x22) return at + 1
    if (byte !== 0x5c) return -1
    const escape = bytes[at + 1]
    if (escape === 0x75) {
      for (let digit = 2; digit < 6; digit++) if (!isHex(bytes[at + digit])) return -1
      at += 6
    } else {
      if (escape === undefined || !simpleEscapes.includes(escape)) return -1
      at += 2
    }
  }
}

const simpleEscapes = [...Buffer.from('"\\/bfnrt')]

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
