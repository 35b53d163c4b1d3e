import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'
import { rateLimited } from '../rate-limit.ts'

const basic = { username: 'reader', password: 'correct horse' }

/** Kaspersky, 2.1: an access token; collections are known by their aliases. */
export const kaspersky: Personality = {
  name: 'kaspersky',
  title: 'Kaspersky Threat Intelligence Portal',
  family: 2,
  mail: { path: '/taxii2/', collection: 'TAXII_IP_Reputation_Data_Feed', token: 'kaspersky-token' },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'bearer', token: 'kaspersky-token' },
    roots: [
      {
        path: '/v2/',
        collections: [
          {
            id: 'b8f7b9f6-0f4e-4a84-9f24-0a3a6c1d2e01',
            alias: 'TAXII_IP_Reputation_Data_Feed',
            title: 'IP reputation',
            ...holding(content),
          },
        ],
      },
    ],
  }),
}

/** Pulsedive, 2.1: the key as password of a fixed user. */
export const pulsedive: Personality = {
  name: 'pulsedive',
  title: 'Pulsedive',
  family: 2,
  mail: {
    path: '/taxii2/',
    collection: 'a5cffbfe-c0ff-4842-a235-cb3a7a040a37',
    username: 'taxii2',
    password: 'pulsedive-key',
  },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', username: 'taxii2', password: 'pulsedive-key' },
    roots: [
      {
        path: '/taxii2/api/',
        collections: [{ id: 'a5cffbfe-c0ff-4842-a235-cb3a7a040a37', ...holding(content) }],
      },
    ],
  }),
}

/** CISA AIS, 2.1: a client certificate, several roots. */
export const cisaAis: Personality = {
  name: 'cisa-ais',
  title: 'CISA Automated Indicator Sharing',
  family: 2,
  mail: { path: '/public/', collection: '3e5d4b6a-0c1d-4f7a-8b7e-5a4b3c2d1e0f', certificate: true },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'certificate' },
    defaultRoot: null,
    roots: [
      {
        path: '/public/',
        collections: [{ id: '3e5d4b6a-0c1d-4f7a-8b7e-5a4b3c2d1e0f', ...holding(content) }],
      },
      { path: '/default/', collections: [] },
      { path: '/ingest/', collections: [] },
    ],
  }),
}

/** Cyware CTIX, 2.1: its path is its own, and it counts requests. */
export const cyware: Personality = {
  name: 'cyware',
  title: 'Cyware CTIX',
  family: 2,
  mail: { path: '/ctixapi/ctix21/taxii2/', collection: '11c80a8e-1b46-4c2a-9f5d-4a8f2f7a7d21', ...basic },
  options: (content) => ({
    ...serving(content),
    onRequest: rateLimited({ requests: 200, perMs: 60_000 }, content.now),
    authentication: { scheme: 'basic', ...basic },
    discoveryPath: '/ctixapi/ctix21/taxii2/',
    roots: [
      {
        path: '/ctixapi/ctix21/collections1/',
        collections: [{ id: '11c80a8e-1b46-4c2a-9f5d-4a8f2f7a7d21', ...holding(content) }],
      },
    ],
  }),
}

/** SOCRadar, 2.1: three roots with different content and no default. */
export const socradar: Personality = {
  name: 'socradar',
  title: 'SOCRadar',
  family: 2,
  mail: { path: '/radar_alpha/', collection: '6f8d8f5b-7b5a-4b1e-8c0a-1d2e3f405162', ...basic },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', ...basic },
    defaultRoot: null,
    roots: [
      {
        path: '/radar_alpha/',
        collections: [{ id: '6f8d8f5b-7b5a-4b1e-8c0a-1d2e3f405162', ...holding(content) }],
      },
      { path: '/radar_gamma/', collections: [] },
      { path: '/radar_premium/', collections: [], authentication: { scheme: 'basic', username: 'nobody' } },
    ],
  }),
}

/** Cybersixgill, 2.1: a root without discovery, a number as collection id. */
export const cybersixgill: Personality = {
  name: 'cybersixgill',
  title: 'Cybersixgill',
  family: 2,
  mail: { path: '/taxii/', collection: '102', ...basic },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', ...basic },
    discoveryPath: null,
    roots: [{ path: '/taxii/', collections: [{ id: '102', ...holding(content) }] }],
  }),
}

/** Cortex XSOAR, 2.1 behind an instance's path. */
export const xsoar: Personality = {
  name: 'xsoar',
  title: 'Cortex XSOAR TAXII2 server',
  family: 2,
  mail: { path: '/instance/execute/taxii2/taxii2/', collection: '4c649e16-2bb7-50f5-8826-2a2d0a0b9631', ...basic },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', ...basic },
    bases: ['/instance/execute/taxii2'],
    roots: [
      { path: '/threatintel/', collections: [{ id: '4c649e16-2bb7-50f5-8826-2a2d0a0b9631', ...holding(content) }] },
    ],
  }),
}

/** hailataxii as it was, 1.1: slow, no subscriptions though advertised, everything in parts. */
export const hailataxii: Personality = {
  name: 'hailataxii',
  title: 'Hail a TAXII',
  family: 1,
  mail: { path: '/taxii-discovery-service', collection: 'guest.phishtank_com', username: 'guest', password: 'guest' },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii-discovery-service',
      collections: '/taxii-data',
      poll: '/taxii-data',
      inbox: '/taxii-data',
      subscription: '/taxii-data',
    },
    authentication: { scheme: 'basic', username: 'guest', password: 'guest' },
    subscriptions: 'unsupported',
    partSize: 20,
    collections: [{ name: 'guest.phishtank_com', blocks: content.blocks }],
  }),
}
