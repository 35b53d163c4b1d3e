import { resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { stepsOf } from '../../provision/plan.ts'
import { checkFresh, readPlan, scopeOfPlan, type SavedPlan } from '../../provision/plan-file.ts'
import { defineCommand } from '../command.ts'
import { openBridges } from '../fleet-bridges.ts'
import {
  changeFields,
  fileField,
  fleetFields,
  fleetNeeds,
  readFleet,
  withClient,
  type Fleet,
  type FleetParts,
} from '../fleet.ts'
import {
  change,
  confirmPlan,
  confirmRemovals,
  look,
  originOf,
  planFleet,
  type ChangeFlags,
  type Proposal,
} from '../fleet-run.ts'
import { openProvisionState } from '../provision-state.ts'

export const apply = defineCommand({
  path: 'apply',
  summary: 'Make Logpoints be as a desired state says: packages, plugins, certificates, enrichment sources',
  details:
    'Compares first and sends only what differs; a second apply sends no write. Every write is in a journal before it is sent. ' +
    'After a kill or a lost connection the next apply finds out what became of each before it goes on, so nothing is sent twice.\n\n' +
    'A target that fails leaves the others going; run it again and only that one is touched. Sources that the file does not know are never touched.',
  examples: [
    'stixtaxii apply -f fleet.yaml',
    'stixtaxii apply -f fleet.yaml --yes -o json',
    'stixtaxii apply --plan fleet.plan --yes',
  ],
  input: z.object({
    file: fileField.optional(),
    plan: z
      .string()
      .optional()
      .meta({ environment: false, value: 'PLAN', description: 'carry out a saved plan; refused when it is stale' }),
    ...fleetFields,
    ...changeFields,
  }),
  needs: fleetNeeds,
  schema: 'apply',
  async run({ file, plan, ...flags }, parts) {
    if ((file === undefined) === (plan === undefined)) throw oneOfBoth()
    if (plan !== undefined) return applySaved(resolve(parts.workingDirectory, plan), flags, parts)
    return applyFile(file ?? '', flags, parts)
  },
})

type Flags = ChangeFlags & Parameters<typeof readFleet>[1]

async function applyFile(file: string, flags: Flags, parts: FleetParts): Promise<void> {
  const fleet = await readFleet(file, flags, parts)
  const stateFile = await openProvisionState(parts)
  const director = originOf(fleet.profile)
  await withClient(fleet.profile, parts, (client) =>
    change(stateFile, { client, director, command: 'apply', file: fleet.file, flags, parts }, async (state) => {
      const planned = await planFleet(fleet, { client, state }, { flags, parts })
      return withBridges({ ...planned, confirm: () => confirmPlan(planned.plan, parts) }, fleet, parts)
    }),
  )
}

async function applySaved(path: string, flags: Flags, parts: FleetParts): Promise<void> {
  const stateFile = await openProvisionState(parts)
  const saved = await readPlan(path, await stateFile.read())
  // The file only says which Director it is; what is done is what the plan says.
  const { profile, bridges } = await readFleet(saved.file, flags, parts)
  const director = originOf(profile)
  if (director !== saved.plan.director) throw otherDirector(saved, director)
  await withClient(profile, parts, (client) =>
    change(
      stateFile,
      { client, director, command: 'apply', file: saved.file, flags, parts },
      async (state): Promise<Proposal> => {
        const observation = await look(client, scopeOfPlan(saved), { flags, parts })
        checkFresh(saved, observation, state)
        const confirm = (): Promise<void> => confirmRemovals(saved.plan, parts)
        return withBridges({ plan: saved.plan, observation, confirm }, { bridges }, parts)
      },
    ),
  )
}

/** The accounts of bridges are there before a Logpoint is told of them, also when nothing else is to be done. */
async function withBridges(
  proposal: Proposal,
  { bridges }: Pick<Fleet, 'bridges'>,
  parts: FleetParts,
): Promise<Proposal> {
  if (stepsOf(proposal.plan).length === 0) await openBridges(bridges, parts)
  const confirm = async (): Promise<void> => {
    await proposal.confirm()
    await openBridges(bridges, parts)
  }
  return { ...proposal, confirm }
}

function oneOfBoth(): StixTaxiiError {
  return new StixTaxiiError('CLI_FLEET_ONE', 'apply takes either a desired state or a saved plan', {
    kind: 'usage',
    hint: 'Write: stixtaxii apply -f FILE, or: stixtaxii apply --plan PLAN',
  })
}

function otherDirector({ plan }: SavedPlan, director: string): StixTaxiiError {
  return new StixTaxiiError('CLI_FLEET_DIRECTOR', `The plan is for ${plan.director}, not for ${director}`, {
    kind: 'conflict',
    hint: 'Nothing was sent. Name the Director it was made for, or plan again.',
    context: { planned: plan.director, given: director },
  })
}
