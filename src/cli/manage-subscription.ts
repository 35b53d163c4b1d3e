import { z } from 'zod'
import type { ContentBinding, Subscription, SubscriptionAction } from '../taxii/client.ts'
import { onlyCollection } from './choose-collection.ts'
import { withSource1 } from './open-source-argument.ts'
import type { AccessFlags, SourceCommandParts } from './open-source-argument.ts'
import { accessFields } from './source-flags.ts'
import { taxii1Only } from './taxii1-only.ts'

/** Input that all subscription commands share. */
export const subscriptionFields = {
  source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
  collection: z.string().optional().describe('name of the collection').meta({ value: 'C', environment: false }),
  address: z.string().optional().describe('address of the service, where the server names none').meta({ value: 'URL' }),
  ...accessFields,
}

/** The id of the subscription that a command is about. */
export const subscriptionId = z
  .string()
  .min(1)
  .describe('id of the subscription, as status shows it')
  .meta({ value: 'ID' })

interface SubscriptionInput extends AccessFlags {
  readonly source?: string | undefined
  readonly collection?: string | undefined
  readonly address?: string | undefined
}

interface SubscriptionDetails {
  readonly id?: string | undefined
  readonly contentBindings?: readonly ContentBinding[] | undefined
  readonly responseType?: 'full' | 'count-only' | undefined
}

/** Carries out one action and gives its records: one for each subscription that the server tells of. */
export async function manageSubscription(
  action: SubscriptionAction,
  input: SubscriptionInput,
  details: SubscriptionDetails,
  parts: SourceCommandParts,
): Promise<readonly Record<string, unknown>[]> {
  return withSource1(input.source, input, parts, async (source) => {
    const operations = taxii1Only(source.client, 'subscriptions', 'Fetch at intervals instead, with: stixtaxii watch')
    const collection = await onlyCollection(source, input.collection, parts.signal, 'any')
    const request = { collection, address: input.address, ...details }
    const found = await operations.subscription(action, request, parts.signal)
    return found.map((subscription) => recordOf(source.profile.name, subscription))
  })
}

function recordOf(source: string, { id, collection, status }: Subscription): Record<string, unknown> {
  return { source, collection, id, status }
}

export const subscriptionShape = {
  columns: [
    { field: 'collection', head: 'Collection' },
    { field: 'id', head: 'Subscription' },
    { field: 'status', head: 'Status' },
  ],
  name: 'id',
  empty: 'There is no subscription',
} as const
