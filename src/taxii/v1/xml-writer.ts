import { randomUUID } from 'node:crypto'
import { create } from 'xmlbuilder2'
import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { defaultXmlLimits } from './xml-limits.ts'
import { messageReader } from './xml-reader.ts'
import type { Wire } from './wire.ts'

/** An element to be written, in the message's own name space. Attributes and children that are undefined are left out. */
export interface XmlElement {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string | undefined>> | undefined
  readonly children?: readonly (XmlElement | undefined)[] | undefined
  readonly text?: string | undefined
  /** Well-formed XML, put inside as it is. */
  readonly xml?: string | undefined
}

/** Shorthand for an element that holds text; undefined without one. */
export function textElement(name: string, text: string | undefined): XmlElement | undefined {
  return text === undefined ? undefined : { name, text }
}

type Builder = ReturnType<typeof create>

/** A TAXII message as XML text. @throws TAXII_TEXT_UNWRITABLE (usage) */
export function writeMessage(wire: Wire, root: XmlElement): string {
  const raw = new Map<string, string>()
  const document = create({ version: '1.0', encoding: 'UTF-8' })
  append(document, wire, root, raw)
  let text = document.end()
  for (const [mark, xml] of raw) text = text.replace(mark, () => xml)
  return text
}

function append(parent: Builder, wire: Wire, element: XmlElement, raw: Map<string, string>): void {
  const made = parent.ele(wire.namespace, `${wire.prefix}:${element.name}`)
  for (const [name, value] of Object.entries(element.attributes ?? {})) {
    if (value !== undefined) made.att(name, writable(value))
  }
  if (element.text !== undefined) made.txt(writable(element.text))
  if (element.xml !== undefined) {
    const mark = `raw-${randomUUID()}`
    raw.set(mark, element.xml)
    made.txt(mark)
  }
  for (const child of element.children ?? []) if (child) append(made, wire, child, raw)
}

// XML 1.0, section 2.2: what is not a Char cannot be written at all, not even as a reference.
const unwritable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

function writable(text: string): string {
  const found = unwritable.exec(text)
  if (!found) return text
  const shown = printable(text, { maxLength: 60 })
  throw new StixTaxiiError('TAXII_TEXT_UNWRITABLE', `"${shown}" has a character that XML cannot hold`, {
    kind: 'usage',
    hint: 'TAXII 1.x messages are XML: leave out control characters.',
    context: { value: shown },
  })
}

/** Text escaped so that a reader gets exactly the same characters, carriage returns too. */
export function escapeText(text: string): string {
  return writable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;')
}

/**
 * A document's XML as it can stand inside a message: byte order mark, XML declaration and what stands outside of the root
 * element stripped of what is not allowed there; undefined when the text is not well-formed XML or has a DOCTYPE.
 */
export function embeddable(text: string): string | undefined {
  const xml = text.replace(/^\ufeff?\s*(<\?xml\s[^>]*\?>)?/, '')
  if (!xml.trimStart().startsWith('<')) return undefined
  const nothing = { onRoot: () => undefined, onBlock: () => undefined, onBrokenBlock: () => undefined }
  const reader = messageReader(nothing, { ...defaultXmlLimits, maxDepth: defaultXmlLimits.maxDepth - 3 })
  try {
    reader.write(xml)
    reader.end()
    return xml
  } catch {
    return undefined
  }
}
