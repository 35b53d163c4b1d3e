import { itemLine, type ItemPlace } from '../stix/item-line.ts'
import type { Received } from '../taxii/client.ts'

/** Content of about so many bytes is written at a time: as lines, a large page of blocks would take three times its memory. */
const portionBytes = 1024 * 1024

/**
 * Received things as lines of NDJSON, in portions of which each is one buffer: the bytes of objects are copied once and
 * looked at not at all, which is what makes `poll` quick.
 */
export function* pageLines(items: readonly Received[], place: ItemPlace): Generator<Buffer> {
  for (const portion of portionsOf(items)) yield linesOf(portion, place)
}

function* portionsOf(items: readonly Received[]): Generator<readonly Received[]> {
  for (let from = 0, to = 0; from < items.length; from = to) {
    for (let bytes = 0; to < items.length && bytes < portionBytes; to++) bytes += items[to]?.raw.length ?? 0
    yield items.slice(from, to)
  }
}

function linesOf(items: readonly Received[], place: ItemPlace): Buffer {
  const lines = items.map((item) => (item.kind === 'object' ? item.raw : itemLine(item, place)))
  const lengths = items.reduce(
    (sum, item, index) => sum + (lines[index]?.length ?? 0) + (item.kind === 'object' ? 1 : 0),
    0,
  )
  const page = Buffer.allocUnsafe(lengths)
  let at = 0
  for (let index = 0; index < items.length; index++) {
    const line = lines[index] as Buffer
    page.set(line, at)
    at += line.length
    if (items[index]?.kind === 'object') page[at++] = 0x0a
  }
  return page
}

/** The content of blocks itself, each ended by a line feed; objects as `pageLines` has them. */
export function* rawContents(items: readonly Received[]): Generator<Buffer> {
  const lineFeed = Buffer.from('\n')
  for (const portion of portionsOf(items)) yield Buffer.concat(portion.flatMap(({ raw }) => [raw, lineFeed]))
}
