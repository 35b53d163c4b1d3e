import type { ContentBindingEntity, ContentBlockEntity, Taxii1Persistence } from '../taxii1-persistence.ts'
import type { TlpLevel } from '../authentication.ts'
import { isVisible } from './visible.ts'

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
  readonly ceiling?: TlpLevel | undefined
}

/** Blocks in the first reading, whose size is not known yet; then as many as have `turnBytes` together. */
const firstBlocks = 100
const turnBytes = 4 * 1024 * 1024
const maxBlocks = 1000
/** Labels in one reading. */
const labelPage = 5000

/** Opens a collection for reading. Under a ceiling everything is looked at, since only its content says what it is. */
export function openShelf({ persistence, collectionId, bindings, ceiling }: ShelfOptions): Shelf {
  const contentBindings = bindings.length === 0 ? undefined : bindings
  const sees = (block: ContentBlockEntity): boolean => ceiling === undefined || isVisible(ceiling, block)

  async function* read(range: Range, bodies: boolean, sizeOf: () => number): AsyncGenerator<ContentBlockEntity[]> {
    let { begin } = range
    for (;;) {
      const limit = sizeOf()
      const filter = { begin, end: range.end, contentBindings, limit, bodies }
      const page = await persistence.getContentBlocks(collectionId, filter)
      const last = page.at(-1)
      if (!last) return
      yield page.filter(sees)
      if (page.length < limit || last.timestampLabel === range.end) return
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

  /** Without bodies where nothing has to be looked at. */
  const labels = (range: Range): AsyncGenerator<readonly ContentBlockEntity[]> =>
    ceiling === undefined ? read(range, false, () => labelPage) : blocks(range)

  return {
    blocks,
    async count(range) {
      if (ceiling === undefined) {
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
