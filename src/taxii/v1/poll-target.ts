import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { printable } from '../../core/printable.ts'
import type { Collection, ContentBinding, PollRequest } from '../client.ts'
import { spelledBinding } from './bindings.ts'
import { slashVariants } from './directory.ts'
import type { Directory, Entry } from './directory.ts'
import type { Link } from './link.ts'

/** What is polled, and where. */
export interface PollTarget {
  readonly collection: string
  /** Data sets have no labels. */
  readonly isFeed: boolean
  /** Addresses to try, best first, each also with its other slash. */
  readonly addresses: readonly URL[]
  readonly bindings: readonly ContentBinding[]
  /** Names that the server lists; empty when it lists none. */
  readonly names: readonly string[]
}

/**
 * Finds the poll addresses of a collection: the one that the request names, the collection's own, those of discovery, the
 * URL itself. A collection that is not listed is polled all the same, since a server may hide it.
 * @throws TAXII_NOT_POLLABLE (not-found)
 */
export async function findTarget(
  link: Link,
  directory: Directory,
  request: PollRequest,
  signal?: AbortSignal,
): Promise<PollTarget> {
  const entries = await directory.entries(signal)
  const entry = entries.find(({ collection }) => collection.id === request.collection)
  if (entry?.collection.available === false) {
    const message = `"${printable(request.collection)}" is listed as not available to this account; it is asked for all the same`
    link.notices({ code: 'TAXII_COLLECTION_UNAVAILABLE', message })
  }
  const addresses = await pollAddresses(directory, request, entry, entries, signal)
  if (addresses.length === 0) throw directory.refusal() ?? notPollable(link, request.collection)
  const offered = entry?.listed.bindings.map(({ id }) => id) ?? []
  const wanted = request.contentBindings ?? link.settings.contentBindings ?? []
  return {
    collection: request.collection,
    isFeed: entry?.collection.ordering !== 'set',
    addresses: addresses.flatMap(slashVariants),
    bindings: wanted.map(({ id, subtypes }) => ({ id: spelledBinding(id, offered), subtypes })),
    names: entries.map(({ collection }) => collection.id),
  }
}

async function pollAddresses(
  directory: Directory,
  request: PollRequest,
  entry: Entry | undefined,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<readonly URL[]> {
  // Where collections are listed is no poll address; callers that know a collection by its root may say it here.
  const isManager = entries.some(({ collection }) => collection.root === request.root)
  if (request.root !== undefined && !isManager) return [directory.resolve(request.root)]
  const own = entry?.collection.pollAddresses ?? []
  return own.length > 0 ? own.map((address) => new URL(address)) : directory.addresses('poll', signal)
}

/**
 * A collection by its name: as listed, else as one that is polled where polls are answered, since a server may list none of
 * what it has.
 * @throws TAXII_NOT_POLLABLE (not-found)
 * @see TAXII 1.1 Services Specification, 3.4
 */
export async function unlistedCollection(
  link: Link,
  directory: Directory,
  name: string,
  signal?: AbortSignal,
): Promise<Collection> {
  const entries = await directory.entries(signal)
  const listed = entries.find(({ collection }) => collection.id === name)
  if (listed) return listed.collection
  const addresses = await directory.addresses('poll', signal)
  const [first] = addresses
  if (!first) throw directory.refusal() ?? notPollable(link, name)
  return {
    id: name,
    root: first.href,
    canRead: true,
    canWrite: false,
    contentTypes: [],
    ordering: 'feed',
    pollAddresses: addresses.map(({ href }) => href),
    subscriptionAddresses: [],
    inboxAddresses: [],
    custom: {},
  }
}

function notPollable(link: Link, collection: string): StixTaxiiError {
  const message = `${link.settings.url.host} names no address at which "${printable(collection)}" could be polled`
  return new StixTaxiiError('TAXII_NOT_POLLABLE', message, {
    kind: 'not-found',
    hint: 'It may be pushed only. If you know its poll address, use that as the URL.',
    context: { collection },
  })
}

/** The error for a collection that the server does not know, with the nearest name it lists. */
export function unknownCollection(link: Link, target: PollTarget, cause?: unknown): StixTaxiiError {
  const nearest = nearestName(target.collection, target.names)
  const list = 'List what is offered with: stixtaxii collections'
  return new StixTaxiiError(
    'TAXII_COLLECTION_UNKNOWN',
    `Collection "${printable(target.collection)}" is not offered by ${link.settings.url.host}`,
    {
      kind: 'not-found',
      hint: nearest === undefined ? list : `Did you mean "${printable(nearest)}"? ${list}`,
      context: { collection: target.collection },
      cause,
    },
  )
}
