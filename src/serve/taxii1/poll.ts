import { compareTimestamps } from '../../core/timestamp.ts'
import type { ResultSetEntity, Taxii1Collection } from '../taxii1-persistence.ts'
import { readableCollection } from './access.ts'
import { supportedOf } from './content-bindings.ts'
import type { ContentForms } from './content-form.ts'
import { readPollRequest } from './poll-request.ts'
import type { Parameters, PollRequest } from './poll-request.ts'
import { pollReply } from './poll-response.ts'
import type { PollHead } from './poll-response.ts'
import { notFound, Refusal } from './refusal.ts'
import { expiryFrom } from './results.ts'
import { openShelf } from './shelf.ts'
import type { Range, Shelf } from './shelf.ts'
import { ownSubscription } from './subscriptions.ts'
import type { Reply, Visit } from './visit.ts'
import { sieveOf } from './visible.ts'
import { auditFields, ownerOf } from './visit.ts'

/** Blocks in a part where the service says nothing. */
const usualPartSize = 1000
/** Blocks in an answer of 1.0, which has no parts: who asked goes on from its end label. */
const maxBlocks10 = 10_000
/** End label of a feed in which no label was ever given. */
const earliest = '1970-01-01T00:00:00.000000Z'

/** What a poll is about, once everything it names is found. */
interface Poll {
  readonly visit: Visit
  readonly forms: ContentForms
  readonly collection: Taxii1Collection
  readonly parameters: Parameters
  readonly subscriptionId?: string | undefined
  readonly shelf: Shelf
}

/**
 * Answers a poll: everything at once, or the first part of a result. Never PENDING, since nothing is prepared for later.
 * @throws Refusal NOT_FOUND, DENIED, UNSUPPORTED_CONTENT, UNSUPPORTED_QUERY, FAILURE, BAD_MESSAGE
 * @see TAXII 1.1 Services Specification, 3.6 and 5.2.2.2; TAXII 1.0, 3.4.8 and 3.4.9
 */
export async function answerPoll(visit: Visit, forms: ContentForms): Promise<Reply> {
  const request = readPollRequest(visit.message)
  const poll = await openPoll(visit, forms, request)
  const range = await rangeOf(poll, request)
  const isEmpty = range.begin !== undefined && compareTimestamps(range.begin, range.end) >= 0
  const count = isEmpty ? 0 : await poll.shelf.count(range)
  if (poll.parameters.countOnly) return replyTo(poll, { range, count: { value: count, isPartial: false } })
  const bound = boundOf(poll)
  if (count <= bound) return firstPart(poll, range, { value: count, isPartial: false })
  const [end = range.end] = await poll.shelf.labelsAt(range, bound, 1)
  return firstPart(poll, { ...range, end }, { value: bound, isPartial: true })
}

async function openPoll(visit: Visit, forms: ContentForms, request: PollRequest): Promise<Poll> {
  const collection = await pollableCollection(visit, request.collection)
  const { subscriptionId } = request
  const subscription =
    subscriptionId === undefined ? undefined : await ownSubscription(visit, subscriptionId, collection)
  if (subscriptionId !== undefined && !subscription) throw notFound(subscriptionId)
  if (!subscription && visit.service.properties.subscriptionRequired === true) {
    throw new Refusal('DENIED', { message: 'This service is polled with a subscription id only' })
  }
  const parameters = subscription
    ? { bindings: subscription.contentBindings, countOnly: subscription.responseType === 'COUNT_ONLY' }
    : request
  const shelf = shelfOf(visit, collection, parameters)
  return { visit, forms, collection, parameters, subscriptionId, shelf }
}

/** A collection that this account may poll in this version. */
export async function pollableCollection(visit: Visit, name: string): Promise<Taxii1Collection> {
  const collection = await readableCollection(visit, name)
  if (visit.wire.version === '1.0' && collection.type === 'set') throw notFound(name)
  if (!collection.isAvailable) throw new Refusal('DENIED', { message: 'This collection is not available at present' })
  return collection
}

/** What may be seen of a collection, of the bindings asked for. @throws Refusal UNSUPPORTED_CONTENT */
export function shelfOf(visit: Visit, collection: Taxii1Collection, { bindings }: Pick<Parameters, 'bindings'>): Shelf {
  return openShelf({
    persistence: visit.parts.taxii1,
    collectionId: collection.id,
    bindings: supportedOf(collection, bindings),
    sieve: sieveOf(visit, collection),
  })
}

/**
 * What is considered: up to the newest label, never beyond it, since what is being stored right now may get any label
 * behind it. A set has no range; but what is added while its parts are read has to wait for the next poll.
 */
async function rangeOf({ visit, collection }: Poll, request: PollRequest): Promise<Range> {
  const newest = await visit.parts.taxii1.newestLabel(collection.id)
  if (collection.type === 'set') return { end: newest ?? earliest }
  const { begin, end } = request
  if (begin !== undefined && end !== undefined && compareTimestamps(begin, end) > 0) {
    throw new Refusal('FAILURE', { message: 'The begin label is later than the end label' })
  }
  const known = newest ?? earliest
  const considered = end !== undefined && compareTimestamps(end, known) < 0 ? end : known
  return { begin, end: begin !== undefined && compareTimestamps(begin, considered) > 0 ? begin : considered }
}

/** Blocks that a result may have; a set is always whole, since nobody could go on behind its middle. */
function boundOf({ visit, collection }: Poll): number {
  const { maxResultCount = Infinity } = visit.service.properties
  if (collection.type === 'set') return Infinity
  return Math.max(1, visit.wire.version === '1.0' ? Math.min(maxResultCount, maxBlocks10) : maxResultCount)
}

async function firstPart(poll: Poll, range: Range, count: NonNullable<PollHead['count']>): Promise<Reply> {
  const { visit, shelf } = poll
  const partSize =
    visit.wire.version === '1.0' ? Infinity : Math.max(1, visit.service.properties.maxResultSize ?? usualPartSize)
  if (count.value <= partSize) return replyTo(poll, { range, count }, { of: range, count: count.value })
  const [border = range.end] = await shelf.labelsAt(range, partSize, 1)
  const result = await visit.parts.taxii1.createResultSet(
    newResult(poll, range, { partSize, border, count: count.value }),
  )
  const part = { number: 1, resultId: result.id, more: true }
  const of = { begin: range.begin, end: border }
  return replyTo(poll, { range: of, count, part }, { of, count: partSize })
}

function newResult(
  { visit, collection, parameters, subscriptionId }: Poll,
  { begin, end }: Range,
  { partSize, border, count }: { readonly partSize: number; readonly border: string; readonly count: number },
): Omit<ResultSetEntity, 'id'> {
  return {
    collectionId: collection.id,
    contentBindings: parameters.bindings,
    begin,
    end,
    partBegins: [begin, border],
    partSize,
    count,
    subscriptionId,
    account: ownerOf(visit),
    expiresAt: expiryFrom(visit.parts.clock.now()),
  }
}

function replyTo(
  { visit, forms, collection, parameters, subscriptionId, shelf }: Poll,
  head: Omit<PollHead, 'collection' | 'subscriptionId'>,
  blocks?: { readonly of: Range; readonly count: number },
): Reply {
  const isCounted = parameters.countOnly || visit.parts.settings.taxii1.countBlocksInPollResponses
  visit.parts.log.audit('taxii1-poll', {
    ...auditFields(visit),
    collection: collection.name,
    blocks: blocks?.count ?? 0,
  })
  return pollReply(
    { wire: visit.wire, inResponseTo: visit.message.id, forms },
    { ...head, count: isCounted ? head.count : undefined, collection, subscriptionId },
    blocks && { pages: shelf.blocks(blocks.of), count: blocks.count },
  )
}
