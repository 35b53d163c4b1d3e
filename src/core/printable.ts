import { withoutSecrets } from './known-secrets.ts'
import { visible } from './visible.ts'

/**
 * Server text made safe for a terminal or a log: everything that could move a cursor, change a title, write a clipboard or
 * reorder text is shown as `\u{..}`. Line feeds and tabs too, unless `lines` is true.
 */
export function printable(text: string, options: { lines?: boolean; maxLength?: number } = {}): string {
  const safe = visible(text, { lines: options.lines })
  const limit = options.maxLength
  if (limit === undefined || safe.length <= limit) return safe
  // Half of a secret at the cut would not be known again.
  return `${withoutSecrets(safe).slice(0, limit)}…`
}
