import { itemLine, type ItemPlace } from '../stix/item-line.ts'
import type { Received } from '../taxii/client.ts'

/**
 * Received things as lines of NDJSON in one buffer: the bytes of a page are copied once and looked at not at all, which is
 * what makes `poll` quick.
 */
export function pageLines(items: readonly Received[], place: ItemPlace): Buffer {
  const lines = items.map((item) => (item.kind === 'object' ? item.raw : itemLine(item, place)))
  const lengths = items.reduce(
    (sum, item, index) => sum + (lines[index]?.length ?? 0) + (item.kind === 'object' ? 1 : 0),
    0,
  )
  const page = Buffer.allocUnsafe(lengths)
  let at = 0
  items.forEach((item, index) => {
    const line = lines[index] as Buffer
    page.set(line, at)
    at += line.length
    if (item.kind === 'object') page[at++] = 0x0a
  })
  return page
}

/** The content of blocks itself, each ended by a line feed; objects as `pageLines` has them. */
export function rawContents(items: readonly Received[]): Buffer {
  const lineFeed = Buffer.from('\n')
  return Buffer.concat(items.flatMap(({ raw }) => [raw, lineFeed]))
}
