import type { CollectionKey } from '../store/store.ts'

/**
 * What TAXII 2.0 and 2.1 are served from. The built-in one keeps everything in the store; a custom one is named in the
 * configuration file and passes `taxii2PersistenceSuite`.
 *
 * Rights are checked above it: an implementation answers what there is.
 */

export interface ApiRoot {
  /** UUID, or a short name that can stand in a path. */
  readonly id: string
  /** Named as the default by discovery. At most one. */
  readonly isDefault: boolean
  readonly title: string
  readonly description?: string | undefined
  /** Whether its collections may be listed by anybody. */
  readonly isPublic: boolean
}

export interface Taxii2Collection {
  /** UUID. */
  readonly id: string
  readonly apiRootId: string
  readonly title: string
  readonly description?: string | undefined
  /** Unique in the API root; stands in paths where the id can. */
  readonly alias?: string | undefined
  /** Anybody may read, or write. */
  readonly isPublic: boolean
  readonly isPublicWrite: boolean
  /** Whether anything can be added or deleted at all: what was fetched from elsewhere cannot. */
  readonly isWritable: boolean
  readonly mediaTypes?: readonly string[] | undefined
  /** The built-in one's: what it shows, where it is a view of a stored collection and has no storage of its own. */
  readonly viewOf?: CollectionKey | undefined
}

/** One version of a STIX object. `raw` is its own JSON, byte by byte as it came. */
export interface StixObjectRecord {
  readonly id: string
  readonly type: string
  readonly specVersion: '2.0' | '2.1'
  readonly version: string
  /** RFC 3339, six digits, unique and rising within the collection. */
  readonly dateAdded: string
  readonly raw: Buffer
}

export interface ManifestRecord {
  readonly id: string
  readonly version: string
  readonly specVersion: '2.0' | '2.1'
  readonly dateAdded: string
}

export interface VersionRecord {
  readonly version: string
  readonly dateAdded: string
}

/** Where a page ended. Opaque to callers: `nextParam` makes text of it, `parseNextParam` takes it back. */
export interface PageKey {
  readonly dateAdded: string
  readonly id: string
  readonly version: string
}

/** Every filter undefined: no filter. Values within one are alternatives. */
export interface ObjectFilter {
  /** At most so many; a page may end before, so that it does not become too large, and then there is `more`. */
  readonly limit: number
  /** Exclusive. */
  readonly addedAfter?: string | undefined
  readonly next?: PageKey | undefined
  readonly ids?: readonly string[] | undefined
  readonly types?: readonly string[] | undefined
  /** `last`, `first`, `all`, or timestamps. Default: last. */
  readonly versions?: readonly string[] | undefined
  /** Default: the newest each object has. */
  readonly specVersions?: readonly ('2.0' | '2.1')[] | undefined
}

export interface ObjectPage<Entry> {
  readonly entries: readonly Entry[]
  readonly more: boolean
  /** Present when `more` is. */
  readonly next?: PageKey | undefined
}

export interface JobDetail {
  /** Empty where the object has no id that can be read. */
  readonly stixId: string
  readonly version?: string | undefined
  readonly message?: string | undefined
  readonly status: 'success' | 'failure' | 'pending'
  /** Of a success: the same was there already. */
  readonly wasThere?: boolean | undefined
}

/** What becomes of one POST. Never `complete` while anything it counts as a success is not stored. */
export interface Job {
  /** UUID version 4. */
  readonly id: string
  readonly apiRootId: string
  readonly status: 'pending' | 'complete'
  /** RFC 3339, six digits. */
  readonly requestedAt: string
  readonly completedAt?: string | undefined
  readonly details: readonly JobDetail[]
  /** Id of the account that posted; undefined: somebody without one. */
  readonly account?: string | undefined
}

export interface ApiRootChange extends Omit<ApiRoot, 'id'> {
  readonly id?: string | undefined
}

export interface Taxii2CollectionChange extends Omit<Taxii2Collection, 'id'> {
  readonly id?: string | undefined
}

export interface Taxii2Persistence extends AsyncDisposable {
  /** Opaque, safe in a URL, and the same after a restart. */
  nextParam(key: PageKey): string
  /** @throws SERVE_NEXT_FORGED (usage) for anything that `nextParam` did not make. */
  parseNextParam(text: string): PageKey

  /** In a stable order. */
  getApiRoots(): Promise<readonly ApiRoot[]>
  getApiRoot(apiRootId: string): Promise<ApiRoot | undefined>
  /** @throws SERVE_API_ROOT_EXISTS (conflict) */
  createApiRoot(apiRoot: ApiRootChange): Promise<ApiRoot>
  /** @throws SERVE_API_ROOT_UNKNOWN (not-found) */
  updateApiRoot(apiRoot: ApiRoot): Promise<ApiRoot>
  /** Its collections go too. Returns whether there was one. */
  deleteApiRoot(apiRootId: string): Promise<boolean>

  /** In a stable order. */
  getCollections(apiRootId: string): Promise<readonly Taxii2Collection[]>
  getCollection(apiRootId: string, idOrAlias: string): Promise<Taxii2Collection | undefined>
  /** @throws SERVE_COLLECTION_EXISTS (conflict) for an id or alias that is taken */
  createCollection(collection: Taxii2CollectionChange): Promise<Taxii2Collection>
  /** @throws SERVE_COLLECTION_UNKNOWN (not-found); SERVE_COLLECTION_EXISTS (conflict) for an alias that is taken */
  updateCollection(collection: Taxii2Collection): Promise<Taxii2Collection>
  /** What is stored in it goes too, unless it is only a view of what was fetched. Returns whether there was one. */
  deleteCollection(apiRootId: string, collectionId: string): Promise<boolean>

  /** Oldest added first; ties never. */
  getObjects(collection: Taxii2Collection, filter: ObjectFilter): Promise<ObjectPage<StixObjectRecord>>
  getManifest(collection: Taxii2Collection, filter: ObjectFilter): Promise<ObjectPage<ManifestRecord>>
  /** Undefined when the id is unknown; an empty page when everything is filtered away. */
  getObject(
    collection: Taxii2Collection,
    objectId: string,
    filter: ObjectFilter,
  ): Promise<ObjectPage<StixObjectRecord> | undefined>
  getVersions(
    collection: Taxii2Collection,
    objectId: string,
    filter: ObjectFilter,
  ): Promise<ObjectPage<VersionRecord> | undefined>
  /**
   * How many objects all pages of `getObjects` would have. Without it 2.0 clients, which are told how many items there are,
   * are told of one more than was given so far.
   */
  countObjects?(collection: Taxii2Collection, filter: Omit<ObjectFilter, 'limit' | 'next'>): Promise<number>

  /**
   * Adds objects, each raw JSON of one; returns the job with an outcome for each, in their order. Exact duplicates are
   * successes; the same id and version with other content is a failure (the first stays), and so is what is no object.
   * All that succeeds and the job become visible together, or neither: a POST that is sent again does no harm.
   * @throws SERVE_COLLECTION_READ_ONLY (refused)
   */
  addObjects(
    apiRootId: string,
    collection: Taxii2Collection,
    objects: readonly Buffer[],
    from?: { readonly url: string; readonly account?: string | undefined } | undefined,
  ): Promise<Job>
  /** Kept for 24 hours after completion. */
  getJob(apiRootId: string, jobId: string): Promise<Job | undefined>
  /** Without versions all of them. Returns how many are gone; 0: nothing was there. */
  deleteObject(
    collection: Taxii2Collection,
    objectId: string,
    filter: Pick<ObjectFilter, 'versions' | 'specVersions'>,
  ): Promise<number>
}
