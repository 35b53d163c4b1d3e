import { between, oneOf } from '../campaign/seeded.ts'
import type { Input, Random } from './target.ts'

/** Texts that readers trip over, whatever they read. */
export const strange: readonly string[] = [
  '', ' ', '\n', '\r\n', '\t', '\0', '\u001b[2J', '\u001b]52;c;QQ==\u0007', '\u009b31m', '\u202e', '\u200b', '\ufeff',
  '\u2028', '\ud800', '\udfff', '\u{1f600}', 'é', '中', '"', "'", '\\', '\\u0000', '<', '>', '&', '&amp;', '&#0;',
  '&#x10ffff;', '<!DOCTYPE a>', ']]>', '<![CDATA[', '<!--', '-->', '{', '}', '[', ']', ':', ',', ';', '=', '%', '%00', '%2e%2e/',
  '../', '..\\', '//', 'http://', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'true',
  'NaN', '-0', '1e400', '-1', '0', '9007199254740993', '4294967296', '2147483648', '99999999999999999999', '0x1F', '1.5',
  '٣', '１', 'a'.repeat(300), '('.repeat(80), '['.repeat(120), '{"a":'.repeat(120), '<a>'.repeat(80), '$1', '$&', '${x}', '`',
  '=1+1', '@SUM(A1)', '+1', '-1+1', '2026-01-01T00:00:00Z', '9999-12-31T23:59:60.999999999+23:59', '0000-00-00T00:00:00Z',
  'I\u0307', 'ß', 'ﬀ', 'K', '\u0130', '\u0000\u0001', '#', '!!js/function', '&a', '*a', '? ', '- ', '|', '>-',
] // prettier-ignore

/** A text or bytes changed a little: one to four changes, with parts of `others` taken over. */
export function mutated(random: Random, input: Input, others: readonly Input[]): Input {
  const count = between(random, 1, random() < 0.2 ? 8 : 3)
  let current = input
  for (let index = 0; index < count; index += 1) {
    current = typeof current === 'string' ? changedText(random, current, others) : changedBytes(random, current)
  }
  return current
}

type TextChange = (random: Random, text: string, others: readonly Input[]) => string

const textChanges: readonly TextChange[] = [
  (random, text) => cut(random, text, oneOf(random, strange)),
  (random, text) => cut(random, text, oneOf(random, strange)),
  (random, text) => cut(random, text, ''),
  (random, text) => cut(random, text, String.fromCharCode(between(random, 0, 0x17f))),
  (random, text) => {
    const [from, to] = span(random, text.length)
    return text.slice(0, to) + text.slice(from, to).repeat(between(random, 1, 6)) + text.slice(to)
  },
  (random, text, others) => {
    const other = others.length === 0 ? '' : String(oneOf(random, others))
    const [from, to] = span(random, other.length)
    return cut(random, text, other.slice(from, to))
  },
  (random, text) => {
    const [from, to] = span(random, text.length)
    const [first, last] = span(random, text.length)
    return cut(random, text.slice(0, from) + text.slice(to), text.slice(first, last))
  },
  (random, text) => text.slice(0, between(random, 0, text.length)),
  // A number somewhere becomes another number.
  (random, text) => replacedOnce(random, text, /\d+/g, () => oneOf(random, numbers)),
  // A word becomes another word of the same text.
  (random, text) => {
    const words = text.match(/[A-Za-z_][\w-]*/g) ?? ['a']
    return replacedOnce(random, text, /[A-Za-z_][\w-]*/g, () => oneOf(random, words))
  },
  (random, text) => replacedOnce(random, text, /[A-Za-z]+/g, (word) => (random() < 0.5 ? word.toUpperCase() : '')),
]

const numbers = ['0', '1', '-1', '00', '07', '59', '60', '61', '99', '255', '256', '999', '65535', '65536', '2083', '9999', '10000', '1e9', '1.0', '4294967295', '9007199254740992', '18446744073709551616', ''] // prettier-ignore

function changedText(random: Random, text: string, others: readonly Input[]): string {
  return oneOf(random, textChanges)(random, text, others).slice(0, 200_000)
}

/** Bytes changed a little. */
function changedBytes(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const [from, to] = span(random, copy.length)
  switch (between(random, 0, 4)) {
    case 0:
      if (copy.length > 0) copy[from % copy.length] = between(random, 0, 255)
      return copy
    case 1:
      if (copy.length > 0)
        copy[from % copy.length] = (copy[from % copy.length] as number) ^ (1 << between(random, 0, 7))
      return copy
    case 2:
      return Buffer.concat([copy.subarray(0, from), copy.subarray(to)])
    case 3:
      return Buffer.concat([copy.subarray(0, to), copy.subarray(from, to), copy.subarray(to)]).subarray(0, 200_000)
    default:
      return Buffer.concat([copy.subarray(0, from), Buffer.from(oneOf(random, rawTokens)), copy.subarray(from)])
  }
}

/** Bytes that are no UTF-8 (overlong, lone, surrogates, beyond), and some that are. */
const rawTokens: readonly (readonly number[])[] = [
  [0xc0, 0x9b], [0xe0, 0x80, 0x9b], [0x9b], [0xff], [0xfe, 0xff], [0xef, 0xbb, 0xbf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
  [0xe4, 0xb8], [0x00], [0x1b, 0x5b, 0x32, 0x4a], [0x0d], [0x0a], [0x22], [0x5c], [0xf0, 0x9f, 0x98, 0x80],
] // prettier-ignore

function cut(random: Random, text: string, put: string): string {
  const [from, to] = span(random, text.length)
  return text.slice(0, from) + put + text.slice(random() < 0.5 ? from : to)
}

/** A piece of something that long; mostly a short one. */
function span(random: Random, length: number): [from: number, to: number] {
  const from = between(random, 0, length)
  const reach = random() < 0.7 ? 12 : length
  return [from, Math.min(length, from + between(random, 0, reach))]
}

function replacedOnce(random: Random, text: string, pattern: RegExp, by: (found: string) => string): string {
  const found = [...text.matchAll(pattern)]
  if (found.length === 0) return text
  const match = oneOf(random, found)
  return text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length)
}
