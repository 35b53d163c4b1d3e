import type { Item } from '../../stix/item.ts'
import type { Checkpoint, CollectionKey, Conflict, PageRecord, Quarantined, Run, SourceRef } from '../store.ts'

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

/** A run in memory. `seen` has what a run that reads everything has received. */
export interface KeptRun {
  run: Run
  readonly seen: Set<string> | undefined
  readonly full: boolean
  readonly underLock: SourceRef['id']
  readonly by: { readonly pid: number; readonly host: string }
}

/** By what the same thing received twice is one. */
export function nameOfQuarantined(key: CollectionKey, { reason, raw }: Pick<Quarantined, 'reason' | 'raw'>): string {
  return JSON.stringify([key, reason, raw.toString('latin1')])
}

export function nameOfConflict({ key, id, version, other }: Omit<Conflict, 'source' | 'kept' | 'seenAt'>): string {
  return JSON.stringify([key, id, version, other.toString('latin1')])
}
