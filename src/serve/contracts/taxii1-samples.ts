import type {
  ContentBlockEntity,
  NewContentBlock,
  Taxii1Collection,
  Taxii1CollectionChange,
  Taxii1Persistence,
} from '../taxii1-persistence.ts'

/** Content for the checks of TAXII 1.x persistences. */

export const stix11 = 'urn:stix.mitre.org:xml:1.1.1'
export const other = 'urn:example.com:other'

export async function aCollection1(
  persistence: Taxii1Persistence,
  more: Partial<Taxii1CollectionChange> = {},
): Promise<Taxii1Collection> {
  const rights = { isAvailable: true, isPublic: false, isWritable: true }
  const accepts = { acceptAllContent: true, supportedContent: [] }
  return persistence.createCollection({
    name: 'checked',
    description: 'For a check',
    type: 'feed',
    ...accepts,
    ...rights,
    ...more,
  })
}

export function aBlock(number: number, more: Partial<NewContentBlock> = {}): NewContentBlock {
  return { contentBinding: stix11, content: Buffer.from(`<Package number="${number}"/>`), ...more }
}

export function blocks(count: number, from = 1): NewContentBlock[] {
  return Array.from({ length: count }, (_, index) => aBlock(from + index))
}

/** A collection with so many blocks. */
export async function aFilled1(persistence: Taxii1Persistence, count: number): Promise<Taxii1Collection> {
  const collection = await aCollection1(persistence)
  await persistence.createContentBlocks(blocks(count), [collection.id])
  return collection
}

/** The numbers of blocks that `aBlock` made. */
export function numbersOf(found: readonly ContentBlockEntity[]): number[] {
  return found.map(({ content }) => Number(/\d+/.exec(content.toString())?.[0]))
}
