import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { StixTaxiiError } from '../../core/errors.ts'
import { redactUrl } from '../../core/redact.ts'
import { whyOf } from '../../core/system-fault.ts'
import type { Call, CallName } from './calls.ts'
import type { ReceivedUpload } from './uploads.ts'

/** One request as the emulator received it, whatever became of it. */
export interface RecordedRequest {
  /** 1 for the first. */
  readonly number: number
  /** RFC 3339. */
  readonly at: string
  readonly method: string
  /** As on the wire, without the query. */
  readonly path: string
  /** Names in lower case. Secrets are clear in memory. */
  readonly headers: Readonly<Record<string, string>>
  /** Names and values in turn, as on the wire. */
  readonly rawHeaders: readonly string[]
  /** Which call it was; undefined for none. */
  readonly call?: CallName | undefined
  readonly pool?: string | undefined
  readonly logpoint?: string | undefined
  /** Bytes of the body; of an upload, of its file. */
  readonly bodyBytes: number
  /** The body, where it was JSON. */
  readonly json?: unknown
  readonly upload?: ReceivedUpload | undefined
  /** Status of the answer; undefined while there is none, or when the connection was torn instead. */
  readonly status?: number | undefined
}

/** Keys whose values are secrets, in any case, anywhere in a tree. */
const secretKeys: ReadonlySet<string> = new Set([
  'password',
  'key_pass',
  'token',
  'secret',
  'secretkey',
  'authorization',
  'proxy-authorization',
  'cookie',
  'api_key',
])

/** A request as a line of `--record`: secrets are `***`, files are their length and digest. */
export function recordLine(request: RecordedRequest): string {
  const shown = {
    ...request,
    rawHeaders: undefined,
    upload: request.upload && { ...request.upload, content: undefined },
  }
  return `${JSON.stringify(masked(shown))}\n`
}

function masked(value: unknown): unknown {
  if (typeof value === 'string') return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? redactUrl(value) : value
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, secretKeys.has(key.toLowerCase()) ? '***' : masked(each)]),
  )
}

/** A file of records, one line each, readable by its owner only. */
export interface RecordFile {
  write(request: RecordedRequest): void
  close(): void
}

/**
 * Opens a file to append to. When it can be written no more (a full disk), `onFailure` is told once, and the rest is lost.
 * @throws SIMULATE_RECORD_FAILED (local)
 */
export function openRecordFile(path: string, onFailure: (reason: string) => void): RecordFile {
  let isLost = false
  let file: number
  try {
    file = openSync(path, 'a', 0o600)
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new StixTaxiiError('SIMULATE_RECORD_FAILED', `The record ${path} cannot be written: ${whyOf(cause)}`, {
      kind: 'local',
      hint: 'Name another file with --record, or leave it out.',
      context: { path, reason },
      cause,
    })
  }
  return {
    write(request) {
      if (isLost) return
      try {
        writeSync(file, recordLine(request))
      } catch (error) {
        isLost = true
        onFailure(whyOf(error))
      }
    },
    close: () => closeSync(file),
  }
}

/** What is told of a request besides what was on the wire. */
export function placeOf(call: Call | undefined): Pick<RecordedRequest, 'call' | 'pool' | 'logpoint'> {
  return { call: call?.call, pool: call?.pool, logpoint: call?.logpoint }
}
