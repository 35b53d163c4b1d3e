import type { ContentBlock, StixObject } from '../../stix/item.ts'
import { uuid5 } from '../../stix/uuid5.ts'
import type { PageEntry, PageQuery } from '../../store/page-query.ts'
import { stixJson20, stixJson21 } from '../taxii1/bindings.ts'
import type { BlockFilter, ContentBindingEntity, ContentBlockEntity } from '../taxii1-persistence.ts'

/** Content blocks out of the store: blocks as they came, STIX 2 objects as a bundle each. */

export const defaultBlocks = 1000

const specOfBinding: Readonly<Record<string, '2.0' | '2.1'>> = { [stixJson20]: '2.0', [stixJson21]: '2.1' }

/** A filter as the store's question. */
export function blockQuery({ begin, end, contentBindings = [] }: BlockFilter): Omit<PageQuery, 'limit'> {
  const window = { addedAfter: begin, addedUntil: end }
  if (contentBindings.length === 0) return window
  const bindings = contentBindings.map(({ binding, subtypes }) => ({ id: binding, subtypes }))
  const specVersions = [...new Set(contentBindings.flatMap(specVersionOf))]
  // Bindings narrow blocks and versions narrow objects: with both asked for, either is given.
  return specVersions.length === 0 ? { ...window, kind: 'block', bindings } : { ...window, bindings, specVersions }
}

function specVersionOf({ binding }: ContentBindingEntity): readonly ('2.0' | '2.1')[] {
  const version = Object.hasOwn(specOfBinding, binding) ? specOfBinding[binding] : undefined
  return version === undefined ? [] : [version]
}

export function blockOf({ item, addedAt }: PageEntry, bodies = true): ContentBlockEntity {
  return item.kind === 'block' ? ownBlock(item, addedAt) : bundleBlock(item, addedAt, bodies)
}

function ownBlock({ id, binding, subtype, message, raw }: ContentBlock, timestampLabel: string): ContentBlockEntity {
  return {
    id,
    timestampLabel,
    contentBinding: binding,
    ...(subtype !== undefined && { subtype }),
    ...(message !== undefined && { message }),
    content: raw,
  }
}

const bundleNameSpace = '0f4c6b39-2c8e-5a55-9d0e-6f4d1a0b7c21'
const nothing = Buffer.alloc(0)

/** @see STIX 2.0 part 1, 5 (a bundle has the version); STIX 2.1, 8 (it has none) */
function bundleBlock(object: StixObject, timestampLabel: string, bodies: boolean): ContentBlockEntity {
  const { id, version, specVersion, raw } = object
  const is20 = specVersion === '2.0'
  const head = () => {
    const bundle = `bundle--${uuid5(bundleNameSpace, JSON.stringify([id, version]))}`
    return Buffer.from(`{"type":"bundle","id":"${bundle}",${is20 ? '"spec_version":"2.0",' : ''}"objects":[`)
  }
  return {
    id: `${id}/${version}`,
    timestampLabel,
    contentBinding: is20 ? stixJson20 : stixJson21,
    content: bodies ? Buffer.concat([head(), raw, bundleEnd]) : nothing,
  }
}

const bundleEnd = Buffer.from(']}')
