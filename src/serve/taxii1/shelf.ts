import type { ContentBindingEntity, ContentBlockEntity, Taxii1Persistence } from '../taxii1-persistence.ts'
import { asStix21, needsConversion, storedBindings } from './stix21-form.ts'
import type { Sieve } from './visible.ts'

/** Begin exclusive, end inclusive; both labels. */
export interface Range {
  readonly begin?: string | undefined
  readonly end: string
}

/** The blocks of one collection that somebody may see and asked for. */
export interface Shelf {
  count(range: Range): Promise<number>
  /** Labels of every `step`th block of the range, at most `limit` of them. */
  labelsAt(range: Range, step: number, limit: number): Promise<readonly string[]>
  /** In order of their labels, some at a time: about as many bytes each time, whatever their size. */
  blocks(range: Range): AsyncGenerator<readonly ContentBlockEntity[]>
}

export interface ShelfOptions {
  readonly persistence: Taxii1Persistence
  readonly collectionId: string
  /** None: all. */
  readonly bindings: readonly ContentBindingEntity[]
  readonly sieve?: Sieve | undefined
}

/** Blocks in the first reading, whose size is not known yet; then as many as have `turnBytes` together. */
const firstBlocks = 100
const turnBytes = 4 * 1024 * 1024
const maxBlocks = 1000
/** Labels in one reading. */
const labelPage = 5000

/** Opens a collection for reading. With a sieve everything is looked at, since only content says what it is. */
export function openShelf({ persistence, collectionId, bindings, sieve }: ShelfOptions): Shelf {
  const contentBindings = bindings.length === 0 ? undefined : storedBindings(bindings)

  async function* read(
    range: Range,
    bodies: boolean,
    sizeOf: () => number,
  ): AsyncGenerator<readonly ContentBlockEntity[]> {
    let { begin } = range
    for (;;) {
      const limit = sizeOf()
      const filter = { begin, end: range.end, contentBindings, limit, bodies, ...(bodies && { maxBytes: turnBytes }) }
      const page = await persistence.getContentBlocks(collectionId, filter)
      const last = page.at(-1)
      if (!last) return
      yield sieve ? await sieve(page) : page
      // A page of bodies may have ended for its bytes.
      if ((!bodies && page.length < limit) || last.timestampLabel === range.end) return
      begin = last.timestampLabel
    }
  }

  async function* blocks(range: Range): AsyncGenerator<readonly ContentBlockEntity[]> {
    let size = firstBlocks
    for await (const page of read(range, true, () => size)) {
      const bytes = page.reduce((sum, { content }) => sum + content.length, 0)
      const fitting = Math.floor(turnBytes / Math.max(1, bytes / Math.max(1, page.length)))
      size = Math.min(maxBlocks, Math.max(1, fitting))
      if (page.length > 0) yield page
    }
  }

  async function* forms(range: Range): AsyncGenerator<readonly ContentBlockEntity[]> {
    for await (const page of blocks(range)) yield await inForm(bindings, page)
  }

  /** Without bodies where nothing has to be looked at. */
  const labels = (range: Range): AsyncGenerator<readonly ContentBlockEntity[]> =>
    sieve ? blocks(range) : read(range, false, () => labelPage)

  return {
    blocks: forms,
    async count(range) {
      if (!sieve) {
        return persistence.getContentBlocksCount(collectionId, { ...range, contentBindings })
      }
      let count = 0
      for await (const page of blocks(range)) count += page.length
      return count
    },
    async labelsAt(range, step, limit) {
      const found: string[] = []
      let seen = 0
      for await (const page of labels(range)) {
        for (const { timestampLabel } of page) {
          if (++seen % step === 0) found.push(timestampLabel)
          if (found.length >= limit) return found
        }
      }
      return found
    },
  }
}

/** Blocks that are converted before others get their turn. */
const conversions = 20

/** Blocks in a binding that was asked for. */
async function inForm(
  asked: readonly ContentBindingEntity[],
  blocks: readonly ContentBlockEntity[],
): Promise<readonly ContentBlockEntity[]> {
  if (!blocks.some((block) => needsConversion(asked, block))) return blocks
  const formed: ContentBlockEntity[] = []
  for (const block of blocks) {
    if (formed.length % conversions === conversions - 1) await new Promise((resolve) => setImmediate(resolve))
    formed.push(needsConversion(asked, block) ? asStix21(block) : block)
  }
  return formed
}
