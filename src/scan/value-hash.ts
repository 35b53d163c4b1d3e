/**
 * The 64-bit hash that values are known by, ASCII letters folded: `place` says where in the tables, `print` is kept there. The
 * WebAssembly core computes the same (tools/scan/assembly/lines.as).
 */
export interface ValueHash {
  /** Unsigned, 32 bits. */
  place: number
  print: number
}

/** Hashes `length` bytes from `from` on into `hash`. */
export function hashBytes(bytes: Uint8Array, from: number, length: number, hash: ValueHash): void {
  let a = 0x9e3779b9 ^ length
  let b = 0x7f4a7c15
  const end = from + length
  for (let at = from; at < end; at += 8) {
    a = Math.imul(a ^ fourFolded(bytes, at, end), 0x9e3779b1)
    b = Math.imul(b ^ fourFolded(bytes, at + 4, end), 0x85ebca77)
    a = (((a << 13) | (a >>> 19)) + b) | 0
    b = ((b << 17) | (b >>> 15)) ^ a
  }
  finish(a, b, hash)
}

// Little-endian, with zeros for what lies behind the end.
function fourFolded(bytes: Uint8Array, at: number, end: number): number {
  let word = 0
  const last = Math.min(4, end - at)
  for (let index = 0; index < last; index++) {
    const byte = bytes[at + index] as number
    word |= (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) << (index * 8)
  }
  return word
}

function finish(first: number, second: number, hash: ValueHash): void {
  let a = first
  let b = second
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35)
  a ^= b >>> 13
  b ^= a >>> 16
  a = Math.imul(a ^ (a >>> 13), 0x27d4eb2f)
  b = Math.imul(b ^ (b >>> 14), 0x165667b1)
  a ^= a >>> 15
  b ^= b >>> 16
  hash.place = a >>> 0
  hash.print = b >>> 0
}

const scratch = Buffer.alloc(65_536)

/** Hashes a text as UTF-8 into `hash`; false for one of more than 64 KiB, which no value is. */
export function hashText(text: string, hash: ValueHash): boolean {
  if (text.length * 3 > scratch.length) return false
  hashBytes(scratch, 0, scratch.write(text), hash)
  return true
}
