import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { jsonText } from '../core/json-text.ts'
import { whyOf } from '../core/system-fault.ts'

/** The file of `--trace-http`: one redacted record a line, appended, readable by its owner only. */
export interface TraceFile {
  write(record: Readonly<Record<string, unknown>>): void
  close(): void
}

/** @throws CLI_TRACE_FAILED (local) */
export function openTraceFile(path: string): TraceFile {
  let file: number
  try {
    file = openSync(path, 'a', 0o600)
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600)
  } catch (error) {
    throw traceFailed(path, error)
  }
  return {
    write(record) {
      try {
        // Written before the request goes on, so that the last line before a crash is there.
        writeSync(file, `${jsonText(record)}\n`)
      } catch (error) {
        throw traceFailed(path, error)
      }
    },
    close: () => closeSync(file),
  }
}

function traceFailed(path: string, cause: unknown): StixTaxiiError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new StixTaxiiError('CLI_TRACE_FAILED', `Could not write the trace ${printable(path)}: ${whyOf(cause)}`, {
    kind: 'local',
    hint: 'Name another file with --trace-http, or leave it out.',
    context: { path, errno: reason },
    cause,
  })
}
