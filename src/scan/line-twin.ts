import type { LineScan, LineTables } from './line-scan.ts'
import { createValueLook, longestLooked, type ValueLook } from './value-look.ts'
import { networkBytes, openValueTable, tableBytes, tableChecksum } from './value-table.ts'

/** What the WebAssembly core does (tools/scan/assembly/lines.as), in TypeScript: the same answers, several times slower. */
export function createLineTwin(tables: LineTables): LineScan {
  const memory = new Uint8Array(tableBytes(tables))
  const networks = new Uint8Array(tables.networks ? networkBytes : 0)
  const look = createValueLook(tables, openValueTable(memory, tables), networks)
  const scratch = Buffer.alloc(3 * longestLooked)
  return {
    tables: memory,
    networks,
    checksum: () => tableChecksum(memory),
    mayKnow: (text) => text.length > longestLooked || look.isCandidate(scratch, 0, scratch.write(text)),
    read(kind, chunk, from, to, onCandidate) {
      let lines = 0
      for (let start = from; start < to; lines++) {
        const feed = chunk.indexOf(0x0a, start)
        const end = feed < 0 || feed >= to ? to : feed + 1
        if (kind === 'json') {
          const found = jsonCandidate(look, chunk, start, end)
          if (found) onCandidate(start, end, found.from, found.to, 0)
        } else if (hasTextCandidate(look, chunk, start, end)) onCandidate(start, end, -1, -1, 0)
        start = end
      }
      return lines
    },
  }
}

const noValue: Line = { from: -1, to: -1 }

// The value that alone makes the line a candidate, or none of several.
function jsonCandidate(look: ValueLook, bytes: Uint8Array, from: number, to: number): Line | undefined {
  let start = -1
  let found: Line | undefined
  for (let at = from; at < to; at++) {
    if (bytes[at] !== 0x22) continue
    if (start < 0) {
      start = at + 1
      continue
    }
    if (isEscaped(bytes, at, start)) continue
    if (!isKey(bytes, at + 1, to) && isJsonCandidate(look, bytes, start, at)) {
      found = found ? noValue : { from: start, to: at }
    }
    start = -1
  }
  return start >= 0 || !beginsObject(bytes, from, to) ? noValue : found
}

function isJsonCandidate(look: ValueLook, bytes: Uint8Array, start: number, end: number): boolean {
  if (look.isStringCandidate(bytes, start, end - start)) return true
  return isText(bytes, start, end) && hasTextCandidate(look, bytes, start, end)
}

// What more than one value may stand in: blanks, commas, semicolons, bars, and escapes, which may be line ends or quotes.
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (' ,;|\\'.includes(String.fromCharCode(bytes[at] as number))) return true
  return false
}

// Whether a line is blank or an object, by its first byte.
function beginsObject(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  while (at < to && (bytes[at] as number) <= 0x20) at++
  return at >= to || bytes[at] === 0x7b
}

function isEscaped(bytes: Uint8Array, quote: number, start: number): boolean {
  let at = quote - 1
  while (at >= start && bytes[at] === 0x5c) at--
  return ((quote - 1 - at) & 1) === 1
}

function isKey(bytes: Uint8Array, after: number, to: number): boolean {
  let at = after
  while (at < to && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++
  return at < to && bytes[at] === 0x3a
}

function hasTextCandidate(look: ValueLook, bytes: Uint8Array, from: number, to: number): boolean {
  let colons = 0
  let previousEnd = -2
  for (let at = from; at < to;) {
    if (!isAtomByte(bytes[at] as number)) {
      at++
      continue
    }
    const start = at
    while (at < to && isAtomByte(bytes[at] as number)) at++
    colons = start === previousEnd + 1 && bytes[previousEnd] === 0x3a ? colons + 1 : 0
    previousEnd = at
    if (isAtomCandidate(look, bytes, { from, to }, start, at)) return true
    if (look.ipv6 && isAddressPart(bytes, { from, to }, start, at, colons)) return true
  }
  return false
}

function isAtomByte(byte: number): boolean {
  if (byte >= 0x80 || byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x40) return true
  const low = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x7a)
}

/** Where a line begins and ends. */
interface Line {
  readonly from: number
  readonly to: number
}

function isAtomCandidate(look: ValueLook, bytes: Uint8Array, { from, to }: Line, start: number, end: number): boolean {
  if (look.isPlainAtom(bytes, start, end - start)) return true
  if (start > from && bytes[start - 1] === 0x5c) {
    // Behind a backslash the first letter may belong to an escape.
    if (bytes[start] === 0x75 && end - start >= 5 && isHex(bytes, start + 1, start + 5)) return true
    if (end - start > 1 && look.isPlainAtom(bytes, start + 1, end - start - 1)) return true
  }
  if (end + 2 >= to || bytes[end] !== 0x3a || bytes[end + 1] !== 0x2f || bytes[end + 2] !== 0x2f) return false
  let stop = end + 3
  while (stop < to && isAuthorityByte(bytes[stop] as number)) stop++
  return stop - end > look.longest || look.isUrlCandidate(bytes, end + 3, stop - end - 3)
}

function isAuthorityByte(byte: number): boolean {
  if (byte === 0x2f || byte === 0x3f || byte === 0x23 || byte === 0x60) return false
  return byte > 0x20 && byte !== 0x22 && byte !== 0x27 && byte !== 0x3c && byte !== 0x3e
}

// An atom that stands beside colons as a part of an IPv6 address does.
function isAddressPart(bytes: Uint8Array, { from, to }: Line, start: number, end: number, colons: number): boolean {
  if (colons >= 6) return true
  if (end + 1 < to && bytes[end] === 0x3a && bytes[end + 1] === 0x3a)
    return end - start <= 4 && isHex(bytes, start, end)
  if (start < from + 2 || bytes[start - 1] !== 0x3a || bytes[start - 2] !== 0x3a) return false
  const first = bytes[start] as number
  return (first >= 0x30 && first <= 0x39) || (end - start <= 4 && isHex(bytes, start, end))
}

function isHex(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    const low = byte | 0x20
    if (!((byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x66))) return false
  }
  return true
}
