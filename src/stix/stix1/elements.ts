import { StringDecoder } from 'node:string_decoder'
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { innerScope, isDeclaration, outermostScope, resolveName, type Scope } from '../xml-scope.ts'
import { nameSpaceWord } from './names.ts'

/** Where an element stands: what markings and references need of it when the element itself is long gone. */
export interface Place {
  readonly local: string
  readonly id: string | undefined
  readonly outer: Place | undefined
}

/** An element that is being read, or was read and is still needed by the one around it. */
export interface Element {
  /** Name space word and local name: `indicator:Title`; begins with the colon in a name space that is none of STIX. */
  readonly name: string
  readonly local: string
  /** As written, prefixes included; without a prototype. */
  readonly attributes: Readonly<Record<string, string>>
  /** The element's `xsi:type` as word and local name. */
  readonly type: string | undefined
  readonly place: Place
  readonly parent: Element | undefined
  /** Whether everything inside is kept, whatever it is called. */
  readonly whole: boolean
  /** Those that were kept. */
  readonly children: Element[]
  /** Character data directly inside, references resolved, not trimmed; at most `maxText` characters. */
  text: string
  isTextCut: boolean
}

export interface ElementSink {
  /** Whether everything inside of this element has to be kept. */
  isWhole(element: Element): boolean
  /** The element has ended. Whether the one around it keeps it. */
  onEnd(element: Element): boolean
  /** A fault has ended the reading: what comes after it is not known. */
  onFault?(): void
}

/** Bounds; the first one broken ends the reading. */
export const elementLimits = { maxDepth: 64, maxAttributes: 256, maxText: 16_384 } as const

const chunkBytes = 65_536
const shownDeclarations = 5

/**
 * Reads XML in UTF-8, element by element; only what the sink keeps is held. Declarations that Namespaces in XML forbids are
 * passed over. At the first fault (not well-formed, a document type, nested deeper than 64, more than 256 attributes) reading
 * ends: what had ended before has been given to the sink.
 * @returns a sentence for each thing a strict reader would have refused.
 */
export function readElements(raw: Buffer, sink: ElementSink): readonly string[] {
  const losses: string[] = []
  const forbidden = new Set<string>()
  const names = new Map<Scope, Map<string, string>>()
  const scopes: Scope[] = [outermostScope]
  let open: Element | undefined
  let depth = 0
  const parser = new SaxesParser({ xmlns: false, position: false })

  const wordName = (name: string, scope: Scope): string => {
    let known = names.get(scope)
    if (!known) names.set(scope, (known = new Map<string, string>()))
    let found = known.get(name)
    if (found === undefined) {
      const { local, namespace } = resolveName(name, scope)
      found = `${nameSpaceWord(namespace)}:${local}`
      if (known.size < maxKnownNames) known.set(name, found)
    }
    return found
  }
  parser.on('doctype', () => {
    throw new Error('a document type declaration is not allowed')
  })
  parser.on('opentag', (tag) => {
    if (++depth > elementLimits.maxDepth) throw new Error(`elements are nested deeper than ${elementLimits.maxDepth}`)
    const outer = scopes.at(-1) ?? outermostScope
    checkAttributes(tag, forbidden)
    const scope = innerScope(outer, tag.attributes)
    scopes.push(scope)
    open = openElement(tag, { scope, wordName, parent: open, isWhole: sink.isWhole })
  })
  const onText = (text: string): void => {
    if (open) addText(open, text)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', () => {
    depth--
    const scope = scopes.pop()
    // A scope of its own that has ended is never seen again.
    if (scope && scope !== scopes.at(-1)) names.delete(scope)
    const element = open
    open = element?.parent
    if (element && sink.onEnd(element)) open?.children.push(element)
  })
  try {
    feed(parser, raw)
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error
    sink.onFault?.()
    losses.push(`The XML could only be read in part: ${error.message.replace(/\.$/, '')}`)
  }
  if (forbidden.size > 0) {
    const shown = [...forbidden].slice(0, shownDeclarations).join(', ')
    losses.push(`A name space declaration that XML does not allow was passed over: ${shown}`)
  }
  return losses
}

const maxKnownNames = 10_000

function feed(parser: SaxesParser<object>, raw: Buffer): void {
  const decoder = new StringDecoder('utf8')
  const start = raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0
  for (let from = start; from < raw.length; from += chunkBytes) {
    parser.write(decoder.write(raw.subarray(from, from + chunkBytes)))
  }
  parser.write(decoder.end()).close()
}

function checkAttributes(tag: SaxesTagPlain, forbidden: Set<string>): void {
  let count = 0
  for (const name in tag.attributes) {
    if (++count > elementLimits.maxAttributes) {
      throw new Error(`an element has more than ${elementLimits.maxAttributes} attributes`)
    }
    if (!name.startsWith('xmlns:') || isDeclaration(name, tag.attributes[name] as string)) continue
    if (forbidden.size < shownDeclarations) forbidden.add(name.slice(0, 60))
  }
}

interface Opening {
  readonly scope: Scope
  readonly wordName: (name: string, scope: Scope) => string
  readonly parent: Element | undefined
  readonly isWhole: (element: Element) => boolean
}

function openElement(tag: SaxesTagPlain, { scope, wordName, parent, isWhole }: Opening): Element {
  const name = wordName(tag.name, scope)
  const local = name.slice(name.lastIndexOf(':') + 1)
  const id = tag.attributes['id']
  const element: Element = {
    name,
    local,
    attributes: tag.attributes,
    type: typeOf(tag, scope, wordName),
    place: { local, id: id === undefined ? undefined : ownText(id.trim()), outer: parent?.place },
    parent,
    whole: parent?.whole ?? false,
    children: [],
    text: '',
    isTextCut: false,
  }
  return element.whole || !isWhole(element) ? element : { ...element, whole: true }
}

function typeOf(tag: SaxesTagPlain, scope: Scope, wordName: Opening['wordName']): string | undefined {
  for (const name in tag.attributes) {
    if (name.endsWith(':type') && wordName(name, scope) === 'xsi:type') {
      return wordName((tag.attributes[name] as string).trim(), scope)
    }
  }
  return undefined
}

function addText(element: Element, text: string): void {
  const room = elementLimits.maxText - element.text.length
  if (text.length > room) element.isTextCut = true
  if (room > 0) element.text += text.length > room ? text.slice(0, room) : text
}

/** A copy of its own: a piece of a long text keeps the whole of it in memory. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8')
}

/** Trimmed text; undefined when it is blank. */
export function textOf(element: Element | undefined): string | undefined {
  const text = element?.text.trim()
  return text === undefined || text === '' ? undefined : ownText(text)
}

/** The first kept child of this local name. */
export function childOf(element: Element | undefined, local: string): Element | undefined {
  return element?.children.find((child) => child.local === local)
}

export function childrenOf(element: Element | undefined, local: string): readonly Element[] {
  return element?.children.filter((child) => child.local === local) ?? []
}

/** A trimmed attribute without a prefix; undefined when it is absent or blank. */
export function attributeOf(element: Element, name: string): string | undefined {
  const value = element.attributes[name]?.trim()
  return value === undefined || value === '' ? undefined : ownText(value)
}

/** An xs:boolean attribute; undefined when it is absent or neither. */
export function booleanOf(element: Element, name: string): boolean | undefined {
  const value = element.attributes[name]?.trim().toLowerCase()
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : undefined
}
