import { holding, serving } from '../personality.ts'
import type { Personality } from '../personality.ts'
import type { Taxii2Options } from '../taxii2-options.ts'

const account = { username: 'reader', password: 'correct horse' }
const collection = '3f9c1b2a-58d4-4c7e-9b60-7a1d2c3e4f50'

/** A provider of whom no habit is known but its version, its root and its login. */
function plain(
  name: string,
  title: string,
  options: { readonly path?: string; readonly root?: string; readonly more?: Taxii2Options } = {},
): Personality {
  const { path = '/taxii2/', root = '/api1/', more } = options
  return {
    name,
    title,
    family: 2,
    mail: { path, collection, ...account },
    options: (content) => ({
      ...serving(content),
      authentication: { scheme: 'basic', ...account },
      roots: [{ path: root, collections: [{ id: collection, ...holding(content) }] }],
      ...more,
    }),
  }
}

export const crowdsec = plain('crowdsec', 'CrowdSec', { more: { pageCap: 1000 } })
export const dragos = plain('dragos', 'Dragos WorldView')
export const misp = plain('misp', 'MISP')
export const unit42 = plain('unit42', 'Palo Alto Networks Unit 42', { path: '/taxii/', more: { version: '2.0' } })
/** Sends every type, whatever was asked for. */
export const xforce = plain('ibm-xforce', 'IBM X-Force Exchange', {
  path: '/taxii2',
  more: { version: '2.0', discoveryPath: '/taxii2', slash: 'either', ignoresMatch: true },
})
