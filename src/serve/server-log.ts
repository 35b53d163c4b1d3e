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
