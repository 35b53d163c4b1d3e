import type { Element } from './elements.ts'

/**
 * Which elements are kept until the one around them ends: everything else of a package is forgotten as soon as it was read.
 * By local names, the outer one first.
 */
const keptUnder: Readonly<Record<string, readonly string[]>> = {
  STIX_Header: ['Title', 'Description', 'Handling', 'Information_Source'],
  Indicator: [
    'Title',
    'Short_Description',
    'Description',
    'Type',
    'Valid_Time_Position',
    'Observable',
    'Composite_Indicator_Expression',
    'Indicated_TTP',
    'Kill_Chain_Phases',
    'Likely_Impact',
    'Handling',
    'Confidence',
    'Sightings',
    'Producer',
  ],
  Composite_Indicator_Expression: ['Indicator'],
  Valid_Time_Position: ['Start_Time', 'End_Time'],
  Indicated_TTP: ['TTP'],
  Kill_Chain_Phases: ['Kill_Chain_Phase'],
  Kill_Chain: ['Kill_Chain_Phase'],
  Likely_Impact: ['Value'],
  Confidence: ['Value'],
  Sightings: ['Sighting'],
  Producer: ['Identity', 'Time'],
  Information_Source: ['Identity', 'Time'],
  Identity: ['Name', 'Specification'],
  Time: ['Produced_Time', 'Start_Time'],
  Handling: ['Marking'],
  Marking: ['Controlled_Structure', 'Marking_Structure'],
  Observable: ['Title', 'Description', 'Object', 'Event', 'Observable_Composition'],
  Observable_Composition: ['Observable'],
  Event: ['Actions', 'Event'],
  Actions: ['Action'],
  Action: ['Associated_Objects'],
  Associated_Objects: ['Associated_Object'],
  Object: ['Properties', 'Related_Objects'],
  Associated_Object: ['Properties', 'Related_Objects'],
  Related_Object: ['Properties', 'Related_Objects', 'Relationship'],
  Related_Objects: ['Related_Object'],
  TTP: ['Title', 'Short_Description', 'Description', 'Behavior', 'Handling', 'Kill_Chain_Phases', 'Information_Source'],
  Behavior: ['Malware', 'Attack_Patterns'],
  Malware: ['Malware_Instance'],
  Malware_Instance: ['Name', 'Title', 'Type', 'Description'],
  Attack_Patterns: ['Attack_Pattern'],
  Attack_Pattern: ['Title', 'Description'],
  Campaign: ['Title', 'Short_Description', 'Description', 'Names', 'Handling', 'Information_Source', 'Confidence'],
  Names: ['Name'],
  Threat_Actor: [
    'Title',
    'Short_Description',
    'Description',
    'Identity',
    'Handling',
    'Information_Source',
    'Confidence',
  ],
  Incident: ['Title', 'Short_Description', 'Description', 'Handling', 'Information_Source', 'Confidence'],
  Course_Of_Action: ['Title', 'Type', 'Short_Description', 'Description', 'Handling', 'Information_Source'],
  Exploit_Target: ['Title', 'Short_Description', 'Description', 'Handling', 'Information_Source', 'Vulnerability'],
  Vulnerability: ['Title', 'Description', 'CVE_ID'],
  Report: ['Header'],
  Header: ['Title', 'Short_Description', 'Description', 'Handling', 'Information_Source'],
}

const kept: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(keptUnder).map(([outer, inner]) => [outer, new Set(inner)]),
)

/** Elements of which all is kept: their readers know what is inside. */
const wholeElements = new Set(['Properties', 'Marking_Structure', 'Specification'])

export function isWhole(element: Element): boolean {
  return wholeElements.has(element.local) && !element.name.startsWith(':')
}

/** Whether the element around it needs this one when it ends. */
export function isKept({ parent, name, local }: Element): boolean {
  if (!parent) return false
  if (parent.whole) return true
  return !name.startsWith(':') && (kept.get(parent.local)?.has(local) ?? false)
}
