import { durationMs, formatDuration, type Duration } from '../core/duration.ts'
import { timestampKey, toEpochMicroseconds } from '../core/timestamp.ts'
import { tlpLevels, type Tlp, type Value, type ValueKind } from '../stix/statement.ts'
import type { KnownValue, SourcedStatement } from '../store/known-value.ts'
import type { Indicator } from './indicator.ts'
import { mergeStatements } from './merge.ts'
import type { ValueList } from './value-list.ts'

/** What counts. Everything that is not named here counts; see `defaultRules`. */
export interface Rules {
  /** RFC 3339. */
  readonly now: string
  /** Ids or names of sources. */
  readonly sources?: readonly string[] | undefined
  readonly kinds?: readonly ValueKind[] | undefined
  /** The strictest TLP that may go out. What is not marked may always. */
  readonly tlpCeiling?: Tlp | undefined
  /** 0 to 100. Above 0 what states no confidence does not count. */
  readonly minConfidence?: number | undefined
  /** Since it was last said or seen. */
  readonly maxAge?: Duration | undefined
  /** Bare observables count too. */
  readonly observables: boolean
  /** Values that are a match only together with more count too. */
  readonly hints: boolean
  readonly includeExpired: boolean
  readonly includeRevoked: boolean
  readonly includeVanished: boolean
  /** Always wins. */
  readonly allowList?: ValueList | undefined
  readonly warningLists: readonly ValueList[]
}

export const reasonCodes = [
  'kind',
  'allow-list',
  'warning-list',
  'source',
  'revoked',
  'superseded',
  'vanished',
  'expired',
  'not-yet-valid',
  'observable',
  'hint',
  'tlp',
  'confidence',
  'age',
] as const
export type ReasonCode = (typeof reasonCodes)[number]

/** Why a statement does not count. */
export interface Reason {
  readonly code: ReasonCode
  /** For a person, with the value seen. */
  readonly sentence: string
}

/** A statement that has no reasons counts. */
export interface Verdict {
  readonly statement: SourcedStatement
  readonly reasons: readonly Reason[]
}

export interface Judgement {
  /** In the order of the value's statements. */
  readonly verdicts: readonly Verdict[]
  /** What the statements that count say together; undefined when none does. */
  readonly indicator?: Indicator | undefined
}

/** Says of each statement about a value whether it counts and why not, and merges those that do. */
export function judge(known: KnownValue, rules: Rules): Judgement {
  const ofValue = reasonsOfValue(known, rules)
  const verdicts = known.statements.map((statement) => ({
    statement,
    reasons: [...ofValue, ...reasonsOfStatement(statement, rules)],
  }))
  const good = verdicts
    .filter(({ reasons }) => reasons.length === 0)
    .map(({ statement }) => withinCeiling(statement, rules.tlpCeiling))
  return good.length === 0 ? { verdicts } : { verdicts, indicator: mergeStatements(known, good) }
}

/** Without the names that are marked above the ceiling: what refers to them may be marked below it. */
function withinCeiling(statement: SourcedStatement, ceiling: Tlp | undefined): SourcedStatement {
  const { categoryTlp, relatedTo } = statement
  const mayGoOut = !isAbove(categoryTlp, ceiling)
  if (mayGoOut && !relatedTo.some(({ tlp }) => isAbove(tlp, ceiling))) return statement
  return {
    ...statement,
    category: mayGoOut ? statement.category : undefined,
    relatedTo: relatedTo.filter(({ tlp }) => !isAbove(tlp, ceiling)),
  }
}

function isAbove(tlp: Tlp | undefined, ceiling: Tlp | undefined): boolean {
  return tlp !== undefined && ceiling !== undefined && tlpLevels.indexOf(tlp) > tlpLevels.indexOf(ceiling)
}

function reasonsOfValue(value: Value, { kinds, allowList, warningLists }: Rules): readonly Reason[] {
  const reasons: Reason[] = []
  const no = (code: ReasonCode, sentence: string) => reasons.push({ code, sentence })
  if (kinds && !kinds.includes(value.kind)) no('kind', `${value.kind} is not among the kinds asked for`)
  const allowed = allowList?.find(value)
  if (allowed !== undefined) no('allow-list', `the allow list has ${allowed}`)
  for (const list of warningLists) {
    const entry = list.find(value)
    if (entry !== undefined) no('warning-list', `the warning list "${list.name}" has ${entry}`)
  }
  return reasons
}

function reasonsOfStatement(statement: SourcedStatement, rules: Rules): readonly Reason[] {
  const { source, revoked, superseded, vanished, role, sound } = statement
  const reasons: Reason[] = []
  const no = (code: ReasonCode, sentence: string) => reasons.push({ code, sentence })
  if (rules.sources && !rules.sources.includes(source.id) && !rules.sources.includes(source.name)) {
    no('source', `${source.name} is not among the sources asked for`)
  }
  if (revoked && !rules.includeRevoked) no('revoked', `${source.name} has revoked it`)
  if (superseded) no('superseded', `${source.name} has a later version`)
  if (vanished && !rules.includeVanished) no('vanished', `${source.name} no longer has it`)
  if (role === 'observable' && !rules.observables) no('observable', 'it was observed, nobody calls it an indicator')
  if (!sound && !rules.hints) no('hint', 'it is a match only together with more')
  reasons.push(...reasonsOfTime(statement, rules), ...reasonsOfMeasure(statement, rules))
  return reasons
}

function reasonsOfTime({ validFrom, validUntil, ...statement }: SourcedStatement, rules: Rules): readonly Reason[] {
  const now = timestampKey(rules.now) ?? ''
  const reasons: Reason[] = []
  const until = validUntil === undefined ? undefined : timestampKey(validUntil)
  if (until !== undefined && until <= now && !rules.includeExpired) {
    reasons.push({ code: 'expired', sentence: `it was valid until ${validUntil}` })
  }
  const from = validFrom === undefined ? undefined : timestampKey(validFrom)
  if (from !== undefined && from > now) {
    reasons.push({ code: 'not-yet-valid', sentence: `it is valid from ${validFrom} on` })
  }
  if (rules.maxAge !== undefined) {
    const last = lastSaid({ validFrom, ...statement }, rules.now)
    const age = Number((toEpochMicroseconds(rules.now) ?? 0n) - (toEpochMicroseconds(last) ?? 0n)) / 1000
    if (age > durationMs(rules.maxAge)) {
      reasons.push({
        code: 'age',
        sentence: `it was last said or seen ${last}, more than ${formatDuration(rules.maxAge)} ago`,
      })
    }
  }
  return reasons
}

/** The latest time that a statement gives and that is not to come; when it came, where it gives none. */
export function lastSaid(statement: Omit<SourcedStatement, 'validUntil'>, now: string): string {
  const { modified, created, validFrom, firstSeen, lastSeen, addedAt } = statement
  const limit = timestampKey(now) ?? ''
  let latest: string | undefined
  let latestKey = ''
  for (const time of [modified, created, validFrom, firstSeen, lastSeen]) {
    const key = time === undefined ? undefined : timestampKey(time)
    if (key === undefined || key > limit || key <= latestKey) continue
    latest = time
    latestKey = key
  }
  return latest ?? addedAt
}

function reasonsOfMeasure({ tlp, confidence }: SourcedStatement, rules: Rules): readonly Reason[] {
  const { tlpCeiling, minConfidence = 0 } = rules
  const reasons: Reason[] = []
  if (tlp !== undefined && tlpCeiling !== undefined && isAbove(tlp, tlpCeiling)) {
    reasons.push({ code: 'tlp', sentence: `it is TLP:${tlp.toUpperCase()}, above TLP:${tlpCeiling.toUpperCase()}` })
  }
  if (minConfidence > 0 && (confidence ?? -1) < minConfidence) {
    const stated = confidence === undefined ? 'it states no confidence' : `its confidence is ${confidence}`
    reasons.push({ code: 'confidence', sentence: `${stated}, wanted is ${minConfidence} or more` })
  }
  return reasons
}

/** Words for confidence and the least number each stands for. @see STIX 2.1, appendix A (None / Low / Med / High) */
export const confidenceWords = { none: 0, low: 1, medium: 30, high: 70 } as const
