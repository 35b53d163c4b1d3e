import type { Addition } from './formats/format.ts'
import type { Match } from './match.ts'

/** What a line is enriched with: the indicator that decides, the field it was found in, and how many there were. */
export interface LineHit extends Match {
  readonly field: string
  /** Different indicators that the line meets. */
  readonly hits: number
}

const columns: readonly (readonly [name: string, of: (hit: LineHit) => string | number | undefined])[] = [
  ['indicator', ({ record }) => record.value],
  ['kind', ({ record }) => record.kind],
  ['indicator_id', ({ record }) => record.id],
  ['name', ({ record }) => record.name],
  ['category', ({ record }) => record.category],
  ['severity', ({ record }) => record.severity],
  ['confidence', ({ record }) => record.confidence],
  ['source', ({ record }) => record.source],
  ['tlp', ({ record }) => record.tlp],
  ['first_seen', ({ record }) => record.firstSeen],
  ['last_seen', ({ record }) => record.lastSeen],
  ['field', ({ field }) => field],
  ['match', ({ how }) => how],
  ['hits', ({ hits }) => hits],
]

/** Names of all fields that may be added, in their order. */
export function additionNames(prefix: string): readonly string[] {
  return columns.map(([name]) => `${prefix}${name}`)
}

/** The fields added for a hit; what its indicator does not say is left out. */
export function additionsFor(hit: LineHit, prefix: string): readonly Addition[] {
  return columns.flatMap(([name, of]) => {
    const value = of(hit)
    return value === undefined || value === '' ? [] : [{ name: `${prefix}${name}`, value }]
  })
}
