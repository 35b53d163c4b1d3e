import { toEpochMicroseconds } from '../core/timestamp.ts'
import type { RecordChange } from './records.ts'
import { recordInvalid } from './store-errors.ts'

/** A change of a record as a driver keeps it. */
export interface KeptChange {
  /** JSON; undefined removes the record. */
  readonly text: string | undefined
  /** Microseconds since 1970. */
  readonly expires: number | undefined
}

/** @throws STORE_RECORD_INVALID (internal) for a body that is no JSON or a time that is no timestamp. */
export function keptChange(change: RecordChange): KeptChange {
  const expires = change.expiresAt === undefined ? undefined : toEpochMicroseconds(change.expiresAt)
  if (change.expiresAt !== undefined && expires === undefined) throw recordInvalid(change, 'its end is no timestamp')
  return {
    text: textOf(change),
    expires: expires === undefined ? undefined : Math.min(Number(expires), Number.MAX_SAFE_INTEGER),
  }
}

function textOf(change: RecordChange): string | undefined {
  if (change.body === undefined) return undefined
  let text: string | undefined
  try {
    text = JSON.stringify(change.body)
  } catch (error) {
    throw recordInvalid(change, (error as Error).message)
  }
  if (text === undefined) throw recordInvalid(change, `${typeof change.body} is not JSON`)
  return text
}
