import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

/** Anomali Limo, 2.0: `guest` twice, whole numbers as collection ids, a confidence that sits in the labels. */
export const limo: Personality = {
  name: 'anomali-limo',
  title: 'Anomali Limo',
  family: 2,
  mail: { path: '/taxii', collection: '107', username: 'guest', password: 'guest' },
  options: (content) => ({
    ...serving(content),
    version: '2.0',
    discoveryPath: '/taxii',
    slash: 'either',
    authentication: { scheme: 'basic', username: 'guest', password: 'guest' },
    roots: [
      {
        path: '/api/v1/taxii2/feeds/',
        advertised: 'absolute',
        collections: [
          { id: '107', title: 'Phish Tank', ...holding(content) },
          { id: '135', title: 'Abuse.ch Ransomware IPs' },
        ],
      },
      { path: '/api/v1/taxii2/trusted_circles/', advertised: 'absolute', collections: [] },
      { path: '/api/v1/taxii2/search_filters/', advertised: 'absolute', collections: [] },
    ],
  }),
}
