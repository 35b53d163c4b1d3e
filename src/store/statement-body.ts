import type { Tlp } from '../stix/statement.ts'
import type { IndexedStatement } from './index-reading.ts'

/**
 * How a statement is written: a JSON array of what is its own, without the nulls at its end, and before that its traits, an
 * array of what it has in common with many others of its feed, or the number under which those are kept. A time that is the
 * item's version is 0.
 */

type Statement = IndexedStatement['statement']
type Time = string | 0 | null

type Traits = [
  role: 0 | 1,
  revoked: 0 | 1,
  labels: readonly string[],
  killChainPhases: readonly string[],
  tlp: Tlp | null,
  markingRefs: readonly string[],
  createdBy: string | null,
  category: string | null,
  unused: readonly string[],
  categoryTlp?: Tlp,
]

type Body = [
  traits: number | Traits,
  /** Null: the item's. */
  id?: string | null,
  name?: string | null,
  created?: Time,
  modified?: Time,
  validFrom?: Time,
  validUntil?: Time,
  firstSeen?: Time,
  lastSeen?: Time,
  confidence?: number | null,
  severity?: number | null,
  sightings?: number | null,
]

/** The item that a statement belongs to: what need not be written twice. */
export interface OfItem {
  readonly id: string
  readonly version: string
}

/** `keep` may give the number of a trait; undefined: it is written out. */
export function encodeStatement(
  statement: Statement,
  item: OfItem,
  keep: (traits: string) => number | undefined,
): string {
  const { role, revoked, labels, killChainPhases, tlp, markingRefs, createdBy, category, categoryTlp, unused } =
    statement
  const traits: Traits = [
    role === 'observable' ? 1 : 0,
    revoked ? 1 : 0,
    labels,
    killChainPhases,
    tlp ?? null,
    markingRefs,
    createdBy ?? null,
    category ?? null,
    unused,
  ]
  if (categoryTlp !== undefined) traits.push(categoryTlp)
  const text = JSON.stringify(traits)
  const { version } = item
  const own = [
    statement.id === item.id ? 'null' : JSON.stringify(statement.id),
    statement.name === undefined ? 'null' : JSON.stringify(statement.name),
    timeText(statement.created, version),
    timeText(statement.modified, version),
    timeText(statement.validFrom, version),
    timeText(statement.validUntil, version),
    timeText(statement.firstSeen, version),
    timeText(statement.lastSeen, version),
    String(statement.confidence ?? null),
    String(statement.severity ?? null),
    String(statement.sightings ?? null),
  ]
  let last = own.length
  while (last > 0 && own[last - 1] === 'null') last--
  own.length = last
  return `[${[keep(text) ?? text, ...own].join(',')}]`
}

function timeText(time: string | undefined, version: string): string {
  return time === undefined ? 'null' : time === version ? '0' : JSON.stringify(time)
}

/** @throws SyntaxError, TypeError when it is none of ours. `traitsOf` gives the text of a numbered trait. */
export function decodeStatement(body: string, item: OfItem, traitsOf: (number: number) => string): Statement {
  const [
    first,
    id,
    name,
    created,
    modified,
    validFrom,
    validUntil,
    firstSeen,
    lastSeen,
    confidence,
    severity,
    sightings,
  ] = JSON.parse(body) as Body
  const traits = typeof first === 'number' ? (JSON.parse(traitsOf(first)) as Traits) : first
  const [role, revoked, labels, killChainPhases, tlp, markingRefs, createdBy, category, unused, categoryTlp] = traits
  const statement: Written = {
    id: id ?? item.id,
    role: role === 1 ? 'observable' : 'indicator',
    labels,
    killChainPhases,
    revoked: revoked === 1,
    markingRefs,
    unused,
  }
  // One by one: this is done for every value of an export, and spreads would double its time.
  if (isThere(name)) statement.name = name
  if (isThere(confidence)) statement.confidence = confidence
  if (isThere(severity)) statement.severity = severity
  if (isThere(sightings)) statement.sightings = sightings
  if (isThere(created)) statement.created = created === 0 ? item.version : created
  if (isThere(modified)) statement.modified = modified === 0 ? item.version : modified
  if (isThere(firstSeen)) statement.firstSeen = firstSeen === 0 ? item.version : firstSeen
  if (isThere(lastSeen)) statement.lastSeen = lastSeen === 0 ? item.version : lastSeen
  if (isThere(validFrom)) statement.validFrom = validFrom === 0 ? item.version : validFrom
  if (isThere(validUntil)) statement.validUntil = validUntil === 0 ? item.version : validUntil
  if (isThere(tlp)) statement.tlp = tlp
  if (isThere(createdBy)) statement.createdBy = createdBy
  if (isThere(category)) statement.category = category
  if (isThere(categoryTlp)) statement.categoryTlp = categoryTlp
  return statement
}

type Written = { -readonly [Name in keyof Statement]: Statement[Name] }

function isThere<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}
