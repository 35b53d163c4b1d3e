import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { journalPath, readJournal } from '../../provision/journal.ts'
import { findRun, planRollback, scopeOfRun } from '../../provision/rollback.ts'
import { defineCommand } from '../command.ts'
import { changeFields, fleetFields, fleetNeeds, withClient } from '../fleet.ts'
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
    const { director: wanted } = findRun(await readJournal(journalPath(stateFile.path)), run, { openToo: true })
    const profile = await wantedDirector(flags, parts)
    const director = originOf(profile)
    if (director !== wanted) throw otherDirector(run, wanted, director)
    await withClient(profile, parts, (client) =>
      change(stateFile, { client, director, command: 'rollback', flags, parts }, async (_, journal) => {
        const past = findRun(journal, run)
        const observation = await look(client, scopeOfRun(past), { flags, parts })
        const plan = planRollback(past, observation)
        return { plan, observation, confirm: () => confirmPlan(plan, parts) }
      }),
    )
  },
})

function otherDirector(run: string, wanted: string, given: string): StixTaxiiError {
  return new StixTaxiiError('CLI_ROLLBACK_DIRECTOR', `Run ${run} was at ${wanted}, not at ${given}`, {
    kind: 'usage',
    hint: 'Name the profile of that Director with --profile, or give --director-url and --director-token-file.',
    context: { run, wanted, given },
  })
}
