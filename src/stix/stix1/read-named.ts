import { attributeOf, childOf, childrenOf, textOf, type Element } from './elements.ts'
import { readDescribed, readKillChainPhases, readProducer, textsOf } from './described.ts'
import type { NamedPart } from './package.ts'

type Reader = (element: Element) => Pick<NamedPart, 'type' | 'names'>

const readers: Readonly<Record<string, Reader>> = {
  TTP: (ttp) => {
    const behavior = childOf(ttp, 'Behavior')
    const malware = childrenOf(childOf(behavior, 'Malware'), 'Malware_Instance')
    const attacks = childrenOf(childOf(behavior, 'Attack_Patterns'), 'Attack_Pattern')
    const malwareNames = textsOf(malware.flatMap(({ children }) => children.filter(isName)))
    if (malware.length > 0) return { type: 'malware', names: malwareNames }
    const capec = attacks.flatMap((attack) => attributeOf(attack, 'capec_id') ?? [])
    return {
      type: 'attack-pattern',
      names: [...textsOf(attacks.flatMap((attack) => childrenOf(attack, 'Title'))), ...capec],
    }
  },
  Campaign: (campaign) => ({
    type: 'campaign',
    names: textsOf(childrenOf(childOf(campaign, 'Names'), 'Name')),
  }),
  Threat_Actor: (actor) => {
    const name = readProducer(actor)?.name
    return { type: 'threat-actor', names: name === undefined ? [] : [name] }
  },
  Incident: () => ({ type: 'incident', names: [] }),
  Course_Of_Action: (action) => ({ type: 'course-of-action', names: textsOf(childrenOf(action, 'Type')) }),
  Exploit_Target: (target) => ({
    type: 'vulnerability',
    names: textsOf(childrenOf(target, 'Vulnerability').flatMap((each) => childrenOf(each, 'CVE_ID'))),
  }),
  Report: () => ({ type: 'report', names: [] }),
}

function isName({ local }: Element): boolean {
  return local === 'Name' || local === 'Title'
}

/** Whether an element is one of those that `readNamed` reads. */
export function isNamed(element: Element): boolean {
  return Object.hasOwn(readers, element.local) && element.attributes['idref'] === undefined
}

/**
 * A TTP, campaign, threat actor, incident, course of action, exploit target or report. Its title is its own, else its first
 * name; undefined when it has neither.
 */
export function readNamed(element: Element): NamedPart | undefined {
  const read = Object.hasOwn(readers, element.local) ? readers[element.local]?.(element) : undefined
  if (!read) return undefined
  const header = element.local === 'Report' ? childOf(element, 'Header') : undefined
  const own = readDescribed(element)
  const title = own.title ?? textOf(childOf(header, 'Title')) ?? read.names[0]
  const description = own.description ?? textOf(childOf(header, 'Description'))
  const producer = readProducer(childOf(header ?? element, 'Information_Source'))
  if (title === undefined && own.id === undefined) return undefined
  const killChainPhases = readKillChainPhases(childOf(element, 'Kill_Chain_Phases'))
  return { ...own, ...read, title, description, producer, killChainPhases }
}
