import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import { apiRootRecords, type StoredApiRoot } from '../../store/records/api-roots.ts'
import { jobRecords } from '../../store/records/jobs.ts'
import type { Store } from '../../store/store.ts'
import type {
  ApiRoot,
  ApiRootChange,
  ObjectFilter,
  Taxii2Collection,
  Taxii2Persistence,
} from '../taxii2-persistence.ts'
import { addObjects } from './add-objects.ts'
import type { Catalogue } from './catalogue.ts'
import {
  apiRootExists,
  apiRootName,
  apiRootUnknown,
  collectionReadOnly,
  collectionUnknown,
  reservedRoots,
} from './faults.ts'
import { nextParam, parseNextParam } from './next-param.ts'
import { countObjects, isKnown, readManifest, readObjects, readVersions } from './object-pages.ts'
import { removeObject } from './remove-object.ts'
import { defaultRootId, taxii2CollectionOf, type ServedCollection } from './served-collection.ts'
import type { ServerRuns } from './server-run.ts'

export interface StoreParts {
  readonly store: Store
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly runs: ServerRuns
}

/** TAXII 2 over the store: see `openStorePersistence`. */
export function storeTaxii2(parts: StoreParts): Taxii2Persistence {
  const { store, catalogue } = parts
  const roots = apiRootRecords(store.records)
  const jobs = jobRecords(store.records)
  // An id keeps its place: what a collection is read from is asked once for each object that routes hold.
  const places = new WeakMap<Taxii2Collection, ServedCollection>()

  function shown(served: ServedCollection): Taxii2Collection {
    const collection = taxii2CollectionOf(served)
    places.set(collection, served)
    return collection
  }

  async function servedOf(collection: Taxii2Collection): Promise<ServedCollection> {
    const served = places.get(collection) ?? (await catalogue.get(collection.id))
    if (!served) throw collectionUnknown(collection.id)
    return served
  }

  async function writable(collection: Taxii2Collection): Promise<ServedCollection> {
    const served = await servedOf(collection)
    if (!served.isWritable) throw collectionReadOnly(collection.title)
    return served
  }

  /** Undefined when there is no object of this id at all. */
  async function ofObject<Page extends { readonly entries: readonly unknown[] }>(
    collection: Taxii2Collection,
    objectId: string,
    filter: ObjectFilter,
    read: (store: Store, key: ServedCollection['key'], filter: ObjectFilter) => Promise<Page>,
  ): Promise<Page | undefined> {
    const { key } = await servedOf(collection)
    const page = await read(store, key, { ...filter, ids: [objectId] })
    return page.entries.length > 0 || (await isKnown(store, key, objectId)) ? page : undefined
  }

  return {
    nextParam,
    parseNextParam,
    async getApiRoots() {
      const made = await roots.list()
      return made.some(({ id }) => id === defaultRootId) ? made : [automaticRoot(made), ...made]
    },
    async getApiRoot(apiRootId) {
      const made = await roots.get(apiRootId)
      if (made || apiRootId !== defaultRootId) return made
      return automaticRoot(await roots.list())
    },
    async createApiRoot(change) {
      const apiRoot = checkedRoot(change)
      if (apiRoot.id === defaultRootId || !(await roots.create(apiRoot))) throw apiRootExists(apiRoot.id)
      return apiRoot
    },
    async updateApiRoot(apiRoot) {
      if (apiRoot.id !== defaultRootId && !(await roots.get(apiRoot.id))) throw apiRootUnknown(apiRoot.id)
      const { id, isDefault, title, description, isPublic } = apiRoot
      const changed = { id, isDefault, title, isPublic, ...(description !== undefined && { description }) }
      await roots.put(changed)
      return changed
    },
    async deleteApiRoot(apiRootId) {
      const collections = await catalogue.list(apiRootId)
      for (const { id, isAutomatic } of collections) if (!isAutomatic) await catalogue.remove(id)
      return roots.remove(apiRootId)
    },

    getCollections: async (apiRootId) => (await catalogue.list(apiRootId)).map(shown),
    async getCollection(apiRootId, idOrAlias) {
      const found = (await catalogue.get(idOrAlias)) ?? (await catalogue.byAlias(apiRootId, idOrAlias))
      return found?.apiRootId === apiRootId ? shown(found) : undefined
    },
    async createCollection(change) {
      const { apiRootId } = change
      if (apiRootId !== defaultRootId && !(await roots.get(apiRootId))) throw apiRootUnknown(apiRootId)
      return shown(await catalogue.create(change))
    },
    async updateCollection(changed) {
      const { title, description, alias, isPublic, isPublicWrite, isWritable, mediaTypes } = changed
      const served = await catalogue.change(changed.id, (was) => ({
        ...was,
        title,
        description,
        alias,
        isPublic,
        isPublicWrite: !was.isView && isPublicWrite,
        isWritable: !was.isView && isWritable,
        mediaTypes,
      }))
      return shown(served)
    },
    async deleteCollection(apiRootId, collectionId) {
      const found = await catalogue.get(collectionId)
      return found?.apiRootId === apiRootId && catalogue.remove(collectionId)
    },

    getObjects: async (collection, filter) => readObjects(store, (await servedOf(collection)).key, filter),
    getManifest: async (collection, filter) => readManifest(store, (await servedOf(collection)).key, filter),
    getObject: (collection, objectId, filter) => ofObject(collection, objectId, filter, readObjects),
    getVersions: (collection, objectId, filter) => ofObject(collection, objectId, filter, readVersions),
    countObjects: async (collection, filter) => countObjects(store, (await servedOf(collection)).key, filter),
    async addObjects(apiRootId, collection, objects, from) {
      const url = from?.url ?? `/${apiRootId}/collections/${collection.id}/objects/`
      const job = await addObjects(parts, await writable(collection), objects, {
        apiRootId,
        url,
        account: from?.account,
      })
      catalogue.forget()
      return job
    },
    async getJob(apiRootId, jobId) {
      const job = await jobs.get(jobId)
      return job?.apiRootId === apiRootId ? job : undefined
    },
    async deleteObject(collection, objectId, filter) {
      const removed = await removeObject(store, (await writable(collection)).key, objectId, filter)
      catalogue.forget()
      return removed
    },
    // The store belongs to whoever opened it.
    async [Symbol.asyncDispose]() {},
  }
}

/** The API root that is there without being made; the default as long as no other is. */
function automaticRoot(made: readonly ApiRoot[]): ApiRoot {
  return {
    id: defaultRootId,
    isDefault: !made.some(({ isDefault }) => isDefault),
    title: 'Fetched collections',
    description: 'Everything that was fetched, and collections that were made beside it',
    isPublic: false,
  }
}

function checkedRoot({ id = randomUUID(), isDefault, title, description, isPublic }: ApiRootChange): StoredApiRoot {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(id) || reservedRoots.includes(id.toLowerCase())) throw apiRootName(id)
  return { id, isDefault, title, isPublic, ...(description !== undefined && { description }) }
}
