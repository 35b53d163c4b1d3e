import type { Records } from '../records.ts'

/** A TAXII 1.x service that somebody made or changed. */
export interface StoredService {
  readonly id: string
  readonly type: 'discovery' | 'collection-management' | 'poll' | 'inbox'
  /** Plain JSON. */
  readonly properties: unknown
}

/** `removed`: it was there without being made, and somebody does not want it. */
export type ServiceState = StoredService | 'removed'

export interface ServiceRecords {
  get(id: string): Promise<ServiceState | undefined>
  /** In order of id. */
  list(): Promise<ReadonlyMap<string, ServiceState>>
  put(id: string, state: ServiceState): Promise<void>
  /** Returns whether there was one. */
  remove(id: string): Promise<boolean>
}

const kind = 'service'

export function serviceRecords(records: Records): ServiceRecords {
  return {
    get: async (id) => (await records.get(kind, id))?.body as ServiceState | undefined,
    list: async () => new Map((await records.list(kind)).map(({ id, body }) => [id, body as ServiceState])),
    async put(id, body) {
      await records.write([{ kind, id, body }])
    },
    async remove(id) {
      const found = await records.get(kind, id)
      return found !== undefined && records.write([{ kind, id, revision: found.revision }])
    },
  }
}
