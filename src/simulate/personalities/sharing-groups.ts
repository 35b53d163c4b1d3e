import { serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const account = { username: 'member', password: 'bank vault' }
const damaged = '<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"><unfinished></stix:STIX_Package>'

/** FS-ISAC as its members tell of it, 1.1: a block in the middle that is no XML. */
export const fsIsac: Personality = {
  name: 'fs-isac',
  title: 'FS-ISAC',
  family: 1,
  mail: { path: '/taxii-discovery-service/', collection: 'system.Default', ...account },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii-discovery-service/',
      collections: '/taxii-data',
      poll: '/taxii-data',
      inbox: '/taxii-data',
      subscription: '/taxii-data',
    },
    authentication: { scheme: 'basic', ...account },
    collections: [
      {
        name: 'system.Default',
        blocks: [...(content.blocks ?? []), { content: damaged, label: content.blocks?.at(-1)?.label }],
      },
    ],
  }),
}

/** SWIFT ISAC, 1.1: a login and a key over TLS, and mostly nothing to give. */
export const swiftIsac: Personality = {
  name: 'swift-isac',
  title: 'SWIFT ISAC',
  family: 1,
  mail: {
    path: '/taxii/discovery',
    collection: 'ISAC',
    ...account,
    header: { name: 'X-API-Key', value: 'member-key' },
  },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii/discovery',
      collections: '/taxii/collection',
      poll: '/taxii/poll',
      inbox: '/taxii/inbox',
      subscription: '/taxii/collection',
    },
    subscriptions: 'none',
    authentication: [
      { scheme: 'basic', ...account },
      { scheme: 'header', name: 'X-API-Key', value: 'member-key' },
    ],
    collections: [{ name: 'ISAC', blocks: content.blocks }],
  }),
}
