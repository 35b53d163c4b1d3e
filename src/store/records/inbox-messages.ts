import { randomUUID } from 'node:crypto'
import type { RecordChange, Records } from '../records.ts'

/** A TAXII 1.x inbox message: what is kept of it beside its blocks. */
export interface StoredInboxMessage {
  readonly id: string
  readonly messageId: string
  readonly contentBlockCount: number
  readonly destinationCollections: readonly string[]
  /** The rest of what the message said; plain JSON. */
  readonly [more: string]: unknown
}

/** Which blocks of a collection came with a message. */
export interface StoredDelivery {
  readonly collectionId: string
  readonly messageId: string
  readonly blockIds: readonly string[]
}

export interface InboxMessageRecords {
  create<Message extends Omit<StoredInboxMessage, 'id'>>(message: Message): Promise<Message & { readonly id: string }>
  get(id: string): Promise<StoredInboxMessage | undefined>
  /** What came into a collection with messages. */
  deliveries(collectionId: string): AsyncIterable<StoredDelivery>
  /** The message and what is known of its deliveries into this collection. Returns whether there was one. */
  remove(messageId: string, collectionId: string): Promise<boolean>
}

const kind = 'inbox-message'
const delivered = 'inbox-delivery'
const listed = 500

export function inboxMessageRecords(records: Records): InboxMessageRecords {
  return {
    async create(message) {
      const made = { ...message, id: randomUUID() }
      await records.write([{ kind, id: made.id, body: made }])
      return made
    },
    get: async (id) => (await records.get(kind, id))?.body as StoredInboxMessage | undefined,
    async *deliveries(collectionId) {
      for (let afterId: string | undefined; ;) {
        const found = await records.list(delivered, { owner: collectionId, afterId, limit: listed })
        for (const { body } of found) yield body as StoredDelivery
        if (found.length < listed) return
        afterId = found.at(-1)?.id
      }
    },
    async remove(messageId, collectionId) {
      const found = await records.get(kind, messageId)
      await records.write([
        { kind, id: messageId },
        { kind: delivered, id: deliveryId(collectionId, messageId) },
      ])
      return found !== undefined
    },
  }
}

/** A message under the id it has, as a change for the transaction that stores its blocks. */
export function inboxMessageChange(message: StoredInboxMessage): RecordChange {
  return { kind, id: message.id, body: message }
}

/** That these blocks came with a message, as a change for the transaction that stores them. */
export function deliveryChange(delivery: StoredDelivery): RecordChange {
  const { collectionId, messageId } = delivery
  return { kind: delivered, id: deliveryId(collectionId, messageId), owner: collectionId, body: delivery }
}

function deliveryId(collectionId: string, messageId: string): string {
  return `${collectionId}/${messageId}`
}
