import { isWithinTlp } from '../auth/tlp.ts'
import type { TlpLevel } from '../authentication.ts'
import { describeObject, isDamaged } from '../../stix/describe.ts'
import type { Item } from '../../stix/item.ts'
import type { ContentBlockEntity } from '../taxii1-persistence.ts'
import { stixJson20, stixJson21 } from './bindings.ts'

/**
 * Whether a block may go to who has this ceiling. A bundle is as secret as the most secret of its objects; what cannot be
 * read is not handed out (S26).
 */
export function isVisible(ceiling: TlpLevel, block: ContentBlockEntity): boolean {
  const items = itemsOf(block)
  return items !== undefined && items.every((item) => isWithinTlp(ceiling, item))
}

function itemsOf(block: ContentBlockEntity): readonly Item[] | undefined {
  const { id, contentBinding: binding, subtype, timestampLabel, content } = block
  if (binding !== stixJson20 && binding !== stixJson21) {
    return [{ kind: 'block', id, binding, subtype, timestampLabel, raw: content }]
  }
  const objects = objectsIn(content)
  const items = objects?.map((object) => describeObject(Buffer.from(JSON.stringify(object))))
  return items?.every((item) => !isDamaged(item)) === true ? (items as readonly Item[]) : undefined
}

/** Objects of a bundle, or the one object that is there by itself. */
function objectsIn(content: Buffer): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(content.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { type, objects = [] } = value as { readonly type?: unknown; readonly objects?: unknown }
    if (type !== 'bundle') return [value]
    return Array.isArray(objects) ? objects : undefined
  } catch {
    return undefined
  }
}
