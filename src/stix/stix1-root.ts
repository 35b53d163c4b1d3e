import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { elementLimits } from './stix1/elements.ts'

/** The first element of an XML document. */
export interface XmlRoot {
  /** As written, with its prefix; empty when there is none. */
  readonly name: string
  readonly version: string | undefined
}

/** Why a document is not well-formed or not read; `root` is what it began with. */
export class XmlDocumentFault extends Error {
  readonly root: string
  /** It is against our bounds, and not just broken: mending does not help. */
  readonly isRefused: boolean

  constructor(message: string, root: string, { isRefused, cause }: { isRefused: boolean; cause?: unknown }) {
    super(message, { cause })
    this.name = 'XmlDocumentFault'
    this.root = root
    this.isRefused = isRefused
  }
}

class Refusal extends Error {}

/**
 * Reads a whole XML document for its first element, and so finds out that it is well-formed. Name spaces are not looked at:
 * files of Citizen Lab declare one that is not allowed.
 * @throws XmlDocumentFault; for a document type, elements nested deeper than 64 and more than 256 attributes as well.
 */
export function readXmlRoot(text: string): XmlRoot {
  const { maxDepth, maxAttributes } = elementLimits
  const parser = new SaxesParser({ xmlns: false, position: false })
  let root: SaxesTagPlain | undefined
  let depth = 0
  parser.on('doctype', () => {
    throw new Refusal('a document type declaration is not allowed')
  })
  parser.on('opentag', (tag) => {
    root ??= tag
    if (++depth > maxDepth) throw new Refusal(`elements are nested deeper than ${maxDepth}`)
    if (Object.keys(tag.attributes).length > maxAttributes) {
      throw new Refusal(`an element has more than ${maxAttributes} attributes`)
    }
  })
  parser.on('closetag', () => void depth--)
  try {
    parser.write(text).close()
  } catch (error) {
    // The parser's own errors are plain ones.
    if (!(error instanceof Error) || (error.constructor !== Error && !(error instanceof Refusal))) throw error
    const message = error.message.replace(/\.$/, '')
    throw new XmlDocumentFault(message, root?.name ?? '', { isRefused: error instanceof Refusal, cause: error })
  }
  return { name: root?.name ?? '', version: root?.attributes['version'] }
}
