import { attributeOf, booleanOf, childOf, childrenOf, textOf, type Element } from './elements.ts'
import { allOf, negated, type Expression } from './expression.ts'
import { readDescribed, readKillChainPhases, readProducer, textsOf } from './described.ts'
import type { IndicatedTtp, IndicatorPart } from './package.ts'
import { joinedBy, type ReadInside } from './read-observable.ts'
import { onScale } from './scales.ts'
import { utcTime } from './times.ts'

/** How TTPs inside are told: by their id, or by name. */
export type NameInside = (element: Element) => IndicatedTtp

/**
 * An `Indicator` that is not just a reference.
 * @see STIX 1.2, indicator.xsd, IndicatorType (SX1-3)
 */
export function readIndicator(indicator: Element, inside: ReadInside, nameOf: NameInside): IndicatorPart {
  const sightings = childOf(indicator, 'Sightings')
  const seen = timesOf(childrenOf(sightings, 'Sighting'))
  const producer = childOf(indicator, 'Producer')
  const { id, place, title, description, timestamp } = readDescribed(indicator)
  const { validFrom, validUntil } = validityOf(childrenOf(indicator, 'Valid_Time_Position'))
  // Written out: spreading is what most of the time of a large package goes into.
  return {
    id,
    place,
    title,
    description,
    timestamp,
    types: textsOf(childrenOf(indicator, 'Type')),
    expression: readExpression(indicator, inside),
    validFrom,
    validUntil,
    produced: utcTime(textOf(childOf(childOf(producer, 'Time'), 'Produced_Time'))),
    producer: readProducer(producer),
    confidence: onScale(textOf(childOf(childOf(indicator, 'Confidence'), 'Value'))),
    severity: onScale(textOf(childOf(childOf(indicator, 'Likely_Impact'), 'Value'))),
    sightings: countOf(sightings),
    firstSeen: seen[0],
    lastSeen: seen.at(-1),
    killChainPhases: readKillChainPhases(childOf(indicator, 'Kill_Chain_Phases')),
    ttps: childrenOf(indicator, 'Indicated_TTP').flatMap((ttp) => childrenOf(ttp, 'TTP').map(nameOf)),
    isInner: indicator.parent?.local === 'Composite_Indicator_Expression',
  }
}

function readExpression(indicator: Element, inside: ReadInside): Expression | undefined {
  const composite = childOf(indicator, 'Composite_Indicator_Expression')
  const read = composite
    ? joinedBy(composite, childrenOf(composite, 'Indicator').map(insideOr(inside)))
    : allOf(childrenOf(indicator, 'Observable').map(inside))
  return read && booleanOf(indicator, 'negate') ? negated(read) : read
}

/** An indicator that says nothing may say something elsewhere: what has to hold together with it is not certain. */
function insideOr(inside: ReadInside): (element: Element) => Expression {
  return (element) => inside(element) ?? { is: 'unknown', what: 'an indicator without observable' }
}

/** Several positions are alternatives: from the first begin to the last end, open where one of them is. */
function validityOf(positions: readonly Element[]): Pick<IndicatorPart, 'validFrom' | 'validUntil'> {
  const spans = positions
    .map((position) => [timeIn(position, 'Start_Time'), timeIn(position, 'End_Time')] as const)
    .filter(([from, until]) => from !== undefined || until !== undefined)
  const [from, until] = [spans.map(([start]) => start), spans.map(([, end]) => end)]
  return {
    validFrom: from.includes(undefined) ? undefined : from.toSorted()[0],
    validUntil: until.includes(undefined) ? undefined : until.toSorted().at(-1),
  }
}

function timeIn(element: Element, local: string): string | undefined {
  return utcTime(textOf(childOf(element, local)))
}

function timesOf(sightings: readonly Element[]): readonly string[] {
  const times = sightings.map((sighting) => utcTime(sighting.attributes['timestamp']))
  return times.filter((time) => time !== undefined).sort()
}

/** The count that is said, where it is more than what is listed. */
function countOf(sightings: Element | undefined): number | undefined {
  if (!sightings) return undefined
  const said = /^\d{1,9}$/.exec(attributeOf(sightings, 'sightings_count') ?? '')?.[0]
  const listed = childrenOf(sightings, 'Sighting').length
  return said === undefined && listed === 0 ? undefined : Math.max(Number(said ?? 0), listed)
}
