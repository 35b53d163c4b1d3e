import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import { servedCollectionRecords, type StoredServedCollection } from '../../store/records/collections.ts'
import type { CollectionKey, Store, StoredCollection } from '../../store/store.ts'
import { collectionAutomatic, collectionExists, collectionUnknown } from './faults.ts'
import { automaticCollections, defaultRootId, ownKey, type ServedCollection } from './served-collection.ts'

/** What makes a collection. What is left out has its default. */
export interface NewServedCollection {
  /** UUID; default: a new one. */
  readonly id?: string | undefined
  /** Default: `default`. */
  readonly apiRootId?: string | undefined
  readonly title: string
  readonly description?: string | undefined
  readonly alias?: string | undefined
  /** 1.x name; default: alias or title, with something added where that is taken. */
  readonly name?: string | undefined
  readonly isPublic?: boolean | undefined
  readonly isPublicWrite?: boolean | undefined
  readonly isWritable?: boolean | undefined
  readonly isAvailable?: boolean | undefined
  readonly mediaTypes?: readonly string[] | undefined
  readonly type?: 'feed' | 'set' | undefined
  readonly acceptAllContent?: boolean | undefined
  readonly supportedContent?: StoredServedCollection['supportedContent'] | undefined
  /** TAXII 1.x services that offer it; default: all of them. */
  readonly services?: readonly string[] | undefined
  /** A read-only view of this stored collection; default: storage of its own. */
  readonly viewOf?: CollectionKey | undefined
}

/** The collections that are served: what was fetched, and beside it what was made. */
export interface Catalogue {
  /** Of an API root, or all: automatic ones first, in the order they were first seen, then by age. */
  list(apiRootId?: string): Promise<readonly ServedCollection[]>
  get(id: string): Promise<ServedCollection | undefined>
  byName(name: string): Promise<ServedCollection | undefined>
  byAlias(apiRootId: string, alias: string): Promise<ServedCollection | undefined>
  /** @throws SERVE_COLLECTION_EXISTS (conflict) */
  create(made: NewServedCollection): Promise<ServedCollection>
  /** Of an automatic one too. @throws SERVE_COLLECTION_UNKNOWN (not-found), SERVE_COLLECTION_EXISTS (conflict) */
  change(id: string, change: (was: StoredServedCollection) => StoredServedCollection): Promise<ServedCollection>
  /** With what is stored in it, unless it is a view. @throws SERVE_COLLECTION_AUTOMATIC (refused) */
  remove(id: string): Promise<boolean>
  /** What the store has, at most a second old unless `fresh`. */
  stored(fresh?: boolean): Promise<readonly StoredCollection[]>
  /** What was read of the store is read again. */
  forget(): void
}

interface Stored {
  readonly rows: readonly StoredCollection[]
  readonly automatic: readonly ServedCollection[]
}

/** Collections that appear are found at once; that a title or a count moved in another process is seen this much later. */
const freshMs = 1000

export function openCatalogue({ store, clock }: { readonly store: Store; readonly clock: Clock }): Catalogue {
  const records = servedCollectionRecords(store.records)
  let known: { readonly atMs: number; readonly stored: Promise<Stored> } | undefined

  function look(fresh = false): Promise<Stored> {
    const nowMs = clock.monotonicMs()
    if (fresh || !known || nowMs - known.atMs >= freshMs) {
      const reading = Promise.all([store.collections(), records.list()]).then(([rows, own]) => ({
        rows,
        automatic: automaticCollections(rows, own),
      }))
      known = { atMs: nowMs, stored: reading }
      reading.catch(() => {
        known = undefined
      })
    }
    return known.stored
  }

  async function automatic(isIt: (collection: ServedCollection) => boolean): Promise<ServedCollection | undefined> {
    return (await look()).automatic.find(isIt) ?? (await look(true)).automatic.find(isIt)
  }

  async function made(id: string): Promise<ServedCollection | undefined> {
    return madeOf(await records.get(id))
  }

  async function isTaken(name: string): Promise<boolean> {
    return (await catalogue.byName(name)) !== undefined
  }

  /** Where nobody chose a name: one that is free. */
  async function freeName({ alias, title }: NewServedCollection, id: string): Promise<string> {
    const wanted = alias ?? title
    return (await isTaken(wanted)) ? `${wanted}~${id.slice(0, 8)}` : wanted
  }

  const catalogue: Catalogue = {
    stored: async (fresh) => (await look(fresh)).rows,
    forget() {
      known = undefined
    },
    async list(apiRootId) {
      const own = await records.list(apiRootId)
      const listed = own.map((collection) => ({ ...collection, isAutomatic: false }))
      if (apiRootId !== undefined && apiRootId !== defaultRootId) return listed
      const changed = apiRootId === undefined ? own : await records.list()
      const ids = new Set(changed.map(({ id }) => id))
      return [...(await look()).automatic.filter(({ id }) => !ids.has(id)), ...listed]
    },
    async get(id) {
      return (await made(id)) ?? (await automatic((collection) => collection.id === id))
    },
    async byName(name) {
      const found = madeOf(await records.byName(name))
      if (found) return found
      const offered = await automatic((collection) => collection.name === name)
      // Somebody who changed it may have given it another name.
      return offered && (await made(offered.id)) === undefined ? offered : undefined
    },
    async byAlias(apiRootId, alias) {
      return madeOf(await records.byAlias(apiRootId, alias))
    },
    async create(wanted) {
      const id = wanted.id ?? randomUUID()
      if (wanted.name !== undefined && (await isTaken(wanted.name))) throw collectionExists('name', wanted.name)
      if (await catalogue.get(id)) throw collectionExists('id', id)
      const name = wanted.name ?? (await freeName(wanted, id))
      const collection = collectionOf(wanted, { id, name, createdAt: timestampOfDate(clock.now()) })
      const taken = await records.create(collection)
      if (taken) throw collectionExists(taken, collection[taken] ?? id)
      catalogue.forget()
      return { ...collection, isAutomatic: false }
    },
    async change(id, change) {
      const was = await catalogue.get(id)
      if (!was) throw collectionUnknown(id)
      if (was.isAutomatic) await records.create(withoutMark({ ...was, createdAt: timestampOfDate(clock.now()) }))
      const renamed = change(withoutMark(was)).name
      if (renamed !== was.name && (await isTaken(renamed))) throw collectionExists('name', renamed)
      const changed = await records.change(id, change)
      if (changed === undefined) throw collectionUnknown(id)
      if (changed === 'name') throw collectionExists('name', renamed)
      catalogue.forget()
      if (changed === 'alias') throw collectionExists('alias', change(withoutMark(was)).alias ?? '')
      return { ...changed, isAutomatic: false }
    },
    async remove(id) {
      const found = await catalogue.get(id)
      if (!found) return false
      if (found.isAutomatic) throw collectionAutomatic(found.name)
      if (!found.isView) await removeAll(store, found.key)
      const isRemoved = await records.remove(id)
      // What was on its way while the collection was still there.
      if (!found.isView) await removeAll(store, found.key)
      catalogue.forget()
      return isRemoved
    },
  }
  return catalogue
}

const endOfTime = '9999-12-31T23:59:59.999999Z'

async function removeAll(store: Store, key: CollectionKey): Promise<void> {
  await store.removeVersions(key, { addedUntil: endOfTime })
}

function madeOf(record: StoredServedCollection | undefined): ServedCollection | undefined {
  return record && { ...record, isAutomatic: false }
}

function withoutMark({ isAutomatic: _, ...collection }: ServedCollection): StoredServedCollection {
  return collection
}

function collectionOf(
  made: NewServedCollection,
  { id, name, createdAt }: { readonly id: string; readonly name: string; readonly createdAt: string },
): StoredServedCollection {
  const apiRootId = made.apiRootId ?? defaultRootId
  const isView = made.viewOf !== undefined
  return {
    id,
    apiRootId,
    name,
    title: made.title,
    ...(made.description !== undefined && { description: made.description }),
    ...(made.alias !== undefined && { alias: made.alias }),
    isPublic: made.isPublic ?? false,
    isPublicWrite: !isView && (made.isPublicWrite ?? false),
    isWritable: !isView && (made.isWritable ?? true),
    isAvailable: made.isAvailable ?? true,
    ...(made.mediaTypes && { mediaTypes: made.mediaTypes }),
    type: made.type ?? 'feed',
    acceptAllContent: made.acceptAllContent ?? true,
    supportedContent: made.supportedContent ?? [],
    ...(made.services && { services: made.services }),
    key: made.viewOf ?? ownKey(apiRootId, id),
    isView,
    createdAt,
  }
}
