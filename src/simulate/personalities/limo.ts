import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

/** Anomali Limo, 2.0: `guest` twice, whole numbers as collection ids, a confidence that sits in the labels. */
export const limo: Personality = {
  name: 'limo',
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

/** Anomali Limo, 1.1: a poll without a window was answered 400. */
export const limo1: Personality = {
  name: 'limo-1x',
  title: 'Anomali Limo, TAXII 1.1',
  family: 1,
  mail: {
    path: '/api/v1/taxii/taxii-discovery-service/',
    collection: 'Phish_Tank_F107',
    username: 'guest',
    password: 'guest',
  },
  options: (content) => ({
    ...serving(content),
    paths: {
      discovery: '/api/v1/taxii/taxii-discovery-service/',
      collections: '/api/v1/taxii/collection_management/',
      poll: '/api/v1/taxii/poll/',
      inbox: '/api/v1/taxii/inbox/',
      subscription: '/api/v1/taxii/collection_management/',
    },
    subscriptions: 'none',
    authentication: { scheme: 'basic', username: 'guest', password: 'guest' },
    needsWindow: true,
    partSize: 20,
    collections: [{ name: 'Phish_Tank_F107', blocks: content.blocks }],
  }),
}
