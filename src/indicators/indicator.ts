import type { Tlp, Value } from '../stix/statement.ts'
import type { RelatedThing } from '../store/known-value.ts'

/** One value with what its good statements say together: what is exported and enriched with. */
export interface Indicator extends Value {
  readonly role: 'indicator' | 'observable'
  readonly sound: boolean
  /** Ids of the indicators that state it, the deciding one first (highest severity, newest, category in lexical order). */
  readonly ids: readonly string[]
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** From related malware, actors and campaigns, labels, or the item's own word. */
  readonly category?: string | undefined
  readonly labels: readonly string[]
  readonly killChainPhases: readonly string[]
  readonly severity?: number | undefined
  readonly confidence?: number | undefined
  readonly validFrom?: string | undefined
  readonly validUntil?: string | undefined
  readonly firstSeen: string
  readonly lastSeen: string
  /** The strictest of its statements and of what they are related to. */
  readonly tlp?: Tlp | undefined
  /** Names of the sources, in order. */
  readonly sources: readonly string[]
  /** Malware, campaigns, actors, tools: what its statements are related to. */
  readonly relatedTo: readonly RelatedThing[]
}
