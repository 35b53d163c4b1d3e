import { afterEach, beforeEach } from 'vitest'
import { timestampOfDate } from '../../src/core/timestamp.ts'
import type { Damaged, Item } from '../../src/stix/item.ts'
import type {
  CheckpointMove,
  CollectionKey,
  Counts,
  PageBatch,
  PagePart,
  SourceRef,
  Store,
} from '../../src/store/store.ts'

/** What a driver's test hands over: a fresh store each time, and the same one opened again where it is kept. */
export interface StoreUnderTest {
  readonly name: string
  /** An empty store. */
  open(): Promise<Store>
  /** The same store once more, as another process would; undefined where it is not kept. */
  openAgain?: (() => Promise<Store>) | undefined
}

export const acme: SourceRef = { id: 'p-1', name: 'acme' }
export const indicators: CollectionKey = { source: 'p-1', root: 'https://taxii.example/root/', collection: 'c1' }
export const others: CollectionKey = { ...indicators, collection: 'c2' }

export function aPage(items: readonly Item[], damaged: readonly Damaged[] = []): PagePart {
  const page = {
    url: 'https://taxii.example/root/collections/c1/objects/',
    digest: 'ab'.repeat(32),
    receivedAt: '2026-01-02T03:04:05.000000Z',
    peerFingerprint: 'cd'.repeat(32),
    addedLast: '2026-01-01T00:00:00.123456Z',
  }
  return { page, items, damaged }
}

export async function aRun(store: Store, key = indicators, more: { full?: boolean } = {}): Promise<string> {
  const startedAt = timestampOfDate(new Date('2026-01-02T03:04:05Z'))
  return store.beginRun({ source: { ...acme, id: key.source }, key, version: '2.1', startedAt, ...more })
}

/** One page into the store, in a run of its own unless one is given. */
export async function keep(
  store: Store,
  items: readonly Item[],
  more: Partial<PageBatch> & { damaged?: readonly Damaged[]; move?: CheckpointMove } = {},
): Promise<Counts> {
  const key = more.key ?? indicators
  const runId = more.runId ?? (await aRun(store, key))
  return store.commit({ key, runId, parts: [aPage(items, more.damaged)], checkpoint: () => more.move, ...more })
}

export async function all<Entry>(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const found: Entry[] = []
  for await (const entry of entries) found.push(entry)
  return found
}

/** Hands over a fresh store before each test of the suite that calls it, and closes it afterwards. */
export function storeOfEachTest(subject: StoreUnderTest, use: (store: Store) => void): void {
  let store: Store
  beforeEach(async () => use((store = await subject.open())))
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
  })
}
