import { z } from 'zod'
import { isStixTaxiiPlugin } from '../../director/assumptions.ts'
import { defineCommand } from '../command.ts'
import { directorFields, onField, parallelField } from '../director-fields.ts'
import {
  directorNeeds,
  failureOfTargets,
  onEach,
  shapeOfTargets,
  tellFailures,
  wantedLogpoints,
  withDirector,
} from '../director-targets.ts'

export const directorPluginList = defineCommand({
  path: 'director plugin list',
  summary: 'List the plugins that are installed on Logpoints',
  details: 'Only StixTaxii, unless --all. The id is what `director plugin uninstall --id` takes.',
  examples: ['stixtaxii director plugin list --on acme/*', 'stixtaxii director plugin list --all -o json'],
  input: z.object({
    on: onField,
    all: z.boolean().default(false).describe('other plugins too'),
    parallel: parallelField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-plugin-list',
  async run({ on, all, parallel, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const { signal, progress, notices } = parts
      const logpoints = wantedLogpoints(profile, on, 'all')
      const outcomes = await onEach(logpoints, { parallel, signal, progress, doing: 'Reading' }, async (logpoint) => {
        const plugins = await client.plugins.list(logpoint, { signal })
        return plugins.filter(({ name }) => all || isStixTaxiiPlugin(name))
      })
      const records = outcomes.flatMap(({ logpoint, value }) =>
        (value ?? []).map(({ id, name, version = null }) => ({ target: logpoint.name, id, name, version })),
      )
      await parts.output.list(records, shapeOfTargets(shape, outcomes))
      tellFailures(outcomes, notices)
      const failure = failureOfTargets(outcomes)
      if (failure) throw failure
    })
  },
})

const shape = {
  columns: [
    { field: 'target', head: 'Logpoint' },
    { field: 'name', head: 'Plugin' },
    { field: 'version', head: 'Version' },
    { field: 'id', head: 'Id', long: 'whole' },
  ],
  name: 'id',
  empty:
    'StixTaxii is not installed there. Install it with: stixtaxii director plugin install StixTaxii_6.1.0.pak --on acme/lp1',
} as const
