import { convertStix1 } from '../../../src/stix/convert/from-stix1.ts'
import { countLosses, type Loss } from '../../../src/stix/convert/losses.ts'
import type { StixRecord } from '../../../src/stix/convert/stix-record.ts'
import type { StatedValue } from '../../../src/stix/statement.ts'
import { readObject } from '../../../src/stix/stix2/read-object.ts'

/** A STIX 1 document, converted. */
export function converted(xml: string | Buffer): { objects: readonly StixRecord[]; losses: readonly Loss[] } {
  const losses = countLosses()
  const objects = [...convertStix1(Buffer.isBuffer(xml) ? xml : Buffer.from(xml), losses)]
  return { objects, losses: losses.list() }
}

/** What our reader of STIX 2 finds in a converted object. */
export function readBack(record: StixRecord): { values: readonly StatedValue[]; unused: readonly string[] } {
  const { id, type } = record
  const { statements } = readObject(record, { id, type, specVersion: '2.1', revoked: false })
  return { values: statements.flatMap(({ values }) => values), unused: statements.flatMap(({ unused }) => unused) }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z$/

/** What STIX 2.1 demands of each type besides the common properties; a list in a list: one of them. */
const required: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  'attack-pattern': ['name'],
  campaign: ['name'],
  'course-of-action': ['name'],
  identity: ['name'],
  incident: ['name'],
  indicator: ['pattern', 'pattern_type', 'valid_from'],
  malware: ['is_family'],
  'marking-definition': [['definition', 'extensions']],
  'observed-data': ['first_observed', 'last_observed', 'number_observed', 'object_refs'],
  relationship: ['relationship_type', 'source_ref', 'target_ref'],
  sighting: ['sighting_of_ref'],
  'threat-actor': ['name'],
  vulnerability: ['name'],
  'autonomous-system': ['number'],
  directory: ['path'],
  'domain-name': ['value'],
  'email-addr': ['value'],
  'email-message': ['is_multipart'],
  file: [['hashes', 'name']],
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'mac-addr': ['value'],
  mutex: ['name'],
  'network-traffic': ['protocols', ['src_ref', 'dst_ref']],
  process: [],
  url: ['value'],
  'user-account': [],
  'windows-registry-key': [],
  'x509-certificate': [],
}
const observables = new Set(Object.keys(required).slice(13))

/** What is not valid STIX 2.1 in some objects that belong together, a sentence each. */
export function problemsOf(objects: readonly StixRecord[]): readonly string[] {
  const ids = new Set(objects.map(({ id }) => id))
  return objects.flatMap((object) => {
    const problems: string[] = []
    const note = (what: string): void => void problems.push(`${object.type} ${object.id}: ${what}`)
    const demanded = required[object.type]
    if (!demanded) note('its type is unknown')
    if (object.id.split('--')[0] !== object.type || !uuid.test(object.id.split('--')[1] ?? '')) note('its id is none')
    for (const names of demanded ?? []) {
      const some = typeof names === 'string' ? [names] : names
      if (!some.some((name) => object[name] !== undefined)) note(`${some.join(' or ')} is missing`)
    }
    const dates = observables.has(object.type)
      ? []
      : object.type === 'marking-definition'
        ? ['created']
        : ['created', 'modified']
    for (const name of dates) if (!time.test(String(object[name]))) note(`${name} is no time`)
    if (String(object['created'] ?? '') > String(object['modified'] ?? '9')) note('created after it was modified')
    if (object['valid_until'] !== undefined && String(object['valid_until']) <= String(object['valid_from']))
      note('valid until before from')
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined || value === null || (Array.isArray(value) && value.length === 0))
        note(`${name} is empty`)
      const refs: readonly unknown[] = name.endsWith('_ref')
        ? [value]
        : name.endsWith('_refs') && Array.isArray(value)
          ? value
          : []
      for (const ref of refs) if (!ids.has(String(ref))) note(`${name} leads nowhere: ${String(ref)}`)
    }
    return problems
  })
}
