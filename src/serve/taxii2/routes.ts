import { Hono, type Handler as HonoHandler } from 'hono'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import type { Scene } from './answers.ts'
import { addObjects, deleteObject } from './changes.ts'
import { getApiRoot, getCollection, getCollections, getDiscovery } from './directory.ts'
import { endpoint, type EndpointOptions, type Handle } from './endpoint.ts'
import { createItemPlaces } from './item-places.ts'
import { getStatus } from './jobs.ts'
import { getManifest } from './manifest.ts'
import { getObject, getObjects, getVersions } from './objects.ts'
import { methodRefused, notFound } from './refusals.ts'
import { unseen } from './access.ts'

type Method = 'GET' | 'POST' | 'DELETE'

interface Address {
  /** Without the slash at the end; it is answered with one and without. */
  readonly path: string
  readonly methods: Readonly<Partial<Record<Method, readonly [Handle, EndpointOptions?]>>>
  readonly options?: EndpointOptions | undefined
}

const inCollection = '/:apiRoot/collections/:collection'
const only21 = { versions: ['2.1'] } as const

/** @see TAXII 2.1, 1.6.3 (endpoints); TAXII 2.0, 1.4 */
const addresses: readonly Address[] = [
  { path: '/taxii2', methods: { GET: [getDiscovery] }, options: only21 },
  { path: '/taxii', methods: { GET: [getDiscovery] }, options: { versions: ['2.0'] } },
  { path: '/:apiRoot', methods: { GET: [getApiRoot] } },
  { path: '/:apiRoot/collections', methods: { GET: [getCollections] } },
  { path: inCollection, methods: { GET: [getCollection] } },
  { path: `${inCollection}/manifest`, methods: { GET: [getManifest] } },
  { path: `${inCollection}/objects`, methods: { GET: [getObjects, { kind: 'objects' }], POST: [addObjects] } },
  {
    path: `${inCollection}/objects/:object`,
    methods: {
      GET: [getObject, { kind: 'objects' }],
      DELETE: [deleteObject, { ...only21, missingIn20: () => methodRefused(['GET', 'HEAD', 'OPTIONS']) }],
    },
  },
  {
    path: `${inCollection}/objects/:object/versions`,
    methods: { GET: [getVersions, { ...only21, missingIn20: notFound }] },
  },
  { path: '/:apiRoot/status/:job', methods: { GET: [getStatus] } },
]

/** What an API root cannot be called: others answer there. */
const reserved = new Set(['services', 'management', 'web', 'metrics', 'health'])

/**
 * TAXII 2.1 and 2.0 on the same addresses: discovery at `/taxii2/` and `/taxii/`, API roots at `/{apiRootId}/`. The
 * version is agreed on by media type. Takes everything below an API root, so it is mounted last; its errors never reach
 * `onError`.
 */
export function taxii2Routes(parts: ServeParts): Hono<ServeEnvironment> {
  const app = new Hono<ServeEnvironment>()
  const scene: Scene = { parts, places: createItemPlaces({ monotonicMs: () => parts.clock.monotonicMs() }) }
  for (const { path, methods, options } of addresses) {
    const both = [path, `${path}/`]
    for (const [method, [handle, more]] of Object.entries(methods))
      app.on(method, both, passing(endpoint(scene, handle, { ...options, ...more })))
    const allowed = allowedOf(methods)
    app.on(
      'OPTIONS',
      both,
      passing((c) => c.body(null, 204, { allow: allowed.join(', ') })),
    )
    const refuse = () => Promise.reject(methodRefused(allowed))
    app.all(both[0] ?? '', passing(endpoint(scene, refuse, options)))
    app.all(both[1] ?? '', passing(endpoint(scene, refuse, options)))
  }
  app.all('/:apiRoot/*', passing(endpoint(scene, (visit) => Promise.reject(unseen(visit)))))
  return app
}

function allowedOf(methods: Address['methods']): readonly string[] {
  return Object.keys(methods)
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .concat('OPTIONS')
}

/** Leaves what is below a reserved word to others. */
function passing(handle: HonoHandler<ServeEnvironment>): HonoHandler<ServeEnvironment> {
  return (c, next) => (reserved.has(c.req.path.split('/')[1] ?? '') ? next() : handle(c, next))
}
