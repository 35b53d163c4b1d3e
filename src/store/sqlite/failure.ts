import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { StixTaxiiError } from '../../core/errors.ts'
import { SqlError } from './binding.ts'

// SQLite's result codes that mean something of their own to us; the low byte of an extended code.
const busy = 5
const locked = 6
const readOnly = 8
const inputOutput = 10
const corrupt = 11
const full = 13
const cannotOpen = 14
const notADatabase = 26
// Extended codes of a write that did not fit: SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE.
const failedWrites = [778, 1034, 1546, 4874]

export function isBusy(error: unknown): boolean {
  return error instanceof SqlError && [busy, locked].includes(error.number & 0xff)
}

/** What an error of SQLite means for the user; every other error is given back as it is. */
export function storeFailure(error: unknown, file: string): unknown {
  if (!(error instanceof SqlError)) return error
  const context = { file, sqlite: error.number }
  switch (error.number & 0xff) {
    case busy:
    case locked:
      return new StixTaxiiError('STORE_BUSY', `Another process keeps the store ${file} locked`, {
        kind: 'conflict',
        hint: 'Wait until the other process has written, then run this again.',
        context,
        cause: error,
      })
    case full:
      return storeFull(file, error)
    case corrupt:
    case notADatabase:
      return storeCorrupt(file, error.message, error)
    case inputOutput:
      if (failedWrites.includes(error.number)) return storeFull(file, error)
      break
    case readOnly:
    case cannotOpen:
      if (hasNoDescriptor()) return tooManyFiles(file, error)
      return new StixTaxiiError(
        'STORE_UNREADABLE',
        `The store ${file} cannot be opened for writing: ${error.message}`,
        {
          kind: 'local',
          hint: 'Check that the folder exists and that this user may write in it, or name another store with --store.',
          context,
          cause: error,
        },
      )
  }
  return new StixTaxiiError('STORE_FAILED', `The store ${file} failed: ${error.message}`, {
    kind: 'local',
    hint: 'Check the disk, then look at the store with: stixtaxii store verify',
    context,
    cause: error,
  })
}

/** SQLite does not say why it could not open a file. Never asked of the store's own: closing that drops the kernel's locks. */
function hasNoDescriptor(): boolean {
  try {
    closeSync(openSync(devNull, 'r'))
    return false
  } catch (error) {
    return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

function tooManyFiles(file: string, cause: SqlError): StixTaxiiError {
  return new StixTaxiiError('STORE_UNREADABLE', `The store ${file} cannot be opened: too many open files`, {
    kind: 'local',
    hint: 'Raise the limit: ulimit -n. Fetching needs forty.',
    context: { file, sqlite: cause.number },
    cause,
  })
}

function storeFull(file: string, cause: SqlError): StixTaxiiError {
  return new StixTaxiiError('STORE_FULL', `No room to write to the store ${file}: ${cause.message}`, {
    kind: 'local',
    hint: 'Nothing of this page was kept and the checkpoint is where it was. Make room, then run this again.',
    context: { file, sqlite: cause.number },
    cause,
  })
}

/** The file is damaged, or is no store at all. */
export function storeCorrupt(file: string, reason: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_CORRUPT', `The store ${file} is damaged: ${reason}`, {
    kind: 'local',
    hint: 'See what is broken with: stixtaxii store verify. Then go back to a copy, or fetch into a new store; export --skip-damaged writes what can still be read.',
    context: { file },
    cause,
  })
}
