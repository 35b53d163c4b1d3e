import type { StixTaxiiError } from '../core/errors.ts'
import type { Terminal } from '../core/ports.ts'
import type { OutputFormat, OutputRecord, OutputWriter } from '../output/writer.ts'
import type { TargetResult } from '../provision/apply.ts'
import type { Plan, PlannedTarget, Step } from '../provision/plan.ts'
import { errorCell } from './error-cell.ts'

const changeColumns = [
  { field: 'target', head: 'Target', long: 'whole' },
  { field: 'sign', head: '' },
  { field: 'thing', head: 'What' },
  { field: 'field', head: 'Field', minor: 2 },
  { field: 'from', head: 'Now', long: 'wrap' },
  { field: 'to', head: 'Then', long: 'wrap' },
] as const

const planColumns = [...changeColumns, { field: 'error', head: 'Error', minor: 0, long: 'wrap' }] as const

const applyColumns = [
  { field: 'target', head: 'Target', long: 'whole' },
  { field: 'status', head: 'Status' },
  { field: 'writes', head: 'Writes', align: 'right' },
  { field: 'changes', head: 'Changes', long: 'wrap' },
  { field: 'notes', head: 'Notes', minor: 1, long: 'wrap' },
  { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
] as const

const asTheFileSays = 'Nothing to do: everything is as the file says'

/** What a run that had nothing to write says. */
const nothingDone: Readonly<Record<string, string>> = {
  destroy: 'Nothing to take away: nothing is left of what the file describes or what was made from it',
  rollback: 'Nothing to take back: nothing of that run can be undone, or all of it is undone already',
}

/** The signs of a plan where a program reads them: a spreadsheet takes + and - for the beginning of a formula. */
const signWords = { '+': 'add', '~': 'change', '-': 'remove' } as const

/** Writes what a plan would do. A table has a row for each field that changes; JSON one record for each target. */
export async function writePlan(output: OutputWriter, plan: Plan): Promise<void> {
  const { format } = output
  const isFlat = format === 'table' || format === 'csv'
  const records = isFlat ? plan.targets.flatMap((target) => rowsOf(format, target)) : plan.targets.map(recordOf)
  const isSeen = !plan.targets.some(({ notes }) => notes.some((note) => note.includes('compar')))
  const empty = isSeen ? asTheFileSays : `${asTheFileSays}, as far as Director's lists show`
  await output.results(records, planTotals(plan), { columns: planColumns, name: 'target', empty })
}

/** Notes of a plan for a person; in JSON they stand in the records. */
export function notesOf(plan: Plan): readonly string[] {
  return plan.targets.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`))
}

/** Shows a person what would be done, a line for each thing. */
export function tellPlan({ targets }: Plan, terminal: Pick<Terminal, 'note'>): void {
  for (const { name, steps, notes } of targets) {
    for (const { sign, thing, fields } of steps) {
      const told = fields.map(({ field, from, to }) =>
        sign === '~' ? `${field} ${from} -> ${to}` : `${field} ${to || from}`,
      )
      terminal.note(`${sign} ${name} ${thing}: ${told.join(', ')}`)
    }
    for (const note of notes) terminal.note(`note: ${name}: ${note}`)
  }
}

/** What a plan comes to. */
export function planTotals({ targets }: Plan): { readonly [name: string]: number } {
  const steps = targets.flatMap((target) => target.steps)
  const count = (sign: Step['sign']): number => steps.filter((step) => step.sign === sign).length
  return {
    targets: targets.length,
    changed: targets.filter(({ steps: own }) => own.length > 0).length,
    failed: targets.filter(({ error }) => error).length,
    create: count('+'),
    change: count('~'),
    remove: count('-'),
  }
}

/** Writes how each target ended. */
export async function writeApplied(
  output: OutputWriter,
  results: readonly TargetResult[],
  command: string,
): Promise<void> {
  const isFlat = output.format === 'table' || output.format === 'csv'
  // Two hundred Logpoints that are as they should be would hide the one that is not.
  const isTold = ({ status, target, notes }: TargetResult): boolean =>
    status !== 'unchanged' || (command !== 'apply' && target.notes.length + notes.length > 0)
  const shown = isFlat ? results.filter(isTold) : results
  await output.results(
    shown.map((result) => appliedRecord(output.format, result)),
    appliedTotals(results),
    { columns: applyColumns, name: 'target', empty: nothingDone[command] ?? asTheFileSays },
  )
}

function appliedRecord(format: OutputFormat, { target, status, done, notes, error }: TargetResult): OutputRecord {
  const isFlat = format === 'table' || format === 'csv'
  const all = [...target.notes, ...notes]
  return {
    target: target.name,
    status,
    writes: done.length,
    changes: isFlat ? done.map(({ sign, thing }) => `${signIn(format, sign)} ${thing}`).join(', ') : done.map(changeOf),
    notes: isFlat ? all.join('; ') : all,
    error: errorCell(format, toldError(error)),
  }
}

function appliedTotals(results: readonly TargetResult[]): OutputRecord {
  const count = (status: TargetResult['status']): number => results.filter((each) => each.status === status).length
  return {
    targets: results.length,
    changed: count('changed'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    pending: count('pending'),
    notDone: count('not done'),
    writes: results.reduce((sum, { done }) => sum + done.length, 0),
  }
}

function recordOf({ name, steps, notes, error }: PlannedTarget): OutputRecord {
  return { target: name, changes: steps.map(changeOf), notes, error: errorCell('json', toldError(error)) }
}

function changeOf({ sign, thing, fields }: Step): OutputRecord {
  return { sign, thing, fields }
}

function signIn(format: OutputFormat, sign: Step['sign']): string {
  return format === 'csv' ? signWords[sign] : sign
}

function rowsOf(format: OutputFormat, { name, steps, error }: PlannedTarget): OutputRecord[] {
  const none = { sign: '', thing: '', field: '', from: '', to: '', error: null }
  if (error) return [{ ...none, target: name, error: errorCell(format, toldError(error)) }]
  return steps.flatMap(({ sign, thing, fields }) => {
    const row = { ...none, target: name, sign: signIn(format, sign), thing }
    if (sign === '~') return fields.map(({ field, from, to }) => ({ ...row, field, from, to }))
    const joined = (side: 'from' | 'to'): string => fields.map((each) => `${each.field} ${each[side]}`).join(', ')
    return [{ ...row, [sign === '+' ? 'to' : 'from']: joined(sign === '+' ? 'to' : 'from') }]
  })
}

function toldError(error: StixTaxiiError | undefined) {
  if (error === undefined) return null
  return { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
}
