import type { BlockInput, StatusOptions, Taxii1Options } from './taxii1-options.ts'
import type { BlockShelf } from './taxii1-shelf.ts'
import { childOf, textOf } from './taxii1-wire.ts'
import type { WireElement } from './taxii1-wire.ts'

/** What an inbox message brought. */
export interface InboxDelivery {
  readonly destinations: readonly string[]
  readonly blocks: readonly BlockInput[]
  readonly message?: string | undefined
}

/**
 * Takes an inbox message in, whole or not at all, and gives its blocks to the collections it names.
 * @see TAXII 1.1 Services Specification, 3.2 and 4.4.10
 */
export function takeIn(
  options: Taxii1Options,
  shelves: readonly BlockShelf[],
  inbox: InboxDelivery[],
  root: WireElement,
): StatusOptions {
  const named = root.children.filter((child) => child.name === 'Destination_Collection_Name')
  const destinations = named.map((child) => child.text.trim())
  const receiving = shelves.filter((shelf) => shelf.options.receives).map((shelf) => shelf.options.name)
  const rule = options.destinations ?? 'optional'
  const wrong =
    (rule === 'required' && destinations.length === 0) ||
    (rule === 'forbidden' && destinations.length > 0) ||
    destinations.some((name) => !receiving.includes(name))
  if (wrong) {
    const acceptable = rule === 'forbidden' ? [] : receiving
    return { type: 'DESTINATION_COLLECTION_ERROR', details: { ACCEPTABLE_DESTINATION: acceptable } }
  }
  const blocks = root.children
    .filter((child) => child.name === 'Content_Block')
    .map((block): BlockInput => {
      const binding = childOf(block, 'Content_Binding')
      return {
        content: childOf(block, 'Content')?.inner ?? '',
        binding: binding?.attributes.binding_id ?? binding?.text.trim(),
        subtype: binding && childOf(binding, 'Subtype')?.attributes.subtype_id,
        message: textOf(block, 'Message'),
      }
    })
  inbox.push({ destinations, blocks, message: textOf(root, 'Message') })
  for (const shelf of shelves)
    if (destinations.includes(shelf.options.name)) for (const block of blocks) shelf.add(block)
  return { type: 'SUCCESS' }
}
