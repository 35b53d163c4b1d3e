import { textOf } from '../byte-string.ts'
import type { LogFormat } from './format.ts'
import { appendPairs, withoutOwn } from './kv.ts'

/** Any text: values are looked for in it; fields are added at its end as ` name="value"`. One field, named `message`. */
export const text: LogFormat = {
  name: 'text',
  lineKind: 'text',
  read(line, own, visit) {
    const bare = withoutOwn(line, own)
    visit(() => 'message', textOf(bare), 'words')
    return (additions) => appendPairs(bare, additions)
  },
}
