import type { Reading, Tlp } from '../statement.ts'
import { strictest } from '../stix2/markings.ts'
import { defaultBudget } from './collect-values.ts'
import type { Place } from './elements.ts'
import type { Expression, Reference } from './expression.ts'
import { markingFinder, type MarkingFinder } from './markings.ts'
import type { NamedPart, ObservablePart, StixPackage } from './package.ts'
import { readPackage } from './read-package.ts'
import { indicatorStatement, namesOf, observableStatement, type Telling } from './statements.ts'

/**
 * What a STIX 1 document (1.0 to 1.2.1 with CybOX 2, UTF-8) says: one statement for each indicator, wherever it stands, and
 * one for each observable that no indicator and no composition has. Read in a stream; never throws for what stands in it.
 */
export function readStix1(raw: Buffer): Reading {
  const from = readPackage(raw)
  const telling = tellingOf(from)
  const indicators = from.indicators.filter(({ isInner }) => !isInner)
  return {
    statements: [
      ...indicators.map((part) => indicatorStatement(part, telling)),
      ...bareObservables(from).map((part) => observableStatement(part, telling)),
    ],
    relations: from.relations,
    named: namesOf(telling),
    losses: from.losses,
    tlp: strictest(from.markings.map(({ tlp }) => tlp)),
  }
}

/** Looks a package over for what its statements need of each other. */
export function tellingOf(from: StixPackage): Telling {
  return {
    from,
    markings: withInnerMarkings(from, markingFinder(from.markings, placesById(from))),
    namedById: new Map<string, NamedPart>(from.named.map((part) => [part.id ?? '', part])),
    budget: { left: defaultBudget },
  }
}

/** What is followed of references for their markings; beyond it the strictest marking of the document counts. */
const mostFollowed = 500_000

/**
 * The values of indicators inside of an indicator, and of what it refers to, are told under its name: so their markings are
 * its own.
 */
function withInnerMarkings(from: StixPackage, finder: MarkingFinder): MarkingFinder {
  // Where everything marked is the document itself, whatever is inside has the same marking.
  const isWhole = from.markings.every(({ targets }) => targets.every(({ under, local }) => !under.outer && !local))
  if (isWhole) return finder
  const places = placesById(from)
  const inner = new Map<Place, Place[]>()
  for (const { place } of from.indicators.filter(({ isInner }) => isInner)) {
    for (let at = place.outer; at; at = at.outer) {
      if (at.local === 'Indicator') inner.set(at, [...(inner.get(at) ?? []), place])
    }
  }
  const expressions = new Map([...from.indicators, ...from.observables].map((part) => [part.place, part.expression]))
  let left = mostFollowed

  function tlpOf(place: Place): Tlp | undefined {
    const found = [finder.tlpOf(place), ...(inner.get(place) ?? []).map((one) => finder.tlpOf(one))]
    const reached = new Set<string>()
    const open = [...allReferences(expressions.get(place))]
    for (let next = open.pop(); next; next = open.pop()) {
      const name = `${next.to} ${next.id}`
      if (reached.has(name)) continue
      reached.add(name)
      if (left-- <= 0) return strictest(from.markings.map(({ tlp }) => tlp))
      const there = places.get(next.id)
      if (there) found.push(finder.tlpOf(there), ...(inner.get(there) ?? []).map((one) => finder.tlpOf(one)))
      open.push(...allReferences(from.byId[next.to].get(next.id)))
    }
    return strictest(found)
  }

  return { ...finder, tlpOf }
}

function placesById({ indicators, observables, named }: StixPackage): ReadonlyMap<string, Place> {
  const parts = [...indicators, ...observables, ...named]
  return new Map(parts.flatMap(({ id, place }) => (id === undefined ? [] : [[id, place] as const])))
}

/**
 * Observables that nothing else speaks for: not those that indicators or compositions refer to. Those that only refer to
 * each other in a circle are told once.
 */
export function bareObservables({ indicators, observables, byId }: StixPackage): readonly ObservablePart[] {
  const referred = new Set<string>()
  for (const part of [...indicators, ...observables]) noteReferences(part.expression, referred)
  for (const expression of byId.observable.values()) noteReferences(expression, referred)
  const reached = new Set<string>()
  const reach = (expression: Expression | undefined): void => {
    const open = [...referencesIn(expression)]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (reached.has(id)) continue
      reached.add(id)
      open.push(...referencesIn(byId.observable.get(id)))
    }
  }
  const isRoot = ({ id }: ObservablePart) => id === undefined || !referred.has(id)
  for (const { expression } of indicators) reach(expression)
  for (const { expression } of observables.filter(isRoot)) reach(expression)
  return observables.filter((part) => {
    if (isRoot(part)) return true
    if (part.id === undefined || reached.has(part.id)) return false
    reached.add(part.id)
    reach(part.expression)
    return true
  })
}

function noteReferences(expression: Expression | undefined, into: Set<string>): void {
  for (const id of referencesIn(expression)) into.add(id)
}

function referencesIn(expression: Expression | undefined): readonly string[] {
  return allReferences(expression).flatMap(({ to, id }) => (to === 'observable' ? [id] : []))
}

function allReferences(expression: Expression | undefined): readonly Reference[] {
  if (!expression) return []
  switch (expression.is) {
    case 'reference':
      return [expression]
    case 'and':
    case 'or':
      return expression.parts.flatMap(allReferences)
    case 'not':
    case 'object':
    case 'contained':
      return allReferences(expression.part)
    default:
      return []
  }
}
