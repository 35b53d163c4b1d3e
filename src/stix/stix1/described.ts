import { attributeOf, childOf, childrenOf, textOf, type Element } from './elements.ts'
import type { Described, KillChainPhase, Producer } from './package.ts'
import { utcTime } from './times.ts'

/** What most elements of STIX 1 have in common. */
export function readDescribed(element: Element): Described {
  return {
    id: element.place.id,
    place: element.place,
    title: textOf(childOf(element, 'Title')),
    description: textOf(childOf(element, 'Description')) ?? textOf(childOf(element, 'Short_Description')),
    timestamp: nearestTimestamp(element),
  }
}

/** The element's own timestamp, else that of the nearest one around it. */
function nearestTimestamp(element: Element): string | undefined {
  for (let at: Element | undefined = element; at; at = at.parent) {
    const time = utcTime(at.attributes['timestamp'])
    if (time !== undefined) return time
  }
  return undefined
}

/** `Producer`, or a header's `Information_Source`: its identity, whose name may be a CIQ party's. */
export function readProducer(source: Element | undefined): Producer | undefined {
  const identity = childOf(source, 'Identity')
  if (!identity) return undefined
  const id = attributeOf(identity, 'id') ?? attributeOf(identity, 'idref')
  const name = textOf(childOf(identity, 'Name')) ?? partyName(childOf(identity, 'Specification'))
  return id === undefined && name === undefined ? undefined : { id, name }
}

function partyName(specification: Element | undefined): string | undefined {
  const party = childOf(specification, 'PartyName')
  const names = childOf(party, 'OrganisationName') ?? childOf(party, 'PersonName') ?? childOf(party, 'NameLine')
  const parts = names && (names.children.length > 0 ? names.children : [names])
  return parts
    ?.map((part) => textOf(part))
    .filter((text) => text !== undefined)
    .join(' ')
}

export function readKillChainPhases(phases: Element | undefined): readonly KillChainPhase[] {
  return childrenOf(phases, 'Kill_Chain_Phase').map((phase) => ({
    chainId: attributeOf(phase, 'kill_chain_id'),
    chain: attributeOf(phase, 'kill_chain_name'),
    phaseId: attributeOf(phase, 'phase_id'),
    phase: attributeOf(phase, 'name'),
  }))
}

/** Trimmed texts, distinct, in their order. */
export function textsOf(elements: readonly Element[]): readonly string[] {
  return [...new Set(elements.map((element) => textOf(element)).filter((text) => text !== undefined))]
}
