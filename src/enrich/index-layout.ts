import { crc32 } from 'node:zlib'
import type { LineTables } from '../scan/line-scan.ts'
import type { ValueKind } from '../stix/statement.ts'

/**
 * An index file: a head, records one after the other, the tables, the IPv4 networks, and a tail that says where all that is.
 *
 * Records begin at multiples of 8 (length, CRC-32, validity, JSON); a reference is their place divided by 8. The tables are as
 * `LineScan` wants them. A network is two unsigned 32-bit numbers, address and prefix length. All numbers are little-endian.
 */
export interface IndexTail {
  readonly format: typeof indexFormat
  readonly builtAt: string
  /** Digest of what it was built from: the store's state and the rules. */
  readonly state: string
  readonly indicators: number
  /** Indicators that no line can be searched for: values without letters and digits, or too short to mean anything. */
  readonly leftOut: number
  readonly kinds: Readonly<Partial<Record<ValueKind, number>>>
  readonly tables: LineTables
  readonly tablesAt: number
  readonly tablesSum: number
  readonly networksAt: number
  readonly networkCount: number
  readonly networksSum: number
  /** Prefix lengths of the networks, longest first. */
  readonly prefixLengths: { readonly ipv4: readonly number[]; readonly ipv6: readonly number[] }
}

/** Moves with every change of the layout, of the hash and of what is a key: an older file is built anew. */
export const indexFormat = 2

export const headBytes = 32
export const tailBytes = 4096
export const indexHead = Buffer.alloc(headBytes)
indexHead.write('stixtaxii index\n')

/** The tail with its sum in the last eight bytes. */
export function encodeTail(tail: IndexTail): Buffer {
  const bytes = Buffer.alloc(tailBytes, ' ')
  const text = JSON.stringify(tail)
  if (text.length > tailBytes - 8) throw new RangeError(`the tail of an index has ${text.length} bytes`)
  bytes.write(text)
  bytes.write(sumOf(bytes), tailBytes - 8)
  return bytes
}

/** Undefined when it is damaged, or of another format. */
export function decodeTail(bytes: Buffer): IndexTail | undefined {
  if (bytes.length !== tailBytes || bytes.toString('latin1', tailBytes - 8) !== sumOf(bytes)) return undefined
  const tail = JSON.parse(bytes.toString('utf8', 0, tailBytes - 8)) as IndexTail
  return tail.format === indexFormat ? tail : undefined
}

function sumOf(bytes: Buffer): string {
  return crc32(bytes.subarray(0, tailBytes - 8))
    .toString(16)
    .padStart(8, '0')
}
