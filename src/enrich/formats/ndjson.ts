import { jsonText } from '../../core/json-text.ts'
import { bytesOf, textOf } from '../byte-string.ts'
import type { Addition, Extend, LogFormat, Visit } from './format.ts'
import { text } from './text.ts'

/**
 * One JSON object a line: every string in it, named by its path (`source.ip`); fields are added at its end. What is no
 * object is text; JSON of another kind has no place for fields and stays as it is.
 */
export const ndjson: LogFormat = {
  name: 'ndjson',
  lineKind: 'json',
  read: (line, own, visit, only) => readObject(line, own, visit, only) ?? readOther(line, own, visit),
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

/** An open bracket; the key its value belongs to stands, quotes included, from `keyFrom` to `keyTo`. */
interface Level {
  readonly isObject: boolean
  /** The path that leads here is ours. */
  readonly isOwn: boolean
  keyFrom: number
  keyTo: number
  members: number
}

/** A piece of a line. */
interface Span {
  readonly from: number
  readonly to: number
}

const [quote, backslash, comma, colon, blank, tab] = [0x22, 0x5c, 0x2c, 0x3a, 0x20, 0x09] as const
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d] as const

/**
 * Reads an object without building it, whatever its depth. The line has to be one object; its literals and escapes are let be.
 * `only`: where the inside of the one string begins that has to be visited.
 */
export function readObject(line: string, own: ReadonlySet<string>, visit: Visit, only = -1): Extend | undefined {
  const levels: Level[] = []
  // Our members from an earlier run and what stands beside them; most lines have none.
  const members: (Span & { readonly isOwn: boolean })[] = []
  const isOwnKey = ownKeys(own)
  const name = (): string =>
    levels
      .filter(({ isObject }) => isObject)
      .map(({ keyFrom, keyTo }) => unquoted(line.slice(keyFrom, keyTo)))
      .join('.')
  let level: Level | undefined
  let at = afterBlanks(line, 0)
  if (line.charCodeAt(at) !== openBrace) return undefined
  let memberFrom = -1
  let close = -1
  // What may come next: a value, a key, or what follows a value.
  let expects: 'value' | 'key' | 'after' = 'value'
  for (;;) {
    at = afterBlanks(line, at)
    if (at >= line.length) break
    const code = line.charCodeAt(at)
    if (close >= 0) return undefined
    if (expects === 'after') {
      if (level === undefined) return undefined
      if (memberFrom >= 0 && levels.length === 1) {
        members.push({ from: memberFrom, to: at, isOwn: isOwnKey(line, level.keyFrom, level.keyTo) })
        memberFrom = -1
      }
      at++
      if (code === comma) expects = level.isObject ? 'key' : 'value'
      else if (code !== (level.isObject ? closeBrace : closeBracket)) return undefined
      else {
        levels.pop()
        level = levels[levels.length - 1]
        if (level === undefined) close = at - 1
      }
      continue
    }
    if (level !== undefined && level.members === 0 && code === (level.isObject ? closeBrace : closeBracket)) {
      expects = 'after'
      continue
    }
    if (expects === 'key') {
      const end = code === quote ? stringEnd(line, at) : -1
      if (end < 0 || level === undefined) return undefined
      if (levels.length === 1) memberFrom = at
      level.keyFrom = at
      level.keyTo = end
      level.members++
      at = afterBlanks(line, end)
      if (line.charCodeAt(at++) !== colon) return undefined
      expects = 'value'
      continue
    }
    if (level && !level.isObject) level.members++
    if (code === openBrace || code === openBracket) {
      const isOwn = level !== undefined && isOurs(level)
      level = { isObject: code === openBrace, isOwn, keyFrom: 0, keyTo: 0, members: 0 }
      levels.push(level)
      expects = level.isObject ? 'key' : 'value'
      at++
      continue
    }
    if (code === quote) {
      const end = stringEnd(line, at)
      if (end < 0) return undefined
      const isWanted = (only < 0 || only === at + 1) && !(level !== undefined && isOurs(level))
      if (isWanted) visit(name, unquoted(line.slice(at, end)), 'value')
      at = end
    } else {
      literal.lastIndex = at
      if (!literal.test(line)) return undefined
      at = literal.lastIndex
    }
    expects = 'after'
  }
  return close < 0 ? undefined : (additions) => extend(line, { members, close }, additions)

  function isOurs({ isOwn, keyFrom, keyTo }: Level): boolean {
    return isOwn || (levels.length === 1 && isOwnKey(line, keyFrom, keyTo))
  }
}

const literal = /(?:true|false|null|-?\d[\d.eE+-]*)(?=[\s,\]}])/y

function afterBlanks(line: string, from: number): number {
  let at = from
  for (let code = line.charCodeAt(at); code === blank || code === tab; code = line.charCodeAt(at)) at++
  return at
}

// Behind the closing quote of the string that begins at `from`; -1 when it has none.
function stringEnd(line: string, from: number): number {
  for (let at = line.indexOf('"', from + 1); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = at - 1
    while (line.charCodeAt(slashes) === backslash) slashes--
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

type IsOwnKey = (line: string, from: number, to: number) => boolean

const ownKeysOf = new WeakMap<ReadonlySet<string>, IsOwnKey>()

// Whether the key from `from` to `to`, in quotes, is one of ours; most are told by their first letter.
function ownKeys(own: ReadonlySet<string>): IsOwnKey {
  const known = ownKeysOf.get(own)
  if (known) return known
  const first = new Set([backslash as number, ...[...own].map((name) => name.charCodeAt(0))])
  const isOwnKey: IsOwnKey = (line, from, to) =>
    first.has(line.charCodeAt(from + 1)) && own.has(unquoted(line.slice(from, to)))
  ownKeysOf.set(own, isOwnKey)
  return isOwnKey
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
  let added = ''
  for (const { name, value } of additions) {
    added += `${added === '' && !hasKept ? '' : ','}"${name}":${typeof value === 'number' ? String(value) : quotedText(value)}`
  }
  return `${kept}${line.slice(at, end)}${added}${line.slice(end)}`
}

const isPlain = /^[ !#-[\]-~]*$/

function quotedText(value: string): string {
  return isPlain.test(value) ? `"${value}"` : bytesOf(jsonText(value))
}
