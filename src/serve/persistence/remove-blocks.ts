import { inboxMessageRecords } from '../../store/records/inbox-messages.ts'
import type { CollectionKey, Store } from '../../store/store.ts'
import type { ServedCollection } from './served-collection.ts'

export interface Window {
  /** Exclusive. */
  readonly begin: string | undefined
  /** Inclusive; default: everything there is. */
  readonly end: string | undefined
}

const beginOfTime = '0001-01-01T00:00:00.000000Z'
const idsAtOnce = 500

/** Removes what a window holds, and with it the messages that brought any of it. Returns how many blocks are gone. */
export async function removeBlocks(
  store: Store,
  collection: ServedCollection,
  { begin, end }: Window,
  withMessages: boolean,
): Promise<number> {
  const request = { addedAfter: begin ?? beginOfTime, addedUntil: end }
  if (!withMessages) return store.removeVersions(collection.key, request)
  const messages = inboxMessageRecords(store.records)
  const before = await messagesWith(store, collection)
  const removed = await store.removeVersions(collection.key, request)
  for (const [messageId, blockIds] of before) {
    const left = await presentOf(store, collection.key, blockIds)
    if (left.size < blockIds.length) await messages.remove(messageId, collection.id)
  }
  return removed
}

/** Blocks that are still there, by the message that brought them. */
async function messagesWith(store: Store, { id, key }: ServedCollection): Promise<ReadonlyMap<string, string[]>> {
  const byMessage = new Map<string, string[]>()
  for await (const { messageId, blockIds } of inboxMessageRecords(store.records).deliveries(id)) {
    const present = await presentOf(store, key, blockIds)
    if (present.size > 0) byMessage.set(messageId, [...present])
  }
  return byMessage
}

async function presentOf(store: Store, key: CollectionKey, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const present = new Set<string>()
  for (let at = 0; at < ids.length; at += idsAtOnce) {
    const wanted = ids.slice(at, at + idsAtOnce)
    const page = await store.readPage(key, { kind: 'block', ids: wanted, limit: wanted.length, bodies: false })
    for (const { item } of page.entries) present.add(item.id)
  }
  return present
}
