import type { ContentBlock, Damaged } from '../stix/item.ts'

/**
 * The contract every TAXII version's adapter fulfils. Differences between versions are the named `features`, and the
 * groups of operations (`v1`, `v2`) that only one family has.
 */

export const taxiiVersions = ['1.0', '1.1', '2.0', '2.1'] as const
export type TaxiiVersion = (typeof taxiiVersions)[number]

/** A place to ask: an API root (2.x) or a service (1.x). */
export interface Discovery {
  readonly version: TaxiiVersion
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly contact?: string | undefined
  /** 2.x: API roots in the server's order, resolved to absolute URLs. Empty for 1.x. */
  readonly apiRoots: readonly ApiRoot[]
  /** 2.x: the default root's URL where the server names one of `apiRoots`. */
  readonly defaultRoot?: string | undefined
  /** 1.x: service instances. Empty for 2.x. */
  readonly services: readonly Service[]
}

export interface ApiRoot {
  readonly url: string
  /** Absent when the root could not be read; then `problem` says why. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly versions?: readonly string[] | undefined
  readonly maxContentLength?: number | undefined
  readonly problem?: string | undefined
}

export interface Service {
  readonly type: 'discovery' | 'collection-management' | 'poll' | 'inbox'
  readonly version: string
  readonly protocol: string
  readonly address: string
  readonly messageBindings: readonly string[]
  /** Undefined = the server does not say, which is not "no". */
  readonly available?: boolean | undefined
  readonly acceptedBindings?: readonly ContentBinding[] | undefined
  readonly message?: string | undefined
}

export interface ContentBinding {
  readonly id: string
  readonly subtypes: readonly string[]
}

/** A collection (1.0: data feed). `id` is what `poll` takes. */
export interface Collection {
  readonly id: string
  /** API root (2.x) or collection management address (1.x) that lists it. */
  readonly root: string
  readonly title?: string | undefined
  readonly alias?: string | undefined
  readonly description?: string | undefined
  readonly canRead: boolean
  readonly canWrite: boolean
  /** Media types (2.x) or content binding ids (1.x); empty = the standard's default, everything. */
  readonly contentTypes: readonly string[]
  /** 1.x: a feed is ordered by time, a set is not. 2.x collections are feeds. */
  readonly ordering: 'feed' | 'set'
  readonly available?: boolean | undefined
  /** 1.x: records a day. */
  readonly volume?: number | undefined
  /** 1.x: addresses that serve its polls; 2.x: its objects URL. */
  readonly pollAddresses: readonly string[]
  readonly subscriptionAddresses: readonly string[]
  readonly inboxAddresses: readonly string[]
  /** Properties the standard does not name, as they came. */
  readonly custom: Readonly<Record<string, unknown>>
}

/** `match[field]`: values are ORed, fields ANDed. */
export interface Match {
  readonly field: string
  readonly values: readonly string[]
}

/** Where a half-read poll stands: plain JSON that only the adapter that made it can read. Stored with the checkpoint. */
export type PollPosition = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export interface PollRequest {
  /** Id, alias, or (presets that allow it) name. */
  readonly collection: string
  /** API root or poll address, where several exist; default: the client's. */
  readonly root?: string | undefined
  /** Exclusive. RFC 3339 text at full precision; the adapter writes it as its version demands. */
  readonly begin?: string | undefined
  /** Inclusive. 1.x: the end label. 2.x: by manifest dates, else TAXII_UNTIL_UNSUPPORTED (usage). */
  readonly end?: string | undefined
  readonly match?: readonly Match[] | undefined
  /** Objects a page, where it can be asked for. */
  readonly pageSize?: number | undefined
  /** Go on from here, with the same filters as before. TAXII_POSITION_REFUSED (protocol) when the server has forgotten it. */
  readonly position?: PollPosition | undefined
  /** 1.x */
  readonly contentBindings?: readonly ContentBinding[] | undefined
  /** 1.x Default Query, as XML text of the `Default_Query` element. */
  readonly query?: string | undefined
  /** 1.x: poll under this subscription. */
  readonly subscriptionId?: string | undefined
  /** Nobody keeps a stamp of this poll: no request is made only to find one. */
  readonly stateless?: boolean | undefined
}

/** One received thing, raw. Objects are described (`describeObject`) by whoever needs to know what they are. */
export type Received = { readonly kind: 'object'; readonly raw: Buffer } | ContentBlock

/**
 * One answer of the server, or one slab of a very large one.
 *
 * Items are in the server's order. An answer up to 32 MiB is given whole, after its end has been seen, so that a damaged
 * one leaves nothing behind; a larger one comes in slabs with `partial` true on all but the last, and whoever keeps them
 * must keep all or none.
 */
export interface Page {
  readonly items: readonly Received[]
  /** Parts of the answer that were not items: never stops the rest. */
  readonly damaged: readonly Damaged[]
  /** SHA-256 (hex) of the decoded bytes of this page or slab; computed when asked for. */
  readonly digest: () => string
  /** Without secrets. */
  readonly url: string
  readonly peerFingerprint?: string | undefined
  /** The server's `Date` as a stamp: our "now". */
  readonly serverDate?: string | undefined
  /** 2.x `X-TAXII-Date-Added-First/-Last`; 1.x begin and end label of the answer. As the server wrote them. */
  readonly addedFirst?: string | undefined
  readonly addedLast?: string | undefined
  /**
   * Everything up to and including this stamp is here once this page and all before it are kept. Undefined: this page
   * proves nothing about time (a part that is not the last, a data set, no date in sight). Never later than the
   * server's now + 5 minutes.
   */
  readonly stamp?: string | undefined
  /** Where to go on after this page; undefined when the poll is complete with it. */
  readonly position?: PollPosition | undefined
  readonly partial: boolean
}

export interface PollCount {
  readonly count: number
  /** True when it is a lower bound. */
  readonly atLeast: boolean
}

export interface ManifestEntry {
  readonly id: string
  readonly dateAdded: string
  readonly version: string
  readonly mediaType?: string | undefined
}

/** What became of pushed objects (2.x status resource; 1.x inbox status). */
export interface Job {
  readonly id: string
  readonly status: 'pending' | 'complete'
  readonly requestTimestamp?: string | undefined
  readonly totalCount: number
  readonly successCount: number
  readonly failureCount: number
  readonly pendingCount: number
  readonly successes: readonly JobDetail[]
  readonly failures: readonly JobDetail[]
  readonly pendings: readonly JobDetail[]
}

export interface JobDetail {
  readonly id: string
  readonly version?: string | undefined
  readonly message?: string | undefined
}

/** Operations of TAXII 2.x. `root` defaults to the client's API root. */
export interface Taxii2Operations {
  apiRoot(root?: string, signal?: AbortSignal): Promise<ApiRoot>
  /** TAXII_COLLECTION_UNKNOWN (not-found), with the nearest name in the hint. */
  collection(id: string, root?: string, signal?: AbortSignal): Promise<Collection>
  manifest(request: PollRequest, signal?: AbortSignal): AsyncIterable<readonly ManifestEntry[]>
  /** All matching versions of one object, as pages. TAXII_OBJECT_UNKNOWN (not-found). */
  object(id: string, request: PollRequest, signal?: AbortSignal): AsyncIterable<Page>
  /** 2.1 only (`features.versions`). */
  versions(id: string, request: PollRequest, signal?: AbortSignal): AsyncIterable<readonly string[]>
  /** Adds objects (raw JSON each), split to stay under `maxContentLength`; one job per request that was needed. Never repeated. */
  push(
    objects: readonly Buffer[],
    request: { collection: string; root?: string | undefined },
    signal?: AbortSignal,
  ): Promise<readonly Job[]>
  /** 2.1 only (`features.delete`). */
  deleteObject(id: string, request: PollRequest, signal?: AbortSignal): Promise<void>
  job(id: string, root?: string, signal?: AbortSignal): Promise<Job>
}

export interface InboxBlock {
  readonly binding: string
  readonly subtype?: string | undefined
  readonly content: string
  readonly message?: string | undefined
}

export interface Subscription {
  readonly id: string
  readonly status: 'active' | 'paused' | 'unsubscribed'
  readonly collection: string
}

export type SubscriptionAction = 'subscribe' | 'unsubscribe' | 'pause' | 'resume' | 'status'

/** Operations of TAXII 1.x. */
export interface Taxii1Operations {
  /**
   * A collection that is named in no listing (a server may list nothing), to be polled at the poll address that is known.
   * Nothing is asked of the server to find out whether it is there: polling says so.
   */
  collection?: ((name: string, signal?: AbortSignal) => Promise<Collection>) | undefined
  count(request: PollRequest, signal?: AbortSignal): Promise<PollCount>
  inbox(
    blocks: readonly InboxBlock[],
    request: {
      address?: string | undefined
      destinations?: readonly string[] | undefined
      message?: string | undefined
    },
    signal?: AbortSignal,
  ): Promise<void>
  subscription(
    action: SubscriptionAction,
    request: {
      collection: string
      id?: string | undefined
      address?: string | undefined
      contentBindings?: readonly ContentBinding[] | undefined
      responseType?: 'full' | 'count-only' | undefined
      query?: string | undefined
    },
    signal?: AbortSignal,
  ): Promise<readonly Subscription[]>
}

export interface TaxiiFeatures {
  /** Whether `begin` means something for feeds. False where the server is known to ignore it. */
  readonly begin: boolean
  /** Whether an end bound can be asked of the server. */
  readonly end: boolean
  readonly match: boolean
  readonly versions: boolean
  readonly delete: boolean
}

export interface TaxiiClient {
  readonly version: TaxiiVersion
  readonly features: TaxiiFeatures
  /** The collection that the configured URL itself names, as `.../collections/ID/objects/` does. */
  readonly named?: string | undefined
  discovery(signal?: AbortSignal): Promise<Discovery>
  /**
   * Collections of one API root (2.x; default: the named, default or only one) or server (1.x), in the server's order.
   * @throws TAXII_ROOT_AMBIGUOUS (usage) when several roots have no default; the hint names `--api-root`.
   */
  collections(root?: string, signal?: AbortSignal): Promise<readonly Collection[]>
  /**
   * Polls a collection, oldest first, until the server says there is no more.
   *
   * Loops and lies end as an error: TAXII_CURSOR_LOOP, TAXII_NO_PROGRESS, TAXII_STAMP_OVERFULL (protocol). Long windows
   * are sliced where the server demands it. Without a position no object is given twice for the client's own
   * overlaps (equal stamps at a page border).
   */
  poll(request: PollRequest, signal?: AbortSignal): AsyncIterable<Page>
  readonly v1?: Taxii1Operations | undefined
  readonly v2?: Taxii2Operations | undefined
}
