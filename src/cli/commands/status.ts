import { z } from 'zod'
import { readStatus } from '../../workflow/status.ts'
import { defineCommand } from '../command.ts'
import { errorCell } from '../error-cell.ts'
import { wantedSources } from '../wanted-sources.ts'

export const status = defineCommand({
  path: 'status',
  summary: 'Show when each source was last fetched, and how that went',
  details:
    "Says what Logpoint's General Information says of an enrichment source: last attempt, last success, status, " +
    'entries, error. With -o json each collection is listed too.',
  examples: ['stixtaxii status', 'stixtaxii status acme -o json'],
  positional: ['source'],
  input: z.object({ source: z.array(z.string()).default([]).describe('names of profiles; default: all') }),
  needs: ['options', 'environment', 'profiles', 'store', 'output'],
  makesNoStore: true,
  schema: 'status',
  async run({ source }, parts) {
    const profiles = await parts.profiles()
    const wanted = await wantedSources(source, profiles, { ...parts, disabled: true })
    const rows = await readStatus(wanted, await parts.store())
    const records = rows.map((row) => ({ ...row, error: errorCell(parts.output.format, row.error) }))
    await parts.output.list(records, shape)
  },
})

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'enabled', head: 'Enabled', minor: 3 },
    { field: 'status', head: 'Status' },
    { field: 'lastAttempt', head: 'Last attempt', minor: 1 },
    { field: 'lastSuccess', head: 'Last success', long: 'whole' },
    { field: 'nextFetch', head: 'Next', minor: 2 },
    { field: 'entries', head: 'Entries', align: 'right' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'source',
  empty: 'There is no source yet. Make one with: stixtaxii configure',
} as const
