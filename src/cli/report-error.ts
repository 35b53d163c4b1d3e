import { exitStatusOfKind, StixTaxiiError } from '../core/errors.ts'
import { jsonText } from '../core/json-text.ts'
import { withoutSecrets } from '../core/known-secrets.ts'
import { printable } from '../core/printable.ts'
import { systemFault } from '../core/system-fault.ts'
import type { OutputFormat } from '../output/writer.ts'
import { exitStatusOfSignal, type StopSignal } from './host.ts'

export interface ReportContext {
  readonly format: OutputFormat
  readonly debug: boolean
  readonly colors: boolean
  readonly write: (text: string) => void
  /** The signal that stopped the run, if one did. */
  readonly stoppedBy: StopSignal | undefined
  /** Whether that signal is the command's ordinary end: then what this machine refuses while it ends is a failure of its own. */
  readonly isMeantEnd?: boolean | undefined
}

/** Tells an error on standard error, for a person or as one line of JSON, and returns the exit status. */
export function reportError(thrown: unknown, context: ReportContext): number {
  const error = asOurs(thrown, context)
  // Whoever reads our output had enough: not a failure, and nothing to say.
  if (error.code === 'OUTPUT_CLOSED') return 0
  const isJson = context.format === 'json' || context.format === 'ndjson'
  context.write(isJson ? asJson(error) : asText(error, context.colors))
  if (context.debug) context.write(stackOf(error))
  return context.stoppedBy && error.kind === 'cancelled'
    ? exitStatusOfSignal[context.stoppedBy]
    : exitStatusOfKind[error.kind]
}

/** After a stop signal everything that fails, fails because of it, but for a state that cannot be written at a meant end. */
function asOurs(thrown: unknown, { stoppedBy, isMeantEnd }: ReportContext): StixTaxiiError {
  if (thrown instanceof StixTaxiiError && (thrown.kind === 'cancelled' || thrown.code === 'OUTPUT_CLOSED'))
    return thrown
  if (stoppedBy !== undefined && !(isMeantEnd && thrown instanceof StixTaxiiError && thrown.kind === 'local')) {
    return new StixTaxiiError('CORE_CANCELLED', `Stopped by ${stoppedBy}`, { kind: 'cancelled', cause: thrown })
  }
  if (thrown instanceof StixTaxiiError) return thrown
  return fromSystem(thrown) ?? fromBug(thrown)
}

/** What the operating system refused, where no room said more about it. */
function fromSystem(thrown: unknown): StixTaxiiError | undefined {
  const fault = systemFault(thrown)
  if (!fault) return undefined
  const { message, hint, context } = fault
  return new StixTaxiiError('CLI_SYSTEM_FAULT', message, { kind: 'local', hint, context, cause: thrown })
}

function fromBug(thrown: unknown): StixTaxiiError {
  const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  const [line = ''] = said.split('\n')
  return new StixTaxiiError('CLI_INTERNAL', `Unexpected failure: ${printable(line, { maxLength: 300 })}`, {
    kind: 'internal',
    hint: 'This is a bug. Run it again with --debug and report what it prints.',
    cause: thrown,
  })
}

function asJson(error: StixTaxiiError): string {
  const { code, kind, message, hint, context, retryAfterMs } = error
  const told = { code, kind, message, hint: hint ?? null, context: { ...context, retryAfterMs } }
  return `${jsonText({ error: told })}\n`
}

function asText(error: StixTaxiiError, colors: boolean): string {
  const paint = (open: number, text: string): string => (colors ? `\u001b[${open}m${text}\u001b[0m` : text)
  const lines = [`${paint(31, 'error:')} ${printable(error.message, { lines: true })} ${paint(2, `[${error.code}]`)}`]
  if (error.hint) lines.push(`${paint(36, 'hint:')} ${printable(error.hint, { lines: true })}`)
  return `${lines.join('\n')}\n`
}

function stackOf(error: StixTaxiiError): string {
  const stacks: string[] = []
  for (let at: unknown = error; at instanceof Error && stacks.length < 8; at = at.cause) {
    stacks.push(printable(withoutSecrets(at.stack ?? String(at)), { lines: true }))
  }
  return `${stacks.join('\ncaused by: ')}\n`
}
