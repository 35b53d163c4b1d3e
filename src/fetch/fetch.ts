import type { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import type { Item } from '../stix/item.ts'
import type { Match, TaxiiClient } from '../taxii/client.ts'
import type { Repair } from '../taxii/settings.ts'
import type { Counts, SourceRef, Store } from '../store/store.ts'

/** A source as `fetch` sees it: who it is, how to connect, what to read. */
export interface FetchSource {
  readonly ref: SourceRef
  /** Connects when first needed; the caller closes it. */
  readonly connect: (signal: AbortSignal) => Promise<TaxiiClient>
  readonly collections: readonly string[]
  readonly apiRoot?: string | undefined
  /** How far back the first fetch goes, as `20d`, or a time. */
  readonly begin: string
  readonly repairs?: readonly Repair[] | undefined
  readonly pageSize?: number | undefined
}

export interface FetchRequest {
  /** As typed: a duration or a time. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly collections?: readonly string[] | undefined
  readonly match?: readonly Match[] | undefined
  readonly full?: boolean | undefined
  /** Objects; the run stops at the first page border at or after it. */
  readonly limit?: number | undefined
  readonly lockTimeoutMs: number
}

/** One row of the result: one collection of one source, or a source that failed before its collections were known. */
export interface FetchResult extends Counts {
  readonly source: string
  readonly collection: string | null
  /** As the server names the collection. */
  readonly title: string | null
  readonly version: string | null
  /** Exclusive begin that was asked for; null = from the beginning. */
  readonly from: string | null
  /** Checkpoint after the run. */
  readonly to: string | null
  readonly status: 'ok' | 'failed' | 'cancelled'
  /** Only with `--full`. */
  readonly vanished?: number | undefined
  readonly error: StixTaxiiError | null
}

/** Told as pages are committed, for progress. */
export interface FetchProgress {
  readonly source: string
  readonly collection: string
  readonly counts: Counts
}

export interface FetchDependencies {
  readonly store: Store
  readonly clock: Clock
  readonly notices: NoticeSink
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined
  /** New and updated items after their commit, for `--emit`. */
  readonly onStored?: ((source: SourceRef, collection: string, item: Item) => void) | undefined
  /** Awaited after each commit, before more is stored: back-pressure of `--emit`. Its rejection ends the run. */
  readonly onCommitted?: (() => Promise<void>) | undefined
}

/**
 * Fetches every wanted collection of one source into the store: under the source's lock, page and checkpoint together,
 * resuming a half-read run. Never throws for what went wrong at one collection: that is its row's `error`; what went
 * wrong before the collections were known (lock, login, listing) is one row whose `collection` is null.
 * @throws CORE_WINDOW_UNREADABLE, FETCH_WINDOW_EMPTY, FETCH_FULL_WINDOW (usage) for a request that cannot be meant, before
 * anything is locked or asked.
 */
export type FetchOne = (
  source: FetchSource,
  request: FetchRequest,
  dependencies: FetchDependencies,
  signal: AbortSignal,
) => Promise<readonly FetchResult[]>
