import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { settle } from '../director-changes.ts'
import { directorFields, onField, orderFields, parallelField } from '../director-fields.ts'
import { changeTargets } from '../director-rows.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'

export const directorSourceRefresh = defineCommand({
  path: 'director source refresh',
  summary: 'Have Director refresh its list of the enrichment sources, which it shows as they were otherwise',
  details: 'After create, edit and delete this is done anyway. It helps after changes that were made elsewhere.',
  examples: ['stixtaxii director source refresh', 'stixtaxii director source refresh --on acme/lp1 --no-wait'],
  input: z.object({ on: onField, parallel: parallelField, ...orderFields, ...directorFields }),
  needs: directorNeeds,
  schema: 'director-targets',
  async run({ on, parallel, ...input }, parts) {
    const flags = { ...input, verify: false }
    await withDirector(flags, parts, async ({ profile, client }) => {
      const logpoints = wantedLogpoints(profile, on, 'all')
      await changeTargets(logpoints, { parallel, doing: 'Refreshing' }, parts, async (logpoint, say, ordered) => {
        const accepted = await client.sources.refreshList(logpoint, { signal: parts.signal })
        return settle(accepted, { client, flags, parts, say, ordered })
      })
    })
  },
})
