/**
 * The first quote, backslash or control character at or after `at`, or `end`. Four bytes at a time by the well-known
 * "is there a zero byte" arithmetic, whose lowest hit is exact; `view` looks at the same bytes as `bytes`.
 */
export function nextNotable(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  while (at + 4 <= end) {
    const word = view.getInt32(at, true)
    const quotes = word ^ 0x22222222
    const slashes = word ^ 0x5c5c5c5c
    const hit =
      (((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | ((word - 0x20202020) & ~word)) &
      0x80808080
    if (hit !== 0) return at + ((31 - Math.clz32(hit & -hit)) >> 3)
    at += 4
  }
  while (at < end) {
    const byte = bytes[at] as number
    if (byte === 0x22 || byte === 0x5c || byte < 0x20) return at
    at++
  }
  return end
}
