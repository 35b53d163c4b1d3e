import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { PagePart } from '../store/store.ts'
import type { Page } from '../taxii/client.ts'
import type { Repair } from '../taxii/settings.ts'
import type { PageReader } from './read-ahead.ts'
import { describePage, sizeOf } from './receive.ts'

/** A transaction's worth of pages: at most so many objects, gathered for at most so long. */
const batchObjects = 10_000
const batchMs = 200

/** Pages that are committed together, and what came after them. */
export interface Batch {
  readonly parts: readonly PagePart[]
  /** The newest of these pages: its stamp and position are the batch's. */
  readonly last: Page | undefined
  /** The server's clock, as its first page here says. */
  readonly serverDate: string | undefined
  /** The first slab of a huge page that follows; `slabParts` reads the rest of it. */
  readonly slab: Page | undefined
  readonly end: boolean
  /** What stopped the poll after these pages. */
  readonly error: unknown
}

export interface GatherOptions {
  readonly clock: Clock
  readonly repairs: readonly Repair[] | undefined
  /** Objects still wanted (`--limit`); the page that reaches it is the last. */
  readonly wanted: number
}

/**
 * Waits for a page, then takes what else comes within the bounds of one transaction. A poll's error is handed over beside
 * the pages that came before it, which are to be kept.
 */
export async function gatherBatch(reader: PageReader, options: GatherOptions): Promise<Batch> {
  const { clock, repairs } = options
  const parts: PagePart[] = []
  const batch = { parts, last: undefined as Page | undefined, serverDate: undefined as string | undefined }
  const rest = { slab: undefined, end: false, error: undefined }
  const limit = Math.min(batchObjects, options.wanted)
  let [objects, deadline] = [0, 0]
  do {
    let page: Page | undefined | 'later'
    try {
      page = await reader.next(batch.last && Math.max(0, deadline - clock.monotonicMs()))
    } catch (error) {
      return { ...batch, ...rest, error }
    }
    if (page === 'later') break
    if (page === undefined) return { ...batch, ...rest, end: true }
    batch.serverDate ??= page.serverDate
    if (page.partial) return { ...batch, ...rest, slab: page }
    if (!batch.last) deadline = clock.monotonicMs() + batchMs
    parts.push(describePage(page, clock, repairs))
    batch.last = page
    objects += sizeOf(page)
  } while (objects < limit)
  return { ...batch, ...rest }
}

/** The slabs of one huge page, to its end. `last` is the slab that closed it, once all are read. */
export function slabParts(
  first: Page,
  reader: PageReader,
  options: GatherOptions,
): { parts: AsyncIterable<PagePart>; last: () => Page } {
  let slab = first
  async function* parts(): AsyncGenerator<PagePart> {
    yield describePage(slab, options.clock, options.repairs)
    while (slab.partial) {
      const next = await reader.next()
      if (next === undefined || next === 'later') throw unfinished(first)
      slab = next
      yield describePage(slab, options.clock, options.repairs)
    }
  }
  return { parts: parts(), last: () => slab }
}

function unfinished(page: Page): StixTaxiiError {
  return new StixTaxiiError('FETCH_PAGE_UNFINISHED', `A page of ${page.url} ended before its last part`, {
    kind: 'protocol',
    hint: 'Nothing of this page was kept. Fetch again; with a smaller --page-size if it happens again.',
    context: { url: page.url },
  })
}
