import { pageBytes } from '../page-bytes.ts'
import type { ObjectFilter, ObjectPage, PageKey } from '../taxii2-persistence.ts'

/** Reads one page; undefined where there is nothing to read from. */
export type ReadPage<Entry> = (filter: ObjectFilter) => Promise<ObjectPage<Entry> | undefined>

/** What an entry has of a body: records of a manifest have none. */
type Bodied = PageKey & { readonly raw?: Buffer | undefined }

/** Where little of what is read is permitted, small pages would mean many questions. */
const leastRead = 100

/**
 * A page of what is permitted: goes on reading until it is full (in number or bytes) or there is no more, so that what is left out leaves no
 * gap, and says `more` only if something permitted is left.
 */
export async function readPermitted<Entry extends Bodied>(
  read: ReadPage<Entry>,
  filter: ObjectFilter,
  permits: ((entries: readonly Entry[]) => Promise<readonly boolean[]>) | undefined,
): Promise<ObjectPage<Entry> | undefined> {
  if (permits === undefined) return read(filter)
  const kept: Entry[] = []
  const limit = Math.max(filter.limit, leastRead)
  let next = filter.next
  let bytes = 0
  for (;;) {
    const page = await read({ ...filter, limit, next })
    if (page === undefined) return undefined
    const verdicts = await permits(page.entries)
    for (const [index, entry] of page.entries.entries()) {
      if (verdicts[index] !== true) continue
      bytes += entry.raw?.length ?? 0
      if (kept.length === filter.limit || (bytes > pageBytes && kept.length > 0)) return cutPage(kept)
      kept.push(entry)
    }
    if (!page.more || page.next === undefined) return { entries: kept, more: false }
    next = page.next
  }
}

/** A page with more to come after its last entry. */
function cutPage<Entry extends PageKey>(entries: readonly Entry[]): ObjectPage<Entry> {
  const { dateAdded, id, version } = entries.at(-1) as Entry
  return { entries, more: true, next: { dateAdded, id, version } }
}
