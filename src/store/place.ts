import type { CollectionKey, SourceRef } from './store.ts'

/** A collection as the databases keep it, by number. */
export interface Place {
  readonly number: number
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly title: string | undefined
  readonly version: string
  readonly ids: number
  readonly versions: number
  readonly blocks: number
  readonly statements: number
  readonly unusable: number
  readonly lastAdded: number
}

export interface PlaceFilter {
  /** Source id or name. */
  readonly source?: string | undefined
  readonly collection?: string | undefined
}
