import type { TaxiiFeatures } from '../client.ts'

/** What differs between TAXII 2.0 and 2.1, by name. */
export interface Dialect {
  readonly version: '2.0' | '2.1'
  readonly discoveryPath: string
  readonly srvService: string
  /** `Accept` for every resource but objects. */
  readonly accept: string
  /** `Accept` for objects. */
  readonly acceptObjects: string
  readonly postType: string
  /** `next` and date (2.1), or item ranges (2.0). */
  readonly paging: 'next' | 'range'
  /** Whether posted objects go into a bundle or an envelope. */
  readonly container: 'envelope' | 'bundle'
  /** Whether collections and manifest page by item ranges too. */
  readonly features: TaxiiFeatures
}

const taxii20 = 'application/vnd.oasis.taxii+json; version=2.0'
const stix20 = 'application/vnd.oasis.stix+json; version=2.0'
// Without a blank: OpenTAXII compares the type of a POST as text. TAXII 2.1, 3.1
const taxii21 = 'application/taxii+json;version=2.1'

export const dialects: Readonly<Record<Dialect['version'], Dialect>> = {
  '2.1': {
    version: '2.1',
    discoveryPath: '/taxii2/',
    srvService: '_taxii2._tcp',
    accept: taxii21,
    acceptObjects: taxii21,
    postType: taxii21,
    paging: 'next',
    container: 'envelope',
    features: { begin: true, end: true, match: true, versions: true, delete: true },
  },
  '2.0': {
    version: '2.0',
    discoveryPath: '/taxii/',
    srvService: '_taxii._tcp',
    accept: taxii20,
    acceptObjects: stix20,
    postType: stix20,
    paging: 'range',
    container: 'bundle',
    features: { begin: true, end: true, match: true, versions: false, delete: false },
  },
}
