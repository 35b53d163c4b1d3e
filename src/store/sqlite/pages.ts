import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { versionOf } from '../compare.ts'
import { pageFilter } from '../page-match.ts'
import type { PageEntry, PageQuery, StoredPage } from '../page-query.ts'
import type { CollectionKey, Store } from '../store.ts'
import type { Connection } from './binding.ts'
import { newKnownContents } from './contents.ts'
import type { Database } from './database.ts'
import { countVersions } from './page-count.ts'
import { wantedItems } from './page-items.ts'
import type { PageReading } from './page-reading.ts'
import { findPlace } from './places.ts'
import { newSegmentCache } from './segment-cache.ts'
import type { SegmentItem } from './segments.ts'

const cachedBytes = 32 * 1024 * 1024
const noBytes = Buffer.alloc(0)

/** Pages of one collection, each one moment's picture of it. */
export function newPages(database: Database): Pick<Store, 'readPage' | 'countPage'> {
  let kept = newKept()

  function readingOf(connection: Connection, key: CollectionKey, query: PageReading['query']): PageReading | undefined {
    const place = findPlace(connection, key)
    if (!place) return undefined
    // Numbers mean the same for ever, unless the store was emptied: `clear` changes this one.
    const schema = connection.get('PRAGMA schema_version')?.['schema_version'] as number
    if (schema !== kept.schema) kept = newKept(schema)
    const { cache, known } = kept
    return { connection, place, query, filter: pageFilter(query), contents: known.all(connection), cache }
  }

  return {
    readPage: (key, query) =>
      database.snapshot(async (connection) => {
        const asked = readingOf(connection, key, query)
        const page = newPage(query)
        if (!asked) return page.done(false)
        for await (const some of wantedItems(asked, page.limit + 1)) {
          for (const item of some) if (!page.add(item)) return page.done(true)
        }
        return page.done(false)
      }),
    countPage: (key, query) =>
      database.snapshot(async (connection) => {
        const asked = readingOf(connection, key, query)
        return asked ? countVersions(asked) : 0
      }),
  }
}

/** What is remembered from one page to the next. */
function newKept(schema = NaN) {
  return { schema, cache: newSegmentCache(cachedBytes), known: newKnownContents() }
}

/** A page being filled. */
function newPage({ limit: wanted, maxBytes = Infinity, bodies = true }: PageQuery) {
  let bytes = 0
  const limit = Math.max(1, wanted)
  const stampOf = newStamps()
  const entries: PageEntry[] = []
  return {
    limit,
    /** False when there is no room for it any more. */
    add({ item, added }: SegmentItem): boolean {
      if (entries.length >= limit) return false
      const shown = bodies ? item : { ...item, raw: noBytes }
      bytes += shown.raw.length
      if (bytes > maxBytes && entries.length > 0) return false
      entries.push({ item: shown, version: versionOf(item), addedAt: stampOf(added) })
      return true
    },
    done: (more: boolean): StoredPage => ({ entries, more }),
  }
}

/** Stamps with six digits; most of a page are of the same second, whose text is made once. */
function newStamps(): (micros: number) => string {
  let second = NaN
  let text = ''
  return (micros) => {
    const at = Math.floor(micros / 1e6)
    if (at !== second) {
      second = at
      text = fromEpochMicroseconds(BigInt(at) * 1_000_000n).slice(0, 20)
    }
    return `${text}${String(micros - at * 1e6).padStart(6, '0')}Z`
  }
}
