import { holding, serving } from '../personality.ts'
import type { Personality, PersonalityContent } from '../personality.ts'
import type { Taxii2Options } from '../taxii2-options.ts'

const collection = 'c0a8012b-7d5f-4e2f-9d63-0d4b6f1a2b3c'
const account = { username: 'taxii.reader', password: 'now' }

function instance(content: PersonalityContent, version: 'v1' | 'v2'): Taxii2Options {
  return {
    ...serving(content),
    bases: [`/api/sn_sec_tisc/${version}/taxii_server`],
    slash: version === 'v1' ? 'forbidden' : 'required',
    authentication: { scheme: 'basic', ...account },
    roots: [{ path: '/root/', collections: [{ id: collection, ...holding(content) }] }],
  }
}

/** ServiceNow TISC, first interface: no slash at the end of any path. */
export const servicenow1: Personality = {
  name: 'servicenow-v1',
  title: 'ServiceNow TISC TAXII server, v1',
  family: 2,
  mail: { path: '/api/sn_sec_tisc/v1/taxii_server/taxii2', collection, ...account },
  options: (content) => instance(content, 'v1'),
}

/** ServiceNow TISC, second interface: a slash at the end of every path. */
export const servicenow2: Personality = {
  name: 'servicenow-v2',
  title: 'ServiceNow TISC TAXII server, v2',
  family: 2,
  mail: { path: '/api/sn_sec_tisc/v2/taxii_server/taxii2/', collection, ...account },
  options: (content) => instance(content, 'v2'),
}
