import type { CollectionKey } from '../store/store.ts'

/**
 * What TAXII 1.0 and 1.1 are served from: OpenTAXII's operations, all asynchronous. The built-in one keeps everything in
 * the store; a custom one is named in the configuration file and passes `taxii1PersistenceSuite`.
 *
 * Rights are checked above it: an implementation answers what there is. Times are RFC 3339 in UTC with six digits.
 */

export type ServiceType = 'discovery' | 'collection-management' | 'poll' | 'inbox'

export interface ServiceEntity {
  readonly id: string
  readonly type: ServiceType
  readonly properties: ServiceProperties
}

export interface ServiceProperties {
  /** Path below the server's address, `/services/poll`; or an absolute URL. */
  readonly address: string
  readonly description?: string | undefined
  readonly isAvailable: boolean
  /** Default: every protocol binding and message binding the server has. */
  readonly protocolBindings?: readonly string[] | undefined
  readonly messageBindings?: readonly string[] | undefined
  /** Inbox: whether a message must, may or must not name collections. */
  readonly destinationCollectionRequired?: boolean | undefined
  readonly acceptsAllContent?: boolean | undefined
  readonly supportedContent?: readonly ContentBindingEntity[] | undefined
  /** Poll: how many blocks a part has at most; default 1,000. How many a whole result may have: no limit. */
  readonly maxResultSize?: number | undefined
  readonly maxResultCount?: number | undefined
  /** Poll: a subscription is needed. */
  readonly subscriptionRequired?: boolean | undefined
  /** Discovery: which services it shows; default all. */
  readonly advertisedServices?: readonly string[] | undefined
  /** Whether an account is needed. Default: as the server's. */
  readonly authenticationRequired?: boolean | undefined
}

/** A filter of several subtypes means any of them; none means all. */
export interface ContentBindingEntity {
  readonly binding: string
  readonly subtypes: readonly string[]
}

export interface Taxii1Collection {
  readonly id: string
  /** Unique in the whole server. */
  readonly name: string
  readonly description: string
  readonly type: 'feed' | 'set'
  /** Blocks that are stored. */
  readonly volume: number
  readonly acceptAllContent: boolean
  readonly supportedContent: readonly ContentBindingEntity[]
  readonly isAvailable: boolean
  /** Anybody may read. */
  readonly isPublic: boolean
  /** Whether anything can be added or deleted at all: what was fetched from elsewhere cannot. */
  readonly isWritable: boolean
  /** The built-in one's: what it shows, where it is a view of a stored collection and has no storage of its own. */
  readonly viewOf?: CollectionKey | undefined
}

export interface Taxii1CollectionChange extends Omit<Taxii1Collection, 'id' | 'volume'> {
  readonly id?: string | undefined
}

export interface ContentBlockEntity {
  readonly id: string
  /** The server's own label; up to six digits. */
  readonly timestampLabel: string
  readonly contentBinding: string
  readonly subtype?: string | undefined
  readonly message?: string | undefined
  /** XML (self-contained) or text, UTF-8. */
  readonly content: Buffer
  readonly inboxMessageId?: string | undefined
}

export interface NewContentBlock extends Omit<ContentBlockEntity, 'id' | 'timestampLabel'> {
  /** Only for these of the collections it is stored in; default: all of them. */
  readonly collectionIds?: readonly string[] | undefined
}

export interface InboxMessageEntity {
  readonly id: string
  readonly messageId: string
  /** The whole message, where `save_raw_inbox_messages` is on. */
  readonly originalMessage?: string | undefined
  readonly contentBlockCount: number
  readonly destinationCollections: readonly string[]
  readonly serviceId?: string | undefined
  readonly resultId?: string | undefined
  readonly recordCount?: number | undefined
  readonly partialCount?: boolean | undefined
  readonly subscriptionCollectionName?: string | undefined
  readonly subscriptionId?: string | undefined
  readonly exclusiveBeginTimestampLabel?: string | undefined
  readonly inclusiveEndTimestampLabel?: string | undefined
}

export type NewInboxMessage = Omit<InboxMessageEntity, 'id'>

/** Frozen: its parts never change while content arrives. */
export interface ResultSetEntity {
  readonly id: string
  readonly collectionId: string
  readonly contentBindings: readonly ContentBindingEntity[]
  /** Begin exclusive, end inclusive; the end is always there once it is made. */
  readonly begin?: string | undefined
  readonly end: string
  /** Where each part begins (exclusive), part 1 first; as far as it is known, and never changed again. */
  readonly partBegins: readonly (string | undefined)[]
  /** Blocks a part at most. There are `count / partSize` parts, rounded up. */
  readonly partSize: number
  readonly count: number
  readonly subscriptionId?: string | undefined
  /** Id of the account whose it is; undefined: anybody's. */
  readonly account?: string | undefined
  readonly expiresAt: string
}

export interface SubscriptionEntity {
  readonly id: string
  readonly serviceId: string
  readonly collectionId: string
  readonly responseType: 'FULL' | 'COUNT_ONLY'
  readonly contentBindings: readonly ContentBindingEntity[]
  readonly status: 'ACTIVE' | 'PAUSED' | 'UNSUBSCRIBED'
  /** Id of the account whose it is; undefined: anybody's. */
  readonly account?: string | undefined
}

export interface BlockFilter {
  /** Exclusive. */
  readonly begin?: string | undefined
  /** Inclusive. */
  readonly end?: string | undefined
  readonly contentBindings?: readonly ContentBindingEntity[] | undefined
}

export interface Taxii1Persistence extends AsyncDisposable {
  createService(service: Omit<ServiceEntity, 'id'> & { readonly id?: string | undefined }): Promise<ServiceEntity>
  updateService(service: ServiceEntity): Promise<ServiceEntity>
  /** Returns whether there was one. */
  deleteService(serviceId: string): Promise<boolean>
  /** With a collection: only those it is attached to. */
  getServices(collectionId?: string): Promise<readonly ServiceEntity[]>
  getService(serviceId: string): Promise<ServiceEntity | undefined>

  /** @throws SERVE_COLLECTION_EXISTS (conflict) when the name is taken */
  createCollection(collection: Taxii1CollectionChange): Promise<Taxii1Collection>
  /** @throws SERVE_COLLECTION_UNKNOWN (not-found); SERVE_COLLECTION_EXISTS (conflict) when the new name is taken */
  updateCollection(collection: Taxii1Collection): Promise<Taxii1Collection>
  /** What is stored in it goes too, unless it is only a view of what was fetched. Returns whether there was one. */
  deleteCollection(name: string): Promise<boolean>
  /** Adds services to those it has. @throws SERVE_COLLECTION_UNKNOWN (not-found) */
  attachCollectionToServices(collectionId: string, serviceIds: readonly string[]): Promise<Taxii1Collection>
  /** Replaces those it has. @throws SERVE_COLLECTION_UNKNOWN (not-found) */
  setCollectionServices(collectionId: string, serviceIds: readonly string[]): Promise<void>
  getCollections(serviceId?: string): Promise<readonly Taxii1Collection[]>
  getCollection(name: string, serviceId?: string): Promise<Taxii1Collection | undefined>

  /** Bookkeeping only: content comes by `createContentBlocks`. */
  createInboxMessage(message: NewInboxMessage): Promise<InboxMessageEntity>
  getInboxMessage(id: string): Promise<InboxMessageEntity | undefined>
  /**
   * Stores blocks in each of the collections: all or nothing, volumes in the same transaction. A block that is already
   * there is not stored twice. Returns those that were new in any of them, with their labels in the first collection that
   * has them, in the order given. The message they came with is recorded in the same transaction under the id it has; without blocks or
   * collections it alone.
   * @throws SERVE_COLLECTION_UNKNOWN (not-found), SERVE_COLLECTION_READ_ONLY (refused); then nothing is stored.
   */
  createContentBlocks(
    blocks: readonly NewContentBlock[],
    collectionIds: readonly string[],
    serviceId?: string,
    inboxMessage?: InboxMessageEntity,
  ): Promise<readonly ContentBlockEntity[]>
  /** Of all collections without an id. */
  getContentBlocksCount(collectionId: string | undefined, filter?: BlockFilter): Promise<number>
  /**
   * By label, no two with the same. Default limit: 1,000. `bodies` false: only labels are wanted, `content` may be empty.
   * `maxBytes`: so many bytes of content are wanted together at most, but one block at least; it may be passed over.
   */
  getContentBlocks(
    collectionId: string,
    filter?: BlockFilter & {
      readonly limit?: number | undefined
      readonly bodies?: boolean | undefined
      readonly maxBytes?: number | undefined
    },
  ): Promise<readonly ContentBlockEntity[]>
  /** Newest label given so far, also when what had it is gone; undefined where none was given. */
  newestLabel(collectionId: string): Promise<string | undefined>
  /** Begin exclusive, end inclusive. Returns how many are gone. */
  deleteContentBlocks(
    name: string,
    begin: string | undefined,
    end?: string,
    options?: { readonly withMessages?: boolean | undefined },
  ): Promise<number>

  createResultSet(resultSet: Omit<ResultSetEntity, 'id'>): Promise<ResultSetEntity>
  /** Undefined once it has expired. */
  getResultSet(id: string): Promise<ResultSetEntity | undefined>
  /**
   * Adds begins of further parts to a result set; of those that it has already, none is changed. Returns it as it is then;
   * undefined once it has expired.
   */
  extendResultSet(id: string, partBegins: readonly (string | undefined)[]): Promise<ResultSetEntity | undefined>

  /** The same request of the same account twice does not make two: the one there is, is given. */
  createSubscription(subscription: Omit<SubscriptionEntity, 'id'>): Promise<SubscriptionEntity>
  updateSubscription(subscription: SubscriptionEntity): Promise<SubscriptionEntity>
  getSubscription(subscriptionId: string): Promise<SubscriptionEntity | undefined>
  getSubscriptions(serviceId: string): Promise<readonly SubscriptionEntity[]>

  /** Host (and port) of absolute addresses for this service, where it has one of its own. */
  getDomain(serviceId: string): Promise<string | undefined>
}
