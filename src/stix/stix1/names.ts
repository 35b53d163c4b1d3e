/**
 * Name spaces of STIX 1 and CybOX 2, both families (stix.mitre.org and docs.oasis-open.org), as one short word each: names
 * are compared as `word:Local_Name`, never by the prefix that a document happens to use.
 */

const words: ReadonlyMap<string, string> = new Map([
  ['http://stix.mitre.org/stix-1', 'stix'],
  ['http://stix.mitre.org/common-1', 'common'],
  ['http://stix.mitre.org/Indicator-2', 'indicator'],
  ['http://stix.mitre.org/TTP-1', 'ttp'],
  ['http://stix.mitre.org/Campaign-1', 'campaign'],
  ['http://stix.mitre.org/ThreatActor-1', 'threat-actor'],
  ['http://stix.mitre.org/Incident-1', 'incident'],
  ['http://stix.mitre.org/CourseOfAction-1', 'course-of-action'],
  ['http://stix.mitre.org/ExploitTarget-1', 'exploit-target'],
  ['http://stix.mitre.org/Report-1', 'report'],
  ['http://data-marking.mitre.org/Marking-1', 'marking'],
  ['http://cybox.mitre.org/cybox-2', 'cybox'],
  ['http://cybox.mitre.org/common-2', 'cybox-common'],
  ['http://docs.oasis-open.org/cti/ns/stix/core-1', 'stix'],
  ['http://docs.oasis-open.org/cti/ns/stix/common-1', 'common'],
  ['http://docs.oasis-open.org/cti/ns/stix/indicator-1', 'indicator'],
  ['http://docs.oasis-open.org/cti/ns/stix/ttp-1', 'ttp'],
  ['http://docs.oasis-open.org/cti/ns/stix/campaign-1', 'campaign'],
  ['http://docs.oasis-open.org/cti/ns/stix/threat-actor-1', 'threat-actor'],
  ['http://docs.oasis-open.org/cti/ns/stix/incident-1', 'incident'],
  ['http://docs.oasis-open.org/cti/ns/stix/course-of-action-1', 'course-of-action'],
  ['http://docs.oasis-open.org/cti/ns/stix/exploit-target-1', 'exploit-target'],
  ['http://docs.oasis-open.org/cti/ns/stix/report-1', 'report'],
  ['http://docs.oasis-open.org/cti/ns/stix/data-marking-1', 'marking'],
  ['http://docs.oasis-open.org/cti/ns/cybox/core-2', 'cybox'],
  ['http://docs.oasis-open.org/cti/ns/cybox/common-2', 'cybox-common'],
  ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
])

const objectSpaces = [
  /^http:\/\/cybox\.mitre\.org\/objects#(\w+?)(?:Object)?-\d/,
  /^http:\/\/docs\.oasis-open\.org\/cti\/ns\/cybox\/objects\/([\w-]+)-\d/,
]
const markingSpaces = [
  /^http:\/\/data-marking\.mitre\.org\/extensions\/MarkingStructure#(\w+)-\d/,
  /^http:\/\/docs\.oasis-open\.org\/cti\/ns\/stix\/extensions\/data-marking\/([\w-]+)-\d/,
]

/**
 * The word for a name space. CybOX objects are `object/` and their name in small letters without hyphens
 * (`object/winregistrykey`), marking extensions `marking/` and theirs (`marking/tlp`); any other name space is empty.
 * @see STIX 1.2 and CybOX 2.1 schemas, target name spaces (SX1-1)
 */
export function nameSpaceWord(uri: string): string {
  const word = words.get(uri)
  if (word !== undefined) return word
  const object = firstMatch(objectSpaces, uri)
  if (object !== undefined) return `object/${object}`
  const marking = firstMatch(markingSpaces, uri)
  return marking === undefined ? '' : `marking/${marking}`
}

function firstMatch(patterns: readonly RegExp[], uri: string): string | undefined {
  for (const pattern of patterns) {
    const name = pattern.exec(uri)?.[1]
    if (name !== undefined) return name.replace(/[-_]/g, '').toLowerCase()
  }
  return undefined
}
