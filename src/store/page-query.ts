import type { Item } from '../stix/item.ts'

/** Which versions of a collection a page has. Every field given must hold; values within a field are alternatives. */
export interface PageQuery {
  /** RFC 3339, any precision; exclusive. */
  readonly addedAfter?: string | undefined
  /** Inclusive. */
  readonly addedUntil?: string | undefined
  readonly kind?: Item['kind'] | undefined
  readonly ids?: readonly string[] | undefined
  /** Of STIX 2 objects; no block has one. */
  readonly types?: readonly string[] | undefined
  /** Asked of STIX 2 objects only: blocks pass. `newest`: of each id, the newest that it is stored in. */
  readonly specVersions?: readonly ('2.0' | '2.1')[] | 'newest' | undefined
  /** Asked of content blocks only: objects pass. With subtypes, those or (where the block has none) any. */
  readonly bindings?: readonly WantedBinding[] | undefined
  /**
   * Which versions of each id, among those that `specVersions` leaves and whenever they were added: `last` and `first` by
   * version, `all`, or these version texts: compared as instants where they are timestamps, and with `addedAt` where the
   * version is none. Default `['all']`. Blocks have one version.
   */
  readonly versions?: readonly ('all' | 'first' | 'last' | (string & {}))[] | undefined
  /** At most this many versions; at least 1. */
  readonly limit: number
  /** At most so many bytes of bodies together, but one version at least; then there is `more`. Default: no bound. */
  readonly maxBytes?: number | undefined
  /** False: `raw` of every item is empty, for manifests. Default true. */
  readonly bodies?: boolean | undefined
}

export interface WantedBinding {
  readonly id: string
  /** Empty: any. */
  readonly subtypes: readonly string[]
}

export interface PageEntry {
  readonly item: Item
  /** Without `originalId` and the like: `modified`, else `created`, else a digest. */
  readonly version: string
  /** RFC 3339, six digits; unique and rising within the collection, so the last one's is where the next page begins. */
  readonly addedAt: string
}

export interface StoredPage {
  readonly entries: readonly PageEntry[]
  /** Whether the query holds for anything added after the last entry. */
  readonly more: boolean
}
