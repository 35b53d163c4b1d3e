import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../../src/core/errors.ts'
import type { Profile, ProfileStore, TaxiiProfile } from '../../src/profile/profile.ts'

/** A profile of a source that needs no login. */
export function aTaxiiProfile(more: Partial<TaxiiProfile> = {}): TaxiiProfile {
  return {
    kind: 'taxii',
    id: randomUUID(),
    name: 'acme',
    url: 'https://taxii.example/taxii2/',
    version: 'auto',
    collections: [],
    authentication: { scheme: 'none' },
    useBasic: false,
    headers: [],
    tls: {},
    begin: '20d',
    fetchInterval: '2h',
    enabled: true,
    allowOrigins: [],
    allowHttp: false,
    ...more,
  }
}

/** Profiles that are kept in an array the test can change. */
export function profilesOf(profiles: Profile[]): ProfileStore {
  const find = (name: string): Profile | undefined => profiles.find((profile) => profile.name === name)
  const refuse = () => Promise.reject(new Error('not for this test'))
  return {
    path: '/nowhere/profiles.json',
    list: () => Promise.resolve([...profiles]),
    find: (name) => Promise.resolve(find(name)),
    get(name) {
      const profile = find(name)
      if (profile) return Promise.resolve(profile)
      return Promise.reject(
        new StixTaxiiError('PROFILE_UNKNOWN', `There is no profile "${name}"`, { kind: 'not-found' }),
      )
    },
    save: refuse,
    rename: refuse,
    remove: refuse,
    defaultName: () => Promise.resolve(undefined),
    setDefault: refuse,
  }
}
