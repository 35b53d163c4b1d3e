import { z } from 'zod'
import { defineCommand } from '../command.ts'

export const storeReindex = defineCommand({
  path: 'store reindex',
  summary: 'Make the index of values anew from what is stored',
  details:
    'Values are indexed as they are stored, and a new release that reads items in another way indexes them anew by itself; ' +
    'this does it at a time of your choosing. Stopped or killed, it goes on where it was. Fetching can go on beside it.',
  examples: ['stixtaxii store reindex', 'stixtaxii store reindex --missing-only -o json'],
  input: z.object({
    missingOnly: z.boolean().default(false).describe('only what is not in the index yet').meta({ environment: false }),
  }),
  needs: ['store', 'output', 'progress', 'signal'],
  readsStore: true,
  schema: 'store-reindex',
  async run({ missingOnly }, parts) {
    const store = await parts.store()
    const task = parts.progress.start('Reading what is stored')
    try {
      const report = await store.reindex({
        missingOnly,
        signal: parts.signal,
        onProgress: ({ done, total }) => task.update(`${done} of ${total} versions read`),
      })
      task.done()
      await parts.output.one({ store: store.url, ...report }, shape)
    } finally {
      task.done()
    }
  },
})

const shape = {
  columns: [
    { field: 'store', head: 'Store' },
    { field: 'versions', head: 'Versions read', align: 'right' },
    { field: 'statements', head: 'Statements', align: 'right' },
    { field: 'values', head: 'Values', align: 'right' },
    { field: 'unusable', head: 'Unusable', align: 'right' },
  ],
  name: 'store',
} as const
