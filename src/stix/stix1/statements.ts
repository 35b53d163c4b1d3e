import type { NamedObject, Statement } from '../statement.ts'
import { collectValues, type Budget, type CollectedValues } from './collect-values.ts'
import type { Place } from './elements.ts'
import type { MarkingFinder } from './markings.ts'
import type { IndicatorPart, KillChainPhase, NamedPart, ObservablePart, Producer, StixPackage } from './package.ts'

/** What statements of one package are made with. */
export interface Telling {
  readonly from: StixPackage
  readonly markings: MarkingFinder
  readonly namedById: ReadonlyMap<string, NamedPart>
  readonly budget: Budget
}

/** What an indicator says. */
export function indicatorStatement(part: IndicatorPart, telling: Telling): Statement {
  const { values, unused } = collectedFrom(part, telling)
  const { category, categoryTlp } = categoryOf(part, telling)
  // Written out: spreading is what most of the time of a large package goes into.
  return {
    id: part.id ?? '',
    role: 'indicator',
    values,
    name: part.title,
    description: part.description,
    labels: part.types,
    killChainPhases: part.killChainPhases.flatMap((phase) => phaseText(phase, telling.from)),
    confidence: part.confidence,
    severity: part.severity,
    created: part.produced ?? part.timestamp,
    modified: part.timestamp,
    firstSeen: part.firstSeen,
    lastSeen: part.lastSeen,
    validFrom: part.validFrom,
    validUntil: part.validUntil,
    revoked: false,
    tlp: telling.markings.tlpOf(part.place),
    markingRefs: [],
    createdBy: creatorOf(part.producer ?? packageProducer(part.place, telling.from)),
    category,
    categoryTlp,
    sightings: part.sightings,
    unused,
  }
}

/** What an observable that belongs to no indicator says. */
export function observableStatement(part: ObservablePart, telling: Telling): Statement {
  const { values, unused } = collectedFrom(part, telling)
  return {
    id: part.id ?? '',
    role: 'observable',
    values,
    name: part.title,
    description: part.description,
    labels: [],
    killChainPhases: [],
    created: part.timestamp,
    modified: part.timestamp,
    revoked: false,
    tlp: telling.markings.tlpOf(part.place),
    markingRefs: [],
    createdBy: creatorOf(packageProducer(part.place, telling.from)),
    unused,
  }
}

const nothing: CollectedValues = { values: [], unused: ['It has no observable that says anything'] }

function collectedFrom({ expression }: IndicatorPart | ObservablePart, { from, budget }: Telling): CollectedValues {
  return expression ? collectValues(expression, from, budget) : nothing
}

function creatorOf(producer: Producer | undefined): string | undefined {
  return producer?.id ?? producer?.name
}

/** Of the nearest package around it whose header names one. */
export function packageProducer(place: Place, { producers }: StixPackage): Producer | undefined {
  for (let at: Place | undefined = place; at; at = at.outer) {
    const found = producers.get(at)
    if (found) return found
  }
  return undefined
}

/** What it indicates by name, else the first of its types. */
function categoryOf(
  { ttps, types }: IndicatorPart,
  { namedById, markings }: Telling,
): Pick<Statement, 'category' | 'categoryTlp'> {
  for (const { id, name, place } of ttps) {
    const named = id === undefined ? undefined : namedById.get(id)
    const category = (named && nameOf(named)) ?? name
    if (category !== undefined) return { category, categoryTlp: markings.tlpOf(named?.place ?? place) }
  }
  return { category: types[0] }
}

/** What a part is called: malware by its own name, everything else by its title. */
export function nameOf({ type, names, title }: NamedPart): string | undefined {
  return type === 'malware' ? (names[0] ?? title) : (title ?? names[0])
}

function phaseText(phase: KillChainPhase, { killChains }: StixPackage): readonly string[] {
  const { chain, name } = phaseNames(phase, killChains)
  return name === undefined ? [] : [chain === undefined ? name : `${chain}:${name}`]
}

/** Phases of Lockheed Martin's chain by the ids that everybody uses, defined in the package or not. */
const wellKnownPhases: Readonly<Record<string, string>> = {
  'af1016d6-a744-4ed7-ac91-00fe2272185a': 'Reconnaissance',
  '445b4827-3cca-42bd-8421-f2e947133c16': 'Weaponization',
  '79a0e041-9d5f-49bb-ada4-8322622b162d': 'Delivery',
  'f706e4e7-53d8-44ef-967f-81535c9db7d0': 'Exploitation',
  'e1e4e3f7-be3b-4b39-b80a-a593cfd99a4f': 'Installation',
  'd6dc32b9-2538-4951-8733-3cb9ef1daae2': 'Command and Control',
  '786ca8f9-2d9a-4213-b38e-399af4a2e5d6': 'Actions on Objectives',
}
const wellKnownChain = 'LMCO Kill Chain'

export function phaseNames(
  { chainId, chain, phaseId, phase }: KillChainPhase,
  { chainOfId, phaseOfId }: StixPackage['killChains'],
): { readonly chain: string | undefined; readonly name: string | undefined } {
  const known = wellKnownPhases[/[0-9a-f-]{36}$/.exec(phaseId ?? '')?.[0] ?? '']
  const name = phase ?? (phaseId === undefined ? undefined : phaseOfId.get(phaseId)) ?? known
  const named = chain ?? (chainId === undefined ? undefined : chainOfId.get(chainId))
  return { chain: named ?? (known === undefined ? undefined : wellKnownChain), name }
}

/** What references to the package's parts are shown as. */
export function namesOf({ from, markings }: Telling): readonly NamedObject[] {
  const parts = from.named.flatMap((part) => {
    const [{ id, type }, name] = [part, nameOf(part)]
    return id === undefined || name === undefined ? [] : [{ id, type, name, tlp: markings.tlpOf(part.place) }]
  })
  const producers = [...from.producers.values(), ...from.indicators.map(({ producer }) => producer)]
  const identities = new Map(
    producers.flatMap((producer) =>
      producer?.id === undefined || producer.name === undefined ? [] : [[producer.id, producer.name] as const],
    ),
  )
  return [...parts, ...[...identities].map(([id, name]) => ({ id, type: 'identity', name }))]
}
