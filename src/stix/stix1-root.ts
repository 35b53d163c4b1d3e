import { SaxesParser, type SaxesTagPlain } from 'saxes'

/** The first element of an XML document. */
export interface XmlRoot {
  /** As written, with its prefix; empty when there is none. */
  readonly name: string
  readonly version: string | undefined
}

/** Why a document is not well-formed or not read; `root` is what it began with. */
export class XmlDocumentFault extends Error {
  readonly root: string

  constructor(message: string, root: string, cause: unknown) {
    super(message, { cause })
    this.name = 'XmlDocumentFault'
    this.root = root
  }
}

const maxDepth = 64

/**
 * Reads a whole XML document for its first element, and so finds out that it is well-formed. Name spaces are not looked at:
 * files of Citizen Lab declare one that is not allowed.
 * @throws XmlDocumentFault; for a document type declaration and for elements nested deeper than 64 as well.
 */
export function readXmlRoot(text: string): XmlRoot {
  const parser = new SaxesParser({ xmlns: false, position: false })
  let root: SaxesTagPlain | undefined
  let depth = 0
  parser.on('doctype', () => {
    throw new Error('a document type declaration is not allowed')
  })
  parser.on('opentag', (tag) => {
    root ??= tag
    if (++depth > maxDepth) throw new Error(`elements are nested deeper than ${maxDepth}`)
  })
  parser.on('closetag', () => void depth--)
  try {
    parser.write(text).close()
  } catch (error) {
    throw new XmlDocumentFault((error as Error).message.replace(/\.$/, ''), root?.name ?? '', error)
  }
  return { name: root?.name ?? '', version: root?.attributes['version'] }
}
