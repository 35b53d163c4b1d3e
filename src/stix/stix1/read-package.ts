import type { Relation } from '../statement.ts'
import { attributeOf, childOf, childrenOf, readElements, textOf, type Element, type Place } from './elements.ts'
import type { Expression } from './expression.ts'
import { readDescribed, readProducer } from './described.ts'
import { readHandling } from './handling.ts'
import { isKept, isWhole } from './kept-elements.ts'
import type {
  IndicatedTtp,
  IndicatorPart,
  KillChains,
  Marking,
  NamedPart,
  ObservablePart,
  Producer,
  StixPackage,
} from './package.ts'
import { readIndicator } from './read-indicator.ts'
import { isNamed, readNamed } from './read-named.ts'
import { readObject, readObservable } from './read-observable.ts'

/** What is gathered while a package is read. */
interface Gathering {
  readonly indicators: IndicatorPart[]
  readonly observables: ObservablePart[]
  readonly named: NamedPart[]
  readonly relations: Relation[]
  readonly markings: Marking[]
  readonly producers: Map<Place, Producer>
  readonly chainOfId: Map<string, string>
  readonly phaseOfId: Map<string, string>
  readonly byId: Record<'observable' | 'indicator' | 'object', Map<string, Expression>>
  /** What elements that are still needed were read as. */
  readonly read: WeakMap<Element, Expression>
  readonly namedInside: WeakMap<Element, NamedPart>
  plainCommas: boolean
  root: Element | undefined
  title: string | undefined
}

/**
 * Reads a STIX 1.0 to 1.2.1 document with CybOX 2, UTF-8, in a stream. Never throws for what stands in it: what breaks it
 * ends the reading and is said in `losses`.
 *
 * Kept are indicators, observables, objects with an id, and what has a title; of each only what can be told of it.
 */
export function readPackage(raw: Buffer): StixPackage {
  const gathering = newGathering()
  const losses = readElements(raw, {
    isWhole: (element) => {
      if (!element.parent) openRoot(element, gathering)
      else noteVersion(element, gathering)
      return isWhole(element)
    },
    onEnd: (element) => {
      if (!element.whole && !element.name.startsWith(':')) endElement(element, gathering)
      return isKept(element)
    },
  })
  const { root, title, chainOfId, phaseOfId, ...rest } = gathering
  const killChains: KillChains = { chainOfId, phaseOfId }
  const isOther = root !== undefined && root.name.startsWith(':')
  const other = isOther ? [`<${root.local.slice(0, 60)}> is no element of a name space of STIX 1`] : []
  const { id, timestamp } = root ? readDescribed(root) : {}
  return { ...rest, killChains, id, title, timestamp, losses: [...losses, ...other] }
}

function newGathering(): Gathering {
  return {
    indicators: [],
    observables: [],
    named: [],
    relations: [],
    markings: [],
    producers: new Map(),
    chainOfId: new Map(),
    phaseOfId: new Map(),
    byId: { observable: new Map(), indicator: new Map(), object: new Map() },
    read: new WeakMap(),
    namedInside: new WeakMap(),
    plainCommas: false,
    root: undefined,
    title: undefined,
  }
}

function openRoot(element: Element, gathering: Gathering): void {
  gathering.root = element
  // STIX 1.0 came with CybOX 2.0; from 1.0.1 on it was 2.0.1.
  gathering.plainCommas = /^(?:stix-)?1\.0(?:\.0)?$/.test(attributeOf(element, 'version') ?? '')
}

/** The lists of CybOX 2.0 differ from those of all that came after. */
function noteVersion(element: Element, gathering: Gathering): void {
  const major = element.attributes['cybox_major_version']
  if (major === undefined || element.local !== 'Observables') return
  const [minor, update] = [element.attributes['cybox_minor_version'], element.attributes['cybox_update_version']]
  gathering.plainCommas = major.trim() === '2' && minor?.trim() === '0' && /^\s*0?\s*$/.test(update ?? '')
}

function endElement(element: Element, gathering: Gathering): void {
  switch (element.local) {
    case 'Object':
    case 'Associated_Object':
    case 'Related_Object':
      return endObject(element, gathering)
    case 'Observable':
      return endObservable(element, gathering)
    case 'Indicator':
      return endIndicator(element, gathering)
    case 'Handling':
      gathering.markings.push(...readHandling(element))
      return
    case 'STIX_Header':
      return endHeader(element, gathering)
    case 'Kill_Chain':
      return endKillChain(element, gathering)
    default:
      if (isNamed(element)) endNamed(element, gathering)
  }
}

function endObject(element: Element, gathering: Gathering): void {
  remember(
    element,
    readObject(element, (inner) => gathering.read.get(inner), gathering),
    'object',
    gathering,
  )
}

function endObservable(element: Element, gathering: Gathering): void {
  const expression = readObservable(element, (inner) => gathering.read.get(inner))
  if (!isKept(element) && element.attributes['idref'] === undefined) {
    gathering.observables.push({ ...readDescribed(element), expression })
  }
  remember(element, expression, 'observable', gathering)
}

function endIndicator(element: Element, gathering: Gathering): void {
  const idref = attributeOf(element, 'idref')
  noteCampaign(element, idref ?? element.place.id, gathering)
  if (idref !== undefined) {
    gathering.read.set(element, { is: 'reference', to: 'indicator', id: idref })
    return
  }
  const nameOf = (ttp: Element): IndicatedTtp => {
    const named = gathering.namedInside.get(ttp)
    const type = named?.type === 'malware' ? 'malware' : 'attack-pattern'
    return { place: ttp.place, id: attributeOf(ttp, 'idref') ?? named?.id, name: named?.title, type }
  }
  const part = readIndicator(element, (inner) => gathering.read.get(inner), nameOf)
  remember(element, part.expression, 'indicator', gathering)
  gathering.indicators.push(part)
  for (const { id } of part.ttps) {
    if (part.id !== undefined && id !== undefined)
      gathering.relations.push({ from: part.id, type: 'indicates', to: id })
  }
}

/** An indicator among those of a campaign or an actor indicates it. */
function noteCampaign(element: Element, id: string | undefined, gathering: Gathering): void {
  if (element.parent?.local !== 'Related_Indicator' || id === undefined) return
  const owner = element.parent.parent?.parent
  if (owner?.place.id === undefined || !/^(?:Campaign|Threat_Actor)$/.test(owner.local)) return
  gathering.relations.push({ from: id, type: 'indicates', to: owner.place.id })
}

function endNamed(element: Element, gathering: Gathering): void {
  const named = readNamed(element)
  element.children.length = 0
  if (!named) return
  gathering.namedInside.set(element, named)
  if (named.id !== undefined) gathering.named.push(named)
}

function endHeader(element: Element, gathering: Gathering): void {
  const producer = readProducer(childOf(element, 'Information_Source'))
  gathering.title ??= textOf(childOf(element, 'Title'))
  if (producer && element.place.outer) gathering.producers.set(element.place.outer, producer)
}

function endKillChain(element: Element, { chainOfId, phaseOfId }: Gathering): void {
  const [id, name] = [element.place.id, attributeOf(element, 'name')]
  if (id !== undefined && name !== undefined) chainOfId.set(id, name)
  for (const phase of childrenOf(element, 'Kill_Chain_Phase')) {
    const [phaseId, phaseName] = [attributeOf(phase, 'phase_id'), attributeOf(phase, 'name')]
    if (phaseId !== undefined && phaseName !== undefined) phaseOfId.set(phaseId, phaseName)
  }
}

/** Keeps what the element was read as, for the one around it and for references; the first of an id counts. */
function remember(
  element: Element,
  read: Expression | undefined,
  kind: 'observable' | 'indicator' | 'object',
  { read: known, byId }: Gathering,
): void {
  // What was read is all that is needed; the elements are not. Of an object its relationship is still asked for.
  if (kind !== 'object') element.children.length = 0
  if (!read) return
  known.set(element, read)
  const id = element.place.id
  if (id !== undefined && element.attributes['idref'] === undefined && !byId[kind].has(id)) byId[kind].set(id, read)
}
