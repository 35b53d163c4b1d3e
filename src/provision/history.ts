import { StixTaxiiError } from '../core/errors.ts'
import type { JournalEntry, StepEnd } from './journal.ts'

/** One run as `history` shows it. */
export interface RunRecord {
  readonly run: string
  readonly at: string
  readonly command: string
  readonly fleet: string
  readonly director: string
  /** Writes that were planned. */
  readonly writes: number
  readonly done: number
  readonly failed: number
  /** Writes of which nobody knows yet whether they were carried out. */
  readonly unknown: number
  /** `done`, what was wrong, or `interrupted`. */
  readonly status: string
}

/** One write of a run. */
export interface WriteRecord {
  readonly step: number
  readonly at: string
  readonly target: string
  readonly sign: string
  readonly thing: string
  readonly fields: readonly { readonly field: string; readonly from: string; readonly to: string }[]
  readonly end: StepEnd
  readonly order: string | null
  readonly sourceId: string | null
  readonly error: string | null
  /** The later run that found out. */
  readonly settledBy: string | null
}

/** The runs of a journal, newest first. */
export function listRuns(entries: readonly JournalEntry[]): readonly RunRecord[] {
  const begins = entries.flatMap((entry) => (entry.event === 'begin' ? [entry] : []))
  const ends = new Map(entries.flatMap((entry) => (entry.event === 'end' ? [[entry.run, entry.status] as const] : [])))
  const writes = new Map<string, WriteRecord[]>()
  for (const { run } of begins) writes.set(run, [])
  for (const [run, write] of allWrites(entries)) writes.get(run)?.push(write)
  return begins.reverse().map(({ run, at, command, fleet, director, writes: planned }) => {
    const own = writes.get(run) ?? []
    const count = (end: StepEnd): number => own.filter((write) => write.end === end).length
    return {
      run,
      at,
      command,
      fleet,
      director,
      writes: planned,
      done: count('done'),
      failed: count('failed') + count('not done'),
      unknown: count('unknown'),
      status: ends.get(run) ?? 'interrupted',
    }
  })
}

/** The writes of one run, in their order. @throws PROVISION_RUN_UNKNOWN (not-found) */
export function findWrites(entries: readonly JournalEntry[], run: string): readonly WriteRecord[] {
  if (!entries.some((entry) => entry.run === run)) throw unknownRun(run)
  return allWrites(entries).flatMap(([of, write]) => (of === run ? [write] : []))
}

/** The error for a run that the journal does not have. */
export function unknownRun(run: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_RUN_UNKNOWN', `There is no run "${run}" in the journal`, {
    kind: 'not-found',
    hint: 'List them with: stixtaxii history',
    context: { run },
  })
}

function allWrites(entries: readonly JournalEntry[]): readonly (readonly [string, WriteRecord])[] {
  const writes = new Map<string, readonly [string, WriteRecord]>()
  for (const entry of entries) {
    if (entry.event === 'begin' || entry.event === 'end') continue
    const key = `${entry.run} ${entry.step}`
    if (entry.event === 'intent') {
      const { step, at, target, write } = entry
      const { sign, thing, fields } = write
      const open = { end: 'unknown', order: null, sourceId: null, error: null, settledBy: null } as const
      writes.set(key, [entry.run, { step, at, target, sign, thing, fields, ...open }])
    }
    const found = writes.get(key)?.[1]
    if (!found) continue
    if (entry.event === 'order') writes.set(key, [entry.run, { ...found, order: entry.order }])
    if (entry.event === 'result') {
      const { end, sourceId = null, error = null, settledBy = null } = entry
      writes.set(key, [entry.run, { ...found, end, sourceId, error, settledBy }])
    }
  }
  return [...writes.values()]
}
