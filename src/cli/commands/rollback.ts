import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { journalPath, readJournal } from '../../provision/journal.ts'
import { findRun, planRollback, scopeOfRun, type PastRun } from '../../provision/rollback.ts'
import { defineCommand } from '../command.ts'
import type { Logpoint } from '../../director/client.ts'
import { allLogpoints } from '../../director/directory.ts'
import type { DirectorProfile } from '../../profile/profile.ts'
import type { DirectorFlags } from '../director-fields.ts'
import { changeFields, fleetFields, fleetNeeds, readFleet, withClient, type FleetParts } from '../fleet.ts'
import { change, confirmPlan, look, originOf } from '../fleet-run.ts'
import { openProvisionState } from '../provision-state.ts'
import { wantedDirector } from '../wanted-director.ts'

export const rollback = defineCommand({
  path: 'rollback',
  summary: 'Take back what a run of apply, destroy or rollback did, as far as that is possible',
  details:
    'Its writes are undone, last first: what was made goes, what was changed is as it was, what was removed comes back (a source under ' +
    'a new id). Secrets are read again from where they were; one that is known by no reference cannot be restored, and that is said.\n\n' +
    'The desired state is not changed: the next apply would do it again.',
  examples: ['stixtaxii rollback 20260102-030405-3f9a', 'stixtaxii rollback 20260102-030405-3f9a --yes -o json'],
  positional: ['run'],
  input: z.object({
    run: z.string().describe('as `stixtaxii history` lists it'),
    ...fleetFields,
    ...changeFields,
  }),
  needs: fleetNeeds,
  schema: 'apply',
  async run({ run, ...flags }, parts) {
    const stateFile = await openProvisionState(parts)
    const past = findRun(await readJournal(journalPath(stateFile.path)), run, { openToo: true })
    const { director: wanted } = past
    const { profile, known } = await directorOfRun(past, flags, parts)
    const director = originOf(profile)
    if (director !== wanted) throw otherDirector(run, wanted, director)
    await withClient(profile, parts, (client) =>
      change(stateFile, { client, director, command: 'rollback', flags, parts }, async (state, journal) => {
        const settled = findRun(journal, run)
        const observation = await look(client, scopeOfRun(settled, known), { flags, parts })
        const plan = planRollback(settled, observation, state)
        return { plan, observation, confirm: () => confirmPlan(plan, parts) }
      }),
    )
  },
})

/** The Director of the flags, else the one that the run's desired state names, else the default one. */
async function directorOfRun({ file }: PastRun, flags: DirectorFlags, parts: FleetParts): Promise<DirectorOfRun> {
  const fleet = file === undefined ? undefined : await readFleet(file, flags, parts).catch(() => undefined)
  const isTyped = flags.directorUrl !== undefined || parts.options.profile !== undefined
  const profile = fleet === undefined || isTyped ? await wantedDirector(flags, parts) : fleet.profile
  return { profile, known: fleet?.desired.known ?? allLogpoints(profile) }
}

interface DirectorOfRun {
  readonly profile: DirectorProfile
  /** Its Logpoints, as far as they are known. */
  readonly known: readonly Logpoint[]
}

function otherDirector(run: string, wanted: string, given: string): StixTaxiiError {
  return new StixTaxiiError('CLI_ROLLBACK_DIRECTOR', `Run ${run} was at ${wanted}, not at ${given}`, {
    kind: 'usage',
    hint: 'Name the profile of that Director with --profile, or give --director-url and --director-token-file.',
    context: { run, wanted, given },
  })
}
