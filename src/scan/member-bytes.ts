/** Gathers a member's bytes from the pieces between its white space and the borders of chunks. */
export interface MemberBytes {
  begin(): void
  /** Adds a piece of the chunk. */
  keep(chunk: Buffer, from: number, to: number): void
  /** The whole member, ended by this piece; a part of the chunk itself when it is the only one. */
  finish(chunk: Buffer, from: number, to: number): Buffer
}

const slabBytes = 64 * 1024

export function createMemberBytes(): MemberBytes {
  // The member so far, when it does not simply lie in the chunk: in `slab` from `slabStart` on.
  let slab: Buffer = Buffer.allocUnsafeSlow(0)
  let slabStart = 0
  let slabEnd = 0
  let copied = false

  function keep(chunk: Buffer, from: number, to: number): void {
    const length = to - from
    if (slabEnd + length > slab.length) {
      const held = slab.subarray(slabStart, slabEnd)
      slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, (held.length + length) * 2))
      slab.set(held)
      slabStart = 0
      slabEnd = held.length
    }
    copied = true
    if (length > 48) slab.set(chunk.subarray(from, to), slabEnd)
    else for (let at = 0; at < length; at++) slab[slabEnd + at] = chunk[from + at] as number
    slabEnd += length
  }

  return {
    begin() {
      copied = false
      slabStart = slabEnd
    },
    keep,
    finish(chunk, from, to) {
      if (!copied) return chunk.subarray(from, to)
      keep(chunk, from, to)
      const member = slab.subarray(slabStart, slabEnd)
      slabStart = slabEnd
      return member
    },
  }
}
