/** Where in a text something stands; both count from 1. */
export interface TextPosition {
  readonly line: number
  readonly column: number
}

/** Line and column of an offset; CRLF, LF and CR end a line. */
export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - lineStart + 1 }
}

const blank = /[ \t\r\n]*/y
const scalar =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * Offset of the first character that makes the text no JSON; the text's length when it ends too early. The engine's own
 * message has a position only sometimes, and quotes the file, which may hold a secret.
 */
export function jsonFaultOffset(text: string): number {
  const closers: string[] = []
  let at = 0
  let expect: 'value' | 'firstKey' | 'key' | 'firstItem' | 'next' = 'value'
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  for (;;) {
    skip(blank)
    const character = text[at] ?? ''
    if (expect === 'next') {
      const closer = closers.at(-1)
      if (closer === undefined) return at
      if (character === closer) closers.pop()
      else if (character === ',') expect = closer === '}' ? 'key' : 'value'
      else return at
      at++
      continue
    }
    if ((expect === 'firstKey' && character === '}') || (expect === 'firstItem' && character === ']')) {
      closers.pop()
      at++
      expect = 'next'
      continue
    }
    if (expect === 'key' || expect === 'firstKey') {
      if (character !== '"' || skip(scalar) === '') return faultInString(text, at)
      skip(blank)
      if (text[at] !== ':') return at
      at++
      expect = 'value'
      continue
    }
    if (character === '{' || character === '[') {
      closers.push(character === '{' ? '}' : ']')
      at++
      expect = character === '{' ? 'firstKey' : 'firstItem'
      continue
    }
    if (skip(scalar) === '') return faultInString(text, at)
    expect = 'next'
  }
}

/** Inside a string the fault is the character that cannot stand there, not the opening quote. */
function faultInString(text: string, start: number): number {
  if (text[start] !== '"') return start
  const good = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
  good.lastIndex = start
  return start + (good.exec(text)?.[0].length ?? 0)
}
