import type { ContentBlock, Item } from '../item.ts'
import { convertStix1, type WrittenFilter } from './from-stix1.ts'
import { convertStix20, type JsonObject } from './from-stix20.ts'
import type { LossCounter } from './losses.ts'
import { recordText } from './stix-record.ts'

/**
 * An item as STIX 2.1 objects, each as its JSON: objects of 2.1 as their own bytes, those of 2.0 and content blocks of
 * STIX 1 converted. Objects that `isWritten` knows are left out. Never throws for what the item holds.
 */
export function* convertItem(item: Item, losses: LossCounter, isWritten: WrittenFilter): Generator<string | Buffer> {
  if (item.kind === 'block') {
    if (isStix1(item)) for (const record of convertStix1(item.raw, losses, isWritten)) yield recordText(record)
    else losses.add('A content block that is no STIX 1', item.id)
    return
  }
  if (item.specVersion === '2.1') {
    if (isWritten({ id: item.id, modified: item.version }))
      losses.add('A second object of the same id and version', item.id)
    else yield item.raw
    return
  }
  const object = JSON.parse(item.raw.toString('utf8')) as JsonObject
  for (const record of convertStix20(object, losses)) if (!isWritten(record)) yield recordText(record)
}

/** Whether a block's content is XML: no other XML than STIX 1 comes in blocks that say something. */
export function isStix1({ raw }: ContentBlock): boolean {
  return /^(?:\xef\xbb\xbf)?\s*</.test(raw.toString('latin1', 0, 256))
}
