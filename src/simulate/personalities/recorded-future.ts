import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const key = '5d41402abc4b2a76b9719d911017c592'

/** Recorded Future, 2.1: the key is the password, the user name must not be empty; two roots and no default. */
export const recordedFuture: Personality = {
  name: 'recorded-future',
  title: 'Recorded Future TAXII 2.1',
  family: 2,
  mail: {
    path: '/taxii2/default/',
    collection: '8d1f1ee4-2c8e-4c63-9fcb-5a3c1f2ed001',
    username: 'anyone',
    password: key,
  },
  options: (content) => ({
    ...serving(content),
    authentication: { scheme: 'basic', password: key, needsUsername: true },
    discoveryPath: null,
    roots: [
      { path: '/taxii2/large/', collections: [] },
      {
        path: '/taxii2/default/',
        collections: [{ id: '8d1f1ee4-2c8e-4c63-9fcb-5a3c1f2ed001', title: 'Domain risk list', ...holding(content) }],
      },
    ],
  }),
}

/** Recorded Future, 1.1: one address for polls, no discovery and no listing. */
export const recordedFuture1: Personality = {
  name: 'recorded-future-1x',
  title: 'Recorded Future TAXII 1.1',
  family: 1,
  mail: { path: '/taxii', collection: 'ip_full', username: 'anyone', password: key },
  options: (content) => ({
    ...serving(content),
    // Whoever asks for anything but a poll is told that this is no such message.
    paths: { discovery: '/none', collections: '/none', poll: '/taxii', inbox: '/none', subscription: '/none' },
    subscriptions: 'none',
    authentication: { scheme: 'basic', password: key, needsUsername: true },
    collections: [{ name: 'ip_full', type: 'set', blocks: content.blocks }],
  }),
}
