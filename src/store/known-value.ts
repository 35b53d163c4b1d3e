import type { Statement, Value } from '../stix/statement.ts'
import type { CollectionKey, SourceRef } from './store.ts'

/** A statement about a value together with who made it and when it came: what the store hands over. */
export interface SourcedStatement extends Omit<Statement, 'values'> {
  readonly source: SourceRef
  readonly key: CollectionKey
  /** Id and version of the stored item that says it. */
  readonly itemId: string
  readonly itemVersion: string
  readonly addedAt: string
  readonly superseded: boolean
  readonly vanished: boolean
  readonly sound: boolean
  readonly original?: string | undefined
  /** Names of what it is related to (malware, actors, campaigns), in order of name. */
  readonly relatedTo: readonly { readonly relation: string; readonly type: string; readonly name: string }[]
}

/** All that the store holds about one value, from every source. */
export interface KnownValue extends Value {
  /** In order of `addedAt`. */
  readonly statements: readonly SourcedStatement[]
}
