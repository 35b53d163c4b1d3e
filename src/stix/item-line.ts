import { isAscii } from 'node:buffer'
import type { Item } from './item.ts'

/** Where an item is from, as its NDJSON line says. */
export interface ItemPlace {
  /** The source's name. */
  readonly source: string
  readonly collection: string
}

const lineFeed = Buffer.from('\n')

/**
 * An item as one line of NDJSON: a STIX 2 object is its own bytes, unchanged; a content block is an object of type
 * `content-block` whose `content` is its XML or text.
 */
export function itemLine(item: Item, place: ItemPlace): Buffer {
  if (item.kind === 'object') return Buffer.concat([item.raw, lineFeed])
  const { id, binding, subtype, timestampLabel, raw } = item
  const { source, collection } = place
  const block = { type: 'content-block', id, binding, subtype, timestampLabel, source, collection }
  return Buffer.from(`${JSON.stringify({ ...block, content: textOf(raw) })}\n`)
}

/** ASCII, which nearly all content is, is read several times faster as Latin-1. */
function textOf(raw: Buffer): string {
  return raw.toString(isAscii(raw) ? 'latin1' : 'utf8')
}
