import { createHash } from 'node:crypto'
import { fromEpochMicroseconds, toEpochMicroseconds } from '../core/timestamp.ts'
import type { BlockInput, Collection1Options } from './taxii1-options.ts'
import { stix111 } from './taxii1-wire.ts'

/** A content block on the shelf. */
export interface ShelfBlock {
  /** `block--` and the SHA-256 of binding, a line feed and content. */
  readonly id: string
  readonly label: bigint
  readonly binding: string
  readonly input: BlockInput
}

/** A collection of a simulated TAXII 1.x server with its blocks, in order of their labels. */
export interface BlockShelf {
  readonly options: Collection1Options
  readonly blocks: readonly ShelfBlock[]
  /** Labels rise: the default is a microsecond after everything known or promised. */
  add(input: BlockInput | string, label?: string): void
  /** No later block may get a label at or before this: an answer said that it knows everything until then. */
  promise(label: bigint): void
}

const firstLabel = toEpochMicroseconds('2026-01-01T00:00:00.000001Z') ?? 0n

/** Fills a shelf with the collection's blocks. */
export function createBlockShelf(options: Collection1Options): BlockShelf {
  let promised = firstLabel - 1n
  const blocks: ShelfBlock[] = []
  const put = (input: BlockInput | string, label: bigint): void => {
    const block = typeof input === 'string' ? { content: input } : input
    const binding = block.binding ?? stix111
    const digest = createHash('sha256').update(`${binding}\n${block.content}`).digest('hex')
    blocks.push({ id: `block--${digest}`, label, binding, input: block })
    blocks.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0))
  }
  for (const [index, input] of (options.blocks ?? []).entries()) {
    const own = typeof input === 'string' ? undefined : input.label
    const stamp = own ?? options.labelAt?.(index)
    put(input, stamp === undefined ? firstLabel + BigInt(index) * 1001n : readLabel(stamp))
  }
  return {
    options,
    blocks,
    add(input, label) {
      const newest = blocks.at(-1)?.label ?? promised
      put(input, label === undefined ? (newest > promised ? newest : promised) + 1n : readLabel(label))
    },
    promise(label) {
      if (label > promised) promised = label
    },
  }
}

function readLabel(stamp: string): bigint {
  const micros = toEpochMicroseconds(stamp)
  if (micros === undefined) throw new TypeError(`not a timestamp: ${stamp}`)
  return micros
}

/** A label as RFC 3339 with Z and six digits. */
export function labelText(label: bigint): string {
  return fromEpochMicroseconds(label)
}
