import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, onField, parallelField } from '../director-fields.ts'
import {
  directorNeeds,
  failureOfTargets,
  onEach,
  tellFailures,
  wantedLogpoints,
  withDirector,
} from '../director-targets.ts'

export const directorSourceStatus = defineCommand({
  path: 'director source status',
  summary: "Show how StixTaxii's last fetch went on Logpoints, and how many entries it has",
  details:
    'Director tells it of the plugin as a whole, not of each source. A plugin without an enabled source is not listed: its ' +
    'status is null.',
  examples: ['stixtaxii director source status', 'stixtaxii director source status --on acme/lp1 -o json'],
  input: z.object({ on: onField, parallel: parallelField, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-source-status',
  async run({ on, parallel, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const { signal, progress, notices } = parts
      const logpoints = wantedLogpoints(profile, on, 'all')
      const options = { parallel, signal, progress, doing: 'Reading' }
      const outcomes = await onEach(logpoints, options, (logpoint) => client.sources.status(logpoint, { signal }))
      const records = outcomes.flatMap(({ logpoint, value }) => {
        if (!value) return []
        const { status = null, error = null, lastAttempt = null, lastSuccess = null } = value
        const { entries = null, totalEntries = null } = value
        return [{ target: logpoint.name, status, lastAttempt, lastSuccess, entries, totalEntries, error }]
      })
      await parts.output.list(records, shape)
      tellFailures(outcomes, notices)
      const failure = failureOfTargets(outcomes)
      if (failure) throw failure
    })
  },
})

const shape = {
  columns: [
    { field: 'target', head: 'Logpoint' },
    { field: 'status', head: 'Status' },
    { field: 'lastAttempt', head: 'Last attempt', long: 'whole' },
    { field: 'lastSuccess', head: 'Last success', long: 'whole' },
    { field: 'entries', head: 'Entries', align: 'right' },
    { field: 'totalEntries', head: 'Of all sources', align: 'right', minor: 1 },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'target',
} as const
