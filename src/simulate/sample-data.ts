import { createHash } from 'node:crypto'
import { fromEpochMicroseconds } from '../core/timestamp.ts'
import { escapeXml } from './taxii1-wire.ts'
import type { BlockInput } from './taxii1-options.ts'

/** Made-up intelligence: documentation addresses, `.example` names, digests of nothing. */
export interface SampleFeed {
  /** STIX 2.1, oldest added first: identity, marking, malware, indicators, relationships, a revoked and a newer version. */
  readonly objects: readonly Readonly<Record<string, unknown>>[]
  /** When each came to the collection. */
  readonly addedAt: (index: number) => string
}

const hour = 3_600_000

/** A name-based UUID (version 8), so that the same thing has the same id in every run. */
export function sampleUuid(name: string): string {
  const hex = createHash('sha256').update(`stixtaxii sample ${name}`).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const identityId = `identity--${sampleUuid('identity')}`
const greenId = `marking-definition--${sampleUuid('green')}`
const malwareNames = ['Paperclip', 'Rainwater', 'Teaspoon'] as const

/**
 * About `indicators` indicators spread over the 20 days before `now`, with what belongs to them.
 *
 * Their dates have microseconds that a `Date` cannot hold. The last two entries are a newer version of the first indicator
 * and the revocation of the second.
 */
export function sampleFeed(now: Date, indicators = 240): SampleFeed {
  const newest = now.getTime() - hour
  const oldest = newest - 20 * 24 * hour + 2 * hour
  const when = (share: number): Date => new Date(Math.round(oldest + (newest - oldest) * share))
  const list = Array.from({ length: indicators }, (_, index) => sampleIndicator(index, when(index / indicators)))
  const [first, second] = list
  const late = when(1).toISOString()
  const objects = [
    ...sampleContext(when(0)),
    ...list,
    ...list.slice(0, malwareNames.length).map((indicator, index) => sampleRelationship(indicator, index)),
    ...(first ? [{ ...first, modified: late, confidence: 95, description: 'Seen again, now with certainty' }] : []),
    ...(second ? [{ ...second, modified: late, revoked: true }] : []),
  ]
  const step = BigInt(Math.floor(((newest - oldest) * 1000) / objects.length))
  const start = BigInt(oldest) * 1000n + 41n
  return { objects, addedAt: (index) => fromEpochMicroseconds(start + BigInt(index) * step) }
}

function sampleContext(when: Date): readonly Readonly<Record<string, unknown>>[] {
  const created = when.toISOString()
  const common = { spec_version: '2.1', created, modified: created }
  const marking = {
    type: 'marking-definition',
    spec_version: '2.1',
    id: greenId,
    created,
    definition_type: 'statement',
    definition: { statement: 'Made up for a demonstration. Share as you like.' },
  }
  const identity = {
    type: 'identity',
    ...common,
    id: identityId,
    name: 'Example Sensor Network',
    identity_class: 'organization',
  }
  const malware = malwareNames.map((name) => ({
    type: 'malware',
    ...common,
    id: `malware--${sampleUuid(name)}`,
    name,
    is_family: true,
    malware_types: ['remote-access-trojan'],
  }))
  return [marking, identity, ...malware]
}

/** One indicator; its kind goes round: address, domain, URL, file digest, IPv6 address, CIDR range. */
export function sampleIndicator(index: number, when: Date): Readonly<Record<string, unknown>> {
  const { name, pattern } = samplePattern(index)
  const created = when.toISOString()
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--${sampleUuid(`indicator ${index}`)}`,
    created_by_ref: identityId,
    created,
    modified: created,
    name,
    indicator_types: ['malicious-activity'],
    pattern,
    pattern_type: 'stix',
    valid_from: created,
    valid_until: new Date(when.getTime() + 90 * 24 * hour).toISOString(),
    confidence: 40 + (index % 60),
    object_marking_refs: [greenId],
  }
}

function samplePattern(index: number): { name: string; pattern: string } {
  const low = (index % 250) + 1
  const digest = createHash('sha256').update(`sample file ${index}`).digest('hex')
  const kinds = [
    { name: 'Command server', pattern: `[ipv4-addr:value = '198.51.100.${low}']` },
    { name: 'Phishing domain', pattern: `[domain-name:value = 'login-${index}.mail.example']` },
    { name: 'Download address', pattern: `[url:value = 'https://files-${index}.example/update.bin']` },
    { name: 'Malicious file', pattern: `[file:hashes.'SHA-256' = '${digest}']` },
    { name: 'Scanner', pattern: `[ipv6-addr:value = '2001:db8::${index.toString(16)}']` },
    { name: 'Network of scanners', pattern: `[ipv4-addr:value ISSUBSET '203.0.113.${(index % 16) * 16}/28']` },
  ] as const
  const kind = kinds[index % kinds.length] ?? kinds[0]
  return { name: `${kind.name} ${index}`, pattern: kind.pattern }
}

function sampleRelationship(
  indicator: Readonly<Record<string, unknown>>,
  index: number,
): Readonly<Record<string, unknown>> {
  return {
    type: 'relationship',
    spec_version: '2.1',
    id: `relationship--${sampleUuid(`relationship ${index}`)}`,
    created: indicator.created,
    modified: indicator.created,
    relationship_type: 'indicates',
    source_ref: indicator.id,
    target_ref: `malware--${sampleUuid(malwareNames[index] ?? '')}`,
  }
}

/** STIX 1.1.1 packages of one indicator each, as content blocks with labels spread over the 20 days before `now`. */
export function sampleBlocks(now: Date, count = 30): readonly BlockInput[] {
  const step = BigInt(Math.floor((20 * 24 * hour * 1000) / (count + 1)))
  const start = BigInt(now.getTime() - 20 * 24 * hour + hour) * 1000n + 7n
  return Array.from({ length: count }, (_, index) => {
    const label = fromEpochMicroseconds(start + BigInt(index) * step)
    return { content: samplePackage(index, label), label }
  })
}

/** A STIX 1.1.1 package with one indicator of an address, a domain or a file. */
export function samplePackage(index: number, stamp: string): string {
  const space = (prefix: string, uri: string): string => ` xmlns:${prefix}="${uri}"`
  const spaces = [
    space('stix', 'http://stix.mitre.org/stix-1'),
    space('indicator', 'http://stix.mitre.org/Indicator-2'),
    space('cybox', 'http://cybox.mitre.org/cybox-2'),
    space('address', 'http://cybox.mitre.org/objects#AddressObject-2'),
    space('domain', 'http://cybox.mitre.org/objects#DomainNameObject-1'),
    space('sample', 'http://sensor.example/'),
    space('xsi', 'http://www.w3.org/2001/XMLSchema-instance'),
  ].join('')
  const properties =
    index % 2 === 0
      ? `<cybox:Properties xsi:type="address:AddressObjectType" category="ipv4-addr"><address:Address_Value condition="Equals">192.0.2.${(index % 250) + 1}</address:Address_Value></cybox:Properties>`
      : `<cybox:Properties xsi:type="domain:DomainNameObjectType" type="FQDN"><domain:Value condition="Equals">gate-${index}.example</domain:Value></cybox:Properties>`
  const title = escapeXml(index % 2 === 0 ? `Beacon <${index}>` : `Landing page & more ${index}`)
  return (
    `<stix:STIX_Package${spaces} id="sample:package-${index}" version="1.1.1" timestamp="${stamp}">` +
    `<stix:Indicators><stix:Indicator xsi:type="indicator:IndicatorType" id="sample:indicator-${index}" timestamp="${stamp}">` +
    `<indicator:Title>${title}</indicator:Title>` +
    `<indicator:Observable id="sample:observable-${index}"><cybox:Object id="sample:object-${index}">${properties}</cybox:Object></indicator:Observable>` +
    `</stix:Indicator></stix:Indicators></stix:STIX_Package>`
  )
}
