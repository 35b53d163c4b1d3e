import { createHash } from 'node:crypto'
import { timestampOfDate } from '../../core/timestamp.ts'
import type { ContentBlock } from '../../stix/item.ts'
import type { PageEntry } from '../../store/page-query.ts'
import type { RecordChange } from '../../store/records.ts'
import { deliveryChange, inboxMessageChange } from '../../store/records/inbox-messages.ts'
import type { PageBatch, Store } from '../../store/store.ts'
import { blockId } from '../../taxii/v1/block.ts'
import type { ContentBlockEntity, InboxMessageEntity, NewContentBlock } from '../taxii1-persistence.ts'
import type { Adding } from './add-objects.ts'
import type { ServedCollection } from './served-collection.ts'

export interface Delivered {
  readonly blocks: readonly NewContentBlock[]
  readonly collections: readonly ServedCollection[]
  readonly serviceId: string | undefined
  readonly message: InboxMessageEntity | undefined
}

/** A block with what the store keeps of it. */
interface Placed {
  readonly block: NewContentBlock
  readonly item: ContentBlock
}

/** Stores blocks in every collection they are for, and the message they came with, in one transaction. */
export async function addBlocks(adding: Adding, delivered: Delivered): Promise<readonly ContentBlockEntity[]> {
  const { store } = adding
  const placed = delivered.blocks.map((block) => ({ block, item: itemOf(block) }))
  const messageChange = delivered.message ? [inboxMessageChange({ ...delivered.message })] : []
  const added = new Set<string>()
  const batches = await batchesOf(adding, delivered, { placed, added })
  const [first, ...others] = batches
  if (!first) {
    await store.records.write(messageChange)
    return []
  }
  await store.commitAll([{ ...first, records: () => [...(first.records?.() ?? []), ...messageChange] }, ...others])
  return storedBlocks(
    store,
    delivered,
    placed.filter(({ item }) => added.has(item.id)),
  )
}

async function batchesOf(
  { clock, runs }: Adding,
  delivered: Delivered,
  { placed, added }: { readonly placed: readonly Placed[]; readonly added: Set<string> },
): Promise<readonly PageBatch[]> {
  const receivedAt = timestampOfDate(clock.now())
  const batches: PageBatch[] = []
  for (const collection of delivered.collections) {
    const own = placed.filter((one) => isFor(one, collection.id))
    if (own.length === 0) continue
    const url = `/services/${delivered.serviceId ?? 'inbox'}`
    const page = { url, digest: digestOf(own), receivedAt }
    batches.push({
      key: collection.key,
      runId: await runs(collection.key, collection.title),
      parts: [{ page, items: own.map(({ item }) => item), damaged: [] }],
      checkpoint: () => undefined,
      onSettled: ({ id }, outcome) => {
        if (outcome === 'new') added.add(id)
      },
      records: () => deliveries(own, collection.id, delivered.message?.id),
    })
  }
  return batches
}

/** Which message brought which blocks, so that it can go with them. */
function deliveries(
  own: readonly Placed[],
  collectionId: string,
  ownMessageId: string | undefined,
): readonly RecordChange[] {
  const byMessage = new Map<string, string[]>()
  for (const { block, item } of own) {
    const messageId = block.inboxMessageId ?? ownMessageId
    if (messageId === undefined) continue
    const blockIds = byMessage.get(messageId)
    if (blockIds) blockIds.push(item.id)
    else byMessage.set(messageId, [item.id])
  }
  return [...byMessage].map(([messageId, blockIds]) => deliveryChange({ collectionId, messageId, blockIds }))
}

/** Those that are new somewhere, in the order given, each with its label in the first collection that has it. */
async function storedBlocks(
  store: Store,
  { collections, message }: Delivered,
  placed: readonly Placed[],
): Promise<readonly ContentBlockEntity[]> {
  const labels = new Map<string, string>()
  for (const collection of collections) {
    const ids = placed.flatMap((one) => (isFor(one, collection.id) && !labels.has(one.item.id) ? [one.item.id] : []))
    for (const { item, addedAt } of await entriesOf(store, collection, ids)) labels.set(item.id, addedAt)
  }
  return placed.flatMap(({ block, item }) => {
    const timestampLabel = labels.get(item.id)
    if (timestampLabel === undefined) return []
    const { contentBinding, subtype, message: note, content } = block
    const inboxMessageId = block.inboxMessageId ?? message?.id
    return [
      {
        id: item.id,
        timestampLabel,
        contentBinding,
        ...(subtype !== undefined && { subtype }),
        ...(note !== undefined && { message: note }),
        content,
        ...(inboxMessageId !== undefined && { inboxMessageId }),
      },
    ]
  })
}

const idsAtOnce = 500

async function entriesOf(store: Store, { key }: ServedCollection, ids: readonly string[]): Promise<PageEntry[]> {
  const entries: PageEntry[] = []
  const distinct = [...new Set(ids)]
  for (let at = 0; at < distinct.length; at += idsAtOnce) {
    const wanted = distinct.slice(at, at + idsAtOnce)
    const page = await store.readPage(key, { kind: 'block', ids: wanted, limit: wanted.length, bodies: false })
    entries.push(...page.entries)
  }
  return entries
}

function isFor({ block }: Placed, collectionId: string): boolean {
  return block.collectionIds === undefined || block.collectionIds.includes(collectionId)
}

function itemOf({ contentBinding, subtype, message, content }: NewContentBlock): ContentBlock {
  return {
    kind: 'block',
    id: blockId(contentBinding, content),
    binding: contentBinding,
    ...(subtype !== undefined && { subtype }),
    ...(message !== undefined && { message }),
    raw: content,
  }
}

function digestOf(placed: readonly Placed[]): string {
  const digest = createHash('sha256')
  for (const { item } of placed) digest.update(`${item.id}\n`)
  return digest.digest('hex')
}
