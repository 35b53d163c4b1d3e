import { createHash } from 'node:crypto'
import type { ContentBlock, Damaged } from '../../stix/item.ts'
import { canonicalBinding } from './bindings.ts'
import { readLabel } from './labels.ts'
import type { TextArena } from './text-arena.ts'
import { attributeOf, childNamed, textOf } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'
import type { BrokenBlock, RawBlock } from './xml-reader.ts'

/** What was odd about a block that was kept all the same. */
export type BlockOddity = 'label-unreadable' | 'label-without-zone' | 'declaration-dropped' | 'binding-missing'

export interface ReadBlock {
  readonly item: ContentBlock | Damaged
  readonly oddities: readonly BlockOddity[]
}

/** A block as it is kept; without a `Content` element it is damaged (`TAXII_BLOCK_EMPTY`). */
export function readBlock(block: RawBlock, arena: TextArena): ReadBlock {
  const { node, content } = block
  const binding = bindingOf(node)
  const written = textOf(node, 'Timestamp_Label')
  const label = readLabel(written)
  const oddities: BlockOddity[] = []
  if (written !== undefined && !label) oddities.push('label-unreadable')
  if (label?.guessed) oddities.push('label-without-zone')
  if (block.dropped.length > 0) oddities.push('declaration-dropped')
  if (binding.id === '') oddities.push('binding-missing')
  if (content === undefined) {
    const detail = `a content block${label ? ` of ${label.stamp}` : ''} has no content`
    return { item: { reason: 'TAXII_BLOCK_EMPTY', detail, raw: Buffer.alloc(0) }, oddities }
  }
  const raw = arena.put(content)
  const item: ContentBlock = {
    kind: 'block',
    id: blockId(binding.id, raw),
    binding: binding.id,
    subtype: binding.subtype,
    timestampLabel: label?.stamp,
    message: textOf(node, 'Message'),
    raw,
  }
  return { item, oddities }
}

/** A block that is not well-formed, as it is put aside. */
export function damagedBlock({ source, fault }: BrokenBlock): Damaged {
  return { reason: 'TAXII_BLOCK_BROKEN', detail: fault.message, raw: Buffer.from(source) }
}

/** `block--` and the SHA-256 of binding, a line feed and content. */
export function blockId(binding: string, raw: Uint8Array): string {
  return `block--${createHash('sha256').update(`${binding}\n`).update(raw).digest('hex')}`
}

/** 1.1 has an attribute and a subtype inside, 1.0 has text; either is read. */
function bindingOf(node: XmlNode): { id: string; subtype?: string | undefined } {
  const element = childNamed(node, 'Content_Binding')
  if (!element) return { id: '' }
  const id = attributeOf(element, 'binding_id') ?? element.text.trim()
  const subtype = childNamed(element, 'Subtype')
  return { id: canonicalBinding(id), subtype: subtype && attributeOf(subtype, 'subtype_id') }
}
