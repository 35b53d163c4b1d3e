import {
  bundle20,
  envelope,
  media,
  rightsOfVisitor,
  stix20,
  type Answer,
  type Ask,
  type Place,
  type Visitor,
} from './a-rights-world.ts'

/** A request of TAXII 2 about one collection. */
export interface Endpoint2 {
  readonly name: string
  readonly version: '2.0' | '2.1'
  readonly method: string
  readonly needs: 'see' | 'read' | 'write' | 'delete'
  readonly path: (place: Pick<Place, 'objectId' | 'objectId20'>) => string
  readonly body?: ((id: string) => string) | undefined
}

/** All there are. */
export const endpoints2: readonly Endpoint2[] = (['2.1', '2.0'] as const).flatMap((version) => {
  const read = { version, method: 'GET', needs: 'read' } as const
  return [
    { name: 'collection', version, method: 'GET', needs: 'see', path: () => '' },
    { name: 'objects', ...read, path: () => 'objects/' },
    { name: 'manifest', ...read, path: () => 'manifest/' },
    {
      name: 'object',
      ...read,
      path: ({ objectId, objectId20 }) => `objects/${version === '2.1' ? objectId : objectId20}/`,
    },
    {
      name: 'add',
      version,
      method: 'POST',
      needs: 'write',
      path: () => 'objects/',
      body: version === '2.1' ? envelope : bundle20,
    },
    ...(version === '2.0'
      ? []
      : ([
          { name: 'versions', ...read, path: ({ objectId }) => `objects/${objectId}/versions/` },
          {
            name: 'delete',
            version,
            method: 'DELETE',
            needs: 'delete',
            path: ({ objectId }) => `objects/${objectId}/`,
          },
        ] satisfies Endpoint2[])),
  ] satisfies Endpoint2[]
})

/** @see TAXII 2.1, 5.1 to 5.8; S18: what is not to be seen is as if it were not there. */
export function expectedStatus(visitor: Visitor, place: Place, { needs }: Endpoint2): number {
  const { read, write } = rightsOfVisitor(visitor, place, 2)
  const isThere = read || write
  if (!isThere) return visitor.kind === 'account' ? 404 : 401
  const missing = visitor.kind === 'anonymous' ? 401 : 403
  if (needs === 'see') return 200
  if (needs === 'read') return read ? 200 : missing
  if (needs === 'write') return write ? 202 : visitor.kind === 'anonymous' && place.isWritable ? 401 : 403
  if (!write) return visitor.kind === 'anonymous' && place.isWritable ? 401 : 403
  return read ? 200 : missing
}

/** Asks it of the collection of that id or alias. */
export async function knock2(
  ask: Ask,
  visitor: Visitor,
  endpoint: Endpoint2,
  key: string,
  place: Pick<Place, 'objectId' | 'objectId20'>,
  id: string,
): Promise<Answer> {
  const { version, method, path, body } = endpoint
  const isStix20 = version === '2.0' && /objects/.test(path(place)) && method === 'GET'
  const headers = {
    accept: isStix20 ? stix20 : media[version],
    ...(body && version === '2.0' ? { 'content-type': stix20 } : {}),
  }
  return ask(visitor, method, `/default/collections/${key}/${path(place)}`, { headers, body: body?.(id) })
}
