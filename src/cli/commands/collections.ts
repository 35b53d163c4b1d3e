import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { accessFields } from '../source-flags.ts'

export const collections = defineCommand({
  path: 'collections',
  summary: 'List the collections that a source offers',
  examples: [
    'stixtaxii collections acme -o json',
    'stixtaxii collections https://taxii.example/api1/ --username ann --password-file pw.txt',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'collections',
  async run(input, parts) {
    await withSource(input.source, input, parts, async ({ client }) => {
      const listed = await client.collections(undefined, parts.signal)
      const records = listed.map((collection) => ({
        id: collection.id,
        title: collection.title ?? null,
        alias: collection.alias ?? null,
        description: collection.description ?? null,
        canRead: collection.canRead,
        canWrite: collection.canWrite,
        contentTypes: collection.contentTypes,
        ordering: collection.ordering,
        available: collection.available ?? null,
        volume: collection.volume ?? null,
        root: collection.root,
        pollAddresses: collection.pollAddresses,
        subscriptionAddresses: collection.subscriptionAddresses,
        inboxAddresses: collection.inboxAddresses,
        custom: collection.custom,
      }))
      await parts.output.list(records, shape)
    })
  },
})

const shape = {
  columns: [
    { field: 'id', head: 'Id', long: 'whole' },
    { field: 'title', head: 'Title' },
    { field: 'alias', head: 'Alias', minor: 0 },
    { field: 'canRead', head: 'Read' },
    { field: 'canWrite', head: 'Write' },
    { field: 'description', head: 'Description', minor: 1 },
  ],
  name: 'id',
  empty: 'The server offers no collection to these credentials',
} as const
