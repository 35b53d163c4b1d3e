import type { Item } from '../stix/item.ts'
import type { PagePart } from './store.ts'

/** What was serialized comes back with plain byte arrays where there were Buffers. */
export function partOf(part: PagePart): PagePart {
  return {
    ...part,
    items: part.items.map((item): Item => ({ ...item, raw: bufferOf(item.raw) })),
    damaged: part.damaged.map((damaged) => ({ ...damaged, raw: bufferOf(damaged.raw) })),
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Of all raw bytes in it. */
export function bytesOf(part: PagePart): number {
  let bytes = 0
  for (const { raw } of part.items) bytes += raw.length
  for (const { raw } of part.damaged) bytes += raw.length
  return bytes
}
