import type { ValueHash } from './value-hash.ts'

/**
 * A bitmap of `words` 64-bit words, then a hash table of `slots` slots of 8 bytes (print, reference; reference 0: empty);
 * both are powers of two. In one piece of memory, so that it can be read from a file and be looked at by the WebAssembly core.
 */
export interface TableShape {
  readonly words: number
  readonly slots: number
}

/** Reference of what is only there so that lines with it are looked at closer. */
export const signatureReference = 0xffffffff

/** A bit for each /16 of IPv4, then one for each /24. */
export const networkBytes = 8_192 + 2_097_152

export const tableBytes = ({ words, slots }: TableShape): number => (words + slots) * 8

/** A shape for so many hashes: 8 to 16 bits of the bitmap for each, and a table that is at most 0.6 full. */
export function shapeFor(hashes: number): TableShape {
  return { words: powerOfTwo(Math.max(hashes / 8, 64)), slots: powerOfTwo(Math.max(hashes / 0.6, 64)) }
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast))
}

export interface ValueTable {
  /** Whether anything of this hash is there. */
  has(hash: ValueHash): boolean
  /** References of this hash, signatures left out. */
  references(hash: ValueHash): readonly number[]
  /** Adds a reference; a signature only where nothing of this hash is known. */
  add(hash: ValueHash, reference: number): void
}

/** The table in `bytes` (as many as `tableBytes` says, at a multiple of 8). */
export function openValueTable(bytes: Uint8Array, { words, slots }: TableShape): ValueTable {
  const bitmap = new Uint32Array(bytes.buffer, bytes.byteOffset, words * 2)
  const table = new Uint32Array(bytes.buffer, bytes.byteOffset + words * 8, slots * 2)
  const wordOf = (hash: ValueHash, bit: number) => (((hash.print & (words - 1)) << 1) >>> 0) + (bit >>> 5)
  const firstBit = (hash: ValueHash) => (hash.place >>> 20) & 63
  const secondBit = (hash: ValueHash) => hash.place >>> 26
  const isSet = (hash: ValueHash, bit: number) => (((bitmap[wordOf(hash, bit)] as number) >>> (bit & 31)) & 1) === 1

  function set(hash: ValueHash, bit: number): void {
    const word = wordOf(hash, bit)
    bitmap[word] = (bitmap[word] as number) | (1 << (bit & 31))
  }

  return {
    has(hash) {
      if (!isSet(hash, firstBit(hash)) || !isSet(hash, secondBit(hash))) return false
      for (let slot = hash.place & (slots - 1); table[slot * 2 + 1] !== 0; slot = (slot + 1) & (slots - 1)) {
        if (table[slot * 2] === hash.print) return true
      }
      return false
    },
    references(hash) {
      if (!isSet(hash, firstBit(hash)) || !isSet(hash, secondBit(hash))) return []
      const found: number[] = []
      for (let slot = hash.place & (slots - 1); table[slot * 2 + 1] !== 0; slot = (slot + 1) & (slots - 1)) {
        const reference = table[slot * 2 + 1] as number
        if (table[slot * 2] === hash.print && reference !== signatureReference) found.push(reference)
      }
      return found
    },
    add(hash, reference) {
      let slot = hash.place & (slots - 1)
      while (table[slot * 2 + 1] !== 0) {
        const isSame = table[slot * 2] === hash.print
        if (isSame && (reference === signatureReference || table[slot * 2 + 1] === reference)) return
        slot = (slot + 1) & (slots - 1)
      }
      table[slot * 2] = hash.print
      table[slot * 2 + 1] = reference
      set(hash, firstBit(hash))
      set(hash, secondBit(hash))
    },
  }
}

/** Sum over a table, by which damage is noticed. The WebAssembly core computes the same. */
export function tableChecksum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  let a = 0x2545f491
  let b = a
  let c = a
  let d = a
  for (let at = 0; at + 3 < words.length; at += 4) {
    a = Math.imul(a ^ (words[at] as number), 0x01000193)
    b = Math.imul(b ^ (words[at + 1] as number), 0x01000193)
    c = Math.imul(c ^ (words[at + 2] as number), 0x01000193)
    d = Math.imul(d ^ (words[at + 3] as number), 0x01000193)
  }
  return (Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d) >>> 0
}
