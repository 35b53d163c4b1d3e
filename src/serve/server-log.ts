import type { Clock } from '../core/ports.ts'
import { withoutSecrets } from '../core/known-secrets.ts'
import { visible } from '../core/visible.ts'

/** One event, one line of JSON: `time`, `level`, `event`, and these. Never a secret, never a body. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * Where the server says what happened. `audit` is what an auditor asks for: who did what to which collection, logins and
 * refusals; it goes to the audit log as well.
 */
export interface ServerLog {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  audit(event: string, fields: LogFields): void
}

/** From the most to the least that is told. `audit` lines are always told. */
export const logLevels = ['info', 'warn', 'error', 'none'] as const
export type LogLevel = (typeof logLevels)[number]

export interface ServerLogOptions {
  readonly clock: Clock
  /** Nothing below it is written. Default `info`. */
  readonly level?: LogLevel | undefined
  /** Takes whole lines, each with its line feed. */
  readonly write: (line: string) => void
  /** Takes the audit's lines besides. */
  readonly writeAudit?: ((line: string) => void) | undefined
}

/** Characters of one value at most: what a client sends must not fill the disk. */
const longestValue = 2_000

/**
 * A log of JSON lines. Whatever the fields hold, an event is one line of printable characters: controls, line and paragraph
 * separators and what reorders text stand as `\u{..}` in it (S21).
 */
export function createServerLog(options: ServerLogOptions): ServerLog {
  const { clock, level = 'info', write, writeAudit } = options
  const least = logLevels.indexOf(level)
  const at =
    (name: 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(name) >= least) write(lineOf(clock, name, event, fields))
    }
  return {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    audit(event, fields) {
      const line = lineOf(clock, 'audit', event, fields)
      if (level !== 'none') write(line)
      writeAudit?.(line)
    },
  }
}

function lineOf(clock: Clock, level: string, event: string, fields: LogFields): string {
  const told = Object.entries(fields).map(([name, value]) => [
    safe(name),
    typeof value === 'string' ? safe(value) : value,
  ])
  // The three that every line has come first, and no field takes their place.
  const facts = { time: clock.now().toISOString(), level, event: safe(event) }
  return `${JSON.stringify({ ...facts, ...Object.fromEntries(told), ...facts })}\n`
}

function safe(text: string): string {
  const clean = withoutSecrets(visible(text))
  return clean.length <= longestValue ? clean : `${clean.slice(0, longestValue)}…`
}
