import { withoutSecrets } from '../core/known-secrets.ts'
import type { Notice, NoticeSink } from '../core/notice.ts'
import type { Terminal } from '../core/ports.ts'
import { jsonText } from '../core/json-text.ts'
import type { OutputFormat } from '../output/writer.ts'

/** Tells each notice once: a sentence for a person, or a line `{"warning": ...}` where the output is JSON. */
export function createNotices(
  terminal: Terminal,
  options: { readonly format: OutputFormat; readonly quiet: boolean; readonly write: (text: string) => void },
): NoticeSink {
  const told = new Set<string>()
  const isJson = options.format === 'json' || options.format === 'ndjson'
  return (given: Notice) => {
    const notice = { code: given.code, message: withoutSecrets(given.message) }
    const key = `${notice.code} ${notice.message}`
    if (options.quiet || told.has(key)) return
    told.add(key)
    if (isJson) options.write(`${jsonText({ warning: { code: notice.code, message: notice.message } })}\n`)
    else terminal.warn(notice.message)
  }
}
