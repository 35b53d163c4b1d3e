import { isUtf8 } from 'node:buffer'

/** Checks a stream of chunks for valid UTF-8, whatever the borders. */
export interface Utf8Check {
  /** False when this chunk, after those before it, cannot be UTF-8. */
  push(chunk: Uint8Array): boolean
  /** False when the stream ends inside a character. */
  end(): boolean
}

export function createUtf8Check(): Utf8Check {
  // The bytes of a character that a border has cut: at most three.
  let open: number[] = []
  return {
    push(chunk) {
      let start = 0
      while (open.length > 0 && start < chunk.length) {
        open.push(chunk[start++] as number)
        const wanted = sequenceLength(open[0] as number)
        if (open.length < wanted && ((open.at(-1) as number) & 0xc0) === 0x80) continue
        if (!isUtf8(Uint8Array.from(open))) return false
        open = []
      }
      const end = chunk.length - cutLength(chunk, start)
      for (let at = end; at < chunk.length; at++) open.push(chunk[at] as number)
      return isUtf8(chunk.subarray(start, end))
    },
    end: () => open.length === 0,
  }
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}

// How many bytes at the end belong to a character that goes on in the next chunk.
function cutLength(chunk: Uint8Array, start: number): number {
  for (let back = 1; back <= 3 && chunk.length - back >= start; back++) {
    const byte = chunk[chunk.length - back] as number
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return byte < 0xf8 && sequenceLength(byte) > back ? back : 0
  }
  return 0
}
