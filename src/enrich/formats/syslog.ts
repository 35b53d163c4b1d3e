import { lineSafe, textOf } from '../byte-string.ts'
import { readCef } from './cef.ts'
import type { Addition, Extend, LogFormat, Visit } from './format.ts'
import { appendPairs, readPairs, withoutOwn } from './kv.ts'
import { readObject } from './ndjson.ts'
import { text } from './text.ts'

/**
 * syslog. RFC 5424: `hostname`, `app-name`, the parameters of the structured data and the message; fields are added as an
 * element of the structured data. RFC 3164 (also with an RFC 3339 time, as rsyslog writes files): `hostname`, `tag` and the
 * message; fields are added to the message. A message of JSON, CEF or `key=value` is read as such. What has no header is text.
 * @see RFC 5424, 6; RFC 3164, 4.1
 */
export const syslog: LogFormat = {
  name: 'syslog',
  lineKind: 'text',
  read(written, own, visit) {
    const line = withoutOwn(written, own)
    const modern = rfc5424.exec(line)
    if (modern) return readModern(line, modern, { own, visit }) ?? text.read(line, own, visit)
    const found = rfc3164.exec(line)
    if (!found) return readCef(line, own, visit) ?? text.read(line, own, visit)
    visitNamed(visit, 'hostname', found[1])
    const { begin, extend } = readMessage(line, found[0].length, { own, visit })
    return (additions) => `${line.slice(0, begin)}${extend(additions)}`
  },
}

/** The SD-ID of our element; 32473 is the enterprise number that is set aside for documentation (RFC 5612). */
const elementId = 'stixtaxii@32473'

const rfc5424 = /^<\d{1,3}>[1-9]\d{0,2} (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=[-[])/
const rfc3164 =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:?\d\d)) (\S{1,255}) /

interface Reading {
  readonly own: ReadonlySet<string>
  readonly visit: Visit
}

function visitNamed(visit: Visit, name: string, value: string | undefined): void {
  if (value !== undefined && value !== '-') visit(() => name, textOf(value), 'value')
}

function readModern(line: string, header: RegExpExecArray, reading: Reading): Extend | undefined {
  const begin = header[0].length
  const elements = line[begin] === '-' ? { kept: '', end: begin + 1 } : readElements(line, begin, reading.visit)
  if (!elements || (elements.end < line.length && line[elements.end] !== ' ')) return undefined
  visitNamed(reading.visit, 'hostname', header[2])
  visitNamed(reading.visit, 'app-name', header[3])
  if (elements.end < line.length) readMessage(line, elements.end + 1, reading)
  const { kept, end } = elements
  return (additions) => {
    const elements = additions.length === 0 ? kept : `${kept}${elementOf(additions)}`
    return `${line.slice(0, begin)}${elements === '' ? '-' : elements}${line.slice(end)}`
  }
}

/** Visits the parameters; undefined where this is no structured data. `kept` is without our element. */
function readElements(line: string, begin: number, visit: Visit): { kept: string; end: number } | undefined {
  let kept = ''
  let at = begin
  while (line[at] === '[') {
    const from = at
    const close = elementEnd(line, at)
    if (close < 0) return undefined
    const element = line.slice(from, close)
    at = close
    if (element.startsWith(`[${elementId} `)) continue
    kept += element
    for (const [, name = '', value = ''] of element.matchAll(parameter)) {
      visit(() => textOf(name), textOf(value.replace(/\\(["\\\]])/g, '$1')), 'value')
    }
  }
  return { kept, end: at }
}

const parameter = / ([^\s="\]]{1,64})="((?:[^"\\]|\\.)*)"/gs

// Behind the closing bracket that stands outside quotes.
function elementEnd(line: string, from: number): number {
  let inQuotes = false
  for (let at = from; at < line.length; at++) {
    const character = line[at]
    if (inQuotes && character === '\\') at++
    else if (character === '"') inQuotes = !inQuotes
    else if (character === ']' && !inQuotes) return at + 1
  }
  return -1
}

function elementOf(additions: readonly Addition[]): string {
  const parameters = additions.map(({ name, value }) => `${name}="${lineSafe(value).replace(/["\\\]]/g, '\\$&')}"`)
  return `[${[elementId, ...parameters].join(' ')}]`
}

const tag = /^([^\s:[\]]{1,64})(?:\[[^\]\s]{0,64}\])?: /

/** Reads a message by what it looks like; says where what `extend` makes begins. */
function readMessage(
  line: string,
  from: number,
  { own, visit }: Reading,
): { readonly begin: number; readonly extend: Extend } {
  const found = tag.exec(line.slice(from, from + 140))
  if (found) visitNamed(visit, 'tag', found[1])
  let begin = from + (found?.[0].length ?? 0)
  if (line.startsWith('@cee:', begin)) begin += '@cee:'.length
  const message = line.slice(begin)
  if (/^ *\{/.test(message.slice(0, 8))) {
    const extend = readObject(message, own, visit)
    if (extend) return { begin, extend }
  }
  // The tag of a message without one may have been the beginning of CEF.
  const whole = line.slice(from)
  const extendCef = whole.includes('CEF:') ? readCef(whole, own, visit) : undefined
  if (extendCef) return { begin: from, extend: extendCef }
  const bare = readPairs(message, own, visit)
  return { begin, extend: (additions) => appendPairs(bare, additions) }
}
