import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, onField } from '../director-fields.ts'
import { sourceListShape, sourceRecord, sourceRow } from '../director-source-records.ts'
import { meantSource, readKnowledge, sourceStateNeeds, viewOf } from '../director-sources.ts'
import {
  directorNeeds,
  failureOfTargets,
  onEach,
  tellFailures,
  wantedLogpoints,
  withDirector,
} from '../director-targets.ts'

export const directorSourceShow = defineCommand({
  path: 'director source show',
  summary: 'Show one enrichment source, on one Logpoint or on several',
  details:
    'SOURCE is its id, the name of the profile that it was made from, or its discovery URL. Secrets are shown as ***.',
  examples: [
    'stixtaxii director source show 5d8b2a522be2374b84949c82 --on acme/lp1',
    'stixtaxii director source show acme --on acme/* -o yaml',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().describe('id, profile or discovery URL').meta({ value: 'SOURCE' }),
    on: onField,
    ...directorFields,
  }),
  needs: [...directorNeeds, ...sourceStateNeeds],
  schema: 'director-source-list',
  async run({ source, on, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const { signal, progress, notices, output } = parts
      const logpoints = wantedLogpoints(profile, on, 'all')
      const knowledge = await readKnowledge(parts)
      const options = { parallel: 4, signal, progress, doing: 'Reading' }
      const outcomes = await onEach(logpoints, options, async (logpoint) => {
        const listed = await client.sources.list(logpoint, { signal })
        const meant = meantSource(source, listed, { logpoint, director: profile, knowledge })
        return viewOf(meant, logpoint, profile, knowledge)
      })
      const views = outcomes.flatMap(({ value }) => value ?? [])
      const [only] = views
      if (only && views.length === 1 && output.format === 'table') await output.one(sourceRecord(only), sourceListShape)
      else if (only) {
        const records = views.map((view) => sourceRow(view, output.format))
        await output.list(records, sourceListShape)
      }
      // Without --on it is looked for everywhere: that it is not on each Logpoint is no fault.
      const isElsewhere = on === undefined && only !== undefined
      const counted = outcomes.filter(({ error }) => !isElsewhere || error?.code !== 'DIRECTOR_SOURCE_UNKNOWN')
      tellFailures(counted, notices)
      const failure = failureOfTargets(counted)
      if (failure) throw failure
    })
  },
})
