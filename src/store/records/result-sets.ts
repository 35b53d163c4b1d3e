import { randomUUID } from 'node:crypto'
import type { RecordChange, Records } from '../records.ts'
import { recordChanged } from '../store-errors.ts'

/** A poll's answer that is too large for one part: what it covers was decided when it was made. */
export interface StoredResultSet {
  readonly id: string
  readonly collectionId: string
  readonly contentBindings: readonly { readonly binding: string; readonly subtypes: readonly string[] }[]
  readonly begin?: string | undefined
  readonly end: string
  /** Null: from the start. */
  readonly partBegins: readonly (string | null)[]
  readonly partSize: number
  readonly subscriptionId?: string | undefined
  readonly count: number
  readonly account?: string | undefined
  /** RFC 3339, six digits. */
  readonly expiresAt: string
}

export interface ResultSetRecords {
  create(resultSet: Omit<StoredResultSet, 'id'>): Promise<StoredResultSet>
  /** Undefined once it has expired. */
  get(id: string): Promise<StoredResultSet | undefined>
  /** Adds begins after those it has; where it has them already, those stay. Undefined once it has expired. */
  extend(id: string, partBegins: readonly (string | null)[]): Promise<StoredResultSet | undefined>
}

const kind = 'result-set'
const maxTries = 20
/** Of one account, or of all who have none, together; the oldest make room. */
const maxOfOne = 500
const anybody = 'anybody'

export function resultSetRecords(records: Records): ResultSetRecords {
  const change = (body: StoredResultSet, revision: number): RecordChange => {
    const { id, account, expiresAt } = body
    return { kind, id, body, expiresAt, revision, owner: account ?? anybody }
  }

  /** Asking is free: what was asked for long ago must not fill the store. */
  async function roomFor(owner: string): Promise<readonly RecordChange[]> {
    const there = await records.list(kind, { owner })
    if (there.length < maxOfOne) return []
    const oldestFirst = there.toSorted((a, b) => ((a.expiresAt ?? '') < (b.expiresAt ?? '') ? -1 : 1))
    return oldestFirst.slice(0, there.length - maxOfOne + 1).map(({ id }) => ({ kind, id }))
  }

  return {
    async create(resultSet) {
      const made = { ...resultSet, id: randomUUID() }
      await records.write([change(made, 0), ...(await roomFor(resultSet.account ?? anybody))])
      return made
    },
    get: async (id) => (await records.get(kind, id))?.body as StoredResultSet | undefined,
    async extend(id, partBegins) {
      for (let tries = 0; tries < maxTries; tries++) {
        const found = await records.get(kind, id)
        if (!found) return undefined
        const had = found.body as StoredResultSet
        const further = partBegins.slice(had.partBegins.length)
        if (further.length === 0) return had
        const extended = { ...had, partBegins: [...had.partBegins, ...further] }
        if (await records.write([change(extended, found.revision)])) return extended
      }
      throw recordChanged({ kind, id })
    },
  }
}
