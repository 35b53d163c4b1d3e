import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import type { Slab } from './page-load.ts'

/** What is checked of each page so that no server can keep us for ever. C21-18, T1, T2 */
export interface LoopGuard {
  /** Whether this cursor was asked for before. */
  seen(cursor: string): boolean
  /** A cursor is about to be asked for. @throws TAXII_CURSOR_LOOP (protocol) when it was before */
  ask(cursor: string): void
  /** A page has come. @throws TAXII_NO_PROGRESS (protocol) when it came three times, however new its cursor */
  page(sample: PageSample): void
  /** A page without objects that promises more: how often in a row. @throws TAXII_NO_PROGRESS after the third */
  empty(): number
}

/** What tells a page from another without reading it all: its size and three of its values. */
export interface PageSample {
  /** Of all values, also of those that are damaged or no objects: the server counts them as it counts the others. */
  readonly count: number
  readonly objects: readonly Buffer[]
  /** The values in whatever order; undefined of a page that came in several slabs. */
  readonly set?: ValueSet | undefined
}

/** The same for the same values in any order. */
export interface ValueSet {
  /** Cheap: hardly ever the same for other values. */
  readonly look: string
  /** Of every byte. */
  readonly sum: () => string
}

const mostEqualPages = 3
const mostEmptyPages = 3

export function createLoopGuard(url: URL): LoopGuard {
  const cursors = new Set<string>()
  const pages = new Map<string, number>()
  const looks = new Set<string>()
  let emptyPages = 0
  const where = redactUrl(url)
  const kept = 'What came before is kept. Tell the provider; --trace-http FILE records the exchange.'

  const again = (key: string): number => {
    const times = (pages.get(key) ?? 0) + 1
    pages.set(key, times)
    return times
  }

  return {
    seen: (cursor) => cursors.has(digestOf([Buffer.from(cursor)])),
    ask(cursor) {
      const key = digestOf([Buffer.from(cursor)])
      if (cursors.has(key)) {
        const shown = printable(cursor, { maxLength: 100 })
        throw new StixTaxiiError('TAXII_CURSOR_LOOP', `${where} leads in a circle: the cursor "${shown}" comes again`, {
          kind: 'protocol',
          hint: kept,
          context: { url: where, cursor: shown },
        })
      }
      cursors.add(key)
    },
    page({ count, objects, set }) {
      if (count === 0) return
      emptyPages = 0
      const times = [again(`${count} ${digestOf(objects)}`)]
      // The sum reads every byte, so it is made only of what looks like a page that came before.
      if (set && looks.has(set.look)) times.push(again(set.sum()))
      else if (set) looks.add(set.look)
      if (Math.max(...times) < mostEqualPages) return
      throw new StixTaxiiError('TAXII_NO_PROGRESS', `${where} gives the same ${count} objects again and again`, {
        kind: 'protocol',
        hint: kept,
        context: { url: where, objects: count },
      })
    },
    empty() {
      if (++emptyPages <= mostEmptyPages) return emptyPages
      throw new StixTaxiiError('TAXII_NO_PROGRESS', `${where} promises more and gives ${emptyPages} empty pages`, {
        kind: 'protocol',
        hint: kept,
        context: { url: where, emptyPages },
      })
    },
  }
}

/** The sample of a page that came in one or more slabs. */
export function createSampler(): { add(slab: Slab): void; sample(): PageSample } {
  let count = 0
  let first: Buffer | undefined
  let middle: Buffer | undefined
  let last: Buffer | undefined
  let slabs = 0
  let values: readonly Buffer[] = []
  return {
    add(slab) {
      count += slab.items.length + slab.damaged.length
      first ??= slab.first
      middle ??= slab.items[slab.items.length >> 1]
      last = slab.last ?? last
      // Slabs are let go one after the other: only of a page in one all values are at hand at the end.
      values = ++slabs === 1 ? [...slab.items, ...slab.damaged.map(({ raw }) => raw)] : []
    },
    sample: () => ({
      count,
      objects: [first, middle, last].filter((each) => each !== undefined),
      set: slabs === 1 ? { look: lookOf(count, values), sum: () => sumOf(values) } : undefined,
    }),
  }
}
/** Four bytes from inside the id of most objects are where most pages differ. */
const lookAt = 64

function lookOf(count: number, values: readonly Buffer[]): string {
  let bytes = 0
  let words = 0
  for (const value of values) {
    bytes += value.length
    if (value.length >= lookAt + 4) words += value.readUInt32LE(lookAt)
  }
  return `${count} ${bytes} ${words}`
}

function sumOf(values: readonly Buffer[]): string {
  let sum = 0
  let squares = 0
  for (const value of values) {
    const one = crc32(value)
    sum += one
    squares = (squares + Math.imul(one, one)) >>> 0
  }
  return `${values.length} ${sum} ${squares}`
}

function digestOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\n')
  return hash.digest('base64')
}
