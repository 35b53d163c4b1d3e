import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { whyOf } from '../core/system-fault.ts'

/** The document is broken from some point on. */
export function damaged(file: string, reason: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('WORKFLOW_FILE_DAMAGED', `${file} is damaged: ${reason}`, {
    kind: 'protocol',
    hint: 'Get the file again from where it came. What stood before the damage was stored.',
    context: { file, reason },
    cause,
  })
}

/** The document may be whole, but it is something else. */
export function notStix(file: string, seen: string): StixTaxiiError {
  const begin = printable(seen.slice(0, 60), { maxLength: 60 })
  return new StixTaxiiError('WORKFLOW_FILE_NOT_STIX', `${file} is not STIX: it begins with "${begin}"`, {
    kind: 'protocol',
    hint: 'A STIX 2 bundle, a JSON array, NDJSON and a STIX 1 XML document are understood.',
    context: { file },
  })
}

/** The file cannot be read at all. */
export function unreadable(file: string, cause: unknown): StixTaxiiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const missing = code === 'ENOENT'
  return new StixTaxiiError(
    'WORKFLOW_FILE_UNREADABLE',
    `${file} ${missing ? 'does not exist' : `cannot be read: ${whyOf(cause)}`}`,
    {
      kind: missing ? 'not-found' : 'local',
      hint: 'Check the path and the rights of the file.',
      context: { file, reason: code },
      cause,
    },
  )
}

/** It may be STIX, but packed, or JSON in an encoding that JSON has not. */
export function encodedFile(file: string, encoding: 'gzip' | 'UTF-16'): StixTaxiiError {
  const undo = encoding === 'gzip' ? 'zcat' : 'iconv -f UTF-16 -t UTF-8'
  const what = encoding === 'gzip' ? 'packed with gzip' : 'JSON in UTF-16, and JSON is UTF-8'
  return new StixTaxiiError('WORKFLOW_FILE_ENCODED', `${file} cannot be read: it is ${what}`, {
    kind: 'protocol',
    hint: `Give its content by standard input (-), from: ${undo} FILE`,
    context: { file, encoding },
  })
}
