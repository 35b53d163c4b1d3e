import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { compareTimestamps } from '../../src/core/timestamp.ts'
import type { Collection, Page, PollRequest, Received, TaxiiClient } from '../../src/taxii/client.ts'

/** One version of an object in a feed, with when it came there. */
export interface Entry {
  readonly raw: Buffer
  readonly added: string
}

/** A feed that a test can add to between fetches, and the requests it was asked. */
export interface ScriptedFeed {
  readonly collection: Collection
  entries: Entry[]
  pageSize: number
  /** Called before each page is given, counted from 0 over all polls; may throw, wait, or change the feed. */
  beforePage: (index: number, signal: AbortSignal | undefined) => void | Promise<void>
  /** Changes a page on its way out. */
  asPage: (page: Page) => Page | readonly Page[]
  /** Positions are forgotten: TAXII_POSITION_REFUSED. */
  forgetful: boolean
  readonly polls: PollRequest[]
}

const root = 'https://taxii.example/api1/'

export function anObject(number: number, modified = '2026-01-01T00:00:00.000Z', more: object = {}): Buffer {
  const id = `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const created = '2026-01-01T00:00:00.000Z'
  return Buffer.from(
    JSON.stringify({
      type: 'indicator',
      spec_version: '2.1',
      id,
      created,
      modified,
      pattern: `[a:b='${number}']`,
      ...more,
    }),
  )
}

/** `count` objects, one a second from 2026-02-20T00:00:00.000001Z on. */
export function someEntries(count: number, from = 0): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    raw: anObject(from + index),
    added: secondsAfter(from + index),
  }))
}

export function secondsAfter(seconds: number): string {
  return `${new Date(Date.parse('2026-02-20T00:00:00Z') + seconds * 1000).toISOString().slice(0, 19)}.000001Z`
}

export function aFeed(id = 'c1', entries: Entry[] = [], more: Partial<Collection> = {}): ScriptedFeed {
  const collection: Collection = {
    id,
    root,
    title: `Title of ${id}`,
    canRead: true,
    canWrite: false,
    contentTypes: [],
    ordering: 'feed',
    pollAddresses: [],
    subscriptionAddresses: [],
    inboxAddresses: [],
    custom: {},
    ...more,
  }
  return {
    collection,
    entries,
    pageSize: 2,
    beforePage: () => undefined,
    asPage: (page) => page,
    forgetful: false,
    polls: [],
  }
}

/** A client over feeds: 2.1-like (opaque positions, stamps) or, with `v1`, one whose next begin has no overlap. */
export function aClient(feeds: readonly ScriptedFeed[], version: TaxiiClient['version'] = '2.1'): TaxiiClient {
  const v2 = version.startsWith('2.')
  let pages = 0
  async function* poll(request: PollRequest, signal?: AbortSignal): AsyncGenerator<Page> {
    const feed = feeds.find((each) => each.collection.id === request.collection)
    if (!feed) throw new StixTaxiiError('TAXII_COLLECTION_UNKNOWN', 'unknown', { kind: 'not-found' })
    feed.polls.push(request)
    let offset = 0
    if (request.position) {
      if (feed.forgetful) throw new StixTaxiiError('TAXII_POSITION_REFUSED', 'forgotten', { kind: 'protocol' })
      offset = Number(request.position['offset'])
    }
    for (;;) {
      await feed.beforePage(pages++, signal)
      const wanted = feed.entries.filter((entry) => isInside(entry, request))
      const entries = wanted.slice(offset, offset + feed.pageSize)
      offset += entries.length
      const more = offset < wanted.length
      if (entries.length === 0 && !more) return
      for (const page of [feed.asPage(pageOf(entries, more ? { offset } : undefined))].flat()) yield page
      if (!more) return
    }
  }
  const operations = {
    collection: () => Promise.reject(new StixTaxiiError('TAXII_COLLECTION_UNKNOWN', 'unknown', { kind: 'not-found' })),
  }
  return {
    version,
    features: { begin: true, end: true, match: true, versions: true, delete: false },
    discovery: () => Promise.reject(new Error('not asked for')),
    collections: () => Promise.resolve(feeds.map((feed) => feed.collection)),
    poll,
    v2: v2 ? (operations as unknown as TaxiiClient['v2']) : undefined,
    v1: v2 ? undefined : ({} as TaxiiClient['v1']),
  }
}

function isInside(entry: Entry, { begin, end }: PollRequest): boolean {
  if (begin !== undefined && compareTimestamps(entry.added, begin) <= 0) return false
  return end === undefined || compareTimestamps(entry.added, end) <= 0
}

export function pageOf(entries: readonly Entry[], position: Page['position']): Page {
  const items: Received[] = entries.map(({ raw }) => ({ kind: 'object', raw }))
  return {
    items,
    damaged: [],
    digest: () =>
      createHash('sha256')
        .update(Buffer.concat(entries.map(({ raw }) => raw)))
        .digest('hex'),
    url: `${root}collections/c1/objects/`,
    addedFirst: entries[0]?.added,
    addedLast: entries.at(-1)?.added,
    stamp: entries.at(-1)?.added,
    position,
    partial: false,
  }
}
