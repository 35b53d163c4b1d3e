import { timestampKey } from '../core/timestamp.ts'
import type { Value } from '../stix/statement.ts'
import type { RelatedThing, SourcedStatement } from '../store/known-value.ts'
import { strictest } from '../store/resolve-statements.ts'
import type { Indicator } from './indicator.ts'

/**
 * What several statements about one value say together. One decides: the highest severity, then the newest, then the first
 * category in lexical order; it gives name, description and category, where it has them.
 *
 * Of confidence and severity the highest counts, of TLP the strictest, that of the names it holds included; validity lasts
 * from the earliest begin to the latest end. `firstSeen` and `lastSeen`, which come from fields of many kinds, are all
 * written alike: in UTC with three digits or more; what STIX has a field for stays as its source wrote it. `statements` is
 * not empty.
 */
export function mergeStatements(value: Value, statements: readonly SourcedStatement[]): Indicator {
  const inOrder = statements.length === 1 ? statements : statements.toSorted(compareStatements)
  const first = <T>(of: (statement: SourcedStatement) => T | undefined): T | undefined => {
    for (const statement of inOrder) {
      const found = of(statement)
      if (found !== undefined) return found
    }
    return undefined
  }
  const isOpen = inOrder.some(({ validUntil }) => validUntil === undefined)
  const merged = {
    kind: value.kind,
    value: value.value,
    role: inOrder.some(({ role }) => role === 'indicator') ? 'indicator' : 'observable',
    sound: inOrder.some(({ sound }) => sound),
    ids: distinct(inOrder.map(({ id }) => id)),
    name: first(({ name }) => name),
    description: first(({ description }) => description),
    category: first(categoryOf),
    labels: distinct(inOrder.flatMap(({ labels }) => labels)),
    killChainPhases: distinct(inOrder.flatMap(({ killChainPhases }) => killChainPhases)),
    severity: highest(inOrder.map(({ severity }) => severity)),
    confidence: highest(inOrder.map(({ confidence }) => confidence)),
    validFrom: earliest(inOrder.map(({ validFrom }) => validFrom)),
    validUntil: isOpen ? undefined : latest(inOrder.map(({ validUntil }) => validUntil)),
    firstSeen: inMilliseconds(earliest(inOrder.map(beginOf)) as string),
    lastSeen: inMilliseconds(latest(inOrder.map(endOf)) as string),
    // What is said of the value holds these names too.
    tlp: strictest(
      inOrder.flatMap(({ tlp, categoryTlp, relatedTo }) => [tlp, categoryTlp, ...relatedTo.map((thing) => thing.tlp)]),
    ),
    sources: distinct(inOrder.map(({ source }) => source.name)).toSorted(),
    relatedTo: distinctThings(inOrder.flatMap(({ relatedTo }) => relatedTo)),
  } satisfies Indicator
  return withoutUndefined(merged)
}

/** Negative when the first decides. */
export function compareStatements(a: SourcedStatement, b: SourcedStatement): number {
  return (
    (b.severity ?? -1) - (a.severity ?? -1) ||
    compareTexts(keyOf(newestTime(b)), keyOf(newestTime(a))) ||
    compareTexts(categoryOf(a) ?? '\uffff', categoryOf(b) ?? '\uffff') ||
    compareTexts(a.id, b.id) ||
    compareTexts(a.source.name, b.source.name) ||
    compareTexts(a.addedAt, b.addedAt)
  )
}

// What says most about the kind of threat first.
const kindsOfThreat = ['malware', 'campaign', 'intrusion-set', 'threat-actor', 'tool', 'attack-pattern']

/** What machines tag with: `misp:type="ip-dst"`, `tlp:amber`. */
const machineTag = /^[\w.-]+:\S/

/** The item's own word, else what it is related to, else its first label in plain words, else its first. */
export function categoryOf({ category, relatedTo, labels }: SourcedStatement): string | undefined {
  if (category !== undefined) return category
  for (const kind of kindsOfThreat) {
    const related = relatedTo.find(({ type }) => type === kind)
    if (related) return related.name
  }
  return labels.find((label) => !machineTag.test(label)) ?? labels[0]
}

function newestTime({ modified, created, addedAt }: SourcedStatement): string {
  return modified ?? created ?? addedAt
}

function beginOf({ firstSeen, validFrom, created, addedAt }: SourcedStatement): string {
  return firstSeen ?? validFrom ?? created ?? addedAt
}

function endOf({ lastSeen, modified, created, validFrom, addedAt }: SourcedStatement): string {
  return lastSeen ?? modified ?? created ?? validFrom ?? addedAt
}

function inMilliseconds(time: string): string {
  const key = timestampKey(time)
  return key === undefined ? time : `${key.slice(0, 23)}${key.slice(23, -1).replace(/0+$/, '')}Z`
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function keyOf(time: string): string {
  return timestampKey(time) ?? ''
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times)[0]
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  return sorted(times).at(-1)
}

function sorted(times: readonly (string | undefined)[]): readonly string[] {
  const given = times.filter((time) => time !== undefined)
  return given.length < 2 ? given : given.toSorted((a, b) => compareTexts(keyOf(a), keyOf(b)))
}

function highest(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce(
    (most, number) => (number !== undefined && (most === undefined || number > most) ? number : most),
    undefined,
  )
}

function distinct(texts: readonly string[]): readonly string[] {
  return texts.length < 2 ? texts.filter((text) => text !== '') : [...new Set(texts)].filter((text) => text !== '')
}

function distinctThings(things: readonly RelatedThing[]): readonly RelatedThing[] {
  if (things.length < 2) return things
  return [...new Map(things.map((thing) => [JSON.stringify([thing.relation, thing.type, thing.name]), thing])).values()]
}

function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T
}
