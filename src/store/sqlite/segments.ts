import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { Item } from '../../stix/item.ts'
import { corruption, type Connection } from './binding.ts'
import { contentsOf, numberOfContents } from './contents.ts'
import { latestSql } from './latest.ts'

/**
 * Raw bytes are kept in segments of about 64 KiB, deflated off the main thread. zlib's own checksum is in each. Inflated, a
 * segment is a run of records: one line of JSON that says what the item is, a line feed, and its raw bytes.
 */

const pack = promisify<Buffer, { level: number }, Buffer>(deflate)
const unpack = promisify<Buffer, { chunkSize: number }, Buffer>(inflate)

const segmentBytes = 65_536
const segmentsInFlight = 8
// Most segments inflate in one go: each further chunk is another way to the thread and back.
const inflatedChunk = 96 * 1024

/** What stands before the raw bytes: their length, the distance of `added` from the segment's first, and the rest. */
type Head =
  | [
      length: number,
      distance: number,
      id: string,
      type: string,
      version: string,
      spec: 0 | 1,
      revoked: 0 | 1,
      ...original: [] | [string],
    ]
  | [length: number, distance: number, id: string, null, binding: string, more?: BlockRest]

interface BlockRest {
  readonly subtype?: string | undefined
  readonly timestampLabel?: string | undefined
  readonly message?: string | undefined
}

export interface SegmentItem {
  readonly added: number
  readonly item: Item
}

interface OpenSegment {
  readonly first: number
  readonly chunks: Buffer[]
  readonly items: Map<number, Item>
  bytes: number
}

/** Writes the items of one collection within one transaction. `finish` before the commit. */
export interface SegmentWriter {
  /** `added` must rise. Resolves at once unless too much is being compressed. */
  add(item: Item, added: number): Promise<void> | undefined
  /** An item of this transaction that is not in a row yet. */
  pending(added: number): Item | undefined
  finish(): Promise<void>
}

export function newSegmentWriter(connection: Connection, collection: number): SegmentWriter {
  const inFlight = new Set<OpenSegment>()
  const working: Promise<void>[] = []
  let open: OpenSegment | undefined

  async function store(segment: OpenSegment): Promise<void> {
    const data = await pack(Buffer.concat(segment.chunks, segment.bytes), { level: 1 })
    const items = [...segment.items.values()]
    connection.run(latestSql.stand, [collection, segment.first, items.length])
    connection.run('INSERT INTO segment (collection, first, items, types, contents, data) VALUES (?, ?, ?, ?, ?, ?)', [
      collection,
      segment.first,
      items.length,
      typesOf(items),
      numberOfContents(connection, contentsOf(items)),
      data,
    ])
    inFlight.delete(segment)
  }

  function seal(): void {
    if (!open) return
    inFlight.add(open)
    const work = store(open)
    // Whoever waits for it hears of a failure; until then it must not count as unhandled.
    work.catch(() => undefined)
    working.push(work)
    open = undefined
  }

  return {
    add(item, added) {
      open ??= { first: added, chunks: [], items: new Map(), bytes: 0 }
      const head = Buffer.from(`${JSON.stringify(headOf(item, added - open.first))}\n`)
      open.chunks.push(head, item.raw)
      open.bytes += head.length + item.raw.length
      open.items.set(added, item)
      if (open.bytes >= segmentBytes) seal()
      return working.length > segmentsInFlight ? working.shift() : undefined
    },
    pending(added) {
      for (const segment of open ? [open, ...inFlight] : inFlight) {
        const item = segment.items.get(added)
        if (item) return item
      }
      return undefined
    },
    async finish() {
      seal()
      // All of them, so that no write comes after a rollback.
      const outcomes = await Promise.allSettled([...working.splice(0)])
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    },
  }
}

/** The types in a segment, each between blanks, so that segments without a wanted one can be passed over. */
export function typesOf(items: readonly Item[]): string {
  const types = new Set(items.map((item) => (item.kind === 'block' ? blockType : typeMark(item.type))))
  return [...types].sort().join('')
}

const blockType = ' <block> '

/** How a type is looked for in what `typesOf` made; blocks where there is none. */
export function typeMark(type: string | undefined): string {
  return type === undefined ? blockType : ` ${type.replaceAll(' ', '_')} `
}

function headOf(item: Item, distance: number): Head {
  if (item.kind === 'object') {
    const spec = item.specVersion === '2.1' ? 1 : 0
    const original = (item.originalId === undefined ? [] : [item.originalId]) as [] | [string]
    return [item.raw.length, distance, item.id, item.type, item.version, spec, item.revoked ? 1 : 0, ...original]
  }
  const { subtype, timestampLabel, message } = item
  return [item.raw.length, distance, item.id, null, item.binding, { subtype, timestampLabel, message }]
}

/**
 * The items of a segment in order of `added`.
 * @throws SqlError (SQLITE_CORRUPT) when the segment is damaged.
 */
export async function readSegment(first: number, data: Buffer): Promise<SegmentItem[]> {
  try {
    return recordsIn(first, ownBytes(await unpack(data, { chunkSize: inflatedChunk })))
  } catch (error) {
    throw corruption(`a segment cannot be read (${(error as Error).message})`)
  }
}

/** Without the rest of the chunk that they came in, which whoever keeps an item of a small segment would keep too. */
function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

function recordsIn(first: number, bytes: Buffer): SegmentItem[] {
  const items: SegmentItem[] = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw new RangeError('it ends inside a record')
    const head = JSON.parse(bytes.toString('utf8', at, end)) as Head
    at = end + 1 + head[0]
    if (!Number.isSafeInteger(at) || at > bytes.length) throw new RangeError('it ends inside an item')
    items.push({ added: first + head[1], item: itemOf(head, bytes.subarray(end + 1, at)) })
  }
  return items
}

function itemOf(head: Head, raw: Buffer): Item {
  if (head[3] === null) {
    const [, , id, , binding, rest] = head
    return { kind: 'block', id, binding, ...rest, raw }
  }
  const [, , id, type, version, spec, revoked, originalId] = head
  return {
    kind: 'object',
    id,
    type,
    version,
    specVersion: spec === 1 ? '2.1' : '2.0',
    revoked: revoked === 1,
    raw,
    ...(originalId !== undefined && { originalId }),
  }
}

/** Packs what is left of a segment when some of its items are gone. */
export async function packSegment(first: number, items: readonly SegmentItem[]): Promise<Buffer> {
  const chunks = items.flatMap(({ added, item }) => [
    Buffer.from(`${JSON.stringify(headOf(item, added - first))}\n`),
    item.raw,
  ])
  return pack(Buffer.concat(chunks), { level: 1 })
}
