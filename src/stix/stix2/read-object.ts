import type { StixObject } from '../item.ts'
import type { NamedObject, Reading, Relation, StatedValue, Statement } from '../statement.ts'
import { isObject, type JsonObject, listAt, numberAt, textAt, textsAt, timeAt } from './fields.ts'
import { readPattern } from './indicator.ts'
import { markingsOf, tlpOfDefinition } from './markings.ts'
import { isObservableType, observableValues } from './observables.ts'
import { confidenceOf, severityOf } from './scores.ts'

/** An item that says nothing that can be looked up. */
export const emptyReading: Reading = { statements: [], relations: [], named: [], losses: [] }

const maxValues = 5000
const maxSentences = 20
const maxRelations = 1000
const maxDescription = 16_384

const namedTypes: ReadonlySet<string> = new Set([
  'malware',
  'threat-actor',
  'intrusion-set',
  'campaign',
  'tool',
  'identity',
  'infrastructure',
  'attack-pattern',
  'vulnerability',
  'incident',
])

/** What identifies an object beside its content. */
export type ObjectIdentity = Pick<StixObject, 'id' | 'type' | 'specVersion' | 'revoked'>

/** Whether objects of a type say anything at all: the others need not be parsed. */
export function saysSomething(type: string): boolean {
  return Object.hasOwn(readers, type) || namedTypes.has(type) || isObservableType(type)
}

/**
 * Reads a STIX 2.0 or 2.1 object, parsed. Never throws: what is of the wrong type counts as missing, long texts are cut,
 * and what could not be used is said in `unused`.
 *
 * Indicators give a statement even without values; observed data and cyber-observables only with some. A relationship that
 * was revoked gives no relation.
 */
export function readObject(object: JsonObject, identity: ObjectIdentity): Reading {
  const { type } = identity
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined
  if (read) return read(object, identity)
  if (namedTypes.has(type)) return named(object, identity)
  return isObservableType(type) ? ofObservable(object, identity) : emptyReading
}

type Reader = (object: JsonObject, identity: ObjectIdentity) => Reading

const readers: Readonly<Record<string, Reader>> = {
  indicator: ofIndicator,
  'observed-data': ofObservedData,
  'marking-definition': ofMarking,
  relationship: ofRelationship,
  sighting: ofSighting,
}

function ofIndicator(object: JsonObject, identity: ObjectIdentity): Reading {
  const unused: string[] = []
  const values = readPattern(object, identity.specVersion, unused)
  const validFrom = timeAt(object, 'valid_from')
  const validUntil = timeAt(object, 'valid_until')
  if (validFrom === undefined && object['valid_from'] !== undefined) unused.push('valid_from is no time')
  if (validUntil === undefined && object['valid_until'] !== undefined) unused.push('valid_until is no time')
  return aStatement(statementOf(object, identity, { role: 'indicator', values, unused, validFrom, validUntil }))
}

function ofObservedData(object: JsonObject, identity: ObjectIdentity): Reading {
  const unused: string[] = []
  const values: StatedValue[] = []
  const objects = object['objects']
  for (const observable of isObject(objects) ? Object.values(objects) : []) {
    if (isObject(observable)) values.push(...observableValues(observable, unused))
    if (values.length > maxValues) {
      unused.push(`Only ${maxValues} of its values were read`)
      break
    }
  }
  if (values.length === 0 && unused.length === 0) return emptyReading
  const said: Said = {
    role: 'observable',
    values: distinct(values).slice(0, maxValues),
    unused,
    firstSeen: timeAt(object, 'first_observed'),
    lastSeen: timeAt(object, 'last_observed'),
    sightings: numberAt(object, 'number_observed'),
  }
  return aStatement(statementOf(object, identity, said))
}

function ofObservable(object: JsonObject, identity: ObjectIdentity): Reading {
  const unused: string[] = []
  const values = observableValues(object, unused)
  if (values.length === 0 && unused.length === 0) return emptyReading
  return aStatement(statementOf(object, identity, { role: 'observable', values: distinct(values), unused }))
}

/** What each kind of object has in its own way. */
type Said = Pick<
  Statement,
  'role' | 'values' | 'unused' | 'validFrom' | 'validUntil' | 'firstSeen' | 'lastSeen' | 'sightings'
>

// Each property is written out and none spread: it is made for every indicator that is stored.
function statementOf(object: JsonObject, { id, revoked }: ObjectIdentity, said: Said): Statement {
  const labels = [...textsAt(object, 'labels'), ...textsAt(object, 'indicator_types')]
  const markings = markingsOf(object, labels)
  return {
    id,
    role: said.role,
    values: said.values,
    // The name of a file or a process is its value, not what it is called.
    name: said.role === 'indicator' ? textAt(object, 'name') : undefined,
    description: textAt(object, 'description', maxDescription),
    labels,
    killChainPhases: killChainPhases(object),
    confidence: confidenceOf(object, labels),
    severity: severityOf(object, labels),
    created: timeAt(object, 'created'),
    modified: timeAt(object, 'modified'),
    firstSeen: said.firstSeen,
    lastSeen: said.lastSeen,
    validFrom: said.validFrom,
    validUntil: said.validUntil,
    sightings: said.sightings,
    revoked,
    tlp: markings.tlp,
    markingRefs: markings.refs,
    createdBy: textAt(object, 'created_by_ref'),
    category: categoryOf(labels),
    unused: said.unused.slice(0, maxSentences),
  }
}

function killChainPhases(object: JsonObject): readonly string[] {
  return listAt(object, 'kill_chain_phases', 100).flatMap((phase) => {
    const [chain, name] = isObject(phase) ? [textAt(phase, 'kill_chain_name'), textAt(phase, 'phase_name')] : []
    return name === undefined ? [] : [chain === undefined ? name : `${chain}:${name}`]
  })
}

const galaxy =
  /^misp-galaxy:(?:malpedia|mitre-malware|ransomware|banker|rat|botnet|stealer|tool|threat-actor)="([^"]+)"$/

/** What threat it is, where a label says so: MISP's galaxies name malware and actors. */
function categoryOf(labels: readonly string[]): string | undefined {
  for (const label of labels) {
    const name = label.startsWith('misp-galaxy:') ? galaxy.exec(label)?.[1] : undefined
    if (name !== undefined) return name
  }
  return undefined
}

function aStatement(statement: Statement): Reading {
  return { statements: [statement], relations: [], named: [], losses: [] }
}

function named(object: JsonObject, { id, type }: ObjectIdentity): Reading {
  const name = textAt(object, 'name')
  return name === undefined ? emptyReading : { ...emptyReading, named: [{ id, type, name, ...ownMarkings(object) }] }
}

/** What a name or a relationship is marked with: it must not go out under the looser marking of what refers to it. */
function ownMarkings(object: JsonObject): Pick<NamedObject, 'tlp' | 'markingRefs'> {
  const { tlp, refs } = markingsOf(object, textsAt(object, 'labels'))
  return { ...(tlp !== undefined && { tlp }), ...(refs.length > 0 && { markingRefs: refs }) }
}

function ofMarking(object: JsonObject, { id, type }: ObjectIdentity): Reading {
  const tlp = tlpOfDefinition({ ...object, id })
  const definition = object['definition']
  const text = isObject(definition) ? (textAt(definition, 'statement') ?? textAt(definition, 'tlp')) : undefined
  const name = textAt(object, 'name') ?? (tlp ? `TLP:${tlp.toUpperCase()}` : text)
  if (name === undefined) return emptyReading
  const one: NamedObject = tlp === undefined ? { id, type, name } : { id, type, name, tlp }
  return { ...emptyReading, named: [one] }
}

function ofRelationship(object: JsonObject, { revoked }: ObjectIdentity): Reading {
  const [from, type, to] = [
    textAt(object, 'source_ref'),
    textAt(object, 'relationship_type'),
    textAt(object, 'target_ref'),
  ]
  if (revoked || from === undefined || type === undefined || to === undefined) return emptyReading
  return { ...emptyReading, relations: [{ from, type, to, ...ownMarkings(object) }] }
}

/** Who saw it (`sighted-by`), in which observed data (`sighted-in`), and that there is a sighting at all (`sighting-of`). */
function ofSighting(object: JsonObject, { id, revoked }: ObjectIdentity): Reading {
  const sighted = textAt(object, 'sighting_of_ref')
  if (revoked || sighted === undefined) return emptyReading
  const relations: Relation[] = [
    { from: id, type: 'sighting-of', to: sighted },
    ...textsAt(object, 'where_sighted_refs').map((to) => ({ from: sighted, type: 'sighted-by', to })),
    ...textsAt(object, 'observed_data_refs').map((to) => ({ from: sighted, type: 'sighted-in', to })),
  ]
  return { ...emptyReading, relations: relations.slice(0, maxRelations) }
}

function distinct(values: readonly StatedValue[]): readonly StatedValue[] {
  if (values.length < 2) return values
  const byValue = new Map<string, StatedValue>()
  for (const value of values) {
    const key = `${value.kind} ${value.value}`
    if (!byValue.has(key)) byValue.set(key, value)
  }
  return [...byValue.values()]
}
