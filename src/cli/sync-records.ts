import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { OutputRecord, OutputWriter, Shape } from '../output/writer.ts'
import type { SyncStep } from '../serve/sync/plan.ts'

/** A step of `server sync`, and what became of it. */
export interface SyncResult extends Pick<SyncStep, 'kind' | 'name' | 'action' | 'fields'> {
  readonly outcome: 'done' | 'unchanged' | 'planned' | 'failed'
  readonly error?: StixTaxiiError | undefined
}

/** Does the steps one after the other; those after a failed one are still done. */
export async function runSync(steps: readonly SyncStep[]): Promise<readonly SyncResult[]> {
  const results: SyncResult[] = []
  for (const step of steps) results.push(await runStep(step))
  return results
}

async function runStep({ run, ...step }: SyncStep): Promise<SyncResult> {
  if (step.action === 'keep') return { ...step, outcome: 'unchanged' }
  try {
    await run()
    return { ...step, outcome: 'done' }
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    return { ...step, outcome: 'failed', error }
  }
}

/** What would be done, with nothing done. */
export function plannedSync(steps: readonly SyncStep[]): readonly SyncResult[] {
  return steps.map(({ kind, name, action, fields }) => {
    const outcome = action === 'keep' ? 'unchanged' : 'planned'
    return { kind, name, action, fields, outcome }
  })
}

const shape: Shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'name', head: 'Name', long: 'whole' },
    { field: 'action', head: 'Action' },
    { field: 'fields', head: 'Differs' },
    { field: 'outcome', head: 'Outcome' },
    { field: 'error', head: 'Error', long: 'wrap' },
  ],
  name: 'name',
  empty: 'The file names nothing',
}

/** Writes a row for each thing; ends as they did: the failure of all, CLI_SYNC_FAILED (partial) of some. */
export async function writeSync(output: OutputWriter, results: readonly SyncResult[]): Promise<void> {
  const isFlat = output.format === 'table' || output.format === 'csv'
  const records = results.map(({ error, fields, ...result }): OutputRecord => {
    const told = error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
    return {
      ...result,
      fields: isFlat ? fields.join(', ') : fields,
      error: told === undefined ? null : isFlat ? told.message : told,
    }
  })
  const count = (outcome: SyncResult['outcome']): number => results.filter((each) => each.outcome === outcome).length
  const totals = {
    things: results.length,
    done: count('done'),
    planned: count('planned'),
    unchanged: count('unchanged'),
    failed: count('failed'),
  }
  await output.results(records, totals, shape)
  const failure = failureOf(results)
  if (failure) throw failure
}

function failureOf(results: readonly SyncResult[]): StixTaxiiError | undefined {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const first = failed[0]?.error
  if (!first) return undefined
  const changed = results.filter(({ outcome }) => outcome !== 'unchanged')
  if (changed.length === 1) return first
  const names = failed.map(({ kind, name }) => `${kind} ${printable(name)}`)
  return new StixTaxiiError('CLI_SYNC_FAILED', `${failed.length} of ${changed.length} failed: ${names.join(', ')}`, {
    kind: failed.length === changed.length ? first.kind : 'partial',
    hint: first.hint ?? 'The result says why, one by one. Running it again does the rest.',
    context: { failed: names, first: first.code },
    cause: first,
  })
}
