import { StixTaxiiError } from '../../core/errors.ts'
import { foreignAddress, namedAddress } from '../addresses.ts'
import type { AddressPolicy, NamedAddress } from '../addresses.ts'
import type { Collection, Service } from '../client.ts'
import { ask, expectRoot, statusOf } from './exchange.ts'
import type { Answer } from './exchange.ts'
import type { Link } from './link.ts'
import { collectionOf, readListing, readServices } from './listings.ts'
import type { Contact, ListedCollection } from './listings.ts'
import { collectionsRequest, discoveryRequest } from './requests.ts'
import type { RequestWriter } from './requests.ts'
import { statusError } from './status.ts'
import { protocolOf } from './wire.ts'

/** What stands at the configured URL, and which services were found there. */
export interface Entrance {
  readonly kind: 'discovery' | 'collection-management' | 'poll'
  /** The address that answered. */
  readonly url: URL
  /** Of discovery; empty otherwise. */
  readonly services: readonly Service[]
  /** What the collection management service at the URL answered, if that is what stands there. */
  readonly listing?: readonly ListedCollection[] | undefined
}

/** A collection as listed, with the spelling of its bindings. */
export interface Entry {
  readonly collection: Collection
  readonly listed: ListedCollection
}

/** Finds services and collections, asking each address once. */
export interface Directory {
  entrance(signal?: AbortSignal): Promise<Entrance>
  entries(signal?: AbortSignal): Promise<readonly Entry[]>
  /** Addresses of a service type that discovery names, best first; the URL itself where it is that service. */
  addresses(type: Service['type'], signal?: AbortSignal): Promise<readonly URL[]>
  /** Resolves an address that the server, or the user, named. */
  resolve(named: string): URL
  /** The error to show for an address: that of its other origin, where it was asked at home instead. */
  explain(address: URL, error: unknown): unknown
  /** Why a named address could not be used, if one could not. */
  refusal(): StixTaxiiError | undefined
}

export function createDirectory(link: Link): Directory {
  const places = createPlaces(link)
  let entrance: Promise<Entrance> | undefined
  let entries: Promise<readonly Entry[]> | undefined

  const openEntrance = (signal?: AbortSignal): Promise<Entrance> => {
    entrance ??= forgetFailure(findEntrance(link, signal), () => (entrance = undefined))
    return entrance
  }
  const readEntries = async (signal?: AbortSignal): Promise<readonly Entry[]> =>
    listEntries(link, await openEntrance(signal), places, signal)

  return {
    entrance: openEntrance,
    entries(signal) {
      entries ??= forgetFailure(readEntries(signal), () => (entries = undefined))
      return entries
    },
    async addresses(type, signal) {
      const found = await openEntrance(signal)
      if (found.kind === type) return [found.url]
      return places.choose(found.services.filter((service) => service.type === type))
    },
    resolve: (named) => places.resolve(named).url,
    explain: (address, error) => foreignOr(places.foreign(address), error),
    refusal: places.refusal,
  }
}

/** Keeps a promise for later callers unless it fails. */
function forgetFailure<T>(promise: Promise<T>, forget: () => void): Promise<T> {
  promise.catch(forget)
  return promise
}

/** Turns named addresses into ones that may be asked, and remembers which were named on another origin. */
interface Places {
  resolve(named: string): NamedAddress
  choose(contacts: readonly (Contact & { readonly available?: boolean | undefined })[]): readonly URL[]
  foreign(url: URL): NamedAddress | undefined
  /** Why an address could not be used, if one could not. */
  refusal(): StixTaxiiError | undefined
}

function createPlaces(link: Link): Places {
  const { settings, wire } = link
  const policy: AddressPolicy = {
    home: settings.url,
    allowOrigins: settings.allowOrigins,
    notices: link.notices,
  }
  const moved = new Map<string, NamedAddress>()
  let refusal: StixTaxiiError | undefined
  const resolve = (named: string): NamedAddress => {
    const found = namedAddress(named, settings.url, policy)
    if (found.foreign !== undefined) moved.set(found.url.href, found)
    return found
  }
  // One unusable address among good ones costs nothing; where it is the only one, its error is what the user must see.
  const tryResolve = (named: string): URL | undefined => {
    try {
      return resolve(named).url
    } catch (error) {
      if (!(error instanceof StixTaxiiError)) throw error
      refusal ??= error
      link.notices({ code: error.code, message: error.message })
      return undefined
    }
  }
  // What speaks our message binding, over a protocol we have; https before http, what is known to be available before the rest.
  const rank = (contact: Contact & { readonly available?: boolean | undefined }): number =>
    (contact.address.startsWith('https:') ? 0 : 1) + (contact.available === false ? 2 : 0)
  const speaks = (contact: Contact): boolean =>
    (contact.messageBindings.length === 0 || contact.messageBindings.includes(wire.binding)) &&
    (contact.protocol === '' || contact.protocol.includes(':http'))
  return {
    resolve,
    choose(contacts) {
      const ordered = contacts.filter(speaks).sort((a, b) => rank(a) - rank(b))
      const urls = ordered.flatMap((contact) => tryResolve(contact.address) ?? [])
      return urls.filter((url, index) => urls.findIndex((other) => other.href === url.href) === index)
    },
    foreign: (url) => moved.get(url.href),
    refusal: () => refusal,
  }
}

/** Whether an error says that the address is wrong, rather than that the service is in trouble. */
export function isWrongAddress(error: unknown): error is StixTaxiiError {
  return error instanceof StixTaxiiError && (error.code === 'TAXII_NOT_FOUND' || error.code === 'TAXII_NOT_TAXII')
}

/** The address itself, then the same with or without the slash at its end. */
export function slashVariants(url: URL): readonly URL[] {
  if (url.pathname === '/') return [url]
  const other = new URL(url)
  other.pathname = url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : `${url.pathname}/`
  return [url, other]
}

/** Asks addresses one after the other until one is that of a TAXII service; the first one's error if none is. */
export async function askFirst(
  link: Link,
  addresses: readonly URL[],
  write: RequestWriter,
  signal?: AbortSignal,
): Promise<{ answer: Answer; address: URL }> {
  let first: unknown
  for (const address of addresses.flatMap(slashVariants)) {
    try {
      return { answer: await ask(link, { address, write, signal, repeatable: true }), address }
    } catch (error) {
      if (!isWrongAddress(error)) throw error
      first ??= error
    }
  }
  throw first
}

/** The path that the errata give to discovery. @see TAXII-HTTP-1.0-Err-01 */
const usualDiscovery = '/taxii-discovery-service/'

async function findEntrance(link: Link, signal?: AbortSignal): Promise<Entrance> {
  const { url } = link.settings
  const places = url.pathname === '/' ? [url, new URL(usualDiscovery, url)] : [url]
  let failure: unknown
  try {
    const { answer, address } = await askFirst(link, places, discoveryRequest(link.wire), signal)
    if (answer.root.name === 'Discovery_Response') {
      return { kind: 'discovery', url: address, services: readServices(answer.root) }
    }
    const status = statusOf(answer)
    if (status?.type === 'UNAUTHORIZED') throw statusError(status, 'Discovery', link.settings.preset?.accessHint)
  } catch (error) {
    if (!isOtherService(error)) throw error
    failure = error
  }
  return otherEntrance(link, places[0] as URL, failure, signal)
}

/** Services answer what is not theirs with a status message, 400, or in their confusion 500. */
function isOtherService(error: unknown): boolean {
  if (!(error instanceof StixTaxiiError)) return false
  return (
    error.code === 'TAXII_REQUEST_REFUSED' ||
    (error.code === 'TAXII_UNAVAILABLE' && error.context['httpStatus'] === 500)
  )
}

async function otherEntrance(link: Link, url: URL, failure: unknown, signal?: AbortSignal): Promise<Entrance> {
  try {
    const { answer, address } = await askFirst(link, [url], collectionsRequest(link.wire), signal)
    if (answer.root.name === link.wire.listResponse) {
      return { kind: 'collection-management', url: address, services: [], listing: readListing(link.wire, answer.root) }
    }
  } catch (error) {
    if (!isOtherService(error)) throw failure ?? error
  }
  return { kind: 'poll', url, services: [] }
}

async function listEntries(
  link: Link,
  entrance: Entrance,
  places: Places,
  signal?: AbortSignal,
): Promise<readonly Entry[]> {
  if (entrance.listing) return entriesOf(entrance.listing, entrance.url, places)
  const managers = places.choose(entrance.services.filter(({ type }) => type === 'collection-management'))
  const entries: Entry[] = []
  for (const manager of managers) {
    const listed = await askListing(link, manager, places, signal)
    entries.push(...listed.filter((entry) => !entries.some((known) => known.collection.id === entry.collection.id)))
  }
  return entries
}

async function askListing(link: Link, manager: URL, places: Places, signal?: AbortSignal): Promise<readonly Entry[]> {
  try {
    const { answer, address } = await askFirst(link, [manager], collectionsRequest(link.wire), signal)
    const root = expectRoot(link, answer, link.wire.listResponse, 'The request for its collections')
    return entriesOf(readListing(link.wire, root), address, places)
  } catch (error) {
    throw foreignOr(places.foreign(manager), error)
  }
}

function entriesOf(listing: readonly ListedCollection[], root: URL, places: Places): readonly Entry[] {
  return listing.map((listed) => ({ listed, collection: collectionOf(listed, root, places.choose) }))
}

/** An address on another origin, asked at home in vain, ends as refused. */
function foreignOr(named: NamedAddress | undefined, error: unknown): unknown {
  return named && isWrongAddress(error) ? foreignAddress(named, error) : error
}

/** A poll-only URL as the service it is, for listings. */
export function pollService(link: Link, url: URL): Service {
  const { services, binding } = link.wire
  return { type: 'poll', version: services, protocol: protocolOf(url), address: url.href, messageBindings: [binding] }
}
