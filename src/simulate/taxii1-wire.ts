import { SaxesParser } from 'saxes'

export type Taxii1Version = '1.0' | '1.1'

/** The identifiers of each version. @see TAXII Services Specification 1.0 and 1.1, 1.1; TAXII XML Message Binding, 1.1 */
export const wireOf = {
  '1.0': {
    namespace: 'http://taxii.mitre.org/messages/taxii_xml_binding-1',
    message: 'urn:taxii.mitre.org:message:xml:1.0',
    services: 'urn:taxii.mitre.org:services:1.0',
  },
  '1.1': {
    namespace: 'http://taxii.mitre.org/messages/taxii_xml_binding-1.1',
    message: 'urn:taxii.mitre.org:message:xml:1.1',
    services: 'urn:taxii.mitre.org:services:1.1',
  },
} as const

export const stix111 = 'urn:stix.mitre.org:xml:1.1.1'

/** An element of a request. */
export interface WireElement {
  readonly name: string
  readonly namespace: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly WireElement[]
  /** Its own text, references resolved. */
  readonly text: string
  /** Everything between its tags, as it came. */
  readonly inner: string
}

/**
 * Reads a request; undefined when it is not well-formed, name spaces included. It is another reader than the client's own,
 * so that client and server cannot agree on a mistake.
 */
export function parseRequest(text: string): WireElement | undefined {
  const parser = new SaxesParser({ xmlns: true })
  type Draft = { -readonly [K in keyof WireElement]: WireElement[K] } & { children: Draft[]; from: number }
  const open: Draft[] = []
  let root: Draft | undefined
  let broken = false
  parser.on('error', () => (broken = true))
  parser.on('doctype', () => (broken = true))
  parser.on('opentag', (tag) => {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ local, value }) => [local, value]))
    const draft = { name: tag.local, namespace: tag.uri, attributes, text: '', inner: '', from: parser.position }
    const element: Draft = { ...draft, children: [] }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const addText = (part: string): void => {
    const element = open.at(-1)
    if (element) element.text += part
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element) element.inner = text.slice(element.from, text.lastIndexOf('</', parser.position - 1))
  })
  try {
    parser.write(text).close()
  } catch {
    return undefined
  }
  return broken ? undefined : root
}

/** The first child of this name. */
export function childOf(element: WireElement, name: string): WireElement | undefined {
  return element.children.find((child) => child.name === name)
}

/** The trimmed text of the first child of this name. */
export function textOf(element: WireElement, name: string): string | undefined {
  return childOf(element, name)?.text.trim()
}

/** Text made safe between tags and in attributes. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** XML that is written already. */
export interface Markup {
  readonly xml: string
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes TAXII's elements. Content goes in byte for byte, damaged or not, which no XML library would let it. */
export interface MarkupWriter {
  (name: string, attributes?: Attributes, ...children: readonly (Markup | string | undefined)[]): Markup
}

/** A writer for one version: `prefix` before every name; `pretty` puts white space between elements. */
export function markupWriter(prefix: string, pretty: boolean): MarkupWriter {
  const colon = prefix ? `${prefix}:` : ''
  const gap = pretty ? '\n  ' : ''
  return (name, attributes = {}, ...children) => {
    const written = Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
      .join('')
    const nested = children.some((child) => typeof child === 'object')
    const parts = children
      .filter((child) => child !== undefined)
      .map((child) => (typeof child === 'string' ? escapeXml(child) : gap + child.xml))
    const content = parts.join('') + (nested ? gap : '')
    return { xml: content ? `<${colon}${name}${written}>${content}</${colon}${name}>` : `<${colon}${name}${written}/>` }
  }
}
