import type { LogFields, ServerLog } from '../../../src/serve/server-log.ts'

/** A log that keeps its lines. */
export function aLog(): ServerLog & { readonly lines: readonly ({ readonly event: string } & LogFields)[] } {
  const lines: ({ readonly event: string } & LogFields)[] = []
  const write = (event: string, fields: LogFields = {}): void => {
    lines.push({ ...fields, event })
  }
  return { lines, info: write, warn: write, error: write, audit: write }
}
