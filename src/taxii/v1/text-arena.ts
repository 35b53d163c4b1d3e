/** Turns texts into UTF-8, many of them in one piece of memory: thousands of small buffers cost twice their size. */
export interface TextArena {
  /** A buffer of exactly the text's bytes; it keeps its piece alive for as long as it is held. */
  put(text: string): Buffer
}

const pieceBytes = 1024 * 1024

export function createTextArena(): TextArena {
  let piece = Buffer.alloc(0)
  let used = 0
  return {
    put(text) {
      // A UTF-16 unit is at most three bytes of UTF-8.
      if (text.length * 3 > pieceBytes / 4) return Buffer.from(text)
      if (piece.length - used < text.length * 3) {
        piece = Buffer.allocUnsafeSlow(pieceBytes)
        used = 0
      }
      const from = used
      used += piece.write(text, from)
      return piece.subarray(from, used)
    },
  }
}
