import { canonicalBinding } from '../../taxii/v1/bindings.ts'
import type { Wire } from '../../taxii/v1/wire.ts'
import { attributeOf, childrenNamed } from '../../taxii/v1/xml-node.ts'
import type { XmlNode } from '../../taxii/v1/xml-node.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { ContentBindingEntity } from '../taxii1-persistence.ts'
import { stixJson21 } from './bindings.ts'
import { Refusal } from './refusal.ts'
import { convertible } from './stix21-form.ts'

/** Content bindings in an element; 1.1 has an attribute and subtypes inside, 1.0 has text. Either is read. */
export function readBindings(node: XmlNode): ContentBindingEntity[] {
  return childrenNamed(node, 'Content_Binding').flatMap((binding) => {
    const id = attributeOf(binding, 'binding_id') ?? binding.text.trim()
    const subtypes = childrenNamed(binding, 'Subtype').flatMap((subtype) => attributeOf(subtype, 'subtype_id') ?? [])
    return id === '' ? [] : [{ binding: canonicalBinding(id), subtypes }]
  })
}

export function bindingElement(wire: Wire, { binding, subtypes }: ContentBindingEntity): XmlElement {
  if (wire.version === '1.0') return { name: 'Content_Binding', text: binding }
  const inside = subtypes.map((subtype) => ({ name: 'Subtype', attributes: { subtype_id: subtype } }))
  return { name: 'Content_Binding', attributes: { binding_id: binding }, children: inside }
}

/** What takes content: a collection, or an inbox. */
export interface Taker {
  readonly acceptAllContent?: boolean | undefined
  readonly supportedContent?: readonly ContentBindingEntity[] | undefined
}

/** Content bindings that are told; none means all. */
export function toldBindings({ acceptAllContent, supportedContent = [] }: Taker): readonly ContentBindingEntity[] {
  return acceptAllContent === true ? [] : supportedContent
}

/** Whether content of this binding and subtype is taken. Nothing said means everything. */
export function accepts(taker: Taker, binding: string, subtype?: string): boolean {
  const told = toldBindings(taker)
  if (told.length === 0) return true
  const wanted = canonicalBinding(binding)
  return told.some(
    (each) =>
      canonicalBinding(each.binding) === wanted &&
      (each.subtypes.length === 0 || subtype === undefined || each.subtypes.includes(subtype)),
  )
}

/**
 * Of the bindings asked for those that the collection has, or what it has can be given as. None asked for means all of them.
 * @throws Refusal UNSUPPORTED_CONTENT when it has none of them
 */
export function supportedOf(taker: Taker, asked: readonly ContentBindingEntity[]): readonly ContentBindingEntity[] {
  const supported = asked.filter(
    ({ binding, subtypes }) =>
      accepts(taker, binding, subtypes[0]) ||
      subtypes.some((each) => accepts(taker, binding, each)) ||
      (binding === stixJson21 && convertible.some((each) => accepts(taker, each))),
  )
  if (asked.length === 0 || supported.length > 0) return supported
  throw new Refusal('UNSUPPORTED_CONTENT', {
    message: 'This collection has none of the content bindings asked for',
    details: { SUPPORTED_CONTENT: toldBindings(taker).map(({ binding }) => binding) },
  })
}
