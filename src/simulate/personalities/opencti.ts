import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const collection = '2a1d5b0e-6a52-4cd9-9a0f-7f6b2a7ce6a1'

/** OpenCTI, 2.1: a default that is no address, pages of 100, an unset header on pages without content. */
export const opencti: Personality = {
  name: 'opencti',
  title: 'OpenCTI TAXII 2.1 collections',
  family: 2,
  mail: { path: '/taxii2/', collection, token: 'e4d909c2-90d0-4fb1-8a0b-6a0a2b3c4d5e' },
  options: (content) => ({
    ...serving(content),
    title: 'OpenCTI TAXII Server',
    authentication: { scheme: 'bearer', token: 'e4d909c2-90d0-4fb1-8a0b-6a0a2b3c4d5e' },
    slash: 'either',
    defaultRoot: '/root',
    pageCap: 100,
    roots: [
      { path: '/taxii2/root/', advertised: '/taxii2/root', collections: [{ id: collection, ...holding(content) }] },
    ],
    onResponse: (_, response) => {
      if (response.body.includes('"objects"') || !('x-taxii-date-added-last' in response.headers)) return undefined
      return { ...response, headers: { ...response.headers, 'x-taxii-date-added-last': 'undefined' } }
    },
    dateHeaders: 'always',
  }),
}
