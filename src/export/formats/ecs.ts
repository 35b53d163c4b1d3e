import { jsonText } from '../../core/json-text.ts'
import type { Indicator } from '../../indicators/indicator.ts'
import type { ValueKind } from '../../stix/statement.ts'
import type { IndicatorFormat } from '../format.ts'
import { isNetwork } from '../text.ts'

/** `threat.indicator.type` and where the value goes. */
const places: Readonly<Partial<Record<ValueKind, readonly [type: string, place: (value: string) => object]>>> = {
  ipv4: ['ipv4-addr', (ip) => ({ ip })],
  ipv6: ['ipv6-addr', (ip) => ({ ip })],
  domain: ['domain-name', (domain) => ({ url: { domain } })],
  url: ['url', (full) => ({ url: { full, original: full } })],
  email: ['email-addr', (address) => ({ email: { address } })],
  md5: ['file', (md5) => ({ file: { hash: { md5 } } })],
  sha1: ['file', (sha1) => ({ file: { hash: { sha1 } } })],
  sha256: ['file', (sha256) => ({ file: { hash: { sha256 } } })],
  sha384: ['file', (sha384) => ({ file: { hash: { sha384 } } })],
  sha512: ['file', (sha512) => ({ file: { hash: { sha512 } } })],
  ssdeep: ['file', (ssdeep) => ({ file: { hash: { ssdeep } } })],
  tlsh: ['file', (tlsh) => ({ file: { hash: { tlsh } } })],
  'file-name': ['file', (name) => ({ file: { name } })],
  'file-path': ['file', (path) => ({ file: { path } })],
  'registry-key': ['windows-registry-key', (path) => ({ registry: { path } })],
  mac: ['mac-addr', (mac) => ({ mac })],
  asn: ['autonomous-system', (asn) => ({ as: { number: Number(asn.replace(/^AS/i, '')) } })],
  process: ['process', (name) => ({ process: { name } })],
  'user-agent': ['software', (original) => ({ user_agent: { original } })],
  'certificate-serial': ['x509-certificate', (serial) => ({ x509: { serial_number: serial } })],
}

/**
 * A document of the Elastic Common Schema on each line, for the threat fields that indicator match rules read.
 * @see Elastic Common Schema, Threat fields
 */
export const ecs: IndicatorFormat = {
  name: 'ecs',
  summary: 'Elastic Common Schema documents, a line each, for indicator match rules',
  extension: 'ndjson',
  canSplit: true,
  parts: () => [
    {
      file: 'indicators.ndjson',
      line: (indicator) => {
        const threat = threatOf(indicator)
        return threat === undefined ? undefined : `${jsonText(documentOf(indicator, threat))}\n`
      },
    },
  ],
}

function threatOf(indicator: Indicator): object | undefined {
  const found = places[indicator.kind]
  // The field is an address in the schema; a network is not one.
  const isRange = (indicator.kind === 'ipv4' || indicator.kind === 'ipv6') && isNetwork(indicator.value)
  if (found === undefined || isRange) return undefined
  const [type, place] = found
  return {
    type,
    ...place(indicator.value),
    name: indicator.value,
    description: indicator.description ?? indicator.name,
    confidence: indicator.confidence === undefined ? 'Not Specified' : confidenceWord(indicator.confidence),
    first_seen: indicator.firstSeen,
    last_seen: indicator.lastSeen,
    marking: indicator.tlp && { tlp: indicator.tlp.toUpperCase() },
    provider: indicator.sources.join(', '),
  }
}

function documentOf(indicator: Indicator, threat: object): object {
  return {
    '@timestamp': indicator.lastSeen,
    ecs: { version: '8.11.0' },
    event: {
      kind: 'enrichment',
      category: ['threat'],
      type: ['indicator'],
      severity: indicator.severity,
    },
    threat: { feed: { name: indicator.sources.join(', ') }, indicator: threat },
    tags: [...new Set([...(indicator.category === undefined ? [] : [indicator.category]), ...indicator.labels])],
    labels: { indicator_id: indicator.ids[0], valid_until: indicator.validUntil },
  }
}

// The schema takes the scale None, Low, Medium, High of STIX 2.1, appendix A.
function confidenceWord(confidence: number): string {
  if (confidence === 0) return 'None'
  if (confidence < 30) return 'Low'
  return confidence < 70 ? 'Medium' : 'High'
}
