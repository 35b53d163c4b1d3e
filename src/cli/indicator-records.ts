import { StixTaxiiError } from '../core/errors.ts'
import type { Indicator } from '../indicators/indicator.ts'
import { lookUp } from '../indicators/look-up.ts'
import type { KnownValue } from '../store/known-value.ts'
import type { Store } from '../store/store.ts'
import { showTyped } from './show-typed.ts'
import { relatedRecord } from './statement-records.ts'

/** A merged indicator as every command shows it. Absent things are null. */
export function indicatorRecord(indicator: Indicator) {
  return {
    kind: indicator.kind,
    value: indicator.value,
    role: indicator.role,
    sound: indicator.sound,
    name: indicator.name ?? null,
    description: indicator.description ?? null,
    category: indicator.category ?? null,
    labels: indicator.labels,
    killChainPhases: indicator.killChainPhases,
    relatedTo: indicator.relatedTo.map(relatedRecord),
    severity: indicator.severity ?? null,
    confidence: indicator.confidence ?? null,
    tlp: indicator.tlp ?? null,
    validFrom: indicator.validFrom ?? null,
    validUntil: indicator.validUntil ?? null,
    firstSeen: indicator.firstSeen,
    lastSeen: indicator.lastSeen,
    sources: indicator.sources,
    ids: indicator.ids,
  }
}

/** Only what is said in these collections; all of it where none is named. */
export function inCollections(known: KnownValue, collections: readonly string[]): KnownValue {
  if (collections.length === 0) return known
  return { ...known, statements: known.statements.filter(({ key }) => collections.includes(key.collection)) }
}

/**
 * The value that was typed, with everything the store knows of it.
 * @throws CLI_VALUE_UNKNOWN (not-found); the hint names what was found beside it.
 */
export async function knownValueOf(store: Store, typed: string): Promise<KnownValue> {
  const [answer] = await lookUp(store, [typed])
  const exact = answer?.matches.find(({ by }) => by === 'value')
  if (exact) return exact.known
  const near = answer?.matches[0]?.known.value
  throw new StixTaxiiError('CLI_VALUE_UNKNOWN', `Nothing is known of "${showTyped(typed)}" itself`, {
    kind: 'not-found',
    hint:
      near === undefined
        ? 'See what counts with: stixtaxii indicator list'
        : `There is ${near}, which covers it: stixtaxii indicator show ${near}`,
    context: { value: showTyped(typed) },
  })
}
