import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { manageSubscription, subscriptionFields, subscriptionShape } from '../manage-subscription.ts'
import { sourceNeeds } from '../open-source-argument.ts'

export const subscriptionSubscribe = defineCommand({
  path: 'subscription subscribe',
  summary: 'Subscribe to a collection, to be polled (TAXII 1.x)',
  details: 'Some providers want a subscription before they can be polled. Subscribing twice gives the same id.',
  examples: ['stixtaxii subscription subscribe acme --collection indicators'],
  positional: ['source'],
  input: z.object({
    ...subscriptionFields,
    binding: z
      .array(z.string())
      .default([])
      .describe('content binding that is wanted; default: all')
      .meta({ value: 'ID', environment: false }),
    countOnly: z.boolean().default(false).describe('only how much there is, not what'),
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'subscription',
  async run(input, parts) {
    const contentBindings = input.binding.map((id) => ({ id, subtypes: [] }))
    const responseType = input.countOnly ? 'count-only' : 'full'
    const records = await manageSubscription('subscribe', input, { contentBindings, responseType }, parts)
    await parts.output.results(records, { subscriptions: records.length }, subscriptionShape)
  },
})
