/**
 * The hot loop of the slicer (its twin in TypeScript: slicer.ts and member-reader.ts in src/scan): reads inside an array and writes what it
 * finds as events, position * 8 + kind. Strings are looked at sixteen bytes at a time.
 */

// Memory: brackets, key counts, events, input.
const BRACKETS: usize = 1024
const KEYS: usize = 16384
const EVENTS: usize = 65536
export const INPUT: usize = 1048576

const HARD_DEPTH: i32 = 10000

// Kinds of events.
const MEMBER: i32 = 0
const END: i32 = 1
const BLANK: i32 = 2
const INK: i32 = 3
const ARRAY_END: i32 = 4
const PROBLEM: i32 = 5
const FAULT: i32 = 6

// What a byte outside strings is.
const OTHER: i32 = 1
const QUOTE: i32 = 2
const OPEN: i32 = 3
const COMMA: i32 = 5
const COLON: i32 = 6

// Where the scan stands: before the first member, before another, within one, after one.
let state: i32 = 0
let depth: i32 = 0
let inString: bool = false
let escaped: bool = false
let stringBytes: i32 = 0
let last: i32 = 0
let spaced: bool = false
let maxDepth: i32 = 0
let maxKeys: i32 = 0
let maxString: i32 = 0
let count: usize = 0

export function begin(depthLimit: i32, keyLimit: i32, stringLimit: i32): void {
  state = 0
  maxDepth = depthLimit
  maxKeys = keyLimit
  maxString = stringLimit
}

// @ts-ignore: decorator
@inline
function emit(position: i32, kind: i32): void {
  store<i32>(EVENTS + (count << 2), (position << 3) | kind)
  count++
}

// The first quote, backslash or control character at or after `at`, or `end`.
// @ts-ignore: decorator
@inline
function nextNotable(from: i32, end: i32): i32 {
  let at = from
  while (at < end) {
    const block = v128.load(INPUT + at)
    const hits = v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.lt_u(block, i8x16.splat(0x20)),
    )
    const mask = i8x16.bitmask(hits)
    if (mask != 0) return min(at + ctz(mask), end)
    at += 16
  }
  return end
}

// The position after the string, -1 when it goes on, -2 after a fault.
function skipString(from: i32, end: i32): i32 {
  let at = from
  if (escaped && at < end) {
    escaped = false
    if (load<u8>(INPUT + at) < 0x20) {
      fault(at, 1)
      return -2
    }
    at++
  }
  for (;;) {
    at = nextNotable(at, end)
    if (at >= end) break
    const byte = load<u8>(INPUT + at)
    if (byte == 0x22) {
      if (stringBytes + at - from > maxString) emit(2, PROBLEM)
      inString = false
      stringBytes = 0
      return at + 1
    }
    if (byte != 0x5c) {
      fault(at, 1)
      return -2
    }
    if (at + 1 >= end) {
      escaped = true
      break
    }
    if (load<u8>(INPUT + at + 1) < 0x20) {
      fault(at + 1, 1)
      return -2
    }
    at += 2
  }
  stringBytes += end - from
  if (stringBytes > maxString) emit(2, PROBLEM)
  return -1
}

function fault(position: i32, reason: i32): void {
  emit(position, FAULT)
  store<i32>(EVENTS + (count << 2), reason)
  count++
}

/**
 * Reads `length` bytes of input; the number of events written. After ARRAY_END or a FAULT (followed by its reason) nothing
 * more was read.
 */
export function scan(length: i32): i32 {
  count = 0
  let at: i32 = 0
  while (at < length) {
    if (state == 2) {
      at = member(at, length)
      if (at < 0) break
      continue
    }
    const byte = load<u8>(INPUT + at)
    if (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
      at++
      continue
    }
    if (byte == 0x5d && state != 1) {
      emit(at + 1, ARRAY_END)
      break
    }
    if (state == 3) {
      if (byte != 0x2c) {
        fault(at, 2)
        break
      }
      state = 1
      at++
      continue
    }
    if (byte == 0x2c || byte == 0x5d || byte == 0x7d || byte == 0x3a) {
      fault(at, 3)
      break
    }
    emit(at, MEMBER)
    state = 2
    depth = 0
    inString = false
    escaped = false
    spaced = false
    stringBytes = 0
    last = 0
  }
  return count as i32
}

function ended(at: i32): i32 {
  emit(at, END)
  state = 3
  return at
}

// Reads on within a member: the position after it, or -1 when the input is used up or faulty.
function member(from: i32, end: i32): i32 {
  let at = from
  if (inString) {
    at = skipString(at, end)
    if (at < 0) return -1
    last = QUOTE
    if (depth == 0) return ended(at)
  }
  while (at < end) {
    const byte = load<u8>(INPUT + at)
    if (byte == 0x22) {
      if (depth == 0 && last != 0) return ended(at)
      inString = true
      at = skipString(at + 1, end)
      if (at < 0) return -1
      last = QUOTE
      spaced = false
      if (depth == 0) return ended(at)
    } else if (byte == 0x3a) {
      if (depth == 0) {
        fault(at, 4)
        return -1
      }
      const keys = load<i32>(KEYS + (depth << 2)) + 1
      store<i32>(KEYS + (depth << 2), keys)
      if (keys > maxKeys) emit(3, PROBLEM)
      last = COLON
      spaced = false
      at++
    } else if (byte == 0x2c) {
      if (depth == 0) return ended(at)
      last = COMMA
      spaced = false
      at++
    } else if (byte == 0x7b || byte == 0x5b) {
      if (depth == 0 && last != 0) {
        fault(at, 2)
        return -1
      }
      if (++depth == maxDepth + 1) emit(1, PROBLEM)
      if (depth > HARD_DEPTH) {
        fault(at, 5)
        return -1
      }
      store<u8>(BRACKETS + depth, byte)
      store<i32>(KEYS + (depth << 2), 0)
      last = OPEN
      spaced = false
      at++
    } else if (byte == 0x7d || byte == 0x5d) {
      if (depth == 0) return ended(at)
      if (load<u8>(BRACKETS + depth) != byte - 2) {
        fault(at, 6)
        return -1
      }
      depth--
      at++
      last = 4
      spaced = false
      if (depth == 0) return ended(at)
    } else if (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
      if (depth == 0) return ended(at)
      emit(at, BLANK)
      do {
        at++
        if (at >= end) break
        const next = load<u8>(INPUT + at)
        if (next != 0x20 && next != 0x0a && next != 0x0d && next != 0x09) break
      } while (true)
      emit(at, INK)
      spaced = true
    } else if (byte > 0x20 && byte < 0x7f && byte != 0x5c) {
      if (spaced && last == OTHER) emit(4, PROBLEM)
      do {
        at++
        if (at >= end) break
        const next = load<u8>(INPUT + at)
        if (next <= 0x20 || next >= 0x7f || next == 0x22 || next == 0x2c || next == 0x3a || next == 0x5c) break
        if (next == 0x7b || next == 0x7d || next == 0x5b || next == 0x5d) break
      } while (true)
      last = OTHER
      spaced = false
    } else {
      fault(at, 7)
      return -1
    }
  }
  return -1
}
