import { StixTaxiiError } from '../../core/errors.ts'
import { versionOfNamespace, wires } from '../../taxii/v1/wire.ts'
import { defaultXmlLimits, XmlFault } from '../../taxii/v1/xml-limits.ts'
import { attributeOf } from '../../taxii/v1/xml-node.ts'
import type { XmlNode } from '../../taxii/v1/xml-node.ts'
import { messageReader } from '../../taxii/v1/xml-reader.ts'
import type { RawBlock } from '../../taxii/v1/xml-reader.ts'
import { xmlTextDecoder } from '../../taxii/v1/xml-text.ts'
import { badMessage, Refusal } from './refusal.ts'
import type { Message } from './visit.ts'

/** Bytes that are read before others get their turn. */
const turnBytes = 512 * 1024
const maxIdLength = 1024
/** A request has few elements besides the content of its blocks. */
const limits = { ...defaultXmlLimits, maxNodes: 10_000 }

/**
 * Reads a request's body as one TAXII message. `onId` is told the message's id as soon as it is known, so that a refusal
 * can name it.
 * @throws Refusal BAD_MESSAGE
 */
export async function readMessage(
  body: Buffer,
  charset: string | undefined,
  onId: (id: string) => void,
): Promise<Message> {
  const blocks: RawBlock[] = []
  const reader = messageReader(
    {
      onRoot: (root) => {
        checkRoot(root)
        const id = attributeOf(root, 'message_id')
        if (id !== undefined && id.length <= maxIdLength) onId(id)
      },
      onBlock: (block) => void blocks.push(block),
      onBrokenBlock: ({ fault }) => {
        throw fault
      },
    },
    limits,
  )
  const decoder = xmlTextDecoder(charset)
  try {
    for (let from = 0; from < body.length; from += turnBytes) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve))
      reader.write(decoder.write(body.subarray(from, from + turnBytes)))
    }
    reader.write(decoder.end())
    return messageOf(reader.end(), blocks, () => xmlTextDecoder(charset).write(body))
  } catch (error) {
    throw refusalOf(error)
  }
}

function checkRoot(root: XmlNode): void {
  if (versionOfNamespace(root.namespace) === undefined) throw badMessage('This is not a message of TAXII 1.0 or 1.1')
}

function messageOf(root: XmlNode, blocks: readonly RawBlock[], source: () => string): Message {
  const id = attributeOf(root, 'message_id')
  if (id === undefined) throw badMessage('The message has no message_id')
  if (id.length > maxIdLength) throw badMessage(`The message_id is longer than ${maxIdLength} characters`)
  return { wire: wires[versionOfNamespace(root.namespace) ?? '1.1'], root, id, blocks, source }
}

/** What is wrong with the XML, in words that are about the request alone. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Refusal) return error
  if (error instanceof XmlFault) {
    if (error.reason === 'XML_DOCTYPE') return badMessage('A document type declaration is not allowed')
    if (error.reason === 'XML_LIMIT') return badMessage(`The message goes beyond a limit: ${error.message}`)
    return badMessage(error.reason === 'XML_CUT' ? 'The message has no end' : 'The message is not well-formed XML')
  }
  if (error instanceof StixTaxiiError && error.code === 'TAXII_XML_ENCODING') {
    return badMessage('The message is not in an encoding that is read, or has bytes that its encoding does not have')
  }
  return error
}
