import type { CollectionKey, RemovalRequest, Store } from '../../store/store.ts'
import type { ObjectFilter } from '../taxii2-persistence.ts'

type Wanted = Pick<ObjectFilter, 'versions' | 'specVersions'>

const versionsAtOnce = 1000

/** Removes an object, or some of its versions; returns how many. Without versions all of them. */
export async function removeObject(store: Store, key: CollectionKey, id: string, wanted: Wanted): Promise<number> {
  const { versions = ['all'], specVersions } = wanted
  if (versions.includes('all') && specVersions === undefined) return store.removeVersions(key, { id })
  let removed = 0
  for (const request of await requestsFor(store, key, id, { versions, specVersions }))
    removed += await store.removeVersions(key, request)
  return removed
}

/** `last` and `first` are looked up once, before anything goes. */
async function requestsFor(
  store: Store,
  key: CollectionKey,
  id: string,
  { versions, specVersions }: Wanted,
): Promise<readonly RemovalRequest[]> {
  const query = { kind: 'object', ids: [id], versions, specVersions, bodies: false, limit: versionsAtOnce } as const
  const requests: RemovalRequest[] = []
  for (let addedAfter: string | undefined; ;) {
    const { entries, more } = await store.readPage(key, { ...query, addedAfter })
    requests.push(...entries.map(({ version }) => ({ id, version })))
    if (!more) return requests
    addedAfter = entries.at(-1)?.addedAt
  }
}
