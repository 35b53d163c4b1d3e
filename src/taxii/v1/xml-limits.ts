/** Bounds of what is read as XML, so that no document can cost more than its bytes. */
export interface XmlLimits {
  /** Elements inside each other, the message's own three included. */
  readonly maxDepth: number
  /** Attributes of one element. */
  readonly maxAttributes: number
  /** Characters of an element's or attribute's name. */
  readonly maxNameLength: number
  /** Characters of one content block, or between two tags. */
  readonly maxTextLength: number
  /** Elements of a message besides the content of blocks. */
  readonly maxNodes: number
}

export const defaultXmlLimits: XmlLimits = {
  maxDepth: 64,
  maxAttributes: 256,
  maxNameLength: 1024,
  maxTextLength: 64 * 1024 * 1024,
  maxNodes: 500_000,
}

/** Why XML could not be read. `reason` is stable: `XML_BROKEN`, `XML_LIMIT`, `XML_DOCTYPE`, `XML_CUT`. */
export class XmlFault extends Error {
  readonly reason: 'XML_BROKEN' | 'XML_LIMIT' | 'XML_DOCTYPE' | 'XML_CUT'

  constructor(reason: XmlFault['reason'], message: string) {
    super(message)
    this.name = 'XmlFault'
    this.reason = reason
  }
}
