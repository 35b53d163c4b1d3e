import { jsonText } from '../../core/json-text.ts'
import type { Indicator } from '../../indicators/indicator.ts'
import type { ValueKind } from '../../stix/statement.ts'
import { uuid5 } from '../../stix/uuid5.ts'
import type { ExportSummary, FormatPart, IndicatorFormat } from '../format.ts'

/** The name space of the identifiers that we give to events and attributes. */
const namespace = '0b0c9f1e-6c0d-5d53-9c39-3f0ef0a3a6a1'

const network = 'Network activity'
const payload = 'Payload delivery'
const attributeOf: Readonly<Partial<Record<ValueKind, readonly [type: string, category: string]>>> = {
  ipv4: ['ip-dst', network],
  ipv6: ['ip-dst', network],
  domain: ['domain', network],
  url: ['url', network],
  email: ['email-src', payload],
  'email-subject': ['email-subject', payload],
  md5: ['md5', payload],
  sha1: ['sha1', payload],
  sha224: ['sha224', payload],
  sha256: ['sha256', payload],
  sha384: ['sha384', payload],
  sha512: ['sha512', payload],
  'sha3-256': ['sha3-256', payload],
  'sha3-512': ['sha3-512', payload],
  ssdeep: ['ssdeep', payload],
  tlsh: ['tlsh', payload],
  'file-name': ['filename', payload],
  'file-path': ['filename', payload],
  'registry-key': ['regkey', 'Persistence mechanism'],
  mutex: ['mutex', 'Artifacts dropped'],
  mac: ['mac-address', network],
  asn: ['AS', network],
  'user-agent': ['user-agent', network],
}

/**
 * One MISP event with an attribute for each indicator. Identifiers follow from the values, so that importing a later export
 * updates what is there.
 * @see MISP core format (draft-dulaunoy-misp-core-format), 2.2 Event, 2.4 Attribute
 */
export const misp: IndicatorFormat = {
  name: 'misp',
  summary: 'one MISP event with an attribute for each indicator',
  extension: 'json',
  canSplit: false,
  parts: ({ name }): readonly FormatPart[] => [
    {
      file: 'event.json',
      separator: ',\n',
      head: (summary) => `${jsonText({ Event: eventOf(summary, name) }).slice(0, -2)},"Attribute":[\n`,
      line: (indicator) => {
        const attribute = attributeOf[indicator.kind]
        return attribute && jsonText(mispAttribute(indicator, attribute))
      },
      foot: () => '\n]}}\n',
    },
  ],
}

function eventOf({ sources, newest, tlp }: ExportSummary, name: string): object {
  const seconds = secondsOf(newest)
  return {
    uuid: uuid5(namespace, `event ${name} ${sources.join('\n')}`),
    info: `Indicators from ${sources.join(', ') || name}`,
    date: new Date(seconds * 1000).toISOString().slice(0, 10),
    timestamp: String(seconds),
    threat_level_id: '4',
    analysis: '2',
    published: false,
    Tag: tlp === undefined ? [] : [{ name: `tlp:${tlp}` }],
  }
}

function mispAttribute(indicator: Indicator, [type, category]: readonly [string, string]): object {
  const { kind, value, role, sound, tlp, firstSeen, lastSeen } = indicator
  const labels = [...new Set([...(indicator.category === undefined ? [] : [indicator.category]), ...indicator.labels])]
  return {
    uuid: uuid5(namespace, `${kind} ${value}`),
    type,
    category,
    value,
    // What is no indicator, or means something only together with more, must not raise alarms.
    to_ids: role === 'indicator' && sound,
    comment: [indicator.name, indicator.sources.join(', ')]
      .filter((text) => text !== undefined && text !== '')
      .join(' | '),
    timestamp: String(secondsOf(lastSeen)),
    first_seen: firstSeen,
    last_seen: lastSeen,
    Tag: [...(tlp === undefined ? [] : [`tlp:${tlp}`]), ...labels].map((tag) => ({ name: tag })),
  }
}

function secondsOf(stamp: string | undefined): number {
  const ms = Date.parse(stamp ?? '')
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000)
}
