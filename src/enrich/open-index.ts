import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { StixTaxiiError } from '../core/errors.ts'
import { createLineScan, type LineScan } from '../scan/line-scan.ts'
import { hashText } from '../scan/value-hash.ts'
import { lengthFlags, lengthPlace, shapeOfText } from '../scan/value-shape.ts'
import { networkBytes, openValueTable, tableBytes } from '../scan/value-table.ts'
import { decodeTail, headBytes, indexHead, tailBytes, type IndexTail } from './index-layout.ts'
import { decodeRecord, type IndexRecord } from './record.ts'
import { createRecordSlots, type RecordSlots } from './record-slots.ts'
import { recentlyUsed } from './recently-used.ts'
import { tableText } from './value-keys.ts'

/** An open index: its tables in memory, its records read when they are needed. */
export interface MatchIndex {
  readonly tail: IndexTail
  readonly scan: LineScan
  /** Records that may be meant by a text: their values still have to be compared. */
  recordsFor(text: string): readonly IndexRecord[]
  /** Only where the scan has an extender. */
  readonly slots?: RecordSlots | undefined
  close(): void
}

/** Records that are kept in memory once they were read; twice as many at most. */
const leastKept = 4000

/**
 * Opens an index file. Several processes may have it open; one that is built anew takes its place without disturbing them.
 * @throws ENRICH_INDEX_DAMAGED (local) when it is cut, damaged or of another version; the system's error when there is none.
 */
export function openIndex(file: string, core?: 'webassembly' | 'typescript'): MatchIndex {
  const handle = openSync(file, 'r')
  try {
    const tail = readTail(file, handle)
    const scan = createLineScan(tail.tables, core)
    readExactly(file, handle, scan.tables, tail.tablesAt)
    if (scan.checksum() !== tail.tablesSum) throw damaged(file, 'its tables have changed')
    readNetworks(file, handle, tail, scan)
    const recordsFor = createRecordReader(file, handle, tail, scan)
    const slots = scan.extender && createRecordSlots(handle, tail.tablesAt, scan.extender)
    return { tail, scan, recordsFor, slots, close: () => closeSync(handle) }
  } catch (error) {
    closeSync(handle)
    throw error
  }
}

function readTail(file: string, handle: number): IndexTail {
  const { size } = fstatSync(handle)
  if (size < headBytes + tailBytes) throw damaged(file, 'it is too short')
  const head = Buffer.alloc(headBytes)
  readExactly(file, handle, head, 0)
  if (!head.equals(indexHead)) throw damaged(file, 'it is no index')
  const bytes = Buffer.alloc(tailBytes)
  readExactly(file, handle, bytes, size - tailBytes)
  const tail = decodeTail(bytes)
  if (!tail) throw damaged(file, 'its end is missing, or it is of another version')
  if (tail.networksAt + tail.networkCount * 8 + tailBytes !== size) throw damaged(file, 'it has another length')
  if (tail.tablesAt + tableBytes(tail.tables) !== tail.networksAt) throw damaged(file, 'its tables have another length')
  return tail
}

function readExactly(file: string, handle: number, target: Uint8Array, position: number): void {
  let at = 0
  while (at < target.length) {
    const read = readSync(handle, target, at, Math.min(target.length - at, 1 << 30), position + at)
    if (read === 0) throw damaged(file, 'it ends too early')
    at += read
  }
}

function readNetworks(file: string, handle: number, tail: IndexTail, scan: LineScan): void {
  if (tail.networkCount === 0) return
  const bytes = Buffer.alloc(tail.networkCount * 8)
  readExactly(file, handle, bytes, tail.networksAt)
  if (crc32(bytes) !== tail.networksSum) throw damaged(file, 'its networks have changed')
  for (let at = 0; at < bytes.length; at += 8) {
    markNetwork(scan.networks, bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4))
  }
}

/** Sets the bits of every /16 and /24 that a network touches. */
function markNetwork(bits: Uint8Array, address: number, length: number): void {
  markRange(bits.subarray(0, 8192), address >>> 16, length >= 16 ? 1 : 2 ** (16 - length))
  markRange(bits.subarray(8192, networkBytes), address >>> 8, length >= 24 ? 1 : 2 ** (24 - length))
}

function markRange(bits: Uint8Array, first: number, count: number): void {
  if (count >= 8) {
    bits.fill(0xff, first >>> 3, (first + count) >>> 3)
    return
  }
  for (let bit = first; bit < first + count; bit++) bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7))
}

const none: readonly IndexRecord[] = []

function createRecordReader(file: string, handle: number, tail: IndexTail, scan: LineScan): MatchIndex['recordsFor'] {
  const table = openValueTable(scan.tables, tail.tables)
  const lengths = lengthFlags(tail.tables.lengths)
  const kept = recentlyUsed<number, IndexRecord>(leastKept)
  const hash = { place: 0, print: 0 }
  const first = Buffer.alloc(1024)

  function read(reference: number): IndexRecord {
    const place = reference * 8
    if (place + 8 > tail.tablesAt) throw damaged(file, 'a record is not where it should be')
    const there = readSync(handle, first, 0, Math.min(first.length, tail.tablesAt - place), place)
    const length = there >= 8 ? first.readUInt32LE(0) : 0
    if (place + 8 + length > tail.tablesAt) throw damaged(file, 'a record has another length')
    let bytes = first.subarray(8, 8 + length)
    if (8 + length > there) readExactly(file, handle, (bytes = Buffer.alloc(length)), place + 8)
    const record = crc32(bytes) === first.readUInt32LE(4) ? decodeRecord(bytes) : undefined
    if (!record) throw damaged(file, 'a record has changed')
    return record
  }

  return (text) => {
    const written = tableText(text)
    const { shape, length } = shapeOfText(written)
    if (lengths[lengthPlace(shape, length)] === 0 || !hashText(written, hash)) return none
    return table.references(hash).map((reference) => kept(reference, read))
  }
}

function damaged(file: string, why: string): StixTaxiiError {
  return new StixTaxiiError('ENRICH_INDEX_DAMAGED', `The index ${file} cannot be used: ${why}`, {
    kind: 'local',
    hint: 'Build it again with --rebuild.',
    context: { file, why },
  })
}
