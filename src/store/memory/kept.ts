import type { Item } from '../../stix/item.ts'
import type { Checkpoint, CollectionKey, PageRecord } from '../store.ts'

/** A version in memory. */
export interface Kept {
  readonly item: Item
  readonly version: string
  /** Microseconds of `addedAt`. */
  readonly added: number
  readonly page: PageRecord
  readonly runId: string
}

/** A collection in memory; `kept` is in order of `added`. */
export interface KeptCollection {
  readonly number: number
  readonly key: CollectionKey
  version: string
  title: string | undefined
  kept: Kept[]
  readonly byId: Map<string, Kept[]>
  readonly vanished: Set<string>
  /** Ids of which a revoked version was stored. */
  readonly revoked: Set<string>
  lastAdded: number
  checkpoint: Checkpoint | undefined
}
