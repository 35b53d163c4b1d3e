import type { RecordChange, Records, StoredRecord } from '../records.ts'
import type { CollectionKey } from '../store.ts'
import { recordChanged } from '../store-errors.ts'

/** A collection that somebody made, or what was changed of one that is served without being made. Both families'. */
export interface StoredServedCollection {
  /** UUID. */
  readonly id: string
  readonly apiRootId: string
  /** TAXII 1.x: unique in the whole server. */
  readonly name: string
  readonly title: string
  readonly description?: string | undefined
  /** Unique in its API root. */
  readonly alias?: string | undefined
  readonly isPublic: boolean
  readonly isPublicWrite: boolean
  readonly isWritable: boolean
  readonly isAvailable: boolean
  readonly mediaTypes?: readonly string[] | undefined
  readonly type: 'feed' | 'set'
  readonly acceptAllContent: boolean
  readonly supportedContent: readonly { readonly binding: string; readonly subtypes: readonly string[] }[]
  /** Ids; undefined: every service. */
  readonly services?: readonly string[] | undefined
  /** Where its versions are. */
  readonly key: CollectionKey
  /** Whether these are another's (what was fetched): they stay when it goes. */
  readonly isView: boolean
  /** RFC 3339, six digits. */
  readonly createdAt: string
}

export interface ServedCollectionRecords {
  get(id: string): Promise<StoredServedCollection | undefined>
  /** By the 1.x name. */
  byName(name: string): Promise<StoredServedCollection | undefined>
  byAlias(apiRootId: string, alias: string): Promise<StoredServedCollection | undefined>
  /** Of one API root, or all; oldest first. */
  list(apiRootId?: string): Promise<readonly StoredServedCollection[]>
  /** What is taken where nothing was made; undefined when it was. */
  create(collection: StoredServedCollection): Promise<'id' | 'name' | 'alias' | undefined>
  /**
   * Changes it by `change`, which may be called more than once; undefined where there is none.
   * @throws STORE_RECORD_CHANGED (conflict) when others keep changing it.
   */
  change(
    id: string,
    change: (collection: StoredServedCollection) => StoredServedCollection,
  ): Promise<StoredServedCollection | 'name' | 'alias' | undefined>
  /** Returns whether there was one. */
  remove(id: string): Promise<boolean>
}

const kind = 'collection'
const names = 'collection-name'
const maxTries = 20

/** Names stand beside the collections as records of their own, so that two processes cannot take one at once. */
export function servedCollectionRecords(records: Records): ServedCollectionRecords {
  const bodyOf = (record: StoredRecord) => record.body as StoredServedCollection

  async function get(id: string): Promise<StoredServedCollection | undefined> {
    const found = await records.get(kind, id)
    return found && bodyOf(found)
  }

  async function named(id: string): Promise<StoredServedCollection | undefined> {
    const found = await records.get(names, id)
    return found && get(found.body as string)
  }

  async function takenName(wanted: StoredServedCollection): Promise<'name' | 'alias' | undefined> {
    for (const [which, id] of namesOf(wanted)) {
      const found = await records.get(names, id)
      if (found && found.body !== wanted.id) return which
    }
    return undefined
  }

  const record = (body: StoredServedCollection, revision: number): RecordChange => ({
    kind,
    id: body.id,
    owner: body.apiRootId,
    body,
    revision,
  })

  return {
    get,
    byName: (name) => named(nameId(name)),
    byAlias: (apiRootId, alias) => named(aliasId(apiRootId, alias)),
    async list(apiRootId) {
      const found = await records.list(kind, apiRootId === undefined ? {} : { owner: apiRootId })
      return found.map(bodyOf).toSorted((a, b) => compareTexts(a.createdAt, b.createdAt) || compareTexts(a.id, b.id))
    },
    async create(collection) {
      for (let tries = 0; tries < maxTries; tries++) {
        if (await records.get(kind, collection.id)) return 'id'
        const taken = await takenName(collection)
        if (taken) return taken
        const claims = namesOf(collection).map(([, id]) => ({ kind: names, id, body: collection.id, revision: 0 }))
        if (await records.write([record(collection, 0), ...claims])) return undefined
      }
      throw recordChanged({ kind, id: collection.id })
    },
    async change(id, change) {
      for (let tries = 0; tries < maxTries; tries++) {
        const found = await records.get(kind, id)
        if (!found) return undefined
        const [before, after] = [bodyOf(found), change(bodyOf(found))]
        const taken = await takenName(after)
        if (taken) return taken
        const [had, has] = [before, after].map((one) => namesOf(one).map(([, name]) => name)) as [string[], string[]]
        const given = has.filter((name) => !had.includes(name))
        const left = had.filter((name) => !has.includes(name))
        const claims = given.map((name) => ({ kind: names, id: name, body: id, revision: 0 }))
        const done = await records.write([
          record(after, found.revision),
          ...claims,
          ...left.map((name) => ({ kind: names, id: name })),
        ])
        if (done) return after
      }
      throw recordChanged({ kind, id })
    },
    async remove(id) {
      for (let tries = 0; tries < maxTries; tries++) {
        const found = await records.get(kind, id)
        if (!found) return false
        const left = namesOf(bodyOf(found)).map(([, name]) => ({ kind: names, id: name }))
        if (await records.write([{ kind, id, revision: found.revision }, ...left])) return true
      }
      throw recordChanged({ kind, id })
    },
  }
}

function namesOf({ name, alias, apiRootId }: StoredServedCollection): readonly (readonly ['name' | 'alias', string])[] {
  const own = ['name', nameId(name)] as const
  return alias === undefined ? [own] : [own, ['alias', aliasId(apiRootId, alias)]]
}

const nameId = (name: string): string => JSON.stringify([name])
const aliasId = (apiRootId: string, alias: string): string => JSON.stringify([apiRootId, alias])

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
