import type { Personality } from '../personality.ts'
import { serving } from '../personality.ts'

const key = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** AlienVault OTX, 1.1: the key is the user name, the password is anything. */
export const otx: Personality = {
  name: 'otx',
  title: 'AlienVault OTX',
  family: 1,
  mail: { path: '/taxii/discovery', collection: 'user_AlienVault', username: key, password: 'x' },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/taxii/discovery',
      collections: '/taxii/collections',
      poll: '/taxii/poll',
      inbox: '/taxii/inbox',
      subscription: '/taxii/collections',
    },
    subscriptions: 'none',
    authentication: { scheme: 'basic', username: key },
    collections: [{ name: 'user_AlienVault', blocks: content.blocks }, { name: 'user_somebody' }],
  }),
}
