import type { Tlp } from '../statement.ts'
import type { Place } from '../stix1/elements.ts'
import type {
  IndicatorPart,
  KillChainPhase,
  NamedPart,
  ObservablePart,
  Producer,
  StixPackage,
} from '../stix1/package.ts'
import { bareObservables, tellingOf } from '../stix1/read.ts'
import { readPackage } from '../stix1/read-package.ts'
import { nameOf, packageProducer, phaseNames, type Telling } from '../stix1/statements.ts'
import { observablesOf } from './cyber-observables.ts'
import { canonical, idOf } from './ids.ts'
import type { LossCounter } from './losses.ts'
import { patternsOf } from './pattern.ts'
import { resolveReferences } from './resolve.ts'
import { stixTime, unknownTime, type StixRecord } from './stix-record.ts'
import { statementMarking, tlpMarking } from './tlp-markings.ts'

/**
 * A STIX 1 document (UTF-8) as STIX 2.1 objects; what is referred to comes before what refers to it. Ids are made from the
 * STIX 1 ids, or from the content where there is none: the same document gives the same objects each time.
 *
 * Indicators become indicators with a pattern, observables without an indicator cyber-observables (and observed data where
 * the package has a time), TTPs, campaigns, actors and the like objects with a name. What is left out is counted; what
 * `isWritten` knows is not repeated.
 */
export function* convertStix1(raw: Buffer, losses: LossCounter, isWritten = newFilter()): Generator<StixRecord> {
  const from = readPackage(raw)
  for (const loss of from.losses) losses.add(loss)
  const writing: Writing = { ...tellingOf(from), losses, isWritten, ids: new Map() }
  for (const part of from.named) yield* convertNamed(part, writing)
  for (const part of from.indicators) if (!part.isInner) yield* convertIndicator(part, writing)
  for (const part of bareObservables(from)) yield* convertObservable(part, writing)
  yield* convertRelations(from, writing)
}

interface Writing extends Telling {
  readonly losses: LossCounter
  readonly isWritten: WrittenFilter
  /** STIX 2.1 ids by STIX 1 id, of what was written. */
  readonly ids: Map<string, readonly string[]>
}

/** Whether an object of this id and version was written before; it is from now on. */
export type WrittenFilter = (record: { readonly id: string; readonly modified?: unknown }) => boolean

export function newFilter(): WrittenFilter {
  const written = new Set<string>()
  return ({ id, modified }) => {
    const key = typeof modified === 'string' ? `${id} ${modified}` : id
    if (written.has(key)) return true
    written.add(key)
    return false
  }
}

function* once(record: StixRecord, { isWritten }: Writing): Generator<StixRecord> {
  if (!isWritten(record)) yield record
}

/** Markings and producer of a part: their objects, and the properties that refer to them. */
function* commonOf(
  place: Place,
  producer: Producer | undefined,
  writing: Writing,
): Generator<StixRecord, Readonly<Record<string, unknown>>> {
  const tlp: Tlp | undefined = writing.markings.tlpOf(place)
  const markings = [
    ...(tlp === undefined ? [] : [tlpMarking(tlp)]),
    ...writing.markings.statementsOf(place).map(statementMarking),
  ]
  const identity = identityOf(producer ?? packageProducer(place, writing.from))
  for (const record of [...markings, ...(identity ? [identity] : [])]) yield* once(record, writing)
  return {
    ...(identity && { created_by_ref: identity.id }),
    ...(markings.length > 0 && { object_marking_refs: markings.map(({ id }) => id) }),
  }
}

function identityOf(producer: Producer | undefined): StixRecord | undefined {
  const name = producer?.name ?? producer?.id
  if (!producer || name === undefined) return undefined
  const id = producer.id === undefined ? idOf('identity', 'name', name) : idOf('identity', 'id', producer.id, name)
  return { type: 'identity', spec_version: '2.1', id, created: unknownTime, modified: unknownTime, name }
}

function* convertNamed(part: NamedPart, writing: Writing): Generator<StixRecord> {
  if (part.id === undefined) return
  const name = nameOf(part)
  if (name === undefined) return writing.losses.add(`A ${part.type} without a name`, part.id)
  if (part.type === 'report') return writing.losses.add('A report, as a list of what belongs to it', part.id)
  const common = yield* commonOf(part.place, part.producer, writing)
  const id = idOf(part.type, part.id)
  const record: StixRecord = {
    type: part.type,
    spec_version: '2.1',
    id,
    created: stixTime(part.timestamp),
    modified: stixTime(part.timestamp),
    ...common,
    name,
    ...(part.description !== undefined && { description: part.description }),
    ...aliasesOf(part, name),
    ...(part.type === 'malware' && { is_family: true }),
    ...(hasPhases.has(part.type) && phasesOf(part.killChainPhases, writing)),
    external_references: [{ source_name: 'stix1', external_id: part.id }, ...catalogued(part.names)],
  }
  writing.ids.set(part.id, [id])
  yield* once(record, writing)
}

const hasPhases = new Set<NamedPart['type']>(['malware', 'attack-pattern'])
const hasAliases = new Set<NamedPart['type']>(['malware', 'campaign', 'threat-actor'])

function aliasesOf(part: NamedPart, name: string): Readonly<Record<string, unknown>> {
  const aliases = [...new Set([part.title, ...part.names])].filter((alias) => alias !== undefined && alias !== name)
  return hasAliases.has(part.type) && aliases.length > 0 ? { aliases } : {}
}

/** Names that stand for entries of public catalogues. */
function catalogued(names: readonly string[]): readonly Readonly<Record<string, string>>[] {
  return names.flatMap((name) => {
    if (/^CAPEC-\d+$/.test(name)) return [{ source_name: 'capec', external_id: name }]
    return /^CVE-\d{4}-\d+$/.test(name) ? [{ source_name: 'cve', external_id: name }] : []
  })
}

function phasesOf(phases: readonly KillChainPhase[], { from }: Writing): Readonly<Record<string, unknown>> {
  const found = phases.flatMap((phase) => {
    const { chain, name } = phaseNames(phase, from.killChains)
    return name === undefined ? [] : [{ kill_chain_name: chainName(chain), phase_name: hyphened(name) }]
  })
  return found.length > 0 ? { kill_chain_phases: found } : {}
}

/** @see STIX 2.1, 2.11 (kill chain phase): lower case and hyphens */
function chainName(chain: string | undefined): string {
  if (chain === undefined) return 'unknown'
  return /^(?:lmco|lockheed)/i.test(chain) ? 'lockheed-martin-cyber-kill-chain' : hyphened(chain)
}

function hyphened(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, '-')
}

function* convertIndicator(part: IndicatorPart, writing: Writing): Generator<StixRecord> {
  const { losses, from } = writing
  const patterns = part.expression ? patternsOf(resolveReferences(part.expression, from), losses) : []
  if (patterns.length === 0)
    return losses.add('An indicator without anything that a pattern can say', part.id ?? part.title)
  if (part.severity !== undefined) losses.add('A likely impact', part.id)
  const common = yield* commonOf(part.place, part.producer, writing)
  const written = patterns.map((pattern, index) => indicatorRecord(part, { pattern, index, common }, writing))
  if (part.id !== undefined) {
    const known = writing.ids.get(part.id) ?? []
    writing.ids.set(part.id, [...new Set([...known, ...written.map(({ id }) => id)])])
  }
  for (const record of written) {
    if (writing.isWritten(record)) losses.add('A second indicator of the same id and time', part.id)
    else yield record
    if (part.sightings !== undefined && part.sightings > 0) yield* once(sightingOf(part, record), writing)
    yield* innerRelations(part, record, writing)
  }
}

interface Pattern {
  readonly pattern: string
  /** Among the alternatives that were too long for one. */
  readonly index: number
  readonly common: Readonly<Record<string, unknown>>
}

function indicatorRecord(part: IndicatorPart, { pattern, index, common }: Pattern, writing: Writing): StixRecord {
  const validFrom = stixTime(part.validFrom ?? part.timestamp)
  const validUntil = part.validUntil === undefined ? undefined : stixTime(part.validUntil)
  if (validUntil !== undefined && validUntil <= validFrom)
    writing.losses.add('An end of validity that is not after its begin', part.id)
  const body = {
    created: stixTime(part.produced ?? part.timestamp),
    modified: stixTime(part.timestamp ?? part.produced),
    ...common,
    ...(part.title !== undefined && { name: part.title }),
    ...(part.description !== undefined && { description: part.description }),
    indicator_types: typesOf(part.types),
    pattern,
    pattern_type: 'stix',
    pattern_version: '2.1',
    valid_from: validFrom,
    ...(validUntil !== undefined && validUntil > validFrom && { valid_until: validUntil }),
    ...phasesOf(part.killChainPhases, writing),
    ...(part.types.length > 0 && { labels: part.types }),
    ...(part.confidence !== undefined && { confidence: part.confidence }),
    ...(part.id !== undefined && { external_references: [{ source_name: 'stix1', external_id: part.id }] }),
  }
  const name = part.id ?? canonical(body)
  const id = index === 0 ? idOf('indicator', name) : idOf('indicator', name, `part ${index + 1}`)
  return { type: 'indicator', spec_version: '2.1', id, ...earlier(body) }
}

/** `created` is never later than `modified`. */
function earlier<T extends { readonly created: string; readonly modified: string }>(body: T): T {
  return body.created > body.modified ? { ...body, created: body.modified } : body
}

/** STIX 1's types, which stay as labels, in STIX 2.1's words. @see STIX 2.1, 10.6 (indicator type vocabulary) */
function typesOf(types: readonly string[]): readonly string[] {
  const found = types.map((type) => {
    if (/anonymization/i.test(type)) return 'anonymization'
    if (/compromised|login name/i.test(type)) return 'compromised'
    if (/benign/i.test(type)) return 'benign'
    return /malicious|malware|c2|exfiltration|watchlist|backdoor|attack/i.test(type) ? 'malicious-activity' : 'unknown'
  })
  const known = [...new Set(found)].filter((type) => type !== 'unknown')
  return known.length > 0 ? known : ['unknown']
}

function sightingOf(part: IndicatorPart, indicator: StixRecord): StixRecord {
  const times = {
    ...(part.firstSeen !== undefined && { first_seen: stixTime(part.firstSeen) }),
    ...(part.lastSeen !== undefined && part.lastSeen !== part.firstSeen && { last_seen: stixTime(part.lastSeen) }),
  }
  const count = Math.min(part.sightings ?? 1, 999_999_999)
  return {
    type: 'sighting',
    spec_version: '2.1',
    id: idOf('sighting', indicator.id),
    created: indicator['modified'],
    modified: indicator['modified'],
    ...inherited(indicator),
    sighting_of_ref: indicator.id,
    count,
    ...times,
  }
}

function inherited(record: StixRecord): Readonly<Record<string, unknown>> {
  const { created_by_ref: creator, object_marking_refs: markings } = record
  return {
    ...(creator !== undefined && { created_by_ref: creator }),
    ...(markings !== undefined && { object_marking_refs: markings }),
  }
}

/** TTPs that stand inside of the indicator and have no id. */
function* innerRelations(part: IndicatorPart, indicator: StixRecord, writing: Writing): Generator<StixRecord> {
  for (const { id, name, type } of part.ttps) {
    if (id !== undefined || name === undefined) continue
    const target: StixRecord = {
      type,
      spec_version: '2.1',
      id: idOf(type, 'name', name),
      created: unknownTime,
      modified: unknownTime,
      name,
      ...(type === 'malware' && { is_family: true }),
    }
    yield* once(target, writing)
    yield* once(relationship(indicator, 'indicates', target.id), writing)
  }
}

function relationship(source: StixRecord, type: string, target: string): StixRecord {
  return {
    type: 'relationship',
    spec_version: '2.1',
    id: idOf('relationship', source.id, type, target),
    created: source['modified'],
    modified: source['modified'],
    ...inherited(source),
    relationship_type: type,
    source_ref: source.id,
    target_ref: target,
  }
}

function* convertObservable(part: ObservablePart, writing: Writing): Generator<StixRecord> {
  if (!part.expression) return writing.losses.add('An observable without content', part.id)
  const { objects, roots } = observablesOf(resolveReferences(part.expression, writing.from), writing.losses)
  if (roots.length === 0) return writing.losses.add('An observable that nothing could be made of', part.id)
  const { object_marking_refs: markings, ...common } = yield* commonOf(part.place, undefined, writing)
  const marked = markings === undefined ? {} : { object_marking_refs: markings }
  for (const object of objects) yield* once({ ...object, ...marked }, writing)
  // Observed data says when; what has no time is told by the cyber-observables alone.
  if (part.timestamp === undefined) return
  const time = stixTime(part.timestamp)
  yield* once(
    {
      type: 'observed-data',
      spec_version: '2.1',
      id: idOf('observed-data', part.id ?? roots.join(' ')),
      created: time,
      modified: time,
      ...common,
      ...marked,
      first_observed: time,
      last_observed: time,
      number_observed: 1,
      object_refs: objects.map(({ id }) => id),
    },
    writing,
  )
}

function* convertRelations({ relations, indicators }: StixPackage, writing: Writing): Generator<StixRecord> {
  const times = new Map(indicators.map(({ id, timestamp }) => [id, timestamp]))
  for (const { from, type, to } of relations) {
    const target = writing.ids.get(to)?.[0]
    const sources = writing.ids.get(from)
    if (!target || !sources) writing.losses.add('A relation with what is not in the package, or has no name', to)
    for (const id of target && sources ? sources : []) {
      const source = { type: 'indicator', spec_version: '2.1', id, modified: stixTime(times.get(from)) } as const
      yield* once(relationship(source, type, target as string), writing)
    }
  }
}
