import type { RecordChange, Records } from '../records.ts'
import { recordChanged } from '../store-errors.ts'

/** An API root that somebody made, or the automatic one with what was changed of it. */
export interface StoredApiRoot {
  readonly id: string
  readonly isDefault: boolean
  readonly title: string
  readonly description?: string | undefined
  readonly isPublic: boolean
}

export interface ApiRootRecords {
  get(id: string): Promise<StoredApiRoot | undefined>
  /** In order of id. */
  list(): Promise<readonly StoredApiRoot[]>
  /** False when the id is taken. One that is the default takes that from the one that was. */
  create(apiRoot: StoredApiRoot): Promise<boolean>
  /** Whatever is there. @throws STORE_RECORD_CHANGED (conflict) when others keep changing them */
  put(apiRoot: StoredApiRoot): Promise<void>
  /** Returns whether there was one. */
  remove(id: string): Promise<boolean>
}

const kind = 'api-root'
const maxTries = 20

export function apiRootRecords(records: Records): ApiRootRecords {
  const bodyOf = (record: { readonly body: unknown }) => record.body as StoredApiRoot

  /** What else changes: only one is the default. */
  async function others(apiRoot: StoredApiRoot): Promise<readonly RecordChange[]> {
    if (!apiRoot.isDefault) return []
    const stored = await records.list(kind)
    return stored.flatMap(({ id, body, revision }) => {
      const other = body as StoredApiRoot
      return id !== apiRoot.id && other.isDefault ? [{ kind, id, body: { ...other, isDefault: false }, revision }] : []
    })
  }

  /** True when written; undefined when somebody else was quicker. */
  async function write(apiRoot: StoredApiRoot, revision: number): Promise<boolean> {
    return records.write([{ kind, id: apiRoot.id, body: apiRoot, revision }, ...(await others(apiRoot))])
  }

  return {
    async get(id) {
      const found = await records.get(kind, id)
      return found && bodyOf(found)
    },
    list: async () => (await records.list(kind)).map(bodyOf),
    async create(apiRoot) {
      for (let tries = 0; tries < maxTries; tries++) {
        if (await records.get(kind, apiRoot.id)) return false
        if (await write(apiRoot, 0)) return true
      }
      throw recordChanged({ kind, id: apiRoot.id })
    },
    async put(apiRoot) {
      for (let tries = 0; tries < maxTries; tries++) {
        const revision = (await records.get(kind, apiRoot.id))?.revision ?? 0
        if (await write(apiRoot, revision)) return
      }
      throw recordChanged({ kind, id: apiRoot.id })
    },
    async remove(id) {
      const found = await records.get(kind, id)
      return found !== undefined && records.write([{ kind, id, revision: found.revision }])
    },
  }
}
