import { StixTaxiiError } from '../core/errors.ts'
import type { Logpoint } from '../director/client.ts'
import type { FieldDifference } from '../director/enrichment-source.ts'
import type { SourceChange } from '../director/source-changes.ts'
import { orderFailure } from '../director/wait-for-order.ts'
import type { OrderPath } from '../director/orders.ts'
import type { OutputFormat, OutputRecord, OutputWriter, Shape } from '../output/writer.ts'
import { failureOfTargets, onEach, tellFailures } from './director-targets.ts'
import type { DirectorParts, EachOptions } from './director-targets.ts'
import { errorCell } from './error-cell.ts'

/**
 * How a change on one target ended. `done`: Director says so, or a listing shows it; `unchanged`: nothing had to be sent;
 * `accepted`: its order was not waited for; `pending`, `unverified`: still to be settled; `failed`.
 */
export type TargetStatus = 'done' | 'unchanged' | 'accepted' | 'pending' | 'unverified' | 'failed'

/** One row of the result of an action on targets. */
export interface TargetRow {
  readonly status: TargetStatus
  /** Of the source or plugin, where it is known. */
  readonly id: string | null
  readonly order: string | null
  readonly differences: readonly FieldDifference[]
  readonly notComparable: readonly string[]
  /** A sentence of ours or of Director's. */
  readonly message: string | null
  readonly error: StixTaxiiError | null
}

/** A row with nothing in it but its status. */
export function targetRow(status: TargetStatus, more: Partial<TargetRow> = {}): TargetRow {
  return { status, id: null, order: null, differences: [], notComparable: [], message: null, error: null, ...more }
}

/** The row of a change that was followed to its end, or was not to be (`wait` false). */
export function rowOfChange(change: SourceChange, wait: boolean): TargetRow {
  const { state, order = null, id = null, differences, notComparable, reason = null } = change
  const known = { id, order, differences, notComparable, message: reason }
  if (state === 'done') return targetRow('done', known)
  if (state === 'pending' && !wait) return targetRow('accepted', known)
  const outcome = state === 'pending' ? ({ state } as const) : ({ state, reason: reason ?? '' } as const)
  return targetRow(state, { ...known, error: orderFailure(order ?? ('' as OrderPath), outcome) ?? null })
}

/** A row, and the target it is about. */
export type Row = TargetRow & { readonly logpoint: Logpoint }

/** What is done on one target. `say` tells how far it is; `ordered` which order it has become, as soon as that is known. */
export type TargetWork = (
  logpoint: Logpoint,
  say: (text: string) => void,
  ordered: (order: OrderPath) => void,
) => Promise<TargetRow>

/**
 * Changes something on each target; what fails there is in its row. Stopped, there are rows all the same: what Director has
 * accepted can be gone on with only by the paths of its orders.
 */
export async function rowsOfTargets(
  logpoints: readonly Logpoint[],
  options: Pick<EachOptions, 'parallel' | 'doing'>,
  { signal, progress }: Pick<DirectorParts, 'signal' | 'progress'>,
  work: TargetWork,
): Promise<readonly Row[]> {
  const orders = new Map<Logpoint, OrderPath>()
  const outcomes = await onEach(logpoints, { ...options, signal, progress, keepsWhenStopped: true }, (logpoint, say) =>
    work(logpoint, say, (order) => void orders.set(logpoint, order)),
  )
  return outcomes.map(({ logpoint, value, error }) => ({
    logpoint,
    ...(value ?? rowOfError(error, orders.get(logpoint))),
  }))
}

/** A failure after the order is known says nothing of the order, unless it is Director's own word of it. */
function rowOfError(error: StixTaxiiError, order: OrderPath | undefined): TargetRow {
  if (order !== undefined && error.kind !== 'remote') {
    return targetRow('pending', { order, error: orderUnread(order, error) })
  }
  const isBegun = error.kind === 'cancelled' && error.code !== 'DIRECTOR_NOT_TRIED'
  const message = isBegun ? 'stopped in the middle; list what is there before it is run again' : null
  return targetRow(isBegun ? 'unverified' : 'failed', { message, error, order: order ?? null })
}

function orderUnread(order: OrderPath, cause: StixTaxiiError): StixTaxiiError {
  const message = `It was accepted, and how its order ended was not read: ${cause.message}`
  return new StixTaxiiError('DIRECTOR_ORDER_UNREAD', message, {
    kind: cause.kind,
    hint: `It is not sent again. ${cause.kind === 'auth' ? 'With a valid token, go' : 'Go'} on waiting with: stixtaxii director order wait ${order}`,
    context: { order },
    cause,
  })
}

/**
 * Changes something on each target, writes a row for each and what they come to, and ends as the targets did.
 * @throws the failure of the targets; see `failureOfTargets`
 */
export async function changeTargets(
  logpoints: readonly Logpoint[],
  options: Pick<EachOptions, 'parallel' | 'doing'>,
  parts: Pick<DirectorParts, 'signal' | 'progress' | 'output' | 'notices'>,
  work: TargetWork,
): Promise<void> {
  const rows = await rowsOfTargets(logpoints, options, parts, work)
  const failure = failureOfTargets(rows)
  try {
    await writeRows(parts.output, rows)
  } catch (error) {
    // That nobody reads the result does not make a failed change a good one.
    throw failure ?? error
  }
  tellFailures(rows, parts.notices)
  if (failure) throw failure
}

async function writeRows(output: OutputWriter, rows: readonly Row[]): Promise<void> {
  const count = (...wanted: TargetStatus[]): number => rows.filter(({ status }) => wanted.includes(status)).length
  const totals = {
    targets: rows.length,
    done: count('done'),
    unchanged: count('unchanged'),
    accepted: count('accepted'),
    pending: count('pending', 'unverified'),
    failed: count('failed'),
  }
  await output.results(
    rows.map((row) => rowRecord(output.format, row)),
    totals,
    targetsShape,
  )
}

/** A row as a record of `-o json`, or as a table shows it: the path of an order that is done helps nobody there. */
export function rowRecord(format: OutputFormat, { logpoint, differences, error, ...row }: Row): OutputRecord {
  const isFlat = format === 'table' || format === 'csv'
  const told = error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
  const inWords = differences.map(({ field, asked, found }) => `${field}: asked ${asked}, found ${found}`)
  return {
    target: logpoint.name,
    ...row,
    order: isFlat && row.status === 'done' ? null : row.order,
    differences: isFlat ? inWords : differences,
    error: errorCell(format, told),
  }
}

const targetsShape: Shape = {
  columns: [
    { field: 'target', head: 'Logpoint' },
    { field: 'status', head: 'Status' },
    { field: 'id', head: 'Id', long: 'whole', minor: 1 },
    { field: 'order', head: 'Order', minor: 0, long: 'whole' },
    { field: 'differences', head: 'Differences', minor: 0, long: 'wrap' },
    { field: 'message', head: 'Message', minor: 0, long: 'wrap' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'target',
}
