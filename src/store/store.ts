import type { Damaged, Item } from '../stix/item.ts'
import type { Value } from '../stix/statement.ts'
import type { StoredPage, PageQuery } from './page-query.ts'
import type { RecordChange, Records } from './records.ts'
import type { StorePiece } from './store-piece.ts'
import type {
  KnownValue,
  KnownValueFilter,
  NetworkLengths,
  ReindexReport,
  ReindexRequest,
  ValueCount,
} from './known-value.ts'

/**
 * The store's contract: versions of STIX 2 objects and STIX 1 content blocks with where they came from, checkpoints, runs
 * and quarantine. A driver passes `test/contracts/store-suite.ts`; PostgreSQL follows SQLite and memory, so everything is
 * asynchronous and nothing here says how it is kept.
 */

/** A place things come from. `id` is the profile's internal id and survives renaming; `name` is for people. */
export interface SourceRef {
  readonly id: string
  readonly name: string
}

/** One collection of one source: API root or poll address, and the collection's id. */
export interface CollectionKey {
  readonly source: string
  readonly root: string
  readonly collection: string
}

/**
 * How far a collection has been read. `stamp` is text at the server's full precision. `run` is there while a run is half
 * read: its first filters as they were, and the adapter's position; both plain JSON.
 */
export interface Checkpoint {
  readonly key: CollectionKey
  readonly stamp?: string | undefined
  readonly run?: HalfRun | undefined
  /** When it was last moved; RFC 3339, six digits. */
  readonly movedAt: string
}

export interface HalfRun {
  readonly filters: Readonly<Record<string, unknown>>
  readonly position: Readonly<Record<string, unknown>>
}

/** What a commit does to the checkpoint: `stamp` undefined keeps the stored one; `run` null ends a half-read run. */
export interface CheckpointMove {
  readonly stamp?: string | undefined
  readonly run: HalfRun | null
}

/** Where a page came from: kept with each version first stored by it. */
export interface PageRecord {
  readonly url: string
  /** SHA-256 of the decoded answer, hex. */
  readonly digest: string
  /** RFC 3339, six digits. */
  readonly receivedAt: string
  readonly peerFingerprint?: string | undefined
  readonly addedFirst?: string | undefined
  readonly addedLast?: string | undefined
}

export interface PagePart {
  readonly page: PageRecord
  readonly items: readonly Item[]
  readonly damaged: readonly Damaged[]
  /** A slab with more of the same answer to follow: it is not counted as a page. */
  readonly partial?: boolean | undefined
}

/** Pages (or the slabs of one huge page) that become visible together with the checkpoint, or not at all. */
export interface PageBatch {
  readonly key: CollectionKey
  readonly runId: string
  readonly parts: Iterable<PagePart> | AsyncIterable<PagePart>
  /** Asked once, when `parts` has ended. Undefined: the checkpoint stays. */
  readonly checkpoint: () => CheckpointMove | undefined
  /** Called for each new or updated item, in order, after the commit; for `--emit`. */
  readonly onStored?: ((item: Item) => void) | undefined
  /** Called for each item in order, inside the transaction, before `records`. */
  readonly onSettled?: ((item: Item, outcome: Settled) => void) | undefined
  /**
   * Asked once, when every item of all batches is settled: what of the records changes in the same transaction (the job of
   * a POST, an inbox message). A change whose revision does not hold undoes everything: STORE_RECORD_CHANGED (conflict).
   */
  readonly records?: (() => readonly RecordChange[]) | undefined
}

/** What became of one item: see `Counts`. */
export type Settled = 'new' | 'updated' | 'unchanged' | 'conflict'

/** Which versions of a collection go: every field given must hold. At least one of `id`, `addedAfter`, `addedUntil`. */
export interface RemovalRequest {
  readonly id?: string | undefined
  /** Only this version, compared as `PageQuery.versions` are; default: all. */
  readonly version?: string | undefined
  /** No block has one. */
  readonly specVersion?: '2.0' | '2.1' | undefined
  /** Exclusive. */
  readonly addedAfter?: string | undefined
  /** Inclusive. */
  readonly addedUntil?: string | undefined
}

/**
 * received = new + updated + unchanged + conflicts + quarantined. Besides, `revoked` says how many of the new and updated
 * are revocations, so that reading the same again counts none.
 */
export interface Counts {
  readonly pages: number
  readonly received: number
  readonly new: number
  readonly updated: number
  readonly unchanged: number
  readonly conflicts: number
  readonly quarantined: number
  readonly revoked: number
}

export interface RunStart {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly version: string
  readonly startedAt: string
  readonly from?: string | undefined
  /** Titles and the like, shown by listings. */
  readonly title?: string | undefined
  /** Reads everything again: what it receives is remembered until `markVanished`. */
  readonly full?: boolean | undefined
}

export interface RunEnd {
  readonly finishedAt: string
  readonly status: 'ok' | 'failed' | 'cancelled'
  readonly to?: string | undefined
  readonly error?: { readonly code: string; readonly kind: string; readonly message: string } | undefined
}

/** Counts are those of the pages that were committed. A run whose process died has no end: `status` is `running` or `died`. */
export interface Run extends Counts {
  readonly id: string
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly version: string
  readonly startedAt: string
  readonly finishedAt?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly status: 'running' | 'ok' | 'failed' | 'cancelled' | 'died'
  readonly error?: RunEnd['error']
}

export interface StoredVersion {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly item: Item
  /** RFC 3339 with six digits, unique and rising within the collection. */
  readonly addedAt: string
  /** Whether a later version of the same id is stored in this collection. */
  readonly superseded: boolean
  /** True when its id was not received by the last `--full` read of its collection, nor since. */
  readonly vanished: boolean
}

export interface VersionFilter {
  /** Source id or name. */
  readonly source?: string | undefined
  readonly collection?: string | undefined
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly kind?: Item['kind'] | undefined
  /** Exclusive. */
  readonly addedAfter?: string | undefined
  /** Only the newest version of each id per collection. Default false: all versions. */
  readonly latest?: boolean | undefined
  /**
   * Goes on behind what cannot be read, and is told of each such piece; nothing is then left out for being no longer
   * known. Without it, and in stores whose database sees to that itself, damage ends the reading as STORE_CORRUPT.
   */
  readonly onDamaged?: ((what: string) => void) | undefined
}

/** Who told us: one line per stored version and page. */
export interface Provenance {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly id: string
  readonly version: string
  readonly addedAt: string
  readonly page: PageRecord
  readonly runId: string
}

export interface Quarantined extends Damaged {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly runId: string
  readonly quarantinedAt: string
}

/** Same id and version with other content: the first is kept, both are here. */
export interface Conflict {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly id: string
  readonly version: string
  readonly kept: Buffer
  readonly other: Buffer
  readonly seenAt: string
}

export interface CollectionInfo {
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly title?: string | undefined
  readonly version: string
  readonly ids: number
  readonly versions: number
  readonly blocks: number
  readonly quarantined: number
  readonly conflicts: number
  /** Indicators and observables with values that can be looked for. */
  readonly statements: number
  /** Indicators and observables of which nothing can be looked for. */
  readonly unusable: number
  readonly lastAddedAt?: string | undefined
}

/** What is known of a collection without counting anything. */
export type StoredCollection = Pick<
  CollectionInfo,
  'source' | 'key' | 'title' | 'version' | 'ids' | 'versions' | 'blocks' | 'lastAddedAt'
>

export interface StoreInfo {
  readonly url: string
  readonly driver: string
  readonly schemaVersion: number
  readonly sizeBytes: number
  readonly collections: readonly CollectionInfo[]
}

export interface VerifyReport {
  readonly ok: boolean
  readonly checked: number
  /** Each a sentence that names what is broken. */
  readonly problems: readonly string[]
}

export interface PruneRequest {
  readonly source?: string | undefined
  readonly collection?: string | undefined
  /** Only versions added before this stamp go. */
  readonly addedBefore?: string | undefined
  /** Newest versions and blocks too. Default false: only versions that a later one of the same id has superseded. */
  readonly all?: boolean | undefined
  readonly dryRun?: boolean | undefined
}

export interface LockHolder {
  readonly pid: number
  readonly host: string
  readonly since: string
}

/** The single right to fetch one source into this store; held until disposed, and dropped by the kernel when we die. */
export interface SourceLock extends AsyncDisposable {
  readonly source: string
}

export interface StoreFeatures {
  readonly persistent: boolean
  /** Several processes may write at once. */
  readonly concurrentWriters: boolean
}

export interface Store extends AsyncDisposable {
  readonly url: string
  readonly features: StoreFeatures

  /** @throws STORE_SOURCE_LOCKED (conflict) with the holder's pid, host and start once `timeoutMs` are over. */
  lockSource(source: SourceRef, options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<SourceLock>

  /**
   * Opens a run; makes source and collection known. Returns the run's id. Call it under the source's lock: a run without
   * an end whose source nobody has locked is listed as `died`. A run that failed before any collection was known has an
   * empty root and collection in its key; nothing but `runs` lists those.
   */
  beginRun(start: RunStart): Promise<string>
  finishRun(runId: string, end: RunEnd): Promise<void>
  /** Newest first. */
  runs(filter?: {
    source?: string | undefined
    collection?: string | undefined
    limit?: number | undefined
  }): Promise<readonly Run[]>

  /**
   * Stores pages and moves the checkpoint in one transaction. Answers what became of the items of this batch.
   * When `parts` throws, or the disk is full (STORE_FULL, local), everything is as before.
   */
  commit(batch: PageBatch): Promise<Counts>

  /**
   * The same for several collections: all of them or nothing. Answers in the order of the batches. For what arrives once
   * and belongs to many (a TAXII 1.x inbox message with several destinations).
   */
  commitAll(batches: readonly PageBatch[]): Promise<readonly Counts[]>

  /**
   * One page of one collection, oldest first, for readers that go on where they were: what `serve` answers with. One
   * moment's picture. A collection that is not known has nothing.
   */
  readPage(key: CollectionKey, query: PageQuery): Promise<StoredPage>
  /** How many versions the same query (without its `limit`) would give in all pages together. */
  countPage(key: CollectionKey, query: Omit<PageQuery, 'limit'>): Promise<number>
  /**
   * Removes versions, what they say of values too, in one transaction; returns how many. `addedAt` of others stays.
   * @throws STORE_REMOVAL_UNBOUNDED (internal) when nothing says which.
   */
  removeVersions(key: CollectionKey, request: RemovalRequest): Promise<number>
  /** What the server keeps beside the versions: accounts, jobs, subscriptions, result sets, inbox messages, rights. */
  readonly records: Records

  checkpoint(key: CollectionKey): Promise<Checkpoint | undefined>
  checkpoints(filter?: { source?: string | undefined }): Promise<readonly Checkpoint[]>
  /** By hand: `checkpoint set|rewind`. */
  setCheckpoint(key: CollectionKey, move: CheckpointMove): Promise<void>
  removeCheckpoint(key: CollectionKey): Promise<boolean>

  /** In order of `addedAt` within a collection; collections one after the other. Bounded memory. */
  versions(filter: VersionFilter): AsyncIterable<StoredVersion>
  provenance(id: string): Promise<readonly Provenance[]>
  quarantined(filter?: { source?: string | undefined }): AsyncIterable<Quarantined>
  conflicts(filter?: { source?: string | undefined }): AsyncIterable<Conflict>

  /**
   * What is known of each value, in the order asked for: exactly these values, from indicators and observables of every
   * source. A value nobody states has no statements.
   */
  lookup(values: readonly Value[]): Promise<readonly KnownValue[]>
  /**
   * Every known value, in order of kind (as in `valueKinds`), then addresses before networks, then value (by number for
   * IPv4 and hashes, by UTF-8 bytes for the rest). Bounded memory. Not one moment's picture: what is stored or pruned
   * meanwhile may be seen or not.
   */
  knownValues(filter?: KnownValueFilter): AsyncIterable<KnownValue>
  /** Which networks are worth asking `lookup` for when an address is looked up. */
  networkLengths(): Promise<NetworkLengths>
  /** In the order of `knownValues`. Reads the whole index. */
  countValues(): Promise<readonly ValueCount[]>
  /**
   * Reads every stored item again and makes the index of values anew, some versions a transaction: killed or cancelled, it
   * goes on where it was with the next call. Until then `lookup` and `knownValues` finish it themselves first.
   */
  reindex(request?: ReindexRequest): Promise<ReindexReport>

  /**
   * `--full`: ids of the collection that run `runId` has not received are marked vanished, the rest unmarked. Returns how
   * many are marked.
   * @throws STORE_RUN_NOT_FULL (internal) for a run that was not begun with `full`.
   */
  markVanished(key: CollectionKey, runId: string): Promise<number>

  sources(): Promise<readonly SourceRef[]>
  /** In the order in which they were first seen. Quick: asked for each listing that `serve` gives. */
  collections(): Promise<readonly StoredCollection[]>
  info(): Promise<StoreInfo>
  /** Reads everything: keys, digests, segments, checkpoints. */
  verify(): Promise<VerifyReport>
  /** Returns the number of versions removed (or that would be). */
  prune(request: PruneRequest): Promise<number>
  /** A consistent copy. @throws STORE_BACKUP_EXISTS (conflict) when `file` exists, STORE_NOT_KEPT (usage) in memory. */
  backup(file: string): Promise<void>
  /** Everything that is stored, as of one moment, in the order of `StorePiece`. Bounded memory where the store is kept. */
  pieces(): AsyncIterable<StorePiece>
  /**
   * Puts the pieces of another store into this one, which has nothing, some thousands a transaction; what they say of
   * values is read anew. `copyStore` does what is to be done around it.
   */
  fill(pieces: AsyncIterable<StorePiece>): Promise<void>
  /** Removes everything, records too, in one transaction. */
  clear(): Promise<void>
}
