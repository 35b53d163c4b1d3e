import type { Personality, PersonalityContent } from '../personality.ts'
import { serving } from '../personality.ts'
import { offsetCursor } from '../taxii2-filters.ts'

const account = { username: 'taxii', password: 'p@55w0rd' }
const organisation = 'Demo Organization'
const base = '/api/services/taxii/v2/taxii'

const tlp = ['white', 'green', 'amber', 'red'].map((level, index) => ({
  type: 'marking-definition',
  spec_version: '2.1',
  id: `marking-definition--5ca1ab1e-0000-4000-8000-00000000000${index}`,
  created: '2017-01-20T00:00:00+00:00',
  definition_type: 'tlp',
  definition: { tlp: level },
}))

const dates = ['created', 'modified', 'valid_from', 'valid_until'] as const

/** As app 2.0 writes objects: bare ids, offsets without milliseconds, nulls, empty lists, networks as plain values. */
function written(object: Readonly<Record<string, unknown>>, index: number): Readonly<Record<string, unknown>> {
  const stamps = dates
    .filter((name) => typeof object[name] === 'string')
    .map((name) => [name, String(object[name]).replace(/(\.\d+)?Z$/, '+00:00')] as const)
  const copy = { ...object, ...Object.fromEntries(stamps) }
  if (object.type !== 'indicator') return copy
  return {
    ...copy,
    id: String(object.id).replace(/^indicator--/, ''),
    ...(index % 5 === 0 ? { valid_from: `${String(object.valid_from).replace(/(\.\d+)?Z$/, '+00:00')} ` } : {}),
    description: null,
    object_marking_refs: [],
    pattern: String(object.pattern).replace(' ISSUBSET ', ' = '),
    x_threat_rating: index % 6,
    x_threatconnect_id: 4_000_000 + index,
    x_threatconnect_owner: organisation,
    x_threatconnect_type: 'Address',
  }
}

/** ThreatConnect TAXII 2.1, app 2.0: five paths without a slash, below the service path and below the host. */
export const threatconnect: Personality = {
  name: 'threatconnect',
  title: 'ThreatConnect TAXII 2.1 service',
  family: 2,
  mail: { path: `${base}/taxii2`, collection: organisation, ...account },
  options: (content: PersonalityContent) => ({
    ...serving(content),
    title: 'ThreatConnect TAXII Server',
    bases: [base, ''],
    slash: 'forbidden',
    accept: 'exact',
    authentication: { scheme: 'basic', ...account },
    cursor: offsetCursor,
    pageCap: 1000,
    everyPage: { objects: tlp, counted: true },
    manifest: 'missing',
    roots: [
      {
        path: '/tc_taxii/',
        // The vendor's sample of app 2.0 shows the address of app 1.0.
        advertised: '/api/services/taxii/v1/tc_taxii',
        maxContentLength: 100,
        collections: [
          {
            id: '2f4b1f29-5f3c-4a6c-9c1d-8f4a0f6f0b11',
            title: organisation,
            otherNames: [organisation],
            mediaTypes: ['application/taxii+json; version=2.1'],
            custom: { x_tql: 'typeName in ("Address","File")', x_custom_owner: organisation },
            objects: content.objects?.map(written),
            addedAt: content.addedAt,
          },
        ],
      },
    ],
  }),
}

/** ThreatConnect TAXII 1.1: a poll spans a day at most; addresses are told without the slash they need. */
export const threatconnect1: Personality = {
  name: 'threatconnect-1x',
  title: 'ThreatConnect TAXII 1.1 service',
  family: 1,
  mail: { path: '/taxii/discovery/', collection: organisation, ...account },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii/discovery/',
      collections: '/taxii/collection-management/',
      poll: '/taxii/poll/',
      inbox: '/taxii/inbox/',
      subscription: '/taxii/collection-management/',
    },
    slash: 'either',
    advertise: (address) => address.replace(/\/$/, ''),
    subscriptions: 'none',
    authentication: { scheme: 'basic', ...account },
    maxWindowMs: 86_400_000,
    partSize: 10,
    resultIds: 'range',
    collections: [{ name: organisation, bindings: ['CB_STIX_XML_111'], blocks: content.blocks }],
  }),
}
