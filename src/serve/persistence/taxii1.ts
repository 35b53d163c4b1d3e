import { inboxMessageRecords } from '../../store/records/inbox-messages.ts'
import { resultSetRecords, type StoredResultSet } from '../../store/records/result-sets.ts'
import { subscriptionRecords } from '../../store/records/subscriptions.ts'
import type { CollectionKey } from '../../store/store.ts'
import type {
  BlockFilter,
  InboxMessageEntity,
  ResultSetEntity,
  Taxii1Collection,
  Taxii1Persistence,
} from '../taxii1-persistence.ts'
import { addBlocks } from './add-blocks.ts'
import { blockOf, blockQuery, defaultBlocks } from './block-pages.ts'
import { collectionReadOnly, collectionUnknown, subscriptionUnknown } from './faults.ts'
import { removeBlocks } from './remove-blocks.ts'
import { taxii1CollectionOf, type ServedCollection } from './served-collection.ts'
import { storeServices } from './services.ts'
import type { StoreParts } from './taxii2.ts'

/** TAXII 1.x over the store: see `openStorePersistence`. */
export function storeTaxii1(parts: StoreParts): Taxii1Persistence {
  const { store, catalogue } = parts
  return {
    ...storeServices(store, catalogue),
    ...collectionOperations(parts),
    ...blockOperations(parts),
    ...pollOperations(parts),
    getDomain: async () => undefined,
    // The store belongs to whoever opened it.
    async [Symbol.asyncDispose]() {},
  }
}

function collectionOperations({ store, catalogue }: StoreParts) {
  async function shown(served: ServedCollection): Promise<Taxii1Collection> {
    return taxii1CollectionOf(served, await volumeOf(served.key))
  }

  async function volumeOf(key: CollectionKey): Promise<number> {
    return (await catalogue.stored()).find((stored) => isSameKey(stored.key, key))?.versions ?? 0
  }

  const isOf = ({ services }: ServedCollection, serviceId: string | undefined): boolean =>
    serviceId === undefined || services === undefined || services.includes(serviceId)

  return {
    async createCollection(change) {
      const { id, name, description, type, acceptAllContent, supportedContent, isAvailable, isPublic, isWritable } =
        change
      const more = { type, acceptAllContent, supportedContent, isAvailable, isPublic, isWritable }
      return shown(await catalogue.create({ id, name, title: name, description, ...more, viewOf: change.viewOf }))
    },
    async updateCollection(changed) {
      const { name, description, type, acceptAllContent, supportedContent, isAvailable, isPublic } = changed
      const served = await catalogue.change(changed.id, (was) => ({
        ...was,
        name,
        description,
        type,
        acceptAllContent,
        supportedContent,
        isAvailable,
        isPublic,
        isWritable: !was.isView && changed.isWritable,
      }))
      return shown(served)
    },
    async deleteCollection(name) {
      const found = await catalogue.byName(name)
      return found !== undefined && catalogue.remove(found.id)
    },
    async attachCollectionToServices(collectionId, serviceIds) {
      const known = await storeServices(store, catalogue).getServices()
      const served = await catalogue.change(collectionId, (was) => {
        const all = was.services ?? known.map(({ id }) => id)
        return { ...was, services: [...new Set([...all, ...serviceIds])] }
      })
      return shown(served)
    },
    async setCollectionServices(collectionId, serviceIds) {
      await catalogue.change(collectionId, (was) => ({ ...was, services: [...new Set(serviceIds)] }))
    },
    async getCollections(serviceId) {
      const served = (await catalogue.list()).filter((collection) => isOf(collection, serviceId))
      return Promise.all(served.map(shown))
    },
    async getCollection(name, serviceId) {
      const found = await catalogue.byName(name)
      return found && isOf(found, serviceId) ? shown(found) : undefined
    },
  } satisfies Partial<Taxii1Persistence>
}

function blockOperations(parts: StoreParts) {
  const { store, catalogue } = parts
  const messages = inboxMessageRecords(store.records)

  async function served(id: string): Promise<ServedCollection> {
    const found = await catalogue.get(id)
    if (!found) throw collectionUnknown(id)
    return found
  }

  async function writable(id: string): Promise<ServedCollection> {
    const found = await served(id)
    if (!found.isWritable) throw collectionReadOnly(found.name)
    return found
  }

  const count = (key: CollectionKey, filter: BlockFilter): Promise<number> => store.countPage(key, blockQuery(filter))

  return {
    createInboxMessage: (message) => messages.create(message),
    getInboxMessage: async (id) => (await messages.get(id)) as InboxMessageEntity | undefined,
    async createContentBlocks(blocks, collectionIds, serviceId, message) {
      const collections = await Promise.all(collectionIds.map(writable))
      const stored = await addBlocks(parts, { blocks, collections, serviceId, message })
      catalogue.forget()
      return stored
    },
    async getContentBlocksCount(collectionId, filter = {}) {
      if (collectionId !== undefined) return count((await served(collectionId)).key, filter)
      const counts = (await catalogue.list()).map(({ key }) => count(key, filter))
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0)
    },
    async getContentBlocks(collectionId, filter = {}) {
      const { limit = defaultBlocks, bodies = true, maxBytes } = filter
      const { key } = await served(collectionId)
      const page = await store.readPage(key, { ...blockQuery(filter), limit, bodies, maxBytes })
      return page.entries.map((entry) => blockOf(entry, bodies))
    },
    async newestLabel(collectionId) {
      const { key } = await served(collectionId)
      return (await catalogue.stored(true)).find((stored) => isSameKey(stored.key, key))?.lastAddedAt
    },
    async deleteContentBlocks(name, begin, end, options = {}) {
      const found = await catalogue.byName(name)
      if (!found) throw collectionUnknown(name)
      if (!found.isWritable) throw collectionReadOnly(name)
      const removed = await removeBlocks(store, found, { begin, end }, options.withMessages === true)
      catalogue.forget()
      return removed
    },
  } satisfies Partial<Taxii1Persistence>
}

function pollOperations({ store }: StoreParts) {
  const resultSets = resultSetRecords(store.records)
  const subscriptions = subscriptionRecords(store.records)
  return {
    createResultSet: async (resultSet) =>
      resultSetOf(await resultSets.create({ ...resultSet, partBegins: nulls(resultSet.partBegins) })),
    async getResultSet(id) {
      const found = await resultSets.get(id)
      return found && resultSetOf(found)
    },
    async extendResultSet(id, partBegins) {
      const extended = await resultSets.extend(id, nulls(partBegins))
      return extended && resultSetOf(extended)
    },
    createSubscription: (subscription) => subscriptions.create(subscription),
    async updateSubscription(subscription) {
      if (!(await subscriptions.update(subscription))) throw subscriptionUnknown(subscription.id)
      return subscription
    },
    getSubscription: (id) => subscriptions.get(id),
    getSubscriptions: (serviceId) => subscriptions.list(serviceId),
  } satisfies Partial<Taxii1Persistence>
}

/** JSON has no undefined in lists. */
function nulls(partBegins: readonly (string | undefined)[]): readonly (string | null)[] {
  return partBegins.map((begin) => begin ?? null)
}

function resultSetOf(stored: StoredResultSet): ResultSetEntity {
  return { ...stored, partBegins: stored.partBegins.map((begin) => begin ?? undefined) }
}

function isSameKey(a: CollectionKey, b: CollectionKey): boolean {
  return a.collection === b.collection && a.root === b.root && a.source === b.source
}
