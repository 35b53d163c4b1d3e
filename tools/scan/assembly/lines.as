/**
 * The hot loop of `enrich` (its twin in TypeScript: src/scan/line-twin.ts): goes over whole log lines and says in which of
 * them a value may be one that the tables know. It may say so too often, never too seldom; who asked looks closer.
 */

// Memory: for each shape which lengths texts in the table have, scratch for values without their escapes, values whose hashes
// have not been looked for yet (start, end, first hash, line), those hashes, candidate lines (start, end, start and end of the
// only value that makes them one or -1, what the table refers to for it), input, names of added fields, open brackets, the
// path of a value, records, a line with fields added, texts that were looked at already, and from TABLES on what the caller
// put there.
const LENGTHS: usize = 4096
const SCRATCH: usize = 8192
const VALUES: usize = 24576
const PROBES: usize = 32768
const EVENTS: usize = 65536
const INPUT: usize = 4259840
const NAMES: usize = 4521984
const LEVELS: usize = 4530176
const FIELD: usize = 4538368
const RECORDS: usize = 4587520
const OUTPUT: usize = 5636096
const UNKNOWN: usize = 5963776
const TABLES: usize = 6029312
const MOST_VALUES: i32 = 512
const MOST_PROBES: i32 = 4096
/** A longer value is always a candidate. */
const LONGEST: i32 = 4096

const DOMAINS: i32 = 1
const URLS: i32 = 2
const IPV6: i32 = 4
const NETWORKS: i32 = 8
/** Texts with bytes that no domain name has and that are no URL, mail or IPv6 address. */
const ODD: i32 = 16

// Shapes of a text.
const PLAIN: i32 = 0
const NUMERIC: i32 = 1
const DOTTED: i32 = 2
const OTHER: i32 = 3

// Sixteen bytes that are kept, then sixteen that are not.
const KEEP: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
])

let bitmap: usize = 0
let bitmapMask: u32 = 0
let slots: usize = 0
let slotMask: u32 = 0
let networks: usize = 0
let flags: i32 = 0

/** Where the tables are: `words` 64-bit words of the bitmap, `slotCount` slots (both powers of two), then the networks. */
export function begin(words: u32, slotCount: u32, what: i32): void {
  bitmap = TABLES
  bitmapMask = words - 1
  slots = TABLES + ((words as usize) << 3)
  slotMask = slotCount - 1
  networks = slots + ((slotCount as usize) << 3)
  flags = what
}

/** Sum over `length` bytes of tables, a multiple of 16. */
export function checksum(length: usize): u32 {
  let sum = i32x4.splat(0x2545f491)
  const factor = i32x4.splat(0x01000193)
  for (let at: usize = 0; at < length; at += 16) {
    sum = i32x4.mul(v128.xor(sum, v128.load(TABLES + at)), factor)
  }
  let one: u32 = i32x4.extract_lane(sum, 0)
  one = one * 31 + i32x4.extract_lane(sum, 1)
  one = one * 31 + i32x4.extract_lane(sum, 2)
  return one * 31 + i32x4.extract_lane(sum, 3)
}

// @ts-ignore: decorator
@inline
function load16(at: usize, left: i32): v128 {
  const block = v128.load(at)
  return left >= 16 ? block : v128.and(block, v128.load(KEEP + 16 - left))
}

// @ts-ignore: decorator
@inline
function folded(block: v128): v128 {
  const upper = i8x16.lt_u(i8x16.sub(block, i8x16.splat(0x41)), i8x16.splat(26))
  return v128.or(block, v128.and(upper, i8x16.splat(0x20)))
}

let h1: u32 = 0
let h2: u32 = 0

// @ts-ignore: decorator
@inline
function absorb(block: v128, left: i32): void {
  let a = (h1 ^ i32x4.extract_lane(block, 0)) * 0x9e3779b1
  let b = (h2 ^ i32x4.extract_lane(block, 1)) * 0x85ebca77
  a = rotl<u32>(a, 13) + b
  b = rotl<u32>(b, 17) ^ a
  if (left > 8) {
    a = (a ^ i32x4.extract_lane(block, 2)) * 0x9e3779b1
    b = (b ^ i32x4.extract_lane(block, 3)) * 0x85ebca77
    a = rotl<u32>(a, 13) + b
    b = rotl<u32>(b, 17) ^ a
  }
  h1 = a
  h2 = b
}

// Hashes are gathered and looked for together: one after the other each would wait for memory (the tables are larger than the
// caches), together the processor waits for many at once. So what is only gathered counts as not known until `settle`.
let values: i32 = 0
let probes: i32 = 0

// Gathers the hash in h1 and h2, once it is finished; with no room left for it, says at once whether the tables know it.
function isKnown(): bool {
  let a = h1
  let b = h2
  a = (a ^ (a >>> 16)) * 0x85ebca6b
  b = (b ^ (b >>> 15)) * 0xc2b2ae35
  a ^= b >>> 13
  b ^= a >>> 16
  a = (a ^ (a >>> 13)) * 0x27d4eb2f
  b = (b ^ (b >>> 14)) * 0x165667b1
  a ^= a >>> 15
  b ^= b >>> 16
  if (probes == MOST_PROBES) return isThere(a, b)
  const at = PROBES + ((probes++ as usize) << 3)
  store<u32>(at, a)
  store<u32>(at, b, 4)
  return false
}

// @ts-ignore: decorator
@inline
function isThere(a: u32, b: u32): bool {
  const word = load<u64>(bitmap + (((b & bitmapMask) as usize) << 3))
  if (((word >>> ((a >>> 20) & 63)) & (word >>> (a >>> 26)) & 1) == 0) return false
  let at = slots + (((a & slotMask) as usize) << 3)
  while (load<u32>(at + 4) != 0) {
    if (load<u32>(at) == b) return true
    at += 8
    if (at == networks) at = slots
  }
  return false
}

// What the table refers to for the hashes looked for last: 0 for none, SEVERAL for more than one.
const SEVERAL: u32 = 0xffffffff
const SIGNATURE: u32 = 0xffffffff
let reference: u32 = 0
let hasSignature = false

// Looks for all of the gathered hashes from `first` on; most are not there.
function findReference(first: i32, end: i32): void {
  reference = 0
  hasSignature = false
  for (let probe = first; probe < end; probe++) {
    const at = PROBES + ((probe as usize) << 3)
    const a = load<u32>(at)
    const b = load<u32>(at, 4)
    if (isThere(a, b)) addReferences(a, b)
  }
  if (reference == 0 && hasSignature) reference = SEVERAL
}

// What is there for the sake of lines of text is nothing that a value by itself could be.
function addReferences(a: u32, b: u32): void {
  let at = slots + (((a & slotMask) as usize) << 3)
  for (let found = load<u32>(at, 4); found != 0; found = load<u32>(at, 4)) {
    if (load<u32>(at) == b) {
      if (found == SIGNATURE) hasSignature = true
      else reference = reference == 0 || reference == found ? found : SEVERAL
    }
    at += 8
    if (at == networks) at = slots
  }
}

// Whether one of the gathered hashes from `first` on is known.
function isAnyThere(first: i32, end: i32): bool {
  for (let probe = first; probe < end; probe++) {
    const at = PROBES + ((probe as usize) << 3)
    if (isThere(load<u32>(at), load<u32>(at, 4))) return true
  }
  return false
}

// Whether these bytes, case folded, are known.
function isKnownText(from: usize, length: i32): bool {
  h1 = 0x9e3779b9 ^ length
  h2 = 0x7f4a7c15
  for (let at: i32 = 0; at < length; at += 16) absorb(folded(load16(from + at, length - at)), length - at)
  return isKnown()
}

// Whether a dotted quad lies in a /24 that a network touches. Numbers with leading zeros are no addresses.
function isInNetwork(from: usize, length: i32): bool {
  if (!(flags & NETWORKS) || length < 7 || length > 15) return false
  let address: u32 = 0
  let parts = 0
  let part: u32 = 0
  let digits = 0
  for (let at: i32 = 0; at < length; at++) {
    const byte: u32 = load<u8>(from + at)
    if (byte == 0x2e) {
      if (digits == 0 || parts == 3) return false
      address = (address << 8) | part
      parts++
      part = 0
      digits = 0
    } else {
      if (digits > 0 && part == 0) return false
      part = part * 10 + byte - 0x30
      digits++
      if (part > 255) return false
    }
  }
  if (parts != 3 || digits == 0) return false
  address = (address << 8) | part
  const wide = address >>> 16
  if (!((load<u8>(networks + (wide >>> 3)) >>> (wide & 7)) & 1)) return false
  const narrow = address >>> 8
  return ((load<u8>(networks + 8192 + (narrow >>> 3)) >>> (narrow & 7)) & 1) == 1
}

// Whether what follows a dot, down to the last two labels, is known.
function isKnownParent(from: usize, length: i32): bool {
  let last = length - 1
  while (last >= 0 && load<u8>(from + last) != 0x2e) last--
  for (let at: i32 = 0; at < last; at++) {
    if (load<u8>(from + at) == 0x2e && isKnownText(from + at + 1, length - at - 1)) return true
  }
  return false
}

// The same for at most 64 bytes whose dots are known.
// @ts-ignore: decorator
@inline
function isKnownParentAt(from: usize, length: i32, where: u64): bool {
  let dots = where
  while ((dots & (dots - 1)) != 0) {
    const after = (ctz(dots) as i32) + 1
    if (isKnownText(from + after, length - after)) return true
    dots &= dots - 1
  }
  return false
}

// The same, only where the table has a text of this shape and length.
// @ts-ignore: decorator
@inline
function isKnownShaped(from: usize, length: i32, shape: i32): bool {
  if (load<u8>(LENGTHS + (shape << 8) + min(length, 255)) == 0) return false
  return isKnownText(from, length)
}

// The dots that `shapeOf` has seen in the first 64 bytes.
let dots: u64 = 0

// OTHER when some bytes are not those of a domain name, PLAIN without a dot, NUMERIC with nothing but digits and dots.
function shapeOf(from: usize, length: i32): i32 {
  let odd = i8x16.splat(0)
  let other = i8x16.splat(0)
  let anyDot = i8x16.splat(0)
  let where: u64 = 0
  for (let at: i32 = 0; at < length; at += 16) {
    const block = load16(from + at, length - at)
    const low = v128.or(block, i8x16.splat(0x20))
    const letter = i8x16.lt_u(i8x16.sub(low, i8x16.splat(0x61)), i8x16.splat(26))
    const digit = i8x16.lt_u(i8x16.sub(block, i8x16.splat(0x30)), i8x16.splat(10))
    const dot = i8x16.eq(block, i8x16.splat(0x2e))
    const number = v128.or(v128.or(digit, dot), i8x16.eq(block, i8x16.splat(0)))
    const dash = v128.or(i8x16.eq(block, i8x16.splat(0x2d)), i8x16.eq(block, i8x16.splat(0x5f)))
    other = v128.or(other, v128.not(number))
    odd = v128.or(odd, v128.not(v128.or(number, v128.or(letter, dash))))
    anyDot = v128.or(anyDot, dot)
    if (at < 64) where |= (i8x16.bitmask(dot) as u64) << at
  }
  dots = where
  if (v128.any_true(odd)) return OTHER
  if (!v128.any_true(anyDot)) return PLAIN
  return v128.any_true(other) ? DOTTED : NUMERIC
}

// What is not known itself: by the networks around it or its parents.
// @ts-ignore: decorator
@inline
function isNameCandidate(from: usize, length: i32, shape: i32, where: u64): bool {
  if (shape == PLAIN) return false
  if (shape == NUMERIC) return isInNetwork(from, length)
  if (!(flags & DOMAINS)) return false
  return length <= 64 ? isKnownParentAt(from, length, where) : isKnownParent(from, length)
}

// A host name or address: itself, its parents, the networks around it.
function isHostCandidate(from: usize, size: i32): bool {
  const length = size > 0 && load<u8>(from + size - 1) == 0x2e ? size - 1 : size
  if (length <= 0) return false
  if (length > LONGEST) return true
  const shape = shapeOf(from, length)
  const where = dots
  if (shape == OTHER) return (flags & DOMAINS) != 0 && hasHigh(from, length)
  return isKnownShaped(from, length, shape) || isNameCandidate(from, length, shape, where)
}

function hasHigh(from: usize, length: i32): bool {
  let all = i8x16.splat(0)
  for (let at: i32 = 0; at < length; at += 16) all = v128.or(all, load16(from + at, length - at))
  return i8x16.bitmask(all) != 0
}

function indexOfByte(from: usize, length: i32, byte: u8): i32 {
  const wanted = i8x16.splat(byte)
  for (let at: i32 = 0; at < length; at += 16) {
    const mask = i8x16.bitmask(i8x16.eq(load16(from + at, length - at), wanted))
    if (mask != 0) return at + (ctz(mask) as i32)
  }
  return -1
}

// / ? #
// @ts-ignore: decorator
@inline
function endsAuthority(block: v128): v128 {
  const marks = v128.or(i8x16.eq(block, i8x16.splat(0x3f)), i8x16.eq(block, i8x16.splat(0x23)))
  return v128.or(i8x16.eq(block, i8x16.splat(0x2f)), marks)
}

// @ [ % \ controls, blanks and everything beyond ASCII.
// @ts-ignore: decorator
@inline
function isNoHost(block: v128): v128 {
  const marks = v128.or(i8x16.eq(block, i8x16.splat(0x40)), i8x16.eq(block, i8x16.splat(0x25)))
  const brackets = v128.or(i8x16.eq(block, i8x16.splat(0x5b)), i8x16.eq(block, i8x16.splat(0x5c)))
  // Signed, so that bytes beyond ASCII are below too.
  return v128.or(i8x16.lt_s(block, i8x16.splat(0x21)), v128.or(marks, brackets))
}

// What is a candidate besides its own text: a URL whose host begins at `from`, for its host and for what normalising would change.
function isUrlCandidate(from: usize, length: i32): bool {
  let end: i32 = 0
  let colon: i32 = -1
  for (; end < length; end += 16) {
    const block = v128.load(from + end)
    const stops = (i8x16.bitmask(endsAuthority(block)) | 0x10000) as u32
    const left = min(ctz(stops) as i32, length - end)
    const valid = (1 << left) - 1
    if ((i8x16.bitmask(isNoHost(block)) & valid) != 0) return true
    const colons = i8x16.bitmask(i8x16.eq(block, i8x16.splat(0x3a))) & valid
    if (colons != 0) {
      if (colon >= 0 || (colons & (colons - 1)) != 0) return true
      colon = end + (ctz(colons) as i32)
    }
    if (left < 16) {
      end += left
      break
    }
  }
  const host = colon >= 0 ? colon : end
  if (host == 0 || isHostCandidate(from, host) || isNumberForm(from, host)) return true
  if (!(flags & URLS)) return false
  if (load<u8>(from + host - 1) == 0x2e) return true
  // Default ports are dropped, and so are zeros before a port.
  if (colon >= 0 && (end - colon <= 4 || load<u8>(from + colon + 1) == 0x30)) return true
  if (end == length) return false
  if (load<u8>(from + end) != 0x2f) return true
  for (let at = end; at < length; at += 16) {
    const valid: i32 = length - at >= 16 ? 0xffff : (1 << (length - at)) - 1
    const block = v128.load(from + at)
    if ((i8x16.bitmask(rewritten(block)) & valid) != 0) return true
    const next = v128.load(from + at + 1)
    const hidden = v128.or(i8x16.eq(next, i8x16.splat(0x2e)), i8x16.eq(next, i8x16.splat(0x25)))
    if ((i8x16.bitmask(v128.and(i8x16.eq(block, i8x16.splat(0x2f)), hidden)) & valid) != 0) return hasDots(from + at, length - at)
  }
  return false
}

// What normalising changes in a path or query: blanks and controls, " # ' < > \ ^ ` { | } DEL and everything beyond ASCII.
// @ts-ignore: decorator
@inline
function rewritten(block: v128): v128 {
  const low = v128.andnot(i8x16.lt_u(block, i8x16.splat(0x24)), i8x16.eq(block, i8x16.splat(0x21)))
  const high = v128.andnot(i8x16.gt_u(block, i8x16.splat(0x7a)), i8x16.eq(block, i8x16.splat(0x7e)))
  const angles = v128.or(i8x16.eq(block, i8x16.splat(0x3c)), i8x16.eq(block, i8x16.splat(0x3e)))
  // 0x5c, 0x5e: apart from one bit the same.
  const back = i8x16.eq(v128.or(block, i8x16.splat(2)), i8x16.splat(0x5e))
  const ticks = v128.or(i8x16.eq(block, i8x16.splat(0x27)), i8x16.eq(block, i8x16.splat(0x60)))
  return v128.or(v128.or(v128.or(low, high), v128.or(angles, back)), ticks)
}

// Whether a segment may begin with a dot, which may be written %2e; or anything has to be rewritten.
function hasDots(from: usize, length: i32): bool {
  for (let at: i32 = 0; at < length; at++) {
    const byte = load<u8>(from + at)
    if (byte <= 0x23 ? byte != 0x21 : byte == 0x27 || byte == 0x3c || byte == 0x3e || (byte >= 0x5b && isRewritten(byte))) {
      return true
    }
    if (byte == 0x2f && at + 1 < length) {
      const next = load<u8>(from + at + 1)
      if (next == 0x2e || (next == 0x25 && at + 2 < length && load<u8>(from + at + 2) == 0x32)) return true
    }
  }
  return false
}

// \ ^ ` { | } DEL and everything beyond ASCII.
// @ts-ignore: decorator
@inline
function isRewritten(byte: u8): bool {
  return byte == 0x5c || byte == 0x5e || byte == 0x60 || (byte >= 0x7b && byte != 0x7e)
}

// A host whose last label begins with a digit and that is no dotted quad: an address in another notation, which URLs allow.
function isNumberForm(from: usize, size: i32): bool {
  const length = load<u8>(from + size - 1) == 0x2e ? size - 1 : size
  let at = length - 1
  while (at > 0 && load<u8>(from + at - 1) != 0x2e) at--
  if (at < 0 || (load<u8>(from + at) as u32) - 0x30 > 9) return false
  return !isQuad(from, length)
}

function isQuad(from: usize, length: i32): bool {
  let parts = 1
  for (let at: i32 = 0; at < length; at++) {
    const byte: u32 = load<u8>(from + at)
    if (byte == 0x2e) {
      parts++
      continue
    }
    if (byte - 0x30 > 9) return false
    const isFirst = at == 0 || load<u8>(from + at - 1) == 0x2e
    if (isFirst && byte == 0x30 && at + 1 < length && load<u8>(from + at + 1) != 0x2e) return false
  }
  return parts == 4
}

// A value with bytes that no domain name has; `bare` is its length without a slash at its end.
function isOddCandidate(from: usize, length: i32, bare: i32): bool {
  if (flags & ODD && isKnownShaped(from, bare, OTHER)) return true
  const colon = indexOfByte(from, length, 0x3a)
  if (colon > 0) {
    if (colon + 2 < length && load<u16>(from + colon + 1) == 0x2f2f) {
      if (!isScheme(from, colon)) return false
      return isKnownShaped(from, bare, OTHER) || isUrlCandidate(from + colon + 3, length - colon - 3)
    }
    if (isPort(from + colon + 1, length - colon - 1)) return isHostCandidate(from, colon)
  }
  // ::ffff:192.0.2.1
  if (colon == 0 && length > 13 && (load<u32>(from + 1) | 0x20202000) == 0x6666663a && (load<u16>(from + 5) | 0x20) == 0x3a66) {
    if (isHostCandidate(from + 7, length - 7)) return true
  }
  const at = indexOfByte(from, length, 0x40)
  if (at >= 0 && isMailbox(from, length, at)) return true
  if (colon >= 0 && (flags & IPV6) && isAddressLike(from, length)) return true
  if ((flags & (DOMAINS | URLS)) != 0 && hasHigh(from, length) && isOneWord(from, length)) return true
  return isBareUrl(from, length) && (isKnownShaped(from, bare, OTHER) || isUrlCandidate(from, length))
}

function isScheme(from: usize, length: i32): bool {
  for (let at: i32 = 0; at < length; at++) {
    const byte: u32 = load<u8>(from + at)
    if ((byte | 0x20) - 0x61 > 25 && byte - 0x2b > 0x0e) return false
  }
  return true
}

// Whether a host with a dot stands before a slash or question mark.
function isBareUrl(from: usize, length: i32): bool {
  if (indexOfByte(from, length, 0x2f) < 0 && indexOfByte(from, length, 0x3f) < 0) return false
  let hasDot = false
  for (let at: i32 = 0; at < length; at++) {
    const byte = load<u8>(from + at)
    if (byte == 0x2f || byte == 0x3f) return hasDot
    if (byte <= 0x20 || byte == 0x23 || byte == 0x40 || byte == 0x5c) return false
    if (byte == 0x2e || byte >= 0x80 || byte == 0x5b) hasDot = true
  }
  return false
}

function isPort(from: usize, length: i32): bool {
  if (length < 1 || length > 5) return false
  for (let at: i32 = 0; at < length; at++) if ((load<u8>(from + at) as u32) - 0x30 > 9) return false
  return true
}

// `a@b.example` or `Ann <a@b.example>`.
function isMailbox(from: usize, size: i32, first: i32): bool {
  let length = size
  let at = first
  for (let next = at + 1; next < length; next++) if (load<u8>(from + next) == 0x40) at = next
  if (load<u8>(from + length - 1) == 0x3e) {
    length--
    let open = at
    while (open >= 0 && load<u8>(from + open) != 0x3c) open--
    if (isKnownText(from + open + 1, length - open - 1)) return true
  } else if (isKnownShaped(from, length, OTHER)) return true
  return isHostCandidate(from + at + 1, length - at - 1)
}

// Only what IPv6 addresses are written with, brackets, a zone and a port included.
function isAddressLike(from: usize, length: i32): bool {
  let colons = 0
  let isShort = false
  for (let at: i32 = 0; at < length && at < 48; at++) {
    const byte: u32 = load<u8>(from + at)
    if (byte == 0x3a) {
      colons++
      if (at > 0 && load<u8>(from + at - 1) == 0x3a) isShort = true
    } else if (byte == 0x25 || byte == 0x5d) break
    else if (hexDigit(byte) < 0 && byte != 0x2e && byte != 0x5b) return false
  }
  return isShort || colons >= 6
}

function isOneWord(from: usize, length: i32): bool {
  let hasDot = false
  for (let at: i32 = 0; at < length; at++) {
    const byte = load<u8>(from + at)
    if (byte <= 0x20) return false
    if (byte == 0x2e) hasDot = true
  }
  return hasDot
}

// Length of http:// or https:// before a value, else 0.
// @ts-ignore: decorator
@inline
function webScheme(from: usize, length: i32): i32 {
  if (length < 8 || (load<u32>(from) | 0x20202020) != 0x70747468) return 0
  if (load<u8>(from + 4) == 0x3a) return load<u16>(from + 5) == 0x2f2f ? 7 : 0
  return (load<u32>(from + 4) | 0x20) == 0x2f2f3a73 ? 8 : 0
}

// One whole value; `isRaw` when it may have escapes. It is known without http(s):// and without a slash at the end.
function isCandidate(start: usize, size: i32, isRaw: bool): bool {
  let from = start
  let length = size
  while (length > 0 && load<u8>(from) == 0x20) {
    from++
    length--
  }
  while (length > 0 && load<u8>(from + length - 1) == 0x20) length--
  if (length == 0) return false
  if (length > LONGEST) return true
  const web = webScheme(from, length)
  const bare = load<u8>(from + length - 1) == 0x2f ? length - web - 1 : length - web
  if (bare <= 0) return web > 0
  const shape = shapeOf(from + web, bare)
  const where = dots
  if (shape == OTHER && isRaw && (length != size || isText(from, length))) {
    const first = (from - INPUT) as i32
    hasWords = true
    if (hasWordCandidate(first, first + length)) return true
  }
  if (shape == OTHER && isRaw && indexOfByte(from, length, 0x5c) >= 0) {
    // Vector loads look beyond the end, never use what is there.
    return !unescape(from, length) || isCandidate(SCRATCH, (scratchEnd - SCRATCH) as i32, false)
  }
  if (web > 0) return isKnownShaped(from + web, bare, shape) || isUrlCandidate(from + web, bare)
  if (shape == OTHER) return isOddCandidate(from, length, bare)
  if (isKnownShaped(from, bare, shape)) return true
  if (load<u8>(from + bare - 1) == 0x2e) return isHostCandidate(from, bare)
  return isNameCandidate(from, bare, shape, where)
}

/** Whether the value of `length` bytes at SCRATCH is a candidate. */
export function scanValue(length: i32): bool {
  probes = 0
  const found = isCandidate(SCRATCH, length, false) || isAnyThere(0, probes)
  probes = 0
  return found
}

// Strings in which words had to be looked for and nothing was found, as they stand there: user agents and the like come again
// and again. The tables do not change between them.
// 512 slots of so many bytes.
const UNKNOWN_BYTES: usize = 128
const LONGEST_UNKNOWN: i32 = 124
const SHORTEST_UNKNOWN: i32 = 17

// @ts-ignore: decorator
@inline
function unknownSlot(from: usize, length: i32): usize {
  const mixed = (load<u64>(from) ^ rotl<u64>(load<u64>(from + length - 8), 29) ^ length) * 0x9e3779b97f4a7c15
  return UNKNOWN + ((mixed >>> 55) as usize) * UNKNOWN_BYTES
}

// @ts-ignore: decorator
@inline
function isUnknown(from: usize, length: i32): bool {
  if (length < SHORTEST_UNKNOWN || length > LONGEST_UNKNOWN) return false
  const slot = unknownSlot(from, length)
  if (load<i32>(slot) != length) return false
  for (let at: i32 = 0; at + 16 < length; at += 16) {
    if (v128.any_true(v128.xor(v128.load(from + at), v128.load(slot + 4 + at)))) return false
  }
  const last = length - 16
  return !v128.any_true(v128.xor(v128.load(from + last), v128.load(slot + 4 + last)))
}

function noteUnknown(from: usize, length: i32): void {
  if (length < SHORTEST_UNKNOWN || length > LONGEST_UNKNOWN) return
  const slot = unknownSlot(from, length)
  store<i32>(slot, length)
  for (let at: i32 = 0; at < length; at++) store<u8>(slot + 4 + at, load<u8>(from + at))
}

// Whether `isCandidate` has looked for words since this was false.
let hasWords = false

let events: i32 = 0
let lastLine: i32 = -1
let inputLength: i32 = 0

function beginScan(length: i32): void {
  values = 0
  probes = 0
  hasWords = false
  events = 0
  lastLine = -1
  inputLength = length
  lines = 0
}

// Makes a line a candidate because of one of its values; of several, no value is named.
function addCandidate(line: i32, start: i32, end: i32, one: u32): void {
  if (line == lastLine) {
    const known = EVENTS + (((events - 1) as usize) << 5)
    store<i32>(known, -1, 8)
    store<i32>(known, -1, 12)
    store<u32>(known, 0, 16)
    return
  }
  const event = EVENTS + ((events as usize) << 5)
  store<i32>(event, line)
  store<i32>(event, lineEnd(line), 4)
  store<i32>(event, start, 8)
  store<i32>(event, end, 12)
  store<u32>(event, start < 0 || one == SEVERAL ? 0 : one, 16)
  lastLine = line
  events++
}

// Behind the line feed of the line that begins at `from`.
function lineEnd(from: i32): i32 {
  for (let base: i32 = from; base < inputLength; base += 64) {
    const feeds = masks(INPUT + base, 0x0a)
    if (feeds != 0) return min(base + (ctz(feeds) as i32) + 1, inputLength)
  }
  return inputLength
}

// Notes a value: a candidate (`isSure`), or one whose hashes, from `first` on, have to be looked for.
// @ts-ignore: decorator
@inline
function addValue(line: i32, start: i32, end: i32, first: i32, isSure: bool): void {
  const value = VALUES + ((values as usize) << 4)
  store<i32>(value, line)
  store<i32>(value, start, 4)
  store<i32>(value, end, 8)
  store<i32>(value, (first << 2) | (hasWords ? 2 : 0) | (isSure ? 1 : 0), 12)
  values++
  if (values == MOST_VALUES || probes > MOST_PROBES / 2) settle()
}

// Looks for the hashes of all values noted so far.
function settle(): void {
  for (let index = 0; index < values; index++) {
    const value = VALUES + ((index as usize) << 4)
    const what = load<i32>(value, 12)
    const next = index + 1 < values ? load<i32>(value, 28) >> 2 : probes
    if (what & 1) reference = SEVERAL
    else findReference(what >> 2, next)
    const start = load<i32>(value, 4)
    if (reference != 0) addCandidate(load<i32>(value), start, load<i32>(value, 8), reference)
    else if (what & 2) noteUnknown(INPUT + start, load<i32>(value, 8) - start)
  }
  values = 0
  probes = 0
}

// @ts-ignore: decorator
@inline
function hexDigit(byte: u32): i32 {
  if (byte - 0x30 <= 9) return byte - 0x30
  const letter = byte | 0x20
  return letter - 0x61 <= 5 ? letter - 0x57 : -1
}

let scratchEnd: usize = 0

function put(byte: u32): void {
  store<u8>(scratchEnd++, byte)
}

function putCharacter(code: u32): void {
  if (code < 0x80) put(code)
  else if (code < 0x800) {
    put(0xc0 | (code >>> 6))
    put(0x80 | (code & 63))
  } else {
    put(0xe0 | (code >>> 12))
    put(0x80 | ((code >>> 6) & 63))
    put(0x80 | (code & 63))
  }
}

// A string of JSON without its escapes, in SCRATCH; false when there is a surrogate or no such escape: look closer.
function unescape(from: usize, length: i32): bool {
  scratchEnd = SCRATCH
  let at: i32 = 0
  while (at < length) {
    const byte = load<u8>(from + at++)
    if (byte != 0x5c) {
      put(byte)
      continue
    }
    const kind = load<u8>(from + at++)
    if (kind == 0x2f || kind == 0x5c || kind == 0x22) put(kind)
    else if (kind == 0x6e) put(0x0a)
    else if (kind == 0x74) put(0x09)
    else if (kind == 0x72) put(0x0d)
    else if (kind == 0x62) put(0x08)
    else if (kind == 0x66) put(0x0c)
    else if (kind == 0x75 && at + 4 <= length) {
      let code = 0
      for (let digit = 0; digit < 4; digit++) {
        const value = hexDigit(load<u8>(from + at++))
        if (value < 0) return false
        code = (code << 4) | value
      }
      if (code >= 0xd800 && code < 0xe000) return false
      putCharacter(code)
    } else return false
  }
  return true
}

let lines: i32 = 0

/** Lines that the last call went over. */
export function lineCount(): i32 {
  return lines
}

// @ts-ignore: decorator
@inline
function masks(at: usize, byte: u8): u64 {
  const wanted = i8x16.splat(byte)
  const a = i8x16.bitmask(i8x16.eq(v128.load(at), wanted)) as u64
  const b = i8x16.bitmask(i8x16.eq(v128.load(at + 16), wanted)) as u64
  const c = i8x16.bitmask(i8x16.eq(v128.load(at + 32), wanted)) as u64
  const d = i8x16.bitmask(i8x16.eq(v128.load(at + 48), wanted)) as u64
  return a | (b << 16) | (c << 32) | (d << 48)
}

// @ts-ignore: decorator
@inline
function isEscaped(quote: i32, start: i32): bool {
  let at = quote - 1
  while (at >= start && load<u8>(INPUT + at) == 0x5c) at--
  return ((quote - 1 - at) & 1) == 1
}

// @ts-ignore: decorator
@inline
function isKey(after: i32, length: i32): bool {
  let at = after
  while (at < length && (load<u8>(INPUT + at) == 0x20 || load<u8>(INPUT + at) == 0x09)) at++
  return at < length && load<u8>(INPUT + at) == 0x3a
}

// What more than one value may stand in: blanks, commas, semicolons, bars, and escapes, which may be line ends or quotes.
// @ts-ignore: decorator
@inline
function isText(from: usize, length: i32): bool {
  let found = i8x16.splat(0)
  for (let at: i32 = 0; at < length; at += 16) {
    const block = load16(from + at, length - at)
    const lists = v128.or(i8x16.eq(block, i8x16.splat(0x2c)), i8x16.eq(block, i8x16.splat(0x3b)))
    const bars = v128.or(i8x16.eq(block, i8x16.splat(0x7c)), i8x16.eq(block, i8x16.splat(0x5c)))
    found = v128.or(found, v128.or(i8x16.eq(block, i8x16.splat(0x20)), v128.or(lists, bars)))
  }
  return v128.any_true(found)
}

// Whether a line is blank or an object, by its first byte.
// @ts-ignore: decorator
@inline
function beginsObject(from: i32, to: i32): bool {
  let at = from
  while (at < to && load<u8>(INPUT + at) <= 0x20) at++
  return at >= to || load<u8>(INPUT + at) == 0x7b
}

/**
 * JSON lines, whole ones: every string that is no key, and lines that are no object or end within a string. The number of
 * candidate lines, each at EVENTS: start, end, start and end of the only value that makes it one (or -1), and what the table
 * refers to for it, if nothing else can be known about that value (or 0); 32 bytes in all.
 */
export function scanJson(length: i32): i32 {
  let lineStart = 0
  let inString = false
  let start = 0
  beginScan(length)
  for (let base: i32 = 0; base < length; base += 64) {
    const quotes = masks(INPUT + base, 0x22)
    let rest = quotes | masks(INPUT + base, 0x0a)
    if (length - base < 64) rest &= ((1 as u64) << (length - base)) - 1
    while (rest != 0) {
      const bit = ctz(rest) as i32
      const at = base + bit
      rest &= rest - 1
      if ((quotes >>> bit) & 1) {
        if (!inString) {
          inString = true
          start = at + 1
          continue
        }
        if (at > start && load<u8>(INPUT + at - 1) == 0x5c && isEscaped(at, start)) continue
        inString = false
        if (isKey(at + 1, length) || isUnknown(INPUT + start, at - start)) continue
        const first = probes
        hasWords = false
        const isSure = isCandidate(INPUT + start, at - start, true)
        if (isSure || probes != first) addValue(lineStart, start, at, first, isSure)
        else if (hasWords) noteUnknown(INPUT + start, at - start)
        continue
      }
      lines++
      hasWords = false
      if (inString || !beginsObject(lineStart, at)) addValue(lineStart, -1, -1, probes, true)
      inString = false
      lineStart = at + 1
    }
  }
  if (lineStart < length) {
    lines++
    if (inString || !beginsObject(lineStart, length)) addValue(lineStart, -1, -1, probes, true)
  }
  settle()
  return events
}

// Bytes that values without blanks, quotes and punctuation consist of.
// @ts-ignore: decorator
@inline
function atoms16(at: usize): u64 {
  const block = v128.load(at)
  const low = v128.or(block, i8x16.splat(0x20))
  const letter = i8x16.lt_u(i8x16.sub(low, i8x16.splat(0x61)), i8x16.splat(26))
  const digit = i8x16.lt_u(i8x16.sub(block, i8x16.splat(0x30)), i8x16.splat(10))
  const dash = i8x16.lt_u(i8x16.sub(block, i8x16.splat(0x2d)), i8x16.splat(2))
  const mark = v128.or(i8x16.eq(block, i8x16.splat(0x5f)), i8x16.eq(block, i8x16.splat(0x40)))
  const high = i8x16.lt_s(block, i8x16.splat(0))
  const all = v128.or(v128.or(v128.or(letter, digit), v128.or(dash, mark)), high)
  return i8x16.bitmask(all) as u64
}

// @ts-ignore: decorator
@inline
function atomMask(at: usize): u64 {
  return atoms16(at) | (atoms16(at + 16) << 16) | (atoms16(at + 32) << 32) | (atoms16(at + 48) << 48)
}

// Hash, parents behind dots and at signs, networks.
function isPlainAtom(from: usize, size: i32): bool {
  let start = from
  let length = size
  while (length > 0 && load<u8>(start + length - 1) == 0x2e) length--
  while (length > 0 && load<u8>(start) == 0x2e) {
    start++
    length--
  }
  if (length == 0) return false
  if (length > LONGEST) return true
  const shape = shapeOf(start, length)
  const where = dots
  if (isKnownShaped(start, length, shape)) return true
  if (shape != OTHER) return isNameCandidate(start, length, shape, where)
  if ((flags & (DOMAINS | URLS)) != 0 && hasHigh(start, length)) return true
  const at = indexOfByte(start, length, 0x40)
  return at >= 0 && isMailbox(start, length, at)
}

function isAtomCandidate(start: i32, end: i32, length: i32): bool {
  if (isPlainAtom(INPUT + start, end - start)) return true
  if (start > 0 && load<u8>(INPUT + start - 1) == 0x5c) {
    // Behind a backslash the first letter may belong to an escape.
    const byte = load<u8>(INPUT + start)
    if (byte == 0x75 && end - start >= 5 && isHex(start + 1, start + 5)) return true
    if (end - start > 1 && isPlainAtom(INPUT + start + 1, end - start - 1)) return true
  }
  if (end >= length || load<u8>(INPUT + end) != 0x3a) return false
  if (end + 2 >= length || load<u16>(INPUT + end + 1) != 0x2f2f) return false
  let stop = end + 3
  while (stop < length && isAuthorityByte(load<u8>(INPUT + stop))) stop++
  if (stop - end > LONGEST) return true
  return isUrlCandidate(INPUT + end + 3, stop - end - 3)
}

// @ts-ignore: decorator
@inline
function isAuthorityByte(byte: u8): bool {
  if (byte == 0x2f || byte == 0x3f || byte == 0x23 || byte == 0x60) return false
  return byte > 0x20 && byte != 0x22 && byte != 0x27 && byte != 0x3c && byte != 0x3e
}

// An atom that stands beside colons as a part of an IPv6 address does.
// @ts-ignore: decorator
@inline
function isAddressPart(start: i32, end: i32, length: i32, colons: i32): bool {
  if (!(flags & IPV6)) return false
  if (colons >= 6) return true
  if (end + 1 < length && load<u16>(INPUT + end) == 0x3a3a) return isHextet(start, end)
  if (start < 2 || load<u16>(INPUT + start - 2) != 0x3a3a) return false
  return isHextet(start, end) || (load<u8>(INPUT + start) as u32) - 0x30 <= 9
}

function isHextet(start: i32, end: i32): bool {
  return end - start <= 4 && isHex(start, end)
}

function isHex(start: i32, end: i32): bool {
  for (let at = start; at < end; at++) if (hexDigit(load<u8>(INPUT + at)) < 0) return false
  return true
}

// Whether an atom of a text within a line is a candidate; as `scanText` goes over whole lines.
function hasWordCandidate(from: i32, to: i32): bool {
  let start = from
  let inAtom: u64 = 0
  let colons = 0
  let previousEnd = -2
  for (let base: i32 = from; base < to; base += 64) {
    const left = to - base
    let atoms = atomMask(INPUT + base)
    if (left < 64) atoms &= ((1 as u64) << left) - 1
    let rest = atoms ^ ((atoms << 1) | inAtom)
    while (rest != 0) {
      const bit = ctz(rest) as i32
      const at = base + bit
      rest &= rest - 1
      if ((atoms >>> bit) & 1) {
        start = at
        continue
      }
      colons = start == previousEnd + 1 && load<u8>(INPUT + previousEnd) == 0x3a ? colons + 1 : 0
      previousEnd = at
      if (isAtomCandidate(start, at, to) || isAddressPart(start, at, to, colons)) return true
    }
    inAtom = left >= 64 ? atoms >>> 63 : 0
  }
  if (inAtom == 0) return false
  colons = start == previousEnd + 1 && load<u8>(INPUT + previousEnd) == 0x3a ? colons + 1 : 0
  return isAtomCandidate(start, to, to) || isAddressPart(start, to, to, colons)
}

/** Lines of any text, whole ones: every atom. The number of candidate lines, as of `scanJson`, no value ever named. */
export function scanText(length: i32): i32 {
  let lineStart = 0
  let start = 0
  let inAtom: u64 = 0
  let colons = 0
  let previousEnd = -2
  beginScan(length)
  for (let base: i32 = 0; base < length; base += 64) {
    const left = length - base
    let atoms = atomMask(INPUT + base)
    let newlines = masks(INPUT + base, 0x0a)
    if (left < 64) {
      const valid = ((1 as u64) << left) - 1
      atoms &= valid
      newlines &= valid
    }
    let rest = (atoms ^ ((atoms << 1) | inAtom)) | newlines
    while (rest != 0) {
      const bit = ctz(rest) as i32
      const at = base + bit
      rest &= rest - 1
      if ((atoms >>> bit) & 1) {
        start = at
        continue
      }
      const isEnd = bit == 0 ? inAtom != 0 : ((atoms >>> (bit - 1)) & 1) == 1
      if (isEnd) {
        colons = start == previousEnd + 1 && load<u8>(INPUT + previousEnd) == 0x3a ? colons + 1 : 0
        previousEnd = at
        const first = probes
        const isSure = isAtomCandidate(start, at, length) || isAddressPart(start, at, length, colons)
        if (isSure || probes != first) addValue(lineStart, -1, -1, first, isSure)
      }
      if (!((newlines >>> bit) & 1)) continue
      lines++
      lineStart = at + 1
      previousEnd = -2
    }
    inAtom = left <= 64 ? (left == 64 ? atoms >>> 63 : (atoms >>> (left - 1)) & 1) : atoms >>> 63
  }
  if (inAtom != 0) {
    colons = start == previousEnd + 1 && load<u8>(INPUT + previousEnd) == 0x3a ? colons + 1 : 0
    const first = probes
    const isSure = isAtomCandidate(start, length, length) || isAddressPart(start, length, length, colons)
    if (isSure || probes != first) addValue(lineStart, -1, -1, first, isSure)
  }
  if (lineStart < length) lines++
  settle()
  return events
}

// What may come next in an object or list.
const VALUE: i32 = 0
const KEY: i32 = 1
const AFTER: i32 = 2
const MOST_LEVELS: i32 = 64
const LONGEST_FIELD: i32 = 4096
// Room for one name: its length, then `,"NAME":`. Behind those of a record's members come those of the field's path, of how
// it matched and how many there were, and what all names begin with.
const NAME_BYTES: usize = 128
const MEMBERS: i32 = 11
const FIELD_NAME: usize = NAMES + 11 * NAME_BYTES
const MATCH_AND_HITS: usize = NAMES + 12 * NAME_BYTES
const PREFIX: usize = NAMES + 13 * NAME_BYTES
const RECORD_SHIFT: usize = 10
// Length and sum of all behind them, from when and until when it is valid, then the bracket.
const RECORD_HEAD: usize = 25

let fieldLength: i32 = 0

/** Bytes of the path of the value that `extend` has gone to, at FIELD. */
export function fieldSize(): i32 {
  return fieldLength
}

/**
 * Makes the line of a candidate, an object with one value that is known, with the fields of the record at `slot` before its
 * closing brace, at OUTPUT. Its length; 0 when the record does not count at this moment; -1 when the line has to be looked
 * at closer: the value is written otherwise than the record has it, has blanks, quotes or separators in it, the line is no
 * object, or has a key that may be one of ours or is not plain.
 */
export function extend(event: i32, slot: i32, nowMs: f64): i32 {
  const known = EVENTS + ((event as usize) << 5)
  const record = RECORDS + ((slot as usize) << RECORD_SHIFT)
  const line = load<i32>(known)
  const end = load<i32>(known, 4)
  const start = load<i32>(known, 8)
  if (!isSimpleAndSame(INPUT + start, load<i32>(known, 12) - start, record)) return -1
  let to = end
  if (to > line && load<u8>(INPUT + to - 1) == 0x0a) to--
  if (to > line && load<u8>(INPUT + to - 1) == 0x0d) to--
  const close = closingBrace(line, to, start)
  if (close < 0) return -1
  if (load<f64>(record, 8) > nowMs || load<f64>(record, 16) <= nowMs) return 0
  let at = copied(OUTPUT, INPUT + line, close - line)
  at = copyMembers(at, record)
  at = copied(at, FIELD_NAME + 1, load<u8>(FIELD_NAME))
  store<u8>(at, 0x22)
  at = copied(at + 1, FIELD, fieldLength)
  store<u8>(at, 0x22)
  at = copied(at + 1, MATCH_AND_HITS + 1, load<u8>(MATCH_AND_HITS))
  return (copied(at, INPUT + close, end - close) - OUTPUT) as i32
}

// Where the copy ends. Some bytes behind it are overwritten.
function copied(to: usize, from: usize, length: i32): usize {
  for (let at: i32 = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at))
  return to + length
}

// Whether a value is that of the record byte for byte, and one thing only.
function isSimpleAndSame(from: usize, length: i32, record: usize): bool {
  const text = record + RECORD_HEAD
  if (length + 2 + (RECORD_HEAD as i32) >= load<i32>(record) + 8) return false
  if (load<u8>(text) != 0x22 || load<u8>(text + length + 1) != 0x22) return false
  for (let at: i32 = 0; at < length; at++) {
    const byte = load<u8>(from + at)
    if (byte != load<u8>(text + at + 1)) return false
    if (byte <= 0x20 || byte == 0x22 || byte == 0x2c || byte == 0x3b || byte == 0x5c || byte == 0x7c) return false
  }
  return true
}

// Names and values of what the record says; nothing for null and "".
function copyMembers(to: usize, record: usize): usize {
  let at = to
  let token = record + RECORD_HEAD
  const end = record + 8 + load<u32>(record)
  for (let member = 0; member < MEMBERS && token < end; member++) {
    const stop = tokenEnd(token, end)
    if (load<u8>(token) != 0x6e && load<u16>(token) != 0x2222) {
      const name = NAMES + (member as usize) * NAME_BYTES
      at = copied(at, name + 1, load<u8>(name))
      at = copied(at, token, (stop - token) as i32)
    }
    token = stop + 1
  }
  return at
}

function tokenEnd(from: usize, end: usize): usize {
  let at = from
  if (load<u8>(at) == 0x22) {
    for (at++; at < end && load<u8>(at) != 0x22; at++) if (load<u8>(at) == 0x5c) at++
    return at + 1
  }
  while (at < end && load<u8>(at) != 0x2c && load<u8>(at) != 0x5d) at++
  return at
}

function afterBlanks(from: i32, to: i32): i32 {
  let at = from
  while (at < to && (load<u8>(INPUT + at) == 0x20 || load<u8>(INPUT + at) == 0x09)) at++
  return at
}

// Behind the closing quote of the string that begins at `from`; -1 when it has none.
function stringEnd(from: i32, to: i32): i32 {
  let at = from + 1
  while (at < to) {
    const quotes = i8x16.bitmask(i8x16.eq(v128.load(INPUT + at), i8x16.splat(0x22)))
    if (quotes == 0) {
      at += 16
      continue
    }
    const quote = at + (ctz(quotes) as i32)
    if (quote >= to) return -1
    if (load<u8>(INPUT + quote - 1) != 0x5c || !isEscaped(quote, from + 1)) return quote + 1
    at = quote + 1
  }
  return -1
}

// Behind true, false, null or a number that something which ends it follows; -1 when there is none.
function literalEnd(from: i32, to: i32): i32 {
  const first = load<u8>(INPUT + from)
  const word = load<u32>(INPUT + from)
  let at = from
  if (word == 0x65757274 || word == 0x6c6c756e) at += 4
  else if (first == 0x66 && load<u32>(INPUT + from + 1) == 0x65736c61) at += 5
  else {
    if (first == 0x2d) at++
    if ((load<u8>(INPUT + at) as u32) - 0x30 > 9) return -1
    while (at < to && isOfNumber(load<u8>(INPUT + at))) at++
  }
  if (at >= to) return -1
  const next = load<u8>(INPUT + at)
  return next == 0x20 || next == 0x09 || next == 0x2c || next == 0x5d || next == 0x7d ? at : -1
}

function isOfNumber(byte: u32): bool {
  return byte - 0x30 <= 9 || byte == 0x2e || byte == 0x2b || byte == 0x2d || (byte | 0x20) == 0x65
}

// A key without escapes that none of ours can be.
function isOtherKey(from: i32, to: i32): bool {
  for (let at = from; at < to; at++) if (load<u8>(INPUT + at) == 0x5c) return false
  const length: i32 = load<u8>(PREFIX)
  if (length > to - from) return true
  for (let at: i32 = 0; at < length; at++) if (load<u8>(INPUT + from + at) != load<u8>(PREFIX + 1 + at)) return true
  return false
}

// Puts the keys of all open objects, joined with dots, at FIELD; false where one is not plain or they are too long.
function readField(depth: i32): bool {
  let length: i32 = 0
  for (let index = 0; index < depth; index++) {
    const level = LEVELS + ((index as usize) << 4)
    if (load<i32>(level) == 0) continue
    const from = load<i32>(level, 4)
    const to = load<i32>(level, 8)
    if (length + to - from + 1 > LONGEST_FIELD) return false
    if (index > 0) store<u8>(FIELD + length++, 0x2e)
    for (let at = from; at < to; at++) {
      const byte = load<u8>(INPUT + at)
      if (byte < 0x20 || byte > 0x7e) return false
      store<u8>(FIELD + length++, byte)
    }
  }
  fieldLength = length
  return true
}

/**
 * Where the brace is that closes the one object from `line` to `to`; the path of the string whose inside begins at `value` is
 * put at FIELD. -1 as `extend` says. As readObject in src/enrich/formats/ndjson.ts.
 */
function closingBrace(line: i32, to: i32, value: i32): i32 {
  let at = afterBlanks(line, to)
  if (at >= to || load<u8>(INPUT + at) != 0x7b) return -1
  let depth = 0
  let expects = VALUE
  let close: i32 = -1
  let isFound = false
  for (;;) {
    at = afterBlanks(at, to)
    if (at >= to) break
    if (close >= 0) return -1
    const code = load<u8>(INPUT + at)
    // The open bracket: whether it is an object, inside of the key, how many members there were.
    const level = LEVELS + (((depth - 1) as usize) << 4)
    const isObject = depth > 0 && load<i32>(level) != 0
    const isEnd = depth > 0 && code == (isObject ? 0x7d : 0x5d)
    if (expects == AFTER) {
      at++
      if (code == 0x2c) expects = isObject ? KEY : VALUE
      else if (!isEnd) return -1
      else if (--depth == 0) close = at - 1
      continue
    }
    if (isEnd && load<i32>(level, 12) == 0) {
      expects = AFTER
      continue
    }
    if (depth > 0) store<i32>(level, load<i32>(level, 12) + (expects == KEY || !isObject ? 1 : 0), 12)
    if (expects == KEY) {
      const end = code == 0x22 ? stringEnd(at, to) : -1
      if (end < 0 || !isOtherKey(at + 1, end - 1)) return -1
      store<i32>(level, at + 1, 4)
      store<i32>(level, end - 1, 8)
      at = afterBlanks(end, to)
      if (at >= to || load<u8>(INPUT + at) != 0x3a) return -1
      at++
      expects = VALUE
      continue
    }
    if (code == 0x7b || code == 0x5b) {
      if (depth == MOST_LEVELS) return -1
      const inner = LEVELS + ((depth++ as usize) << 4)
      store<i32>(inner, code == 0x7b ? 1 : 0)
      store<i32>(inner, 0, 12)
      expects = code == 0x7b ? KEY : VALUE
      at++
      continue
    }
    if (code == 0x22) {
      if (at + 1 == value) {
        if (!readField(depth)) return -1
        isFound = true
      }
      at = stringEnd(at, to)
    } else at = literalEnd(at, to)
    if (at < 0) return -1
    expects = AFTER
  }
  return isFound ? close : -1
}
