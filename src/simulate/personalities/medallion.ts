import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'

const collection = '365fed99-08fa-fdcd-a1b3-fb247eb41d01'
const account = { username: 'admin', password: 'Password0' }

/** medallion, 2.1: one spelling of the media type, pages of 100. */
export const medallion: Personality = {
  name: 'medallion',
  title: 'medallion, the OASIS sample server',
  family: 2,
  mail: { path: '/taxii2/', collection, ...account },
  options: (content) => ({
    ...serving(content),
    accept: 'exact',
    pageCap: 100,
    explicitMore: true,
    spaced: true,
    authentication: { scheme: 'basic', ...account },
    roots: [
      { path: '/api1/', advertised: 'absolute', collections: [] },
      {
        path: '/trustgroup1/',
        advertised: 'absolute',
        collections: [{ id: collection, canWrite: true, ...holding(content) }],
      },
    ],
    defaultRoot: 1,
  }),
}
