import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { directorFields, onField, parallelField } from '../director-fields.ts'
import { sourceListShape, sourceRow } from '../director-source-records.ts'
import { readKnowledge, sourceStateNeeds, viewOf } from '../director-sources.ts'
import {
  directorNeeds,
  failureOfTargets,
  onEach,
  shapeOfTargets,
  tellFailures,
  wantedLogpoints,
  withDirector,
} from '../director-targets.ts'

export const directorSourceList = defineCommand({
  path: 'director source list',
  summary: 'List the enrichment sources of Logpoints',
  details:
    'Without --on, of every Logpoint that is named. Secrets are shown as ***, also those that Director lists in clear. ' +
    "Director does not list the unit of begin, nor where the certificates are: both are known only of this program's own writes.",
  examples: ['stixtaxii director source list', 'stixtaxii director source list --on acme/* -o json'],
  input: z.object({ on: onField, parallel: parallelField, ...directorFields }),
  needs: [...directorNeeds, ...sourceStateNeeds],
  schema: 'director-source-list',
  async run({ on, parallel, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const { signal, progress, notices, output } = parts
      const logpoints = wantedLogpoints(profile, on, 'all')
      const knowledge = await readKnowledge(parts)
      const outcomes = await onEach(logpoints, { parallel, signal, progress, doing: 'Reading' }, async (logpoint) => {
        const listed = await client.sources.list(logpoint, { signal })
        return listed.map((each) => viewOf(each, logpoint, profile, knowledge))
      })
      const views = outcomes.flatMap(({ value }) => value ?? [])
      await output.list(
        views.map((view) => sourceRow(view, output.format)),
        shapeOfTargets(sourceListShape, outcomes),
      )
      tellFailures(outcomes, notices)
      const failure = failureOfTargets(outcomes)
      if (failure) throw failure
    })
  },
})
