import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { recordSlotBytes, recordSlots, type LineExtender } from '../scan/line-scan.ts'
import type { ValueKind } from '../stix/statement.ts'
import { validityBytes } from './record.ts'

/** Records in the memory of the scan. What was read stays until another record needs its slot. */
export interface RecordSlots {
  readonly extender: LineExtender
  /** Where a record is, read when it has to be. Undefined when it is too large, or damaged: who reads it closer will say so. */
  slotOf(reference: number): number | undefined
  kindAt(slot: number): ValueKind
}

const quote = 0x22

/** Records of an open index file, which end before `end`. */
export function createRecordSlots(handle: number, end: number, extender: LineExtender): RecordSlots {
  const { records } = extender
  const references = new Uint32Array(recordSlots)

  function read(reference: number, slot: number): boolean {
    const [place, at] = [reference * 8, slot * recordSlotBytes]
    const most = Math.min(recordSlotBytes, end - place)
    const there = most > 8 ? readSync(handle, records, at, most, place) : 0
    const length = there > 8 ? 8 + records.readUInt32LE(at) : Infinity
    return length <= there && crc32(records.subarray(at + 8, at + length)) === records.readUInt32LE(at + 4)
  }

  return {
    extender,
    slotOf(reference) {
      const slot = reference % recordSlots
      if (references[slot] === reference) return slot
      references[slot] = 0
      if (!read(reference, slot)) return undefined
      references[slot] = reference
      return slot
    },
    kindAt(slot) {
      // ["value","kind", of a value without quotes in it: no other is extended there.
      const value = slot * recordSlotBytes + 8 + validityBytes + 2
      const kind = records.indexOf(quote, value) + 3
      return records.toString('latin1', kind, records.indexOf(quote, kind)) as ValueKind
    },
  }
}
