import { ScanError } from './scan-error.ts'

/**
 * Reads what stands around the array of an envelope, a byte at a time: keeps it for JSON.parse and says where the array
 * begins.
 */
export interface EnvelopeReader {
  /** Reads on; the position after the array's opening bracket, or -1 when the chunk is used up. */
  read(chunk: Buffer, from: number): number
  /** The array has been left behind: its closing bracket was read. */
  closeArray(): void
  /** Everything but the array's members, when the document is complete; else why not. */
  end(offset: number): { value: Readonly<Record<string, unknown>>; raw: Buffer }
  /** What stood before the array. */
  readonly head: Readonly<Record<string, unknown>> | undefined
}

export function createEnvelopeReader(
  key: string,
  maxBytes: number,
  offsetOf: (position: number) => number,
): EnvelopeReader {
  let kept = Buffer.allocUnsafe(512)
  let length = 0
  let depth = 0
  let complete = false
  let inString = false
  let escaped = false
  // The last string at depth 1, as a span of `kept`; it was a key if a colon follows.
  let stringStart = 0
  let stringEnd = 0
  let currentKey: string | undefined
  let afterColon = false
  let head: Readonly<Record<string, unknown>> | undefined

  function keep(byte: number, position: number): void {
    if (length >= maxBytes)
      throw new ScanError('limit', `more than ${maxBytes} bytes outside the array`, offsetOf(position))
    if (length === kept.length) {
      const larger = Buffer.allocUnsafe(length * 2)
      kept.copy(larger)
      kept = larger
    }
    kept[length++] = byte
  }

  function string(byte: number): void {
    if (escaped) escaped = false
    else if (byte === 0x5c) escaped = true
    else if (byte === 0x22) {
      inString = false
      stringEnd = length
    }
  }

  // Whether this byte opens the array that is looked for.
  function structure(byte: number): boolean {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return false
    const opensArray = byte === 0x5b && depth === 1 && afterColon && currentKey === key
    afterColon = false
    if (byte === 0x22) {
      inString = true
      stringStart = length - 1
    } else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) complete = --depth <= 0
    else if (depth === 1 && byte === 0x3a) {
      currentKey = textOf(kept.subarray(stringStart, stringEnd))
      afterColon = true
    } else if (depth === 1 && byte === 0x2c) currentKey = undefined
    return opensArray
  }

  return {
    read(chunk, from) {
      for (let at = from; at < chunk.length; at++) {
        const byte = chunk[at] as number
        if (complete && byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
          throw new ScanError('trailing', 'something follows the end of the document', offsetOf(at))
        if (length === 0 && byte !== 0x7b) {
          if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue
          throw new ScanError('syntax', 'the document does not begin with {', offsetOf(at))
        }
        if (complete) continue
        keep(byte, at)
        if (inString) string(byte)
        else if (structure(byte)) {
          head ??= objectOf(Buffer.concat([kept.subarray(0, length), closing]))
          return at + 1
        }
      }
      return -1
    },
    closeArray() {
      keep(0x5d, 0)
      depth--
      currentKey = undefined
    },
    end(offset) {
      if (!complete) throw new ScanError('cut', 'the document ended before its end', offset)
      const raw = kept.subarray(0, length)
      const value = objectOf(raw)
      if (!value) throw new ScanError('syntax', 'the document is no JSON outside its array', offset)
      return { value, raw }
    },
    get head() {
      return head
    },
  }
}

const closing = Buffer.from(']}')

function textOf(bytes: Buffer): string | undefined {
  try {
    return JSON.parse(bytes.toString()) as string
  } catch {
    return undefined
  }
}

function objectOf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown>
  } catch {
    return undefined
  }
}
