import { createHash } from 'node:crypto'
import type { Records, StoredRecord } from '../records.ts'
import { recordChanged } from '../store-errors.ts'

/** Somebody's wish for the content of a collection, in TAXII 1.x. */
export interface StoredSubscription {
  readonly id: string
  readonly serviceId: string
  readonly collectionId: string
  readonly responseType: 'FULL' | 'COUNT_ONLY'
  readonly contentBindings: readonly { readonly binding: string; readonly subtypes: readonly string[] }[]
  readonly status: 'ACTIVE' | 'PAUSED' | 'UNSUBSCRIBED'
  /** Id of the account whose it is; undefined: nobody's in particular. */
  readonly account?: string | undefined
}

export interface SubscriptionRecords {
  get(id: string): Promise<StoredSubscription | undefined>
  /** Of a service, in order of id. */
  list(serviceId: string): Promise<readonly StoredSubscription[]>
  /** The one there is, where the same account asked for the same before; it is active again if it had been ended. */
  create(subscription: Omit<StoredSubscription, 'id'>): Promise<StoredSubscription>
  /** False where there is none. */
  update(subscription: StoredSubscription): Promise<boolean>
}

const kind = 'subscription'
const maxTries = 20

/** The id follows from what is asked by whom, so that two processes that are asked at once make one. */
export function subscriptionRecords(records: Records): SubscriptionRecords {
  const bodyOf = (record: StoredRecord) => record.body as StoredSubscription
  const change = (body: StoredSubscription, revision: number) => ({
    kind,
    id: body.id,
    owner: body.serviceId,
    body,
    revision,
  })

  return {
    async get(id) {
      const found = await records.get(kind, id)
      return found && bodyOf(found)
    },
    list: async (serviceId) => (await records.list(kind, { owner: serviceId })).map(bodyOf),
    async create(asked) {
      const id = idOf(asked)
      for (let tries = 0; tries < maxTries; tries++) {
        const found = await records.get(kind, id)
        const body = { ...asked, id }
        if (found && bodyOf(found).status !== 'UNSUBSCRIBED') return bodyOf(found)
        if (await records.write([change(body, found?.revision ?? 0)])) return body
      }
      throw recordChanged({ kind, id })
    },
    async update(subscription) {
      const found = await records.get(kind, subscription.id)
      if (!found) return false
      if (await records.write([change(subscription, found.revision)])) return true
      throw recordChanged({ kind, id: subscription.id })
    },
  }
}

/** A UUID of version 8's form: its bits are ours. @see RFC 9562, 5.8 */
function idOf({ serviceId, collectionId, responseType, contentBindings, account }: Omit<StoredSubscription, 'id'>) {
  const bindings = contentBindings.map(({ binding, subtypes }) => [binding, ...subtypes.toSorted()]).toSorted()
  const digest = createHash('sha256')
    .update(JSON.stringify([serviceId, collectionId, responseType, bindings, account ?? null]))
    .digest()
  digest[6] = ((digest[6] as number) & 0x0f) | 0x80
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
