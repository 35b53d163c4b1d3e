import { z } from 'zod'
import { parseInstant } from '../../core/duration.ts'
import { checkNames } from '../../workflow/export-store.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'

export const storePrune = defineCommand({
  path: 'store prune',
  summary: 'Remove old versions from the store, by age and source',
  details:
    'Versions that a later one of the same id has superseded go; with --all the latest ones and content blocks go too. ' +
    'Checkpoints stay where they are, so what was removed is not read again by itself.',
  examples: [
    'stixtaxii store prune --older-than 90d',
    'stixtaxii store prune --source acme --all --yes',
    'stixtaxii store prune --older-than 3mo --dry-run -o json',
  ],
  input: z.object({
    olderThan: z
      .string()
      .optional()
      .describe('only what was stored before: 90d, 3mo, or a time')
      .meta({ value: 'WHEN' }),
    source: z.string().optional().describe('only from this source').meta({ value: 'NAME' }),
    collection: z.string().optional().describe('only from this collection').meta({ value: 'C' }),
    all: z.boolean().default(false).describe('latest versions and content blocks too').meta({ environment: false }),
    dryRun: z.boolean().default(false).describe('only say how many would go'),
  }),
  needs: ['options', 'clock', 'terminal', 'store', 'output'],
  readsStore: true,
  schema: 'store-prune',
  async run({ olderThan, source, collection, all, dryRun }, parts) {
    const addedBefore = olderThan === undefined ? undefined : parseInstant('--older-than', olderThan, parts.clock.now())
    const store = await parts.store()
    await checkNames(store, source === undefined ? [] : [source], collection === undefined ? [] : [collection])
    const request = { addedBefore, source, collection, all }
    if (!dryRun) {
      const count = await store.prune({ ...request, dryRun: true })
      if (count > 0) await confirmOrStop(parts, `Remove ${count} versions from ${store.url}?`)
    }
    const removed = await store.prune({ ...request, dryRun })
    await parts.output.one({ store: store.url, removed, dryRun, addedBefore: addedBefore ?? null }, shape)
  },
})

const shape = {
  columns: [
    { field: 'store', head: 'Store' },
    { field: 'removed', head: 'Removed', align: 'right' },
    { field: 'dryRun', head: 'Dry run' },
    { field: 'addedBefore', head: 'Stored before' },
  ],
  name: 'removed',
} as const
