import { createHash } from 'node:crypto'
import type { DirectorProfile, TaxiiProfile } from '../../src/profile/profile.ts'

/** A TAXII profile that the schema accepts; `id` comes from the name. */
export function aTaxiiProfile(changes: Partial<TaxiiProfile> = {}): TaxiiProfile {
  const name = changes.name ?? 'acme'
  return {
    kind: 'taxii',
    id: idFor(name),
    name,
    url: 'https://taxii.example/taxii2/',
    version: 'auto',
    collections: [],
    authentication: { scheme: 'none' },
    useBasic: true,
    headers: [],
    tls: {},
    begin: '20d',
    fetchInterval: '2d',
    enabled: true,
    allowOrigins: [],
    allowHttp: false,
    ...changes,
  }
}

/** A Director profile that the schema accepts. */
export function aDirectorProfile(changes: Partial<DirectorProfile> = {}): DirectorProfile {
  const name = changes.name ?? 'hq'
  return {
    kind: 'director',
    id: idFor(name),
    name,
    url: 'https://director.example',
    token: { from: 'env', name: 'DIRECTOR_TOKEN' },
    pools: { acme: '0123456789abcdef0123456789abcdef' },
    logpoints: { 'acme/lp1': 'fedcba9876543210fedcba9876543210' },
    groups: {},
    tls: {},
    allowHttp: false,
    ...changes,
  }
}

/** A UUID made of a name. */
function idFor(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-0000-4000-8000-${hex.slice(8, 20)}`
}
