import { readFile, stat } from 'node:fs/promises'
import { mendXml, type MendedXml } from '../stix/stix1/mend.ts'
import { readStix1 } from '../stix/stix1/read.ts'
import { readXmlRoot, XmlDocumentFault, type XmlRoot } from '../stix/stix1-root.ts'
import { blockId } from '../taxii/v1/block.ts'
import { dropBadDeclarations } from '../taxii/v1/xml-content.ts'
import { defaultXmlLimits } from '../taxii/v1/xml-limits.ts'
import { xmlTextDecoder } from '../taxii/v1/xml-text.ts'
import { damaged, notStix, unreadable } from './stix-file-faults.ts'
import type { Batch } from './stix-file.ts'

const defaultBinding = 'urn:stix.mitre.org:xml:1.1.1'

/** Why a part of a STIX 1 document is put aside. */
const brokenPart = 'STIX_PART_BROKEN'

/**
 * A STIX 1 document as one content block, as a TAXII 1.x server would send it: without XML declaration, in UTF-8, and
 * without name-space declarations that have no valid prefix (files of Citizen Lab have one). Its binding is that of the
 * package's `version`, 1.1.1 where it has none. A document that is not well-formed is mended; indicators and observables that
 * are not whole are put aside.
 */
export async function readStix1File(file: string): Promise<Batch> {
  const text = await textOf(file)
  const { xml, name, version, losses, broken } = wellFormed(file, text)
  if (!isPackage(name)) throw notStix(file, `<${name}`)
  const clean = dropBadDeclarations(xml.replace(/^\ufeff?\s*<\?xml\s[^>]*\?>/, '').trim())
  const raw = Buffer.from(clean.xml)
  const changes = losses.map((what) => `The document was mended: ${what}`)
  const dropped = clean.dropped.map(
    (declaration) => `A name space declaration that XML does not allow was dropped: ${declaration}`,
  )
  if (changes.length > 0 && readStix1(raw).statements.length === 0) throw damaged(file, losses.join('; '))
  const binding = bindingOf(version)
  return {
    items: [{ kind: 'block', id: blockId(binding, raw), binding, raw }],
    damaged: broken.map(({ detail, source }) => ({ reason: brokenPart, detail, raw: Buffer.from(source) })),
    losses: [...changes, ...new Set(dropped)],
    isMended: changes.length > 0 || broken.length > 0,
  }
}

interface WellFormed extends XmlRoot, MendedXml {}

function wellFormed(file: string, text: string): WellFormed {
  try {
    return { ...readXmlRoot(text), xml: text, losses: [], broken: [] }
  } catch (error) {
    if (!(error instanceof XmlDocumentFault)) throw error
    // HTML is seldom well-formed; what it is says more than where it breaks.
    if (error.root !== '' && !isPackage(error.root)) throw notStix(file, `<${error.root}`)
    if (error.isRefused) throw damaged(file, error.message, error)
    return mended(file, text, error)
  }
}

function mended(file: string, text: string, fault: XmlDocumentFault): WellFormed {
  try {
    const found = mendXml(text)
    return { ...found, ...readXmlRoot(found.xml) }
  } catch (error) {
    if (error instanceof XmlDocumentFault) throw damaged(file, error.isRefused ? error.message : fault.message, error)
    throw error
  }
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

function isPackage(name: string): boolean {
  return name.split(':').at(-1) === 'STIX_Package'
}

/** Some packages write `stix-1.2.1` where others write `1.2.1`. */
function bindingOf(version: string | undefined): string {
  const number = /\d+(?:\.\d+)+/.exec(version ?? '')?.[0]
  return number === undefined ? defaultBinding : `urn:stix.mitre.org:xml:${number}`
}
