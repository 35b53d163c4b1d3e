import type { Reading } from '../statement.ts'
import { defaultBudget } from './collect-values.ts'
import type { Place } from './elements.ts'
import type { Expression } from './expression.ts'
import { markingFinder } from './markings.ts'
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
  }
}

/** Looks a package over for what its statements need of each other. */
export function tellingOf(from: StixPackage): Telling {
  return {
    from,
    markings: markingFinder(from.markings, placesById(from)),
    namedById: new Map<string, NamedPart>(from.named.map((part) => [part.id ?? '', part])),
    budget: { left: defaultBudget },
  }
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
  if (!expression) return []
  switch (expression.is) {
    case 'reference':
      return expression.to === 'observable' ? [expression.id] : []
    case 'and':
    case 'or':
      return expression.parts.flatMap(referencesIn)
    case 'not':
    case 'object':
    case 'contained':
      return referencesIn(expression.part)
    default:
      return []
  }
}
