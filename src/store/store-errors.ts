import { StixTaxiiError } from '../core/errors.ts'
import type { RecordChange } from './records.ts'
import type { LockHolder, SourceRef } from './store.ts'

/** The errors that every driver raises in the same words. */

export function runUnknown(runId: string): StixTaxiiError {
  return new StixTaxiiError('STORE_RUN_UNKNOWN', `The store has no run ${runId}`, {
    kind: 'internal',
    context: { runId },
  })
}

export function runNotFull(runId: string): StixTaxiiError {
  return new StixTaxiiError('STORE_RUN_NOT_FULL', `Run ${runId} did not begin as one that reads everything`, {
    kind: 'internal',
    context: { runId },
  })
}

/** Another process (or another part of this one) has the source. */
export function sourceLocked(source: SourceRef, holder: LockHolder | undefined, timeoutMs: number): StixTaxiiError {
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : 'another process'
  return new StixTaxiiError('STORE_SOURCE_LOCKED', `Source "${source.name}" is being fetched by ${who}`, {
    kind: 'conflict',
    hint: 'Wait for it with a longer --lock-timeout, or stop that process; its lock ends with it.',
    context: { source: source.name, ...holder, waitedMs: timeoutMs },
  })
}

/** A record is not as it was when its change was thought out. */
export function recordChanged({ kind, id, revision }: RecordChange): StixTaxiiError {
  return new StixTaxiiError('STORE_RECORD_CHANGED', `The ${kind} "${id}" was changed by someone else meanwhile`, {
    kind: 'conflict',
    hint: 'Run this again: it then starts from what is there now.',
    context: { record: kind, id, revision },
  })
}

/** What was given for a record cannot be kept. */
export function recordInvalid({ kind, id }: RecordChange, why: string): StixTaxiiError {
  return new StixTaxiiError('STORE_RECORD_INVALID', `The ${kind} "${id}" cannot be kept: ${why}`, {
    kind: 'internal',
    context: { record: kind, id },
  })
}

/** Nothing says which versions are to go; all of them are never meant. */
export function removalUnbounded(): StixTaxiiError {
  return new StixTaxiiError('STORE_REMOVAL_UNBOUNDED', 'A removal names an id, or a time of adding', {
    kind: 'internal',
  })
}
