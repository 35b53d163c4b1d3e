import { z } from 'zod'
import { checkConfirmation } from '../../provision/destroy.ts'
import { defineCommand } from '../command.ts'
import { changeFields, fileField, fleetFields, fleetNeeds, readFleet, withClient, type FleetParts } from '../fleet.ts'
import { change, originOf, planFleet } from '../fleet-run.ts'
import { tellPlan } from '../fleet-records.ts'
import { openProvisionState } from '../provision-state.ts'

export const destroy = defineCommand({
  path: 'destroy',
  summary: 'Take away everything that a desired state describes or that was made from it',
  details:
    'Sources first, then plugins that no other source uses, then packages, then certificates, as the API guide has it. Sources ' +
    'that the file does not know stay, and so does what they use. The name of the desired state has to be typed, or given with --confirm.',
  examples: ['stixtaxii destroy -f fleet.yaml', 'stixtaxii destroy -f fleet.yaml --confirm fleet -o json'],
  input: z.object({
    file: fileField,
    confirm: z
      .string()
      .optional()
      .meta({ environment: false, value: 'NAME', description: "the desired state's name, instead of typing it" }),
    ...fleetFields,
    ...changeFields,
  }),
  needs: fleetNeeds,
  schema: 'apply',
  async run({ file, confirm, ...flags }, parts) {
    const fleet = await readFleet(file, flags, parts)
    const { fleet: name } = fleet.desired
    if (confirm !== undefined || !parts.terminal.canAsk) checkConfirmation(name, confirm)
    const stateFile = await openProvisionState(parts)
    const director = originOf(fleet.profile)
    await withClient(fleet.profile, parts, (client) =>
      change(stateFile, { client, director, command: 'destroy', file: fleet.file, flags, parts }, async (state) => {
        const planned = await planFleet(fleet, { client, state, destroy: true }, { flags, parts })
        return {
          ...planned,
          confirm: async () => {
            if (confirm !== undefined) return
            tellPlan(planned.plan, parts.terminal)
            await askName(name, parts)
          },
        }
      }),
    )
  },
})

async function askName(name: string, { terminal }: FleetParts): Promise<void> {
  const typed = await terminal.ask({ message: `Type "${name}" to take all of it away` })
  checkConfirmation(name, typed.trim())
}
