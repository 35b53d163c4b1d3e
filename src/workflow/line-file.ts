import { closeSync, openSync, writeSync } from 'node:fs'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'

/** A file that lines are appended to, each written out before the next thing happens. */
export interface LineFile {
  write(line: string): void
  /** Opens the path anew, after whoever rotates logs has moved the file away. Keeps the old one when that fails. */
  reopen(): void
  close(): void
}

/**
 * Opens a log for its owner only. `onFailure` is told once when it cannot be written any more, and once it can again the
 * next failure is told too.
 * @throws WORKFLOW_LOG_FAILED (local)
 */
export function openLineFile(path: string, onFailure: (reason: string) => void): LineFile {
  let file = open(path)
  let isFailing = false
  return {
    write(line) {
      try {
        writeSync(file, line)
        isFailing = false
      } catch (error) {
        if (!isFailing) onFailure(reasonOf(error))
        isFailing = true
      }
    },
    reopen() {
      try {
        const opened = open(path)
        closeSync(file)
        file = opened
      } catch (error) {
        onFailure(error instanceof Error ? error.message : String(error))
      }
    },
    close: () => closeSync(file),
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new StixTaxiiError('WORKFLOW_LOG_FAILED', `The log ${path} cannot be written: ${whyOf(cause)}`, {
      kind: 'local',
      hint: 'Name a file in a folder that this user may write.',
      context: { path, reason },
      cause,
    })
  }
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
