import { randomUUID } from 'node:crypto'
import { canonicalBinding } from '../../taxii/v1/bindings.ts'
import { attributeOf, booleanOf, childNamed, textOf, textsOf, wholeNumber } from '../../taxii/v1/xml-node.ts'
import type { RawBlock } from '../../taxii/v1/xml-reader.ts'
import type {
  ContentBlockEntity,
  InboxMessageEntity,
  NewContentBlock,
  Taxii1Collection,
} from '../taxii1-persistence.ts'
import { rightsAt, unauthorized } from './access.ts'
import { accepts, readBindings } from './content-bindings.ts'
import { badMessage, notFound, Refusal } from './refusal.ts'
import type { Reply, Visit } from './visit.ts'
import { auditFields } from './visit.ts'
import { statusMessage } from './write-message.ts'

/**
 * Takes an inbox message in: into each of the collections it names, or all that the account may write where it names none.
 * All of it or nothing; a block that a collection does not take is left out of it.
 * @throws Refusal DESTINATION_COLLECTION_ERROR, NOT_FOUND, DENIED, BAD_MESSAGE
 * @see TAXII 1.1 Services Specification, 3.2 and 4.4.10; TAXII 1.0, 3.4.10
 */
export async function answerInbox(visit: Visit): Promise<Reply> {
  const destinations = [...new Set(textsOf(visit.message.root, 'Destination_Collection_Name'))]
  const collections = await collectionsFor(visit, destinations)
  const blocks = visit.message.blocks.map((block, index) => readBlock(block, index))
  const message = messageOf(visit, destinations)
  const taken = blocks.flatMap((block) => addressed(visit, block, collections, message.id))
  const used = new Set(taken.flatMap(({ collectionIds }) => collectionIds ?? []))
  const ids = collections.map(({ id }) => id).filter((id) => used.has(id))
  const stored = await visit.parts.taxii1.createContentBlocks(taken, ids, visit.service.id, message)
  tell(visit, message, stored, collections, { received: blocks.length, taken: taken.length })
  return { body: statusMessage(visit.wire, visit.message.id, 'SUCCESS') }
}

async function collectionsFor(visit: Visit, names: readonly string[]): Promise<readonly Taxii1Collection[]> {
  const rule = visit.service.properties.destinationCollectionRequired
  if ((rule === true && names.length === 0) || (rule === false && names.length > 0)) {
    throw await destinationError(visit, rule)
  }
  if (names.length > 0) return Promise.all(names.map((name) => destination(visit, name)))
  const collections = await writable(visit)
  if (collections.length === 0) throw unauthorized(visit)
  return collections
}

async function writable(visit: Visit): Promise<readonly Taxii1Collection[]> {
  const all = await visit.parts.taxii1.getCollections(visit.service.id)
  return all.filter((each) => each.isAvailable && rightsAt(visit, each).canWrite)
}

async function destinationError(visit: Visit, isRequired: boolean): Promise<Refusal> {
  const acceptable = isRequired ? (await writable(visit)).map(({ name }) => name) : []
  const message = isRequired ? 'A destination collection is wanted' : 'This inbox takes no destination collections'
  // The detail has to be there, with nothing in it where nothing is acceptable.
  const details = { ACCEPTABLE_DESTINATION: acceptable.length > 0 ? acceptable : [''] }
  return new Refusal('DESTINATION_COLLECTION_ERROR', { message, details })
}

async function destination(visit: Visit, name: string): Promise<Taxii1Collection> {
  const collection = await visit.parts.taxii1.getCollection(name, visit.service.id)
  const rights = collection && rightsAt(visit, collection)
  if (!collection || !rights || (!rights.canRead && !rights.canWrite)) {
    throw visit.principal.kind === 'anonymous' ? unauthorized(visit) : notFound(name)
  }
  if (!rights.canWrite) throw unauthorized(visit)
  if (!collection.isAvailable) throw new Refusal('DENIED', { message: 'This collection is not available at present' })
  return collection
}

function readBlock({ node, content }: RawBlock, index: number): NewContentBlock {
  const [binding] = readBindings(node)
  if (!binding) throw badMessage(`Content block ${index + 1} has no content binding`)
  if (content === undefined) throw badMessage(`Content block ${index + 1} has no content`)
  return {
    contentBinding: canonicalBinding(binding.binding),
    subtype: binding.subtypes[0],
    message: textOf(node, 'Message'),
    content: Buffer.from(content),
  }
}

/** A block with the collections that take it; none when neither the inbox nor a collection does. */
function addressed(
  { service }: Visit,
  block: NewContentBlock,
  collections: readonly Taxii1Collection[],
  inboxMessageId: string,
): readonly NewContentBlock[] {
  const { contentBinding, subtype } = block
  const { acceptsAllContent, supportedContent } = service.properties
  const inbox = { acceptAllContent: acceptsAllContent, supportedContent }
  if (!accepts(inbox, contentBinding, subtype)) return []
  const takers = collections.filter((each) => accepts(each, contentBinding, subtype))
  return takers.length === 0 ? [] : [{ ...block, inboxMessageId, collectionIds: takers.map(({ id }) => id) }]
}

/** What is remembered of the message. @see TAXII 1.1 Services Specification, 4.4.10 */
function messageOf({ message, service, parts }: Visit, destinationCollections: readonly string[]): InboxMessageEntity {
  const { root } = message
  const subscription = childNamed(root, 'Subscription_Information')
  const count = childNamed(root, 'Record_Count')
  return {
    id: randomUUID(),
    messageId: message.id,
    originalMessage: parts.settings.taxii1.saveRawInboxMessages ? message.source() : undefined,
    contentBlockCount: message.blocks.length,
    destinationCollections,
    serviceId: service.id,
    resultId: attributeOf(root, 'result_id'),
    recordCount: wholeNumber(count?.text),
    partialCount: count && booleanOf(count, 'partial_count'),
    subscriptionCollectionName: subscription && attributeOf(subscription, message.wire.nameAttribute),
    subscriptionId:
      subscription && (textOf(subscription, 'Subscription_ID') ?? attributeOf(subscription, 'subscription_id')),
    exclusiveBeginTimestampLabel: subscription && textOf(subscription, 'Exclusive_Begin_Timestamp'),
    inclusiveEndTimestampLabel: subscription && textOf(subscription, 'Inclusive_End_Timestamp'),
  }
}

function tell(
  visit: Visit,
  message: InboxMessageEntity,
  stored: readonly ContentBlockEntity[],
  collections: readonly Taxii1Collection[],
  { received, taken }: { readonly received: number; readonly taken: number },
): void {
  const { log, signals } = visit.parts
  const account = visit.principal.kind === 'account' ? visit.principal.account : undefined
  log.audit('taxii1-inbox', {
    ...auditFields(visit),
    collection: collections.map(({ name }) => name).join(', '),
    received,
    taken,
    stored: stored.length,
  })
  signals.emit('INBOX_MESSAGE_CREATED', { message, account })
  for (const block of stored) {
    const takers = collections.filter((each) => accepts(each, block.contentBinding, block.subtype))
    signals.emit('CONTENT_BLOCK_CREATED', { block, collections: takers, serviceId: visit.service.id })
  }
}
