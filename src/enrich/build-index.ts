import { crc32 } from 'node:zlib'
import type { Indicator } from '../indicators/indicator.ts'
import type { LineTables } from '../scan/line-scan.ts'
import { hashBytes } from '../scan/value-hash.ts'
import { createLengths, shapeOf, type ValueShape } from '../scan/value-shape.ts'
import { openValueTable, shapeFor, signatureReference, tableBytes, tableChecksum } from '../scan/value-table.ts'
import type { ValueKind } from '../stix/statement.ts'
import { encodeTail, headBytes, indexFormat, indexHead, type IndexTail } from './index-layout.ts'
import { encodeRecord, isNetwork, recordOf, validityBytes, writeValidity, type IndexRecord } from './record.ts'
import { keysOf } from './value-keys.ts'

/** Where an index is written to; nothing shows before `commit`. */
export interface IndexSink {
  write(chunk: Uint8Array): Promise<void>
  commit(): Promise<void>
  discard(): Promise<void>
}

export interface BuildOptions {
  /** What it is built from, to be compared later. */
  readonly state: string
  readonly now: Date
  /** Validity is not looked at when a line is matched: what has expired counts too. */
  readonly timeless?: boolean | undefined
  readonly onProgress?: ((indicators: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Records are written in pieces of this size. */
const pieceBytes = 1 << 20

/**
 * Writes an index of these indicators, whatever their order. Memory: 12 bytes for each key
 * until the end, then the tables.
 */
export async function buildIndex(
  indicators: AsyncIterable<Indicator> | Iterable<Indicator>,
  sink: IndexSink,
  { state, now, timeless, onProgress, signal }: BuildOptions,
): Promise<IndexTail> {
  try {
    const records = createRecordWriter(sink)
    const gathered = createGatherer()
    await sink.write(indexHead)
    for await (const indicator of indicators) {
      signal?.throwIfAborted()
      const keys = keysOf(indicator)
      if (!keys) {
        gathered.leaveOut()
        continue
      }
      const reference = records.add(recordOf(indicator, timeless))
      gathered.add(indicator, reference, keys)
      if (records.isFull) await records.flush()
      if (gathered.count % 10_000 === 0) onProgress?.(gathered.count)
    }
    await records.flush()
    const tail = await writeTables(sink, records.place, { gathered, state, now })
    await sink.commit()
    return tail
  } finally {
    // Does nothing after commit.
    await sink.discard()
  }
}

interface RecordWriter {
  /** Where the next one goes. */
  readonly place: number
  readonly isFull: boolean
  add(record: IndexRecord): number
  flush(): Promise<void>
}

function createRecordWriter(sink: IndexSink): RecordWriter {
  let piece = Buffer.allocUnsafe(pieceBytes * 2)
  let length = 0
  let written = headBytes
  return {
    get place() {
      return written + length
    },
    get isFull() {
      return length >= pieceBytes
    },
    add(record) {
      const reference = (written + length) / 8
      const text = encodeRecord(record)
      const size = validityBytes + Buffer.byteLength(text)
      const padded = Math.ceil((8 + size) / 8) * 8
      if (length + padded > piece.length) piece = Buffer.concat([piece, Buffer.alloc(padded)])
      writeValidity(piece, length + 8, record)
      piece.write(text, length + 8 + validityBytes)
      piece.writeUInt32LE(size, length)
      piece.writeUInt32LE(crc32(piece.subarray(length + 8, length + 8 + size)), length + 4)
      piece.fill(0, length + 8 + size, length + padded)
      length += padded
      return reference
    },
    async flush() {
      await sink.write(piece.subarray(0, length))
      written += length
      length = 0
    },
  }
}

interface Gatherer {
  readonly count: number
  readonly leftOut: number
  readonly keys: KeyList
  readonly kinds: Partial<Record<ValueKind, number>>
  readonly networks: readonly number[]
  readonly prefixLengths: { readonly ipv4: readonly number[]; readonly ipv6: readonly number[] }
  /** See `LineTables`. */
  readonly odd: boolean
  readonly lengths: string
  leaveOut(): void
  add(indicator: Indicator, reference: number, keys: NonNullable<ReturnType<typeof keysOf>>): void
}

// What the scan knows by its form.
const wellFormed: ReadonlySet<ValueKind> = new Set(['ipv4', 'ipv6', 'url', 'email'])

function createGatherer(): Gatherer {
  const keys = createKeyList()
  const kinds: Partial<Record<ValueKind, number>> = {}
  const networks: number[] = []
  const prefixes = { ipv4: new Set<number>(), ipv6: new Set<number>() }
  const hash = { place: 0, print: 0 }
  const lengths = createLengths()
  const scratch = Buffer.alloc(65_536)
  let [count, leftOut] = [0, 0]
  let odd = false
  const descending = (set: ReadonlySet<number>) => [...set].sort((a, b) => b - a)

  function addKey(text: string, reference: number): ValueShape {
    const length = scratch.write(text)
    hashBytes(scratch, 0, length, hash)
    keys.add(hash.place, hash.print, reference)
    lengths.add(scratch, 0, length)
    return shapeOf(scratch, 0, length)
  }

  return {
    keys,
    kinds,
    networks,
    get count() {
      return count
    },
    get leftOut() {
      return leftOut
    },
    get odd() {
      return odd
    },
    get lengths() {
      return lengths.text()
    },
    get prefixLengths() {
      return { ipv4: descending(prefixes.ipv4), ipv6: descending(prefixes.ipv6) }
    },
    leaveOut() {
      leftOut++
    },
    add(indicator, reference, { texts, signature }) {
      count++
      kinds[indicator.kind] = (kinds[indicator.kind] ?? 0) + 1
      for (const text of texts) odd = (addKey(text, reference) === 'other' && !wellFormed.has(indicator.kind)) || odd
      if (signature !== undefined) addKey(signature, signatureReference)
      if (!isNetwork(indicator)) return
      const [address = '', length = ''] = indicator.value.split('/')
      prefixes[indicator.kind === 'ipv4' ? 'ipv4' : 'ipv6'].add(Number(length))
      if (indicator.kind === 'ipv4') networks.push(addressNumber(address), Number(length))
    },
  }
}

function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** Triples of numbers in memory that grows. */
interface KeyList {
  readonly length: number
  add(place: number, print: number, reference: number): void
  each(visit: (place: number, print: number, reference: number) => void): void
}

function createKeyList(): KeyList {
  let words = new Uint32Array(3 * 1024)
  let used = 0
  return {
    get length() {
      return used / 3
    },
    add(place, print, reference) {
      if (used === words.length) {
        const larger = new Uint32Array(words.length * 2)
        larger.set(words)
        words = larger
      }
      words[used++] = place
      words[used++] = print
      words[used++] = reference
    },
    each(visit) {
      for (let at = 0; at < used; at += 3) {
        visit(words[at] as number, words[at + 1] as number, words[at + 2] as number)
      }
    },
  }
}

async function writeTables(
  sink: IndexSink,
  tablesAt: number,
  { gathered, state, now }: { readonly gathered: Gatherer; readonly state: string; readonly now: Date },
): Promise<IndexTail> {
  const shape = shapeFor(gathered.keys.length)
  const bytes = new Uint8Array(tableBytes(shape))
  const table = openValueTable(bytes, shape)
  const hash = { place: 0, print: 0 }
  // Signatures last: where anything has their hash, they are not needed.
  for (const wantsSignatures of [false, true]) {
    gathered.keys.each((place, print, reference) => {
      if ((reference === signatureReference) !== wantsSignatures) return
      hash.place = place
      hash.print = print
      table.add(hash, reference)
    })
  }
  const networks = Buffer.from(Uint32Array.from(gathered.networks).buffer)
  const { kinds, prefixLengths } = gathered
  const tail: IndexTail = {
    format: indexFormat,
    builtAt: now.toISOString(),
    state,
    indicators: gathered.count,
    leftOut: gathered.leftOut,
    kinds,
    tables: { ...shape, ...needsOf(gathered) },
    tablesAt,
    tablesSum: tableChecksum(bytes),
    networksAt: tablesAt + bytes.length,
    networkCount: gathered.networks.length / 2,
    networksSum: crc32(networks),
    prefixLengths,
  }
  await sink.write(bytes)
  await sink.write(networks)
  await sink.write(encodeTail(tail))
  return tail
}

function needsOf({ kinds, prefixLengths, odd, lengths }: Gatherer): Omit<LineTables, 'words' | 'slots'> {
  return {
    domains: kinds.domain !== undefined || kinds.email !== undefined,
    urls: kinds.url !== undefined,
    ipv6: kinds.ipv6 !== undefined,
    networks: prefixLengths.ipv4.length > 0,
    odd,
    lengths,
  }
}
