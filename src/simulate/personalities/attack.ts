import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'
import { rateLimited } from '../rate-limit.ts'

const collection = 'x-mitre-collection--1f5f1533-f617-4ca8-9ab4-6a02367fa019'

/** MITRE ATT&CK, 2.1: nobody is asked who they are, few requests are allowed, ids are no UUIDs, dates are odd. */
export const attack: Personality = {
  name: 'mitre-attack',
  title: 'MITRE ATT&CK TAXII 2.1 server',
  family: 2,
  mail: { path: '/taxii2/', collection },
  options: (content) => ({
    ...serving(content),
    title: 'ATT&CK Workbench TAXII server',
    onRequest: rateLimited({ requests: 50, perMs: 600_000 }, content.now),
    pageCap: 5000,
    explicitMore: true,
    roots: [
      { path: '/api/v21/', title: 'Newest release', collections: [{ id: collection, ...holding(content) }] },
      { path: '/api/v21/attack-17.1/', title: 'Fixed release', collections: [], missing: true },
    ],
    onResponse: (_, response) => {
      const first = response.headers['x-taxii-date-added-first']
      const last = response.headers['x-taxii-date-added-last']
      if (first === undefined || last === undefined) return undefined
      const odd = { 'x-taxii-date-added-first': oddDate(first), 'x-taxii-date-added-last': oddDate(last) }
      return { ...response, headers: { ...response.headers, ...odd } }
    },
  }),
}

const oddDate = (stamp: string): string => new Date(stamp).toUTCString()

/** MITRE ATT&CK, the 2.0 server that was: `added_after` meant nothing to it. */
export const attack20: Personality = {
  name: 'mitre-attack-20',
  title: 'MITRE ATT&CK TAXII 2.0 server',
  family: 2,
  mail: { path: '/taxii/', collection: '95ecc380-afe9-11e4-9b6c-751b66dd541e' },
  options: (content) => ({
    ...serving(content),
    version: '2.0',
    ignoresAddedAfter: true,
    pageCap: 1000,
    roots: [{ path: '/stix/', collections: [{ id: '95ecc380-afe9-11e4-9b6c-751b66dd541e', ...holding(content) }] }],
  }),
}
