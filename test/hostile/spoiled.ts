import type { SimulatedResponse } from '../../src/simulate/loopback-server.ts'

/** A place of an answer whose text can be another one. */
export interface Place {
  /** `/collections/0/title`, `/collections/0/title (key)`, `header etag`, `Content_Block[2]`. */
  readonly name: string
  /** What stands there now; empty for a key. */
  readonly old: string
  readonly put: (text: string) => SimulatedResponse
}

/** Headers that carry the answer itself: another length is another fault. */
const ofTheMessage = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'connection'])

/**
 * Every place of an answer that a server fills: each key and each value of JSON, each attribute and text of XML, the whole
 * body of anything else, and each header. They are found by walking the answer, so that a new field is not forgotten.
 */
export function placesOf(response: SimulatedResponse): readonly Place[] {
  return [...placesOfBody(response), ...placesOfHeaders(response)]
}

function placesOfBody(response: SimulatedResponse): Place[] {
  const text = response.body.toString('utf8')
  const withBody = (body: string): SimulatedResponse => ({ ...response, body: Buffer.from(body) })
  if (text.trimStart().startsWith('<')) return placesOfXml(text, withBody)
  const value = parsed(text)
  if (value === undefined) return [{ name: 'body', old: text, put: withBody }]
  return placesOfJson(value).map(({ name, old, put }) => ({
    name,
    old,
    put: (word) => withBody(JSON.stringify(put(word))),
  }))
}

interface Change {
  readonly name: string
  readonly old: string
  readonly put: (text: string) => unknown
}

function placesOfJson(value: unknown): Change[] {
  if (typeof value !== 'object' || value === null) return [{ name: '', old: String(value), put: (text) => text }]
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, at) =>
      placesOfJson(item).map(({ name, old, put }) => ({
        name: `/${at}${name}`,
        old,
        put: (text: string) => value.with(at, put(text)),
      })),
    )
  }
  const entries = Object.entries(value)
  const replaced = (at: number, key: string, inner: unknown): unknown =>
    Object.fromEntries(entries.map((entry, index) => (index === at ? [key, inner] : entry)))
  return entries.flatMap(([key, inner], at) => [
    { name: `/${key} (key)`, old: '', put: (text: string) => replaced(at, text, inner) },
    ...placesOfJson(inner).map(({ name, old, put }) => ({
      name: `/${key}${name}`,
      old,
      put: (text: string) => replaced(at, key, put(text)),
    })),
  ])
}

function placesOfXml(xml: string, withBody: (body: string) => SimulatedResponse): Place[] {
  const found = [...xml.matchAll(/([\w:.-]+)="([^"]*)"|<([\w:.-]+)[^<>]*>([^<]+)</g)]
  return found
    .filter(([, attribute, , , content]) => !attribute?.startsWith('xmlns') && content?.trim() !== '')
    .flatMap((match) => {
      const [whole, attribute, , element, content] = match
      const old = match[2] ?? content ?? ''
      const start = match.index + whole.lastIndexOf(old + (element === undefined ? '"' : '<'))
      const around = (text: string): SimulatedResponse =>
        withBody(xml.slice(0, start) + text + xml.slice(start + old.length))
      const name = attribute === undefined ? (element ?? '') : `@${attribute}`
      return [
        { name, old, put: (text: string) => around(escapedXml(text)) },
        { name: `${name} (as references)`, old, put: (text: string) => around(asReferences(text)) },
      ]
    })
}

function escapedXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function asReferences(text: string): string {
  return [...text].map((character) => `&#${character.codePointAt(0) ?? 0};`).join('')
}

function placesOfHeaders(response: SimulatedResponse): Place[] {
  const names = new Set([...Object.keys(response.headers), 'location', 'retry-after', 'www-authenticate', 'server'])
  return [...names]
    .filter((name) => !ofTheMessage.has(name.toLowerCase()))
    .map((name) => ({
      name: `header ${name}`,
      old: response.headers[name] ?? '',
      put: (text) => ({ ...response, headers: { ...response.headers, [name]: headerText(text) } }),
    }))
}

/** What a header can have on the wire: bytes from blank on and tabs; others would end the connection, as they should. */
function headerText(text: string): string {
  const bytes = Buffer.from(text.slice(0, 6000)).filter((byte) => byte === 9 || (byte >= 0x20 && byte !== 0x7f))
  return Buffer.from(bytes).toString('latin1')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
