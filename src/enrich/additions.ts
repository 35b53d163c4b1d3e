import type { Addition } from './formats/format.ts'
import { recentlyUsed } from './recently-used.ts'
import type { Match } from './match.ts'
import type { IndexRecord } from './record.ts'

/** What a line is enriched with: the indicator that decides, the field it was found in, and how many there were. */
export interface LineHit extends Match {
  readonly field: string
  /** Different indicators that the line meets. */
  readonly hits: number
}

type Value = string | number | undefined

// In the order in which they are added: what the indicator says, then what this line does.
const ofRecord: readonly (readonly [name: string, of: (record: IndexRecord) => Value])[] = [
  ['indicator', ({ value }) => value],
  ['kind', ({ kind }) => kind],
  ['indicator_id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['category', ({ category }) => category],
  ['severity', ({ severity }) => severity],
  ['confidence', ({ confidence }) => confidence],
  ['source', ({ source }) => source],
  ['tlp', ({ tlp }) => tlp],
  ['first_seen', ({ firstSeen }) => firstSeen],
  ['last_seen', ({ lastSeen }) => lastSeen],
]
const ofLine = ['field', 'match', 'hits'] as const

/** Names of all fields that may be added, in their order. */
export function additionNames(prefix: string): readonly string[] {
  return [...ofRecord.map(([name]) => name), ...ofLine].map((name) => `${prefix}${name}`)
}

/** Makes the fields for hits, all with this prefix; what an indicator does not say is left out. */
export function createAdditions(prefix: string): (hit: LineHit) => readonly Addition[] {
  const known = recentlyUsed<IndexRecord, readonly Addition[]>(1000)
  const named = ofRecord.map(([name, of]) => ({ name: `${prefix}${name}`, of }))
  const [field, match, hits] = ofLine.map((name) => `${prefix}${name}`) as [string, string, string]

  function said(record: IndexRecord): readonly Addition[] {
    const additions: Addition[] = []
    for (const { name, of } of named) {
      const value = of(record)
      if (value !== undefined && value !== '') additions.push({ name, value })
    }
    return additions
  }

  return (hit) => [
    ...known(hit.record, said),
    { name: field, value: hit.field },
    { name: match, value: hit.how },
    { name: hits, value: hit.hits },
  ]
}
