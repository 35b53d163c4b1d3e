import { bytesOf, remembering, textOf } from '../byte-string.ts'
import type { Addition, Extend, LogFormat, Visit } from './format.ts'
import { text } from './text.ts'

/**
 * One JSON object a line: every string in it, named by its path (`source.ip`); fields are added at its end. What is no
 * object is text; JSON of another kind has no place for fields and stays as it is.
 */
export const ndjson: LogFormat = {
  name: 'ndjson',
  lineKind: 'json',
  read: (line, own, visit) => readObject(line, own, visit) ?? readOther(line, own, visit),
  isOther(line) {
    const bare = line.trim()
    return bare !== '' && !(bare.startsWith('{') && bare.endsWith('}'))
  },
}

function readOther(line: string, own: ReadonlySet<string>, visit: Visit): Extend | undefined {
  const extend = text.read(line, own, visit)
  return isJson(line) ? () => line : extend
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** An open bracket. `key` is raw, with quotes. */
interface Level {
  readonly isObject: boolean
  /** The path that leads here is ours. */
  readonly isOwn: boolean
  key: string
  members: number
}

/** A piece of a line. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Reads an object without building it, whatever its depth. The line has to be one object; its literals and escapes are let be.
 */
export function readObject(line: string, own: ReadonlySet<string>, visit: Visit): Extend | undefined {
  const levels: Level[] = []
  const members: (Span & { readonly isOwn: boolean })[] = []
  const name = (): string =>
    levels
      .filter(({ isObject }) => isObject)
      .map(({ key }) => unquoted(key))
      .join('.')
  let at = afterBlanks(line, 0)
  if (line[at] !== '{') return undefined
  let memberFrom = -1
  let close = -1
  // What may come next: a value, a key, or what follows a value.
  let expects: 'value' | 'key' | 'after' = 'value'
  for (;;) {
    at = afterBlanks(line, at)
    const character = line[at]
    const level = levels.at(-1)
    if (character === undefined) break
    if (close >= 0) return undefined
    if (expects === 'after') {
      if (level === undefined) return undefined
      if (levels.length === 1 && memberFrom >= 0) {
        members.push({ from: memberFrom, to: at, isOwn: isOwnKey(level.key, own) })
        memberFrom = -1
      }
      at++
      if (character === ',') expects = level.isObject ? 'key' : 'value'
      else if (character !== (level.isObject ? '}' : ']')) return undefined
      else {
        levels.pop()
        if (levels.length === 0) close = at - 1
      }
      continue
    }
    const isEmpty = level !== undefined && level.members === 0 && character === (level.isObject ? '}' : ']')
    if (isEmpty) {
      expects = 'after'
      continue
    }
    if (expects === 'key') {
      const end = character === '"' ? stringEnd(line, at) : -1
      if (end < 0 || level === undefined) return undefined
      if (levels.length === 1) memberFrom = at
      level.key = line.slice(at, end)
      level.members++
      at = afterBlanks(line, end)
      if (line[at++] !== ':') return undefined
      expects = 'value'
      continue
    }
    if (level && !level.isObject) level.members++
    const isOwn = level !== undefined && (level.isOwn || (levels.length === 1 && isOwnKey(level.key, own)))
    if (character === '{' || character === '[') {
      levels.push({ isObject: character === '{', isOwn, key: '', members: 0 })
      expects = character === '{' ? 'key' : 'value'
      at++
      continue
    }
    if (character === '"') {
      const end = stringEnd(line, at)
      if (end < 0) return undefined
      if (!isOwn) visit(name, unquoted(line.slice(at, end)), 'value')
      at = end
    } else {
      literal.lastIndex = at
      const found = literal.exec(line)
      if (!found) return undefined
      at += found[0].length
    }
    expects = 'after'
  }
  return close < 0 ? undefined : (additions) => extend(line, { members, close }, additions)
}

const literal = /(?:true|false|null|-?\d[\d.eE+-]*)(?=[\s,\]}])/y

function afterBlanks(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at++
  return at
}

// Behind the closing quote of the string that begins at `from`; -1 when it has none.
function stringEnd(line: string, from: number): number {
  for (let at = line.indexOf('"', from + 1); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = at - 1
    while (line[slashes] === '\\') slashes--
    if ((at - 1 - slashes) % 2 === 0) return at + 1
  }
  return -1
}

function unquoted(string: string): string {
  if (!string.includes('\\')) return textOf(string.slice(1, -1))
  try {
    return JSON.parse(textOf(string)) as string
  } catch {
    return textOf(string.slice(1, -1))
  }
}

function isOwnKey(key: string, own: ReadonlySet<string>): boolean {
  return own.has(unquoted(key))
}

// Without the members that are ours, with the new ones before the closing brace.
function extend(
  line: string,
  { members, close }: { readonly members: readonly (Span & { readonly isOwn: boolean })[]; readonly close: number },
  additions: readonly Addition[],
): string {
  let kept = ''
  let at = 0
  let hasKept = false
  for (const [index, member] of members.entries()) {
    if (member.isOwn) {
      // With the comma before it, or where none is before it the one after it.
      kept += line.slice(at, hasKept ? members[index - 1]?.to : member.from)
      at = hasKept ? member.to : (members[index + 1]?.from ?? member.to)
    } else hasKept = true
  }
  const end = members.at(-1)?.to ?? close
  const added = additions.map(({ name, value }) => `"${name}":${jsonValue(value)}`).join(',')
  const comma = hasKept && added !== '' ? ',' : ''
  return `${kept}${line.slice(at, end)}${comma}${added}${line.slice(end)}`
}

// What JSON leaves as it is, but a terminal or a line reader does not.
const unsafe = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const jsonValue = remembering((value: string | number) => {
  const text = JSON.stringify(value)
  return bytesOf(text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`))
})
