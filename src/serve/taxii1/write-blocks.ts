import type { Wire } from '../../taxii/v1/wire.ts'
import { escapeText } from '../../taxii/v1/xml-writer.ts'
import type { ContentBlockEntity } from '../taxii1-persistence.ts'
import type { ContentForms } from './content-form.ts'
import { xmlText } from './write-message.ts'

/**
 * Content blocks as they stand in an answer. They are put together here and not by the XML builder, which would parse and
 * copy content that has to go out byte for byte.
 * @see TAXII 1.1 Services Specification, 4.5; 1.0 has no subtypes and no messages
 */
export function blockWriter(wire: Wire, forms: ContentForms): (blocks: readonly ContentBlockEntity[]) => Buffer {
  const t = wire.prefix
  const isOld = wire.version === '1.0'
  const heads = new Map<string, Buffer>()
  const afterContent = `</${t}:Content><${t}:Timestamp_Label>`
  const afterLabel = `</${t}:Timestamp_Label>`
  const end = `</${t}:Content_Block>`

  const headOf = ({ contentBinding, subtype }: ContentBlockEntity): Buffer => {
    const key = `${contentBinding}\n${subtype ?? ''}`
    const known = heads.get(key)
    if (known) return known
    const made = Buffer.from(`<${t}:Content_Block>${bindingText(contentBinding, subtype)}<${t}:Content>`)
    heads.set(key, made)
    return made
  }

  const bindingText = (binding: string, subtype: string | undefined): string => {
    if (isOld) return `<${t}:Content_Binding>${text(binding)}</${t}:Content_Binding>`
    if (subtype === undefined) return `<${t}:Content_Binding binding_id="${attribute(binding)}"/>`
    const inside = `<${t}:Subtype subtype_id="${attribute(subtype)}"/>`
    return `<${t}:Content_Binding binding_id="${attribute(binding)}">${inside}</${t}:Content_Binding>`
  }

  const tailOf = ({ timestampLabel, message }: ContentBlockEntity): string => {
    const said = message === undefined || isOld ? '' : `<${t}:Message>${text(message)}</${t}:Message>`
    return `${afterContent}${timestampLabel}${afterLabel}${said}${end}`
  }

  return (blocks) => {
    const pieces: Buffer[] = []
    for (const block of blocks) pieces.push(headOf(block), forms.contentOf(block), Buffer.from(tailOf(block)))
    return Buffer.concat(pieces)
  }
}

function text(value: string): string {
  return escapeText(xmlText(value))
}

function attribute(value: string): string {
  return text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#xA;').replaceAll('\t', '&#x9;')
}
