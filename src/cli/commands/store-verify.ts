import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { defineCommand } from '../command.ts'

export const storeVerify = defineCommand({
  path: 'store verify',
  summary: 'Read everything in the store and check that it is what was stored',
  details:
    'Every version is read and compared with its digest; the database, counts, pages and checkpoints are checked too.',
  examples: ['stixtaxii store verify', 'stixtaxii store verify -o json'],
  input: z.object({}),
  needs: ['store', 'output'],
  readsStore: true,
  schema: 'store-verify',
  async run(_input, parts) {
    const store = await parts.store()
    const { ok, checked, problems } = await store.verify()
    await parts.output.results(
      problems.map((problem) => ({ problem })),
      { url: store.url, ok, checked, problems: problems.length },
      { columns: [{ field: 'problem', head: 'Problem' }], name: 'problem', empty: 'Everything is as it was stored' },
    )
    if (ok) return
    throw new StixTaxiiError('STORE_DAMAGED', `${problems.length} problems in the store: ${problems[0]}`, {
      kind: 'local',
      hint: 'Go back to a copy made with store backup, or fetch into a new store; what can still be read: stixtaxii export --format ndjson --skip-damaged',
      context: { store: store.url, problems: problems.length },
    })
  },
})
