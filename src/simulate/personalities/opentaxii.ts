import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const account = { username: 'analyst', password: 'open sesame' }
const collection = '7b1a2f0d-3c36-4c0e-9a5b-1f1f0d1d7d11'

/** OpenTAXII, 2.1: one spelling of the media type, a 401 without a challenge, a login that gives tokens. */
export const opentaxii: Personality = {
  name: 'opentaxii',
  title: 'OpenTAXII',
  family: 2,
  mail: { path: '/taxii2/', collection, ...account, login: true },
  options: (content) => ({
    ...serving(content),
    accept: 'exact',
    noChallenge: true,
    explicitMore: true,
    authentication: { scheme: 'jwt', ...account },
    roots: [{ path: '/default/', collections: [{ id: collection, ...holding(content) }] }],
  }),
}

/** EclecticIQ Intelligence Center, 2.1: collections have aliases, discovery lies above them. */
export const eclecticiq: Personality = {
  name: 'eclecticiq',
  title: 'EclecticIQ Intelligence Center',
  family: 2,
  mail: { path: '/taxii2/', collection: 'outgoing-indicators', ...account },
  options: (content) => ({
    ...serving(content),
    noChallenge: true,
    pageCap: 100,
    authentication: { scheme: 'basic', ...account },
    roots: [
      {
        path: '/taxii2/',
        advertised: '/taxii2/',
        collections: [{ id: collection, alias: 'outgoing-indicators', ...holding(content) }],
      },
    ],
    discoveryPath: '/taxii2/',
  }),
}

/** EclecticIQ Intelligence Center, 1.1: built on OpenTAXII, with its login. */
export const eclecticiq1: Personality = {
  name: 'eclecticiq-1x',
  title: 'EclecticIQ Intelligence Center, TAXII 1.1',
  family: 1,
  mail: { path: '/taxii/discovery', collection: 'outgoing', ...account, login: true },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii/discovery',
      collections: '/taxii/collection-management',
      poll: '/taxii/poll',
      inbox: '/taxii/inbox',
      subscription: '/taxii/collection-management',
    },
    authentication: { scheme: 'jwt', ...account },
    recordCount: false,
    partSize: 20,
    collections: [{ name: 'outgoing', blocks: content.blocks }],
  }),
}
