const quote = 0x22
const backslash = 0x5c

/** A JSON text that is known to be valid, without insignificant white space; the same bytes where it has none. */
export function withoutSpace(json: Buffer): Buffer {
  const first = spaceFrom(json, 0)
  if (first < 0) return json
  const out = Buffer.allocUnsafe(json.length)
  let length = 0
  for (let from = 0, at = first; ;) {
    const end = at < 0 ? json.length : at
    length += json.copy(out, length, from, end)
    if (at < 0) return out.subarray(0, length)
    from = at + 1
    at = spaceFrom(json, from)
  }
}

/** The next white space that is in no string, from a place that is in none. */
function spaceFrom(json: Buffer, from: number): number {
  for (let at = from; at < json.length; at++) {
    const byte = json[at] as number
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at
    if (byte !== quote) continue
    for (at++; at < json.length && json[at] !== quote; at++) if (json[at] === backslash) at++
  }
  return -1
}
