import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { manageSubscription, subscriptionFields, subscriptionShape } from '../manage-subscription.ts'
import { sourceNeeds } from '../open-source-argument.ts'

export const subscriptionStatus = defineCommand({
  path: 'subscription status',
  summary: 'List your subscriptions to a collection (TAXII 1.x)',
  examples: ['stixtaxii subscription status acme --collection indicators -o json'],
  positional: ['source'],
  input: z.object({
    ...subscriptionFields,
    id: z.string().min(1).optional().describe('only this one').meta({ value: 'ID', environment: false }),
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'subscription-status',
  async run(input, parts) {
    const records = await manageSubscription('status', input, { id: input.id }, parts)
    await parts.output.list(records, subscriptionShape)
  },
})
