import { textOf } from '../byte-string.ts'
import type { LogFormat } from './format.ts'
import { appendPairs } from './kv.ts'

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

/** A line without the pairs at its end that an earlier run has added. */
export function withoutOwn(line: string, own: ReadonlySet<string>): string {
  let bare = line
  for (;;) {
    if (!bare.endsWith('"')) return bare
    const found = ownAtEnd.exec(bare.slice(-longestOwn))
    if (!found || !own.has(found[1] ?? '')) return bare
    bare = bare.slice(0, bare.length - found[0].length)
  }
}

const longestOwn = 4096
const ownAtEnd = / (\w+)="(?:[^"\\]|\\["\\u])*"$/
