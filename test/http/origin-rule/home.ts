import { collectionResponse, createScribe, discoveryResponse } from '../../../src/simulate/taxii1-messages.ts'
import type { ServicePaths } from '../../../src/simulate/taxii1-options.ts'
import { acme, anOrder, lp1 } from '../../director/a-director.ts'
import type { Reply, Seen } from './recorder.ts'
import { grantedToken } from './secrets.ts'

/** Where in its answers a server can name an address. */
export const placeNames = [
  'redirect',
  'redirect of a write',
  'redirect of the login',
  'api_roots',
  'next',
  'status id',
  'poll service',
  'collection service',
  'inbox service',
  "a collection's poll address",
  "a collection's inbox address",
  "a collection's subscription address",
  "Director's order",
  "redirect by Director's API",
] as const
export type PlaceName = (typeof placeNames)[number]

export const loginPath = '/management/auth'
export const director = { pool: acme, logpoint: lp1, order: anOrder }

/** An address planted into the answers of a server that is correct otherwise. */
export interface Planted {
  readonly place: PlaceName
  readonly named: string
}

/** What a server of every TAXII family, with a Director and a login, answers while an address is planted in it. */
export function answerOf(request: Seen, origin: string, planted: Planted): Reply {
  const { path, method } = request
  const plantedAt = (place: PlaceName): string | undefined => (planted.place === place ? planted.named : undefined)
  const location = redirectOf(path, planted)
  if (location !== undefined) return { status: 308, headers: { location: headerText(location) } }
  if (path === loginPath) return json({ token: grantedToken })
  if (path.startsWith('/services/')) return taxii1(request, origin, plantedAt)
  if (path.startsWith('/configapi/')) {
    const order = plantedAt("Director's order")
    return json({ status: 'Success', message: order === undefined ? director.order : `${order}${director.order}` })
  }
  if (path.startsWith('/monitorapi/')) return json({ response: { success: true, message: 'done' } })
  if (method === 'POST' || path.includes('/status/')) return json(jobNamed(plantedAt('status id')), 202)
  return taxii2(request, plantedAt)
}

function redirectOf(path: string, { place, named }: Planted): string | undefined {
  if (place === 'redirect' && path === '/api1/') return named
  if (place === 'redirect of a write' && path.endsWith('/objects/')) return named
  if (place === 'redirect of the login' && path === loginPath) return named
  return place === "redirect by Director's API" && path.startsWith('/configapi/') ? named : undefined
}

// A header holds bytes, and no line ends.
const headerText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const taxii2Type = 'application/taxii+json;version=2.1'
const json = (value: unknown, status = 200, type = 'application/json'): Reply => ({
  status,
  headers: { 'content-type': type },
  body: JSON.stringify(value),
})

function taxii2({ path, text }: Seen, plantedAt: (place: PlaceName) => string | undefined): Reply {
  if (path === '/taxii2/')
    return json({ title: 'Home', api_roots: [plantedAt('api_roots') ?? '/api1/'] }, 200, taxii2Type)
  if (path === '/api1/')
    return json({ title: 'Root', versions: [taxii2Type], max_content_length: 99_999 }, 200, taxii2Type)
  const collection = { id: 'c1', title: 'One', can_read: true, can_write: true }
  if (path === '/api1/collections/') return json({ collections: [collection] }, 200, taxii2Type)
  if (path === '/api1/collections/c1/') return json(collection, 200, taxii2Type)
  if (path !== '/api1/collections/c1/objects/') return { status: 404 }
  const next = plantedAt('next')
  const isFirst = !text.includes('next=')
  const object = { type: 'indicator', spec_version: '2.1', id: 'indicator--00000000-0000-4000-8000-000000000001' }
  const more = next !== undefined && isFirst
  return json({ more, ...(more && { next }), objects: isFirst ? [object] : [] }, 200, taxii2Type)
}

const jobNamed = (id = '2d086da7-4bdc-4f91-900e-d77486753710'): object => ({
  id,
  status: 'pending',
  total_count: 1,
  success_count: 0,
  failure_count: 0,
  pending_count: 1,
})

const scribe = createScribe('1.1', { collections: [] })

function taxii1({ path, body }: Seen, origin: string, plantedAt: (place: PlaceName) => string | undefined): Reply {
  const id = /message_id="([^"]+)"/.exec(body)?.[1] ?? '0'
  const own = (name: string): string => `${origin}/services/${name}`
  if (path === '/services/discovery') {
    return xml(
      discoveryResponse(scribe, id, [
        { type: 'DISCOVERY', address: own('discovery') },
        { type: 'COLLECTION_MANAGEMENT', address: plantedAt('collection service') ?? own('collections') },
        { type: 'POLL', address: plantedAt('poll service') ?? own('poll') },
        { type: 'INBOX', address: plantedAt('inbox service') ?? own('inbox') },
      ]),
    )
  }
  if (path !== '/services/collections')
    return xml(scribe.document('Status_Message', id, { status_type: 'SUCCESS' }, []))
  const address = (name: string, place: PlaceName): Partial<ServicePaths> => {
    const named = plantedAt(place)
    return named === undefined ? {} : { [name]: named }
  }
  const addresses = {
    ...address('poll', "a collection's poll address"),
    ...address('inbox', "a collection's inbox address"),
    ...address('subscription', "a collection's subscription address"),
  }
  return xml(collectionResponse(scribe, id, [{ name: 'feed', receives: true }], addresses))
}

const xml = (body: Buffer): Reply => ({
  headers: {
    'content-type': 'application/xml',
    'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
    'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:https:1.0',
    'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
  },
  body: body.toString('utf8'),
})
