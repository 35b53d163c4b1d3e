import { cef } from './cef.ts'
import { createCsv } from './csv.ts'
import type { FormatOptions, LogFormat, LogFormatName } from './format.ts'
import { kv } from './kv.ts'
import { ndjson } from './ndjson.ts'
import { syslog } from './syslog.ts'
import { text } from './text.ts'

/** Formats by name; made anew for each file, because some learn from its first line. */
const registry: Readonly<Record<LogFormatName, (options: FormatOptions) => LogFormat>> = {
  ndjson: () => ndjson,
  kv: () => kv,
  cef: () => cef,
  syslog: () => syslog,
  csv: createCsv,
  text: () => text,
}

export function openLogFormat(name: LogFormatName, options: FormatOptions = {}): LogFormat {
  return registry[name](options)
}

const syslogHeader = /^(?:<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ \S+: )/

/** The format that the first line (a byte string) looks like. */
export function guessLogFormat(line: string): LogFormatName {
  const start = line.slice(0, 4096).replace(/^\u00ef\u00bb\u00bf/, '')
  if (/^\s*\{/.test(start)) return 'ndjson'
  if (/(?:^|\s)CEF:\d/.test(start)) return 'cef'
  if (syslogHeader.test(start)) return 'syslog'
  if ((start.match(/(?:^|[\s,;])[\w.-]+=/g) ?? []).length >= 2) return 'kv'
  return isHeader(start) ? 'csv' : 'text'
}

/** At least three names between separators, or two without blanks. */
function isHeader(line: string): boolean {
  if (/^"?[A-Za-z_][\w.-]*"?[,;\t|]"?[A-Za-z_][\w.-]*"?$/.test(line.slice(0, 1024))) return true
  return /^"?[A-Za-z_][\w .()/-]*"?(?:([,;\t|])"?[\w .()/@-]*"?){2,}$/.test(line.slice(0, 1024))
}
