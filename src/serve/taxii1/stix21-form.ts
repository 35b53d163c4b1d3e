import { convertItem } from '../../stix/convert/convert-item.ts'
import { newFilter } from '../../stix/convert/from-stix1.ts'
import { countLosses } from '../../stix/convert/losses.ts'
import { describeObject, isDamaged } from '../../stix/describe.ts'
import type { Item } from '../../stix/item.ts'
import { uuid5 } from '../../stix/uuid5.ts'
import type { ContentBindingEntity, ContentBlockEntity } from '../taxii1-persistence.ts'
import { stixJson20, stixJson21, stixXml } from './bindings.ts'

/** Bindings that can be given as STIX 2.1 JSON. */
export const convertible: readonly string[] = [...stixXml, stixJson20]

/**
 * What is looked for in a collection for who asks for these bindings: with STIX 2.1 JSON among them, what can be converted
 * to it as well.
 */
export function storedBindings(asked: readonly ContentBindingEntity[]): readonly ContentBindingEntity[] {
  const wanted21 = asked.find(({ binding }) => binding === stixJson21)
  if (!wanted21 || wanted21.subtypes.length > 0) return asked
  const more = convertible.filter((id) => !asked.some(({ binding }) => binding === id))
  return [...asked, ...more.map((binding) => ({ binding, subtypes: [] }))]
}

/** Whether a block has to be converted for who asks for these bindings. */
export function needsConversion(
  asked: readonly ContentBindingEntity[],
  { contentBinding }: ContentBlockEntity,
): boolean {
  return (
    asked.length > 0 && convertible.includes(contentBinding) && !asked.some((each) => each.binding === contentBinding)
  )
}

const bundleNameSpace = '4c1f9a52-77d3-5b0e-8e1b-2f6a9d30c4e8'

/**
 * A block of STIX 1 or 2.0 as a bundle of STIX 2.1, the same each time: ids are made from what is in it. The block keeps
 * its label. What 2.1 has no place for is left out; of a block that says nothing else a bundle without objects remains, so
 * that counts and parts are those of the blocks that are stored.
 */
export function asStix21(block: ContentBlockEntity): ContentBlockEntity {
  const losses = countLosses()
  const isWritten = newFilter()
  const objects = itemsOf(block).flatMap((item) => [...convertItem(item, losses, isWritten)])
  const id = `bundle--${uuid5(bundleNameSpace, block.id)}`
  const content = Buffer.from(`{"type":"bundle","id":"${id}","objects":[${objects.join(',')}]}`)
  return { ...block, id: `${block.id}/${stixJson21}`, contentBinding: stixJson21, subtype: undefined, content }
}

function itemsOf({ id, contentBinding: binding, content }: ContentBlockEntity): readonly Item[] {
  if (binding !== stixJson20) return [{ kind: 'block', id, binding, raw: content }]
  return objectsIn(content).flatMap((object) => {
    const item = describeObject(Buffer.from(JSON.stringify(object)))
    return isDamaged(item) ? [] : [item]
  })
}

function objectsIn(content: Buffer): readonly unknown[] {
  try {
    const { objects } = JSON.parse(content.toString('utf8')) as { readonly objects?: unknown }
    return Array.isArray(objects) ? objects : []
  } catch {
    return []
  }
}
