import { hashBytes, type ValueHash } from './value-hash.ts'
import type { LineTables } from './line-scan.ts'
import { lengthFlags, lengthPlace, shapeOf, type ValueShape } from './value-shape.ts'
import type { ValueTable } from './value-table.ts'

/** Whether a value may be one that the tables know; functions named as in the WebAssembly core. */
export interface ValueLook {
  readonly ipv6: boolean
  /** Bytes; a longer value is always a candidate. */
  readonly longest: number
  /** A whole value, as the scan looks at it. */
  isCandidate(bytes: Uint8Array, from: number, length: number): boolean
  /** The inside of a JSON string, escapes and all. */
  isStringCandidate(bytes: Uint8Array, from: number, length: number): boolean
  /** A run of letters, digits and a few signs. */
  isPlainAtom(bytes: Uint8Array, from: number, length: number): boolean
  /** What follows `://`. */
  isUrlCandidate(bytes: Uint8Array, from: number, length: number): boolean
}

/** A longer value, in bytes, is always a candidate. */
export const longestLooked = 4096
const longest = longestLooked

export function createValueLook(tables: LineTables, table: ValueTable, networks: Uint8Array): ValueLook {
  const hash: ValueHash = { place: 0, print: 0 }
  const isNamed = tables.domains || tables.urls
  const lengths = lengthFlags(tables.lengths)

  function isKnownText(bytes: Uint8Array, from: number, length: number): boolean {
    hashBytes(bytes, from, length, hash)
    return table.has(hash)
  }

  function isKnownShaped(bytes: Uint8Array, from: number, length: number, shape: ValueShape): boolean {
    return lengths[lengthPlace(shape, length)] === 1 && isKnownText(bytes, from, length)
  }

  function isInNetwork(bytes: Uint8Array, from: number, length: number): boolean {
    if (networks.length === 0 || length < 7 || length > 15) return false
    const text = String.fromCharCode(...bytes.subarray(from, from + length))
    const parts = quad.exec(text)
    if (!parts) return false
    const wide = Number(parts[1]) * 256 + Number(parts[2])
    const narrow = wide * 256 + Number(parts[3])
    const isSet = (base: number, bit: number) => (((networks[base + (bit >>> 3)] as number) >>> (bit & 7)) & 1) === 1
    return isSet(0, wide) && isSet(8192, narrow)
  }

  function isKnownParent(bytes: Uint8Array, from: number, length: number): boolean {
    const last = bytes.lastIndexOf(0x2e, from + length - 1)
    for (let at = from; at < last; at++) {
      if (bytes[at] === 0x2e && isKnownText(bytes, at + 1, from + length - at - 1)) return true
    }
    return false
  }

  function isHostCandidate(bytes: Uint8Array, from: number, size: number): boolean {
    const length = size > 0 && bytes[from + size - 1] === 0x2e ? size - 1 : size
    if (length <= 0) return false
    if (length > longest) return true
    const shape = shapeOf(bytes, from, length)
    if (shape === 'other') return tables.domains && hasHigh(bytes, from, length)
    return isKnownShaped(bytes, from, length, shape) || isNameCandidate(bytes, from, length, shape)
  }

  // What is not known itself: by the networks around it or its parents.
  function isNameCandidate(bytes: Uint8Array, from: number, length: number, shape: ValueShape): boolean {
    if (shape === 'plain') return false
    if (shape === 'numeric') return isInNetwork(bytes, from, length)
    return tables.domains && isKnownParent(bytes, from, length)
  }

  function isUrlCandidate(bytes: Uint8Array, from: number, length: number): boolean {
    let end = 0
    let colon = -1
    for (; end < length; end++) {
      const byte = bytes[from + end] as number
      if (byte === 0x2f || byte === 0x3f || byte === 0x23) break
      if (byte === 0x40 || byte === 0x5b || byte === 0x25 || byte >= 0x80 || byte <= 0x20 || byte === 0x5c) return true
      if (byte !== 0x3a) continue
      if (colon >= 0) return true
      colon = end
    }
    const host = colon >= 0 ? colon : end
    if (host === 0 || isHostCandidate(bytes, from, host) || isNumberForm(bytes, from, host)) return true
    if (!tables.urls) return false
    if (bytes[from + host - 1] === 0x2e) return true
    // Default ports are dropped, and so are zeros before a port.
    if (colon >= 0 && (end - colon <= 4 || bytes[from + colon + 1] === 0x30)) return true
    if (end === length) return false
    if (bytes[from + end] !== 0x2f) return true
    return isRewritten(bytes, from + end, from + length)
  }

  function isCandidate(bytes: Uint8Array, start: number, size: number, isRaw: boolean): boolean {
    let from = start
    let length = size
    while (length > 0 && bytes[from] === 0x20) {
      from++
      length--
    }
    while (length > 0 && bytes[from + length - 1] === 0x20) length--
    if (length === 0) return false
    if (length > longest) return true
    const web = webScheme(bytes, from, length)
    const bare = length - web - (bytes[from + length - 1] === 0x2f ? 1 : 0)
    if (bare <= 0) return web > 0
    const shape = shapeOf(bytes, from + web, bare)
    if (shape === 'other' && isRaw && hasByte(bytes, from, length, 0x5c)) {
      const plain = unescaped(bytes.subarray(from, from + length))
      return plain === undefined || isCandidate(plain, 0, plain.length, false)
    }
    if (web > 0) {
      return isKnownShaped(bytes, from + web, bare, shape) || isUrlCandidate(bytes, from + web, bare)
    }
    if (shape === 'other') return isOddCandidate(bytes, from, length, bare)
    if (isKnownShaped(bytes, from, bare, shape)) return true
    if (bytes[from + bare - 1] === 0x2e) return isHostCandidate(bytes, from, bare)
    return isNameCandidate(bytes, from, bare, shape)
  }

  // A value with bytes that no domain name has; `bare` is its length without a slash at its end.
  function isOddCandidate(bytes: Uint8Array, from: number, length: number, bare: number): boolean {
    const isKnown = () => isKnownShaped(bytes, from, bare, 'other')
    if (tables.odd && isKnown()) return true
    const text = latin1(bytes, from, length)
    const colon = text.indexOf(':')
    if (colon > 0) {
      if (text.startsWith('//', colon + 1) && text.length > colon + 2) {
        if (!isScheme.test(text.slice(0, colon))) return false
        return isKnown() || isUrlCandidate(bytes, from + colon + 3, length - colon - 3)
      }
      if (/^\d{1,5}$/.test(text.slice(colon + 1))) return isHostCandidate(bytes, from, colon)
    }
    if (/^::ffff:.{7}/is.test(text) && isHostCandidate(bytes, from + 7, length - 7)) return true
    if (text.includes('@') && isMailbox(bytes, from, text)) return true
    if (colon >= 0 && tables.ipv6 && isAddressLike(text)) return true
    if (isNamed && hasHigh(bytes, from, length) && text.includes('.') && !hasBlank(bytes, from, length)) return true
    return isBareUrl.test(text) && (isKnown() || isUrlCandidate(bytes, from, length))
  }

  // `a@b.example` or `Ann <a@b.example>`.
  function isMailbox(bytes: Uint8Array, from: number, text: string): boolean {
    let length = text.length
    const at = text.lastIndexOf('@')
    if (text.endsWith('>')) {
      length--
      const open = text.lastIndexOf('<', at)
      if (isKnownText(bytes, from + open + 1, length - open - 1)) return true
    } else if (isKnownShaped(bytes, from, length, 'other')) return true
    return isHostCandidate(bytes, from + at + 1, length - at - 1)
  }

  return {
    ipv6: tables.ipv6,
    longest,
    isUrlCandidate,
    isCandidate: (bytes, from, length) => isCandidate(bytes, from, length, false),
    isStringCandidate: (bytes, from, length) => isCandidate(bytes, from, length, true),
    isPlainAtom(bytes, start, size) {
      let from = start
      let length = size
      while (length > 0 && bytes[from + length - 1] === 0x2e) length--
      while (length > 0 && bytes[from] === 0x2e) {
        from++
        length--
      }
      if (length === 0) return false
      if (length > longest) return true
      const shape = shapeOf(bytes, from, length)
      if (isKnownShaped(bytes, from, length, shape)) return true
      if (shape !== 'other') return isNameCandidate(bytes, from, length, shape)
      if (isNamed && hasHigh(bytes, from, length)) return true
      const text = latin1(bytes, from, length)
      return text.includes('@') && isMailbox(bytes, from, text)
    },
  }
}

const quad =
  /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/
const isScheme = /^[A-Za-z0-9+,./-]+$/
// Whether a host with a dot stands before a slash or question mark.

const isBareUrl = /^[^\u0000- /?#@\\]*[.[\u0080-\u00ff][^\u0000- /?#@\\]*[/?]/

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1')
}

function hasByte(bytes: Uint8Array, from: number, length: number, byte: number): boolean {
  for (let at = from; at < from + length; at++) if (bytes[at] === byte) return true
  return false
}

function hasHigh(bytes: Uint8Array, from: number, length: number): boolean {
  for (let at = from; at < from + length; at++) if ((bytes[at] as number) >= 0x80) return true
  return false
}

function hasBlank(bytes: Uint8Array, from: number, length: number): boolean {
  for (let at = from; at < from + length; at++) if ((bytes[at] as number) <= 0x20) return true
  return false
}

// Only what IPv6 addresses are written with, brackets, a zone and a port included.
function isAddressLike(text: string): boolean {
  let colons = 0
  let isShort = false
  for (let at = 0; at < text.length && at < 48; at++) {
    const character = text[at] as string
    if (character === ':') {
      colons++
      if (text[at - 1] === ':') isShort = true
    } else if (character === '%' || character === ']' || character === '/') break
    else if (!/[0-9a-f.[]/i.test(character)) return false
  }
  return isShort || colons >= 6
}

// What normalising a URL's path and query changes.
function isRewritten(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte <= 0x23 && byte !== 0x21) return true
    if (byte === 0x27 || byte === 0x3c || byte === 0x3e || byte === 0x5c || byte === 0x5e || byte === 0x60) return true
    if (byte >= 0x7b && byte !== 0x7e) return true
    if (byte !== 0x2f || at + 1 >= to) continue
    if (bytes[at + 1] === 0x2e || (bytes[at + 1] === 0x25 && at + 2 < to && bytes[at + 2] === 0x32)) return true
  }
  return false
}

// A host whose last label begins with a digit and that is no dotted quad: an address in another notation, which URLs allow.
function isNumberForm(bytes: Uint8Array, from: number, size: number): boolean {
  const text = latin1(bytes, from, size).replace(/\.$/, '')
  return /(?:^|\.)\d[^.]*$/.test(text) && !/^(?:0|[1-9]\d*)?(?:\.(?:0|[1-9]\d*)?){3}$/.test(text)
}

function webScheme(bytes: Uint8Array, from: number, length: number): number {
  if (length < 8) return 0
  const found = /^https?:\/\//i.exec(latin1(bytes, from, 8))
  return found ? found[0].length : 0
}

const escapes: Readonly<Record<number, number>> = { 0x6e: 10, 0x74: 9, 0x72: 13, 0x62: 8, 0x66: 12 }

// Without the escapes of JSON; undefined when there is a surrogate or no such escape.
function unescaped(bytes: Uint8Array): Uint8Array | undefined {
  const plain: number[] = []
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at++] as number
    if (byte !== 0x5c) {
      plain.push(byte)
      continue
    }
    const kind = bytes[at++] as number
    if (kind === 0x2f || kind === 0x5c || kind === 0x22) plain.push(kind)
    else if (escapes[kind] !== undefined) plain.push(escapes[kind])
    else {
      const digits = kind === 0x75 ? latin1(bytes, at, Math.min(4, bytes.length - at)) : ''
      if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined
      const code = Number.parseInt(digits, 16)
      if (code >= 0xd800 && code < 0xe000) return undefined
      plain.push(...Buffer.from(String.fromCharCode(code)))
      at += 4
    }
  }
  return Uint8Array.from(plain)
}
