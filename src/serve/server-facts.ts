import type { Clock } from '../core/ports.ts'
import { toEpochMicroseconds } from '../core/timestamp.ts'
import type { Run, Store, StoredCollection } from '../store/store.ts'

/** What the server can say of itself and of what it serves, besides TAXII: for readiness, metrics and the web page. */
export interface ServerFacts {
  /** Whether what is served can be read now. Never throws. */
  isReady(): Promise<boolean>
  /** In the order in which they were first seen; at most a few seconds old. Empty where no store is known. */
  collections(): Promise<readonly CollectionFacts[]>
}

export interface CollectionFacts extends StoredCollection {
  /** Of the last run that went well; undefined: none did, or it was not fetched. */
  readonly lastFetchedAt?: string | undefined
  readonly lastRun?: Pick<Run, 'status' | 'startedAt' | 'finishedAt'> | undefined
}

type ReadableStore = Pick<Store, 'collections' | 'runs'>

/** A dashboard and several scrapes may ask at once. */
const freshMs = 5_000
/** Longer than this a store that answers does not take. */
const readyTimeoutMs = 5_000
/** Runs are listed newest first: so many failures in a row hide the last one that went well. */
const runsLookedAt = 50

/** Facts about a store; without one (a custom persistence) it is always ready, and nothing is known of collections. */
export function serverFacts(store: ReadableStore | undefined, clock: Clock): ServerFacts {
  let known: { readonly atMs: number; readonly collections: Promise<readonly CollectionFacts[]> } | undefined
  return {
    async isReady() {
      if (!store) return true
      const stop = new AbortController()
      const late = clock.sleep(readyTimeoutMs, stop.signal).then(
        () => false,
        () => false,
      )
      const read = store.collections().then(
        () => true,
        () => false,
      )
      const isReady = await Promise.race([read, late])
      stop.abort()
      return isReady
    },
    collections() {
      const now = clock.monotonicMs()
      if (!known || now - known.atMs > freshMs) {
        known = { atMs: now, collections: store ? readCollections(store) : Promise.resolve([]) }
        known.collections.catch(() => (known = undefined))
      }
      return known.collections
    },
  }
}

async function readCollections(store: ReadableStore): Promise<readonly CollectionFacts[]> {
  const facts: CollectionFacts[] = []
  for (const stored of await store.collections()) {
    const { key, source } = stored
    const runs = await store.runs({ source: source.id, collection: key.collection, limit: runsLookedAt })
    const own = runs.filter((run) => run.key.root === key.root)
    const [newest] = own
    const lastFetchedAt = own.find(({ status }) => status === 'ok')?.finishedAt
    facts.push({
      ...stored,
      ...(lastFetchedAt !== undefined && { lastFetchedAt }),
      ...(newest && { lastRun: newest }),
    })
  }
  return facts
}

/** How many seconds ago a stamp was; undefined for what is none. */
export function secondsSince(stamp: string | undefined, now: Date): number | undefined {
  const micros = stamp === undefined ? undefined : toEpochMicroseconds(stamp)
  return micros === undefined ? undefined : Math.max(0, now.getTime() / 1000 - Number(micros) / 1e6)
}
