import { timestampKey } from '../core/timestamp.ts'
import { defanged } from '../export/text.ts'
import type { Answer, MatchWay } from '../indicators/look-up.ts'
import { categoryOf, compareStatements } from '../indicators/merge.ts'
import type { Value } from '../stix/statement.ts'
import { failedForm } from '../stix/values/recognise.ts'
import type { RelatedThing, SourcedStatement } from '../store/known-value.ts'

/** Whether a statement holds now: neither revoked, superseded nor vanished, and within its time. */
export function holdsNow(statement: SourcedStatement, now: string): boolean {
  const { revoked, superseded, vanished, validFrom, validUntil } = statement
  const key = timestampKey(now) ?? ''
  const hasBegun = validFrom === undefined || (timestampKey(validFrom) ?? '') <= key
  const isOver = validUntil !== undefined && (timestampKey(validUntil) ?? '\uffff') <= key
  return !revoked && !superseded && !vanished && hasBegun && !isOver
}

/** A statement as every command shows it. Absent things are null. */
export function statementRecord(by: MatchWay, { kind, value }: Value, statement: SourcedStatement, now: string) {
  return {
    by,
    kind,
    value,
    id: statement.id,
    role: statement.role,
    sound: statement.sound,
    valid: holdsNow(statement, now),
    source: statement.source.name,
    collection: statement.key.collection,
    name: statement.name ?? null,
    description: statement.description ?? null,
    category: categoryOf(statement) ?? null,
    labels: statement.labels,
    killChainPhases: statement.killChainPhases,
    relatedTo: statement.relatedTo.map(relatedRecord),
    severity: statement.severity ?? null,
    confidence: statement.confidence ?? null,
    tlp: statement.tlp ?? null,
    sightings: statement.sightings ?? null,
    validFrom: statement.validFrom ?? null,
    validUntil: statement.validUntil ?? null,
    firstSeen: statement.firstSeen ?? null,
    lastSeen: statement.lastSeen ?? null,
    created: statement.created ?? null,
    modified: statement.modified ?? null,
    revoked: statement.revoked,
    superseded: statement.superseded,
    vanished: statement.vanished,
    createdBy: statement.createdByName ?? statement.createdBy ?? null,
    original: statement.original ?? null,
    unused: statement.unused,
    itemId: statement.itemId,
    itemVersion: statement.itemVersion,
    addedAt: statement.addedAt,
  }
}
export type StatementRecord = ReturnType<typeof statementRecord>

/** A thing that something is related to as every command shows it. */
export function relatedRecord({ relation, type, name, tlp }: RelatedThing) {
  return { relation, type, name, tlp: tlp ?? null }
}

/** One answer of `lookup`: what holds now first, then what would decide. */
export function answerRecord({ text, value, matches }: Answer, now: string) {
  const indicators = matches.flatMap(({ by, known }) => {
    const inOrder = known.statements.toSorted(compareStatements)
    const holding = inOrder.filter((statement) => holdsNow(statement, now))
    const rest = inOrder.filter((statement) => !holding.includes(statement))
    return [...holding, ...rest].map((statement) => statementRecord(by, known, statement, now))
  })
  return {
    input: shown(text),
    value: value?.value ?? shown(text.trim()),
    kind: value?.kind ?? null,
    known: indicators.length > 0,
    valid: indicators.some(({ valid }) => valid),
    indicators,
  }
}
export type AnswerRecord = ReturnType<typeof answerRecord>

const longestShown = 1000

function shown(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

/** An answer as rows for a person or a spreadsheet: one for each statement, one that says it is unknown. */
export function answerRows(answer: AnswerRecord, options: { readonly defanged: boolean }) {
  const written = (value: Value): string => (options.defanged ? defanged(value) : value.value)
  const value = answer.kind === null ? answer.value : written({ kind: answer.kind, value: answer.value })
  if (!answer.known) {
    const failed = failedForm(answer.input)
    return [{ value, kind: answer.kind, known: false, state: failed === undefined ? 'unknown' : `no ${failed}` }]
  }
  return answer.indicators.map((found) => ({
    value,
    kind: answer.kind,
    known: true,
    state: stateOf(found),
    foundBy: found.by === 'value' ? found.role : `${wordsOfWay[found.by]} ${written(found)}`,
    name: found.name,
    category: found.category,
    source: found.source,
    since: found.firstSeen ?? found.validFrom ?? found.created ?? found.addedAt,
    until: found.validUntil,
    confidence: found.confidence,
    severity: found.severity,
    tlp: found.tlp,
    id: found.id,
  }))
}

const wordsOfWay: Readonly<Record<Exclude<MatchWay, 'value'>, string>> = {
  host: 'its host',
  'parent-domain': 'domain above',
  network: 'network',
}

/** What a person wants to know first. */
export function stateOf(
  found: Pick<StatementRecord, 'valid' | 'revoked' | 'superseded' | 'vanished' | 'sound' | 'validFrom'>,
): string {
  if (found.revoked) return 'revoked'
  if (found.superseded) return 'superseded'
  if (found.vanished) return 'vanished'
  if (!found.valid) return 'not valid now'
  return found.sound ? 'valid' : 'hint'
}
