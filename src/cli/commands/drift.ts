import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { fileField, fleetFields, fleetNeeds, readFleet, withClient } from '../fleet.ts'
import { differs, originOf, planFailure, planFleet, tellNotes, warnOfOpen } from '../fleet-run.ts'
import { writePlan } from '../fleet-records.ts'
import { openProvisionState } from '../provision-state.ts'

export const drift = defineCommand({
  path: 'drift',
  summary: 'Show where Logpoints are no longer as a desired state says; for a nightly job',
  details:
    'As `plan`, to be run on a schedule: it ends with 0 and says what differs, or with --exit-code with 8 when anything does. ' +
    'With --refresh Director refreshes its lists first, so that changes made in its user interface are seen.',
  examples: ['stixtaxii drift -f fleet.yaml', 'stixtaxii drift -f fleet.yaml --refresh --exit-code -o json'],
  input: z.object({
    file: fileField,
    exitCode: z.boolean().default(false).describe('end with 8 when something differs'),
    ...fleetFields,
  }),
  needs: fleetNeeds,
  schema: 'plan',
  async run({ file, exitCode, ...flags }, parts) {
    const fleet = await readFleet(file, flags, parts)
    const stateFile = await openProvisionState(parts)
    await warnOfOpen(stateFile, originOf(fleet.profile), parts)
    const state = await stateFile.read()
    const { plan } = await withClient(fleet.profile, parts, (client) =>
      planFleet(fleet, { client, state }, { flags, parts }),
    )
    await writePlan(parts.output, plan)
    tellNotes(plan, parts)
    const failure = planFailure(plan) ?? (exitCode ? differs(plan, 'Logpoints have drifted') : undefined)
    if (failure) throw failure
  },
})
