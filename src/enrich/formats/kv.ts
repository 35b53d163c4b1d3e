import { quoted, textOf } from '../byte-string.ts'
import { trimmedEnd } from '../trim.ts'
import type { Addition, LogFormat, Visit } from './format.ts'

/** `key=value` pairs, values in double quotes where they have blanks; anything between them is text, named `message`. */
export const kv: LogFormat = {
  name: 'kv',
  lineKind: 'text',
  read(line, own, visit) {
    // Those at the end first: behind a quote without an end they would be taken for its text.
    const pieces = readPairs(withoutOwn(line, own), own, visit)
    return (additions) => appendPairs(pieces, additions)
  },
}

/**
 * Visits the pairs of a line; gives back the line without those that are ours. The value of a pair ends at a blank or at its
 * quote; `\"` and `\\` within quotes are undone, a comma or semicolon behind a value is not part of it.
 */
export function readPairs(line: string, own: ReadonlySet<string>, visit: Visit): string {
  const kept: string[] = []
  let from = 0
  let text = ''
  for (const pair of pairsOf(line)) {
    text += ` ${line.slice(pair.before, pair.from)}`
    if (own.has(pair.key)) {
      kept.push(trimmedEnd(line.slice(from, pair.from), ' '))
      from = pair.to
    } else visit(() => textOf(pair.key), textOf(pair.value), 'value')
  }
  kept.push(line.slice(from))
  const last = lastEnd(line)
  text += ` ${line.slice(last)}`
  if (text.trim() !== '') visit(() => 'message', textOf(text), 'words')
  return kept.join('')
}

interface Pair {
  readonly key: string
  readonly value: string
  /** Where what stands before it begins. */
  readonly before: number
  readonly from: number
  readonly to: number
}

const separators = ' \t,;|'

function* pairsOf(line: string): Generator<Pair> {
  let before = 0
  let wordFrom = 0
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string
    if (separators.includes(character) || character === '"' || character === "'") wordFrom = at + 1
    else if (character === '=' && at > wordFrom) {
      const from = wordFrom
      const { value, to } = valueAt(line, at + 1)
      yield { key: line.slice(from, at), value, before, from, to }
      before = to
      at = to - 1
      wordFrom = to
    }
  }
}

function valueAt(line: string, from: number): { readonly value: string; readonly to: number } {
  const quote = line[from]
  if (quote !== '"' && quote !== "'") {
    let to = from
    while (to < line.length && line[to] !== ' ' && line[to] !== '\t') to++
    return { value: trimmedEnd(line.slice(from, to), ',;'), to }
  }
  let to = from + 1
  while (to < line.length && line[to] !== quote) to += line[to] === '\\' ? 2 : 1
  const inner = line.slice(from + 1, Math.min(to, line.length))
  return { value: inner.includes('\\') ? inner.replace(/\\(["'\\])/g, '$1') : inner, to: Math.min(to + 1, line.length) }
}

function lastEnd(line: string): number {
  let end = 0
  for (const pair of pairsOf(line)) end = pair.to
  return end
}

/** A line with pairs added, each value in double quotes. */
export function appendPairs(line: string, additions: readonly Addition[]): string {
  return `${line}${additions.map(({ name, value }) => ` ${name}=${quoted(value)}`).join('')}`
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
