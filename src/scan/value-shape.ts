/**
 * What a text looks like: `other` has bytes that no domain name has, `plain` has no dot, `numeric` has digits and dots only,
 * `dotted` is the rest.
 */
export type ValueShape = (typeof valueShapes)[number]
const valueShapes = ['plain', 'numeric', 'dotted', 'other'] as const

export function shapeOf(bytes: Uint8Array, from: number, length: number): ValueShape {
  let hasDot = false
  let isNumeric = true
  for (let at = from; at < from + length; at++) {
    const byte = bytes[at] as number
    const low = byte | 0x20
    if (byte === 0x2e) hasDot = true
    else if ((low >= 0x61 && low <= 0x7a && byte >= 0x41) || byte === 0x2d || byte === 0x5f) isNumeric = false
    else if ((byte < 0x30 || byte > 0x39) && byte !== 0) return 'other'
  }
  if (!hasDot) return 'plain'
  return isNumeric ? 'numeric' : 'dotted'
}

/** Lengths of texts, by their shape: what has another shape and length than any of them need not be looked for. */
export interface Lengths {
  add(bytes: Uint8Array, from: number, length: number): void
  /** A bit for each shape and length (255 stands for all above), in hex. */
  text(): string
}

const flagCount = 1024

/** Where the flag of a shape and length is. */
export function lengthPlace(shape: ValueShape, length: number): number {
  return valueShapes.indexOf(shape) * 256 + Math.min(length, 255)
}

export function createLengths(): Lengths {
  const bits = Buffer.alloc(flagCount / 8)
  return {
    add(bytes, from, length) {
      const place = lengthPlace(shapeOf(bytes, from, length), length)
      bits[place >>> 3] = (bits[place >>> 3] as number) | (1 << (place & 7))
    },
    text: () => bits.toString('hex'),
  }
}

/** A byte for each flag. */
export function lengthFlags(lengths: string): Uint8Array {
  const bits = Buffer.from(lengths, 'hex')
  return Uint8Array.from({ length: flagCount }, (_, place) => ((bits[place >>> 3] ?? 0) >>> (place & 7)) & 1)
}

/** `shapeOf` for a text, in bytes of UTF-8, and how many there are. */
export function shapeOfText(text: string): { readonly shape: ValueShape; readonly length: number } {
  let hasDot = false
  let isNumeric = true
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const low = code | 0x20
    if (code === 0x2e) hasDot = true
    else if ((low >= 0x61 && low <= 0x7a && code >= 0x41) || code === 0x2d || code === 0x5f) isNumeric = false
    else if ((code < 0x30 || code > 0x39) && code !== 0) return { shape: 'other', length: Buffer.byteLength(text) }
  }
  return { shape: hasDot ? (isNumeric ? 'numeric' : 'dotted') : 'plain', length: text.length }
}
