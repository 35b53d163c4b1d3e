import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const collection = 'd6092c37-d8d7-45c3-8aff-c4dc26030608'

/** Sekoia, 2.1: the key is the password, and `next` comes with the last page too. */
export const sekoia: Personality = {
  name: 'sekoia',
  title: 'Sekoia.io TAXII 2.1 feed',
  family: 2,
  mail: { path: '/api/v2/inthreat/taxii-server/taxii/', collection, username: 'any', password: 'sekoia-key' },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', password: 'sekoia-key' },
    discoveryPath: '/api/v2/inthreat/taxii-server/taxii/',
    slash: 'either',
    pageCap: 2000,
    nextOnLast: true,
    cursorPlace: 'after',
    roots: [{ path: '/api/v2/inthreat/taxii-server/', collections: [{ id: collection, ...holding(content) }] }],
  }),
}
