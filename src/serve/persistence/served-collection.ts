import { timestampOfDate } from '../../core/timestamp.ts'
import type { StoredServedCollection } from '../../store/records/collections.ts'
import type { CollectionKey, StoredCollection } from '../../store/store.ts'
import { servedId, servedName } from '../collection-id.ts'
import type { Taxii1Collection } from '../taxii1-persistence.ts'
import type { Taxii2Collection } from '../taxii2-persistence.ts'

/** A collection as both families serve it. */
export interface ServedCollection extends StoredServedCollection {
  /** Whether it is there without anybody having made or changed it. */
  readonly isAutomatic: boolean
}

/** The API root that is there without being made: everything that was fetched. */
export const defaultRootId = 'default'

/** What arrives by POST and inbox is stored under this source. */
export const ownSource = { id: 'server', name: 'server' }

export function ownKey(apiRootId: string, collectionId: string): CollectionKey {
  return { source: ownSource.id, root: apiRootId, collection: collectionId }
}

/**
 * The stored collections that are served without being made: one each. Names are those of source and collection; where
 * two roots of a source have a collection of one id, the later one's name ends in the beginning of its served id; so does
 * one whose name a collection has that was made. Rights go by names in TAXII 1.x: no two have the same.
 */
export function automaticCollections(
  stored: readonly StoredCollection[],
  made: readonly Pick<StoredServedCollection, 'name'>[],
): readonly ServedCollection[] {
  const names = new Set(made.map(({ name }) => name))
  return stored
    .filter(({ key }) => key.source !== ownSource.id)
    .map((collection) => {
      const served = automaticCollection(collection, names)
      names.add(served.name)
      return served
    })
}

function describedAs(source: string, version: string): string {
  if (version === 'file') return `Read from files as ${source}`
  return `What ${source} offers${version === '' ? '' : ` by TAXII ${version}`}`
}

function automaticCollection(
  { key, source, title, version }: StoredCollection,
  names: ReadonlySet<string>,
): ServedCollection {
  const id = servedId(key)
  const plain = servedName(source.name, key)
  return {
    id,
    apiRootId: defaultRootId,
    name: names.has(plain) ? `${plain}~${id.slice(0, 8)}` : plain,
    title: title ?? plain,
    description: describedAs(source.name, version),
    isPublic: false,
    isPublicWrite: false,
    isWritable: false,
    isAvailable: true,
    type: 'feed',
    acceptAllContent: true,
    supportedContent: [],
    key,
    isView: true,
    createdAt: timestampOfDate(new Date(0)),
    isAutomatic: true,
  }
}

export function taxii2CollectionOf(served: StoredServedCollection): Taxii2Collection {
  const { id, apiRootId, title, description, alias, isPublic, isPublicWrite, isWritable, mediaTypes } = served
  return {
    id,
    apiRootId,
    title,
    ...(description !== undefined && { description }),
    ...(alias !== undefined && { alias }),
    isPublic,
    isPublicWrite,
    isWritable,
    ...(mediaTypes && { mediaTypes }),
    ...(served.isView && { viewOf: served.key }),
  }
}

export function taxii1CollectionOf(served: StoredServedCollection, volume: number): Taxii1Collection {
  const { id, name, description, title, type, acceptAllContent, supportedContent } = served
  return {
    id,
    name,
    description: description ?? title,
    type,
    volume,
    acceptAllContent,
    supportedContent,
    isAvailable: served.isAvailable,
    isPublic: served.isPublic,
    isWritable: served.isWritable,
    ...(served.isView && { viewOf: served.key }),
  }
}
