import { SaxesParser } from 'saxes'
import type { SaxesTagPlain } from 'saxes'
import { dropBadDeclarations, selfContained } from './xml-content.ts'
import type { ContentRoot } from './xml-content.ts'
import { XmlFault } from './xml-limits.ts'
import type { XmlLimits } from './xml-limits.ts'
import type { XmlNode } from './xml-node.ts'
import { innerScope, outermostScope, resolveName } from '../../stix/xml-scope.ts'
import type { Scope } from '../../stix/xml-scope.ts'

/** A content block as it stood in the message. */
export interface RawBlock {
  /** The `Content_Block` with everything but its content. */
  readonly node: XmlNode
  /** Inner XML as written and made self-contained, or the text when there is no element in it; undefined: no `Content`. */
  readonly content: string | undefined
  /** Name-space declarations without a valid prefix that were dropped. */
  readonly dropped: readonly string[]
}

/** A block that is not well-formed or beyond a limit, as written. */
export interface BrokenBlock {
  readonly source: string
  readonly fault: XmlFault
}

export interface MessageSink {
  /** The root's start tag has been read. Throwing stops everything. */
  onRoot(root: XmlNode): void
  onBlock(block: RawBlock): void
  onBrokenBlock(block: BrokenBlock): void
}

/** Reads one TAXII 1.x message, chunk by chunk; content blocks go to the sink one by one and are not kept. */
export interface MessageReader {
  /** @throws XmlFault when the message outside its blocks is not well-formed; what a sink throws. */
  write(text: string): void
  /** The message without its blocks. @throws XmlFault `XML_CUT` when it has not ended. */
  end(): XmlNode
}

interface OpenContent {
  readonly from: number
  readonly inherited: Scope
  readonly roots: { start: number; name: string; attributes: Readonly<Record<string, string>> }[]
  readonly texts: string[]
  /** Whether there is a default name space that the content could inherit. */
  readonly tracksDefault: boolean
  usesDefault: boolean
  /** Depth at which the content itself declares a default name space; 0 = nowhere. */
  defaultDepth: number
}

interface OpenBlock {
  readonly from: number
  readonly name: string
  /** What was counted outside of blocks; each block is counted by itself. */
  readonly before: Counted
}

interface Counted {
  nodes: number
  text: number
}

/** Characters given to the parser at a time. */
const pieceLength = 65_536
/** Characters that are read again, in all, behind blocks without an end: so that their number cannot cost without bounds. */
const maxRereadLength = 512 * 1024 * 1024
const endingLength = 2048
const blockDepth = 2
const contentDepth = 3

/**
 * A reader over saxes that slices a block's XML out of the source instead of building it again. A block that is not
 * well-formed is cut out at its end tag, given to `onBrokenBlock`, and reading goes on behind it.
 *
 * Refused: DOCTYPE, entities but the five, depth, attributes, names and text beyond the limits.
 */
export function messageReader(sink: MessageSink, limits: XmlLimits): MessageReader {
  // Characters: a tag that is not longer breaks none of the limits on attributes and names.
  const shortTag = Math.min(limits.maxNameLength, 4 * limits.maxAttributes)
  let parser = newParser()
  // Offsets count characters of the whole document; a parser that starts again after a broken block counts from its own zero.
  let parserFrom = 0
  let written = 0
  // The source from `keptFrom` on: of the chunk at hand, and back to the start of an open block.
  let kept = ''
  let keptFrom = 0
  let lastTagAt = 0
  // Where the newest `<` of the source stands.
  let tagFrom = 0
  let rereadLength = 0
  let ending = ''
  let depth = 0
  let nodes: XmlNode[] = []
  let scopes: Scope[] = [outermostScope]
  let root: XmlNode | undefined
  let rootSource = ''
  let rootName = ''
  let priming = false
  let block: OpenBlock | undefined
  let content: OpenContent | undefined
  let readContent: { text: string | undefined; dropped: readonly string[] } = { text: undefined, dropped: [] }
  let broken: BrokenSearch | undefined
  let counted: Counted = { nodes: 0, text: 0 }

  function newParser(): SaxesParser<object> {
    const made = new SaxesParser({ xmlns: false, position: false })
    made.on('opentag', onOpenTag)
    made.on('closetag', onCloseTag)
    made.on('text', onText)
    made.on('cdata', onText)
    made.on('doctype', () => {
      throw new XmlFault('XML_DOCTYPE', 'a document type declaration is not allowed')
    })
    return made
  }

  /** Right behind the tag that is being told of; between chunks saxes' own count is not to be trusted. */
  const position = (): number => parserFrom + parser.position

  /** Where the tag that ends at `end` begins: neither a start nor an end tag can have another `<` inside. */
  const tagStart = (end: number): number => keptFrom + kept.lastIndexOf('<', end - keptFrom - 1)

  function onOpenTag(tag: SaxesTagPlain): void {
    if (priming) return
    const at = position()
    depth++
    if (depth > limits.maxDepth) throw new XmlFault('XML_LIMIT', `elements are nested deeper than ${limits.maxDepth}`)
    // A short tag can break no limit, and nearly all tags are short.
    if (at - lastTagAt > shortTag) checkTag(tag, limits)
    lastTagAt = at
    if (content) openInContent(content, tag)
    else openNode(tag)
  }

  function openInContent(open: OpenContent, tag: SaxesTagPlain): void {
    if (depth === contentDepth + 1) {
      // From here on it is XML and will be sliced out of the source: its text need not be put together.
      if (open.roots.length === 0) parser.off('text')
      open.roots.push({ start: tagStart(lastTagAt), name: tag.name, attributes: tag.attributes })
    }
    if (!open.tracksDefault || open.usesDefault || open.defaultDepth > 0) return
    if (tag.attributes['xmlns'] !== undefined) open.defaultDepth = depth
    else if (!tag.name.includes(':')) open.usesDefault = true
  }

  function openNode(tag: SaxesTagPlain): void {
    const scope = innerScope(scopes.at(-1) ?? outermostScope, tag.attributes)
    const { local, namespace } = resolveName(tag.name, scope)
    const parent = nodes.at(-1)
    const node: XmlNode = { name: local, namespace, attributes: plainAttributes(tag), children: [], text: '' }
    if (depth === 1) openRoot(node, tag)
    if (isBlock(node, parent)) {
      block = { from: tagStart(lastTagAt), name: tag.name, before: counted }
      counted = { nodes: 0, text: 0 }
      readContent = { text: undefined, dropped: [] }
    } else if (isContent(node, parent)) {
      const tracksDefault = (scope.get('') ?? '') !== ''
      content = {
        from: lastTagAt,
        inherited: scope,
        roots: [],
        texts: [],
        tracksDefault,
        usesDefault: false,
        defaultDepth: 0,
      }
    } else {
      parent?.children.push(node)
    }
    if (++counted.nodes > limits.maxNodes) throw new XmlFault('XML_LIMIT', `more than ${limits.maxNodes} elements`)
    nodes.push(node)
    scopes.push(scope)
  }

  function openRoot(node: XmlNode, tag: SaxesTagPlain): void {
    root = node
    rootName = tag.name
    rootSource = kept.slice(tagStart(lastTagAt) - keptFrom, lastTagAt - keptFrom)
    sink.onRoot(node)
  }

  const isBlock = (node: XmlNode, parent: XmlNode | undefined): boolean =>
    depth === blockDepth && node.name === 'Content_Block' && node.namespace === parent?.namespace

  const isContent = (node: XmlNode, parent: XmlNode | undefined): boolean =>
    depth === contentDepth && block !== undefined && node.name === 'Content' && node.namespace === parent?.namespace

  function onText(text: string): void {
    if (priming) return
    if (content) {
      content.texts.push(text)
      return
    }
    const node = nodes.at(-1)
    // Between blocks there is only white space, and a lot of it.
    if (!node || depth === 1) return
    counted.text += text.length
    if (counted.text > limits.maxTextLength) throw new XmlFault('XML_LIMIT', 'too much text outside of content')
    node.text += text
  }

  function onCloseTag(tag: SaxesTagPlain): void {
    lastTagAt = position()
    if (content && depth > contentDepth) {
      if (content.defaultDepth === depth) content.defaultDepth = 0
      depth--
      return
    }
    if (content) closeContent(content, tag.isSelfClosing)
    depth--
    const node = nodes.pop()
    scopes.pop()
    if (block && node && depth < blockDepth) {
      counted = block.before
      block = undefined
      sink.onBlock({ node, content: readContent.text, dropped: readContent.dropped })
    }
  }

  function closeContent(open: OpenContent, isEmpty: boolean): void {
    content = undefined
    if (isEmpty || open.roots.length === 0) {
      readContent = { text: open.texts.join(''), dropped: [] }
      return
    }
    parser.on('text', onText)
    const xml = kept.slice(open.from - keptFrom, tagStart(lastTagAt) - keptFrom)
    const roots: ContentRoot[] = open.roots.map(({ start, name, attributes }) => ({
      nameEnd: start - open.from + 1 + name.length,
      attributes,
    }))
    const mended = dropBadDeclarations(selfContained(xml, roots, open.inherited, open.usesDefault))
    readContent = { text: mended.xml, dropped: mended.dropped }
  }

  /** Reads a chunk; what stands behind a broken block's end is given back to be read anew. */
  function feed(text: string): string {
    written += text.length
    if (broken) return seek(text)
    kept += text
    try {
      parser.write(text)
      checkLengths()
    } catch (error) {
      return recover(error)
    }
    trim(text)
    return ''
  }

  /** Keeps no more of the source than an open block, or a tag that has begun, needs. */
  function trim(text: string): void {
    const begun = text.lastIndexOf('<')
    if (begun >= 0) tagFrom = written - text.length + begun
    const from = block?.from ?? (tagFrom >= lastTagAt ? tagFrom : written - heldBack(text))
    if (from > keptFrom) kept = kept.slice(from - keptFrom)
    keptFrom = from
  }

  function checkLengths(): void {
    const from = block === undefined ? lastTagAt : block.from
    if (written - from <= limits.maxTextLength) return
    const what = block ? 'a content block' : 'text between two tags'
    throw new XmlFault('XML_LIMIT', `${what} is longer than ${limits.maxTextLength} characters`)
  }

  /** A fault inside a block costs that block only; anywhere else it is the message's. */
  function recover(error: unknown): string {
    const fault = faultOf(error)
    if (block === undefined || !fault) throw fault ?? error
    broken = brokenSearch(block.name, fault, limits.maxTextLength)
    const source = kept.slice(block.from - keptFrom)
    counted = block.before
    block = undefined
    content = undefined
    kept = ''
    return seek(source)
  }

  /** Looks for the broken block's end; behind it goes on a new parser that has seen the root's start tag. */
  function seek(text: string): string {
    const found = broken?.(text)
    if (!found) return ''
    broken = undefined
    sink.onBrokenBlock(found.block)
    parser = newParser()
    priming = true
    parser.write(rootSource)
    priming = false
    written -= found.rest.length
    parserFrom = written - rootSource.length
    depth = 1
    nodes = nodes.slice(0, 1)
    scopes = scopes.slice(0, 2)
    lastTagAt = keptFrom = written
    return found.rest
  }

  function write(text: string): void {
    ending = text.length < endingLength ? (ending + text).slice(-endingLength) : text.slice(-endingLength)
    for (let from = 0; from < text.length; from += pieceLength) {
      let rest = text.slice(from, from + pieceLength)
      while (rest !== '') rest = feed(rest)
    }
  }

  /** A comment or CDATA section without its end swallows all blocks behind it: they are read after all. */
  function readSwallowed(): void {
    while (block && rereadLength < maxRereadLength) {
      rereadLength += kept.length
      write(recover(new XmlFault('XML_BROKEN', 'a comment, a CDATA section or a tag has no end')))
    }
  }

  /** Cut, unless its last tag is there: then something before it has swallowed it. */
  function unfinished(): XmlFault {
    if (!ending.trimEnd().endsWith(`</${rootName}>`)) {
      return new XmlFault('XML_CUT', `the document ends before </${rootName}>`)
    }
    return new XmlFault('XML_BROKEN', 'a reference, a comment, a CDATA section or a tag has no end')
  }

  function end(): XmlNode {
    readSwallowed()
    if (!root) throw new XmlFault('XML_CUT', 'the document is empty')
    if (broken || block || depth > 0) throw unfinished()
    try {
      parser.close()
    } catch (error) {
      throw faultOf(error) ?? error
    }
    return root
  }

  return { write, end }
}

function checkTag(tag: SaxesTagPlain, limits: XmlLimits): void {
  const names = Object.keys(tag.attributes)
  if (names.length > limits.maxAttributes) {
    throw new XmlFault('XML_LIMIT', `an element has more than ${limits.maxAttributes} attributes`)
  }
  if (tag.name.length > limits.maxNameLength || names.some((name) => name.length > limits.maxNameLength)) {
    throw new XmlFault('XML_LIMIT', `a name is longer than ${limits.maxNameLength} characters`)
  }
}

function plainAttributes(tag: SaxesTagPlain): ReadonlyMap<string, string> {
  const plain = new Map<string, string>()
  for (const name in tag.attributes) if (!name.includes(':')) plain.set(name, tag.attributes[name] as string)
  return plain
}

/** saxes holds a carriage return or half a surrogate pair back until it sees what follows. */
function heldBack(text: string): number {
  const last = text.charCodeAt(text.length - 1)
  return last === 0x0d || (last >= 0xd800 && last <= 0xdbff) ? 1 : 0
}

/** A fault of the XML: ours, or the parser's, whose errors are plain ones. Anything else is not. */
function faultOf(error: unknown): XmlFault | undefined {
  if (error instanceof XmlFault) return error
  if (!(error instanceof Error) || error.constructor !== Error) return undefined
  return new XmlFault('XML_BROKEN', error.message.replace(/\.$/, ''))
}

type BrokenSearch = (text: string) => { readonly block: BrokenBlock; readonly rest: string } | undefined

/** Longest white space looked for inside an end tag. */
const tagOverlap = 256

/**
 * Takes the source of a broken block, chunk by chunk, and finds where it ends: behind its end tag, or before the next
 * start tag of its kind, whichever comes first. What is kept of it is bounded.
 */
function brokenSearch(name: string, fault: XmlFault, maxLength: number): BrokenSearch {
  const quoted = name.replace(/[.]/g, '\\.')
  const border = new RegExp(`</${quoted}\\s*>|<${quoted}(?=[\\s/>])`, 'g')
  let source = ''
  let tail = ''
  return (text) => {
    const searched = tail + text
    border.lastIndex = source === '' ? 1 : 0
    const match = border.exec(searched)
    if (!match) {
      tail = searched.slice(Math.max(1, searched.length - tagOverlap))
      if (source.length <= maxLength) source += text
      return undefined
    }
    const end = match[0].startsWith('</') ? match.index + match[0].length : match.index
    const whole = (source + text).slice(0, source.length + end - tail.length)
    return { block: { source: whole, fault }, rest: searched.slice(end) }
  }
}
