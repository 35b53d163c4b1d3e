import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { manageSubscription, subscriptionFields, subscriptionId, subscriptionShape } from '../manage-subscription.ts'
import { sourceNeeds } from '../open-source-argument.ts'

export const subscriptionResume = defineCommand({
  path: 'subscription resume',
  summary: 'Go on with a paused subscription (TAXII 1.1)',
  examples: ['stixtaxii subscription resume urn:example:subscription:1 acme --collection indicators'],
  positional: ['id', 'source'],
  input: z.object({ id: subscriptionId, ...subscriptionFields }),
  needs: [...sourceNeeds, 'output'],
  schema: 'subscription',
  async run(input, parts) {
    const records = await manageSubscription('resume', input, { id: input.id }, parts)
    await parts.output.results(records, { subscriptions: records.length }, subscriptionShape)
  },
})
