import { lineSafe, textOf } from '../byte-string.ts'
import type { Addition, Extend, LogFormat, Visit } from './format.ts'
import { withoutOwn } from './kv.ts'
import { text } from './text.ts'

/**
 * ArcSight's Common Event Format, with or without a syslog header: the extension's `key=value` pairs; fields are added to
 * the extension. A line without `CEF:` is taken for text.
 * @see Micro Focus, "Implementing ArcSight Common Event Format (CEF)"
 */
export const cef: LogFormat = {
  name: 'cef',
  lineKind: 'text',
  // What an earlier run has added to a line that it took for text may make it look like CEF.
  read: (line, own, visit) => readCef(withoutOwn(line, own), own, visit) ?? text.read(line, own, visit),
}

/** Undefined where there is no CEF header in the line. */
export function readCef(line: string, own: ReadonlySet<string>, visit: Visit): Extend | undefined {
  const begin = line.indexOf('CEF:')
  const extension = begin < 0 ? -1 : extensionFrom(line, begin)
  if (extension < 0) return undefined
  visit(() => 'header', textOf(line.slice(0, extension)), 'words')
  const kept: string[] = []
  for (const pair of pairsOf(line.slice(extension))) {
    if (own.has(pair.key)) continue
    kept.push(pair.raw)
    if (pair.key === '') continue
    const isText = pair.key === 'msg' || pair.key === 'reason'
    visit(() => textOf(pair.key), textOf(unescaped(pair.value)), isText ? 'words' : 'value')
  }
  const bare = `${line.slice(0, extension)}${kept.join('')}`
  return (additions) => append(bare, extension, additions)
}

// Behind the seventh bar of the header that no backslash stands before; -1 when there is none.
function extensionFrom(line: string, begin: number): number {
  let bars = 0
  for (let at = begin; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === '|' && ++bars === 7) return at + 1
  }
  return -1
}

interface Pair {
  readonly key: string
  readonly value: string
  /** As it stands there, with the blank before it. */
  readonly raw: string
}

const keyBegin = /(?:^|[ \t])([\w.[\]-]{1,1023})=/g

// A value goes on until the next key; what stands before the first one has no key.
function* pairsOf(extension: string): Generator<Pair> {
  const keys = [...extension.matchAll(keyBegin)]
  const first = keys[0]?.index ?? extension.length
  if (first > 0) yield { key: '', value: '', raw: extension.slice(0, first) }
  for (const [index, found] of keys.entries()) {
    const end = keys[index + 1]?.index ?? extension.length
    const raw = extension.slice(found.index, end)
    yield { key: found[1] ?? '', value: raw.slice(found[0].length).trimEnd(), raw }
  }
}

function unescaped(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\([\\=|nr])/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 'r' ? '\r' : character,
  )
}

// A blank parts pairs; a value may end with a bar as the header does.
function append(line: string, extension: number, additions: readonly Addition[]): string {
  if (additions.length === 0) return line
  const blank = line.length === extension || line.endsWith(' ') ? '' : ' '
  const pairs = additions.map(({ name, value }) => `${name}=${lineSafe(value).replace(/[\\=]/g, '\\$&')}`)
  return `${line}${blank}${pairs.join(' ')}`
}
