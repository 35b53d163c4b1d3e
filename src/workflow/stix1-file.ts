import { readFile, stat } from 'node:fs/promises'
import { readXmlRoot, XmlDocumentFault, type XmlRoot } from '../stix/stix1-root.ts'
import { blockId } from '../taxii/v1/block.ts'
import { dropBadDeclarations } from '../taxii/v1/xml-content.ts'
import { defaultXmlLimits } from '../taxii/v1/xml-limits.ts'
import { xmlTextDecoder } from '../taxii/v1/xml-text.ts'
import { damaged, notStix, unreadable } from './stix-file-faults.ts'
import type { Batch } from './stix-file.ts'

const defaultBinding = 'urn:stix.mitre.org:xml:1.1.1'

/**
 * A STIX 1 document as one content block, as a TAXII 1.x server would send it: without XML declaration, in UTF-8, and
 * without name-space declarations that have no valid prefix (files of Citizen Lab have one). Its binding is that of the
 * package's `version`, 1.1.1 where it has none.
 */
export async function readStix1File(file: string): Promise<Batch> {
  const text = await textOf(file)
  const { name, version } = checkedRoot(file, text)
  if (!isPackage(name)) throw notStix(file, `<${name}`)
  const { xml } = dropBadDeclarations(text.replace(/^\ufeff?\s*<\?xml\s[^>]*\?>/, '').trim())
  const raw = Buffer.from(xml)
  const binding = bindingOf(version)
  return { items: [{ kind: 'block', id: blockId(binding, raw), binding, raw }], damaged: [] }
}

async function textOf(file: string): Promise<string> {
  let bytes: Buffer
  try {
    const { size } = await stat(file)
    if (size > defaultXmlLimits.maxTextLength)
      throw damaged(file, `${size} bytes are more than a STIX 1 document may have`)
    bytes = await readFile(file)
  } catch (cause) {
    throw cause instanceof Error && 'code' in cause && cause.code !== 'WORKFLOW_FILE_DAMAGED'
      ? unreadable(file, cause)
      : cause
  }
  const decoder = xmlTextDecoder()
  return decoder.write(bytes) + decoder.end()
}

function checkedRoot(file: string, text: string): XmlRoot {
  try {
    return readXmlRoot(text)
  } catch (error) {
    if (!(error instanceof XmlDocumentFault)) throw error
    // HTML is seldom well-formed; what it is says more than where it breaks.
    if (error.root !== '' && !isPackage(error.root)) throw notStix(file, `<${error.root}`)
    throw damaged(file, error.message, error)
  }
}

function isPackage(name: string): boolean {
  return name.split(':').at(-1) === 'STIX_Package'
}

/** Some packages write `stix-1.2.1` where others write `1.2.1`. */
function bindingOf(version: string | undefined): string {
  const number = /\d+(?:\.\d+)+/.exec(version ?? '')?.[0]
  return number === undefined ? defaultBinding : `urn:stix.mitre.org:xml:${number}`
}
