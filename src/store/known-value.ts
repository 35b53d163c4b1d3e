import type { Statement, Tlp, Value, ValueKind } from '../stix/statement.ts'
import type { CollectionKey, SourceRef } from './store.ts'

/** A statement about a value together with who made it and when it came: what the store hands over. */
export interface SourcedStatement extends Omit<Statement, 'values'> {
  readonly source: SourceRef
  readonly key: CollectionKey
  /** Id and version of the stored item that says it. */
  readonly itemId: string
  readonly itemVersion: string
  readonly addedAt: string
  /** Whether the same source has a later version of the item. */
  readonly superseded: boolean
  /** Whether the last `--full` read of its collection missed the item. */
  readonly vanished: boolean
  readonly sound: boolean
  readonly original?: string | undefined
  /** Names of what it is related to (malware, actors, campaigns, tools), in order of name. */
  readonly relatedTo: readonly RelatedThing[]
  /** Name of who made it, where the store has its identity. */
  readonly createdByName?: string | undefined
}

export interface RelatedThing {
  /** Type of the relationship, as `indicates`. */
  readonly relation: string
  /** STIX type, as `malware`. */
  readonly type: string
  readonly name: string
  /** The strictest marking of it and of the relationship, marking definitions in the store included. */
  readonly tlp?: Tlp | undefined
}

/**
 * All that the store holds about one value, from every source.
 *
 * `revoked` of a statement is what its source says now: true as soon as any version of the item is revoked. `tlp` is the
 * strictest of its own markings and of the marking definitions in the store that it refers to.
 */
export interface KnownValue extends Value {
  /** In order of `addedAt`. Empty: unknown. */
  readonly statements: readonly SourcedStatement[]
}

/** What of the known values is wanted. Statements that are not wanted are left out, and values that have none left. */
export interface KnownValueFilter {
  /** Default: all. */
  readonly kinds?: readonly ValueKind[] | undefined
  /** Ids or names. */
  readonly sources?: readonly string[] | undefined
  readonly collections?: readonly string[] | undefined
  readonly role?: Statement['role'] | undefined
  /**
   * Read descriptions too, from the items themselves: several times slower for a large store. Default false: no
   * statement has one. `lookup` always has them.
   */
  readonly descriptions?: boolean | undefined
}

/** How many different values of a kind there are, and how many statements about them. */
export interface ValueCount {
  readonly kind: ValueKind
  readonly values: number
  readonly statements: number
}

export interface ReindexRequest {
  /** Only what is not in the index yet, as after a new release. Default false: everything. */
  readonly missingOnly?: boolean | undefined
  /** Called some times a second at most. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ReindexReport {
  /** Stored versions that were read. */
  readonly versions: number
  readonly statements: number
  /** Statements times their values. */
  readonly values: number
  /** Indicators and observables of which nothing could be used to look for: patterns of other languages, mistakes. */
  readonly unusable: number
}

/** Which prefix lengths the networks have that are known. Rising. */
export interface NetworkLengths {
  readonly ipv4: readonly number[]
  readonly ipv6: readonly number[]
}
