import { resolve } from 'node:path'
import { z } from 'zod'
import { savePlan } from '../../provision/plan-file.ts'
import { defineCommand } from '../command.ts'
import { fileField, fleetFields, fleetNeeds, readFleet, withClient } from '../fleet.ts'
import { differs, originOf, planFailure, planFleet, tellNotes, warnOfOpen } from '../fleet-run.ts'
import { writePlan } from '../fleet-records.ts'
import { testSources } from '../fleet-test.ts'
import { openProvisionState } from '../provision-state.ts'

export const plan = defineCommand({
  path: 'plan',
  summary: 'Show what would have to change for Logpoints to be as a desired state says; nothing is sent',
  details:
    'Per target: + is made, ~ is changed with old and new value, - is removed. Secrets are ***. What Director does not show ' +
    '(the unit of begin, where certificates are, masked secrets) is taken from the last write, and is named when nothing tells it.\n\n' +
    'A plan saved with --out is bound to what was seen: `stixtaxii apply --plan` refuses it when anything has changed since.',
  examples: [
    'stixtaxii plan -f fleet.yaml',
    'stixtaxii plan -f fleet.yaml --out fleet.plan --exit-code -o json',
    'stixtaxii plan -f fleet.yaml --test',
  ],
  input: z.object({
    file: fileField,
    out: z
      .string()
      .optional()
      .meta({ environment: false, value: 'PLAN', description: 'save the plan there, for `apply --plan`' }),
    exitCode: z.boolean().default(false).describe('end with 8 when something would change'),
    test: z
      .boolean()
      .default(false)
      .describe('also fetch each source from here with just the fields that the plugin has'),
    ...fleetFields,
  }),
  needs: [...fleetNeeds, 'connect', 'pluginFetch'],
  schema: 'plan',
  async run({ file, out, exitCode, test, ...flags }, parts) {
    const fleet = await readFleet(file, flags, parts)
    if (test) await testSources(fleet, parts)
    const stateFile = await openProvisionState(parts)
    await warnOfOpen(stateFile, originOf(fleet.profile), parts)
    // A plan that is saved needs a state that lasts.
    const state = out === undefined ? await stateFile.read() : await stateFile.update((current) => current)
    const planned = await withClient(fleet.profile, parts, (client) =>
      planFleet(fleet, { client, state }, { flags, parts }),
    )
    if (out !== undefined) {
      const createdAt = parts.clock.now().toISOString()
      await savePlan(resolve(parts.workingDirectory, out), { ...planned, state, file: fleet.file, createdAt })
    }
    await writePlan(parts.output, planned.plan)
    tellNotes(planned.plan, parts)
    const failure = planFailure(planned.plan) ?? (exitCode ? differs(planned.plan, 'There are changes') : undefined)
    if (failure) throw failure
  },
})
