import assert from 'node:assert/strict'
import type { NewInboxMessage, Taxii1Persistence } from '../taxii1-persistence.ts'
import { checksOf, refuses, rises, type ContractCheck } from './check.ts'
import { taxii1ManagingPromises } from './taxii1-managing.ts'
import { taxii1PollingPromises } from './taxii1-polling.ts'
import { aBlock, aCollection1, aFilled1, blocks, numbersOf, other, stix11 } from './taxii1-samples.ts'

/**
 * What a TAXII 1.x persistence promises. `open` gives one without content of its own each time; it is closed after each
 * check.
 */
export function taxii1PersistenceChecks(open: () => Promise<Taxii1Persistence>): readonly ContractCheck[] {
  return checksOf(open, { ...taxii1ManagingPromises, ...storing, ...reading, ...removing, ...taxii1PollingPromises })
}

type Promises = Readonly<Record<string, (persistence: Taxii1Persistence) => Promise<void>>>

const unknownId = '00000000-0000-4000-8000-00000000ffff'
const message: NewInboxMessage = { messageId: 'm-1', contentBlockCount: 2, destinationCollections: ['checked'] }

const storing: Promises = {
  async 'createContentBlocks: each gets a label of its own, in the order given'(persistence) {
    const { id } = await aCollection1(persistence)
    const stored = await persistence.createContentBlocks(blocks(5), [id])
    assert.deepEqual(numbersOf(stored), [1, 2, 3, 4, 5])
    rises(stored.map(({ timestampLabel }) => timestampLabel))
    const found = await persistence.getContentBlocks(id)
    assert.deepEqual(
      found.map(({ id: blockId, timestampLabel }) => [blockId, timestampLabel]),
      stored.map(({ id: blockId, timestampLabel }) => [blockId, timestampLabel]),
    )
  },
  async 'createContentBlocks: what a block has is kept, its bytes exactly'(persistence) {
    const { id } = await aCollection1(persistence)
    const content = Buffer.from('<a>\u00e9 \r\n "&lt;" \u{1f352}</a>')
    const block = { contentBinding: other, subtype: 'sub', message: 'From a check', content }
    await persistence.createContentBlocks([block], [id])
    const [found] = await persistence.getContentBlocks(id)
    assert.deepEqual(
      [found?.contentBinding, found?.subtype, found?.message, found?.content],
      [other, 'sub', 'From a check', content],
    )
  },
  async 'createContentBlocks: a block that is there already is not stored twice'(persistence) {
    const { id } = await aFilled1(persistence, 2)
    const before = await persistence.getContentBlocks(id)
    assert.deepEqual(numbersOf(await persistence.createContentBlocks(blocks(3), [id])), [3])
    const after = await persistence.getContentBlocks(id)
    assert.deepEqual(after.slice(0, 2), before)
    assert.equal(after.length, 3)
  },
  async 'createContentBlocks: into several collections, or some of them where a block says so'(persistence) {
    const [a, b] = [await aCollection1(persistence, { name: 'a' }), await aCollection1(persistence, { name: 'b' })]
    await persistence.createContentBlocks([aBlock(1), aBlock(2, { collectionIds: [b.id] })], [a.id, b.id])
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(a.id)), [1])
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(b.id)), [1, 2])
    assert.equal((await persistence.getCollection('b'))?.volume, 2)
  },
  async 'createContentBlocks: where one collection is unknown or read-only nothing is stored in any'(persistence) {
    const good = await aCollection1(persistence, { name: 'good' })
    const shut = await aCollection1(persistence, { name: 'shut', isWritable: false })
    await refuses('SERVE_COLLECTION_UNKNOWN', () => persistence.createContentBlocks(blocks(1), [good.id, unknownId]))
    await refuses('SERVE_COLLECTION_READ_ONLY', () => persistence.createContentBlocks(blocks(1), [good.id, shut.id]))
    assert.equal(await persistence.getContentBlocksCount(good.id), 0)
  },
  async 'createContentBlocks: the message is recorded with them, and alone where there is no block'(persistence) {
    const { id } = await aCollection1(persistence)
    const withBlocks = { ...message, id: '00000000-0000-4000-8000-000000000001' }
    const [stored] = await persistence.createContentBlocks(blocks(2), [id], 'inbox', withBlocks)
    assert.equal(stored?.inboxMessageId, withBlocks.id)
    assert.deepEqual(await persistence.getInboxMessage(withBlocks.id), withBlocks)
    const alone = { ...message, id: '00000000-0000-4000-8000-000000000002', contentBlockCount: 0 }
    assert.deepEqual(await persistence.createContentBlocks([], [], 'inbox', alone), [])
    assert.deepEqual(await persistence.getInboxMessage(alone.id), alone)
  },
  async 'createInboxMessage, getInboxMessage: what was made is found'(persistence) {
    const made = await persistence.createInboxMessage({ ...message, originalMessage: '<x/>', partialCount: true })
    assert.deepEqual(await persistence.getInboxMessage(made.id), made)
    assert.equal(await persistence.getInboxMessage(unknownId), undefined)
  },
}

const reading: Promises = {
  async 'getContentBlocks: begin is exclusive, end inclusive'(persistence) {
    const { id } = await aFilled1(persistence, 5)
    const labels = (await persistence.getContentBlocks(id)).map(({ timestampLabel }) => timestampLabel)
    const [begin, end] = [labels[1], labels[3]]
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(id, { begin, end })), [3, 4])
    assert.equal(await persistence.getContentBlocksCount(id, { begin, end }), 2)
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(id, { begin: labels[4] })), [])
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(id, { end: labels[0] })), [1])
  },
  async 'getContentBlocks: with a limit they go on after the last label, none lost or twice'(persistence) {
    const { id } = await aFilled1(persistence, 25)
    const numbers: number[] = []
    for (let begin: string | undefined; ;) {
      const found = await persistence.getContentBlocks(id, { begin, limit: 10 })
      numbers.push(...numbersOf(found))
      if (found.length < 10) break
      begin = found.at(-1)?.timestampLabel
      assert.ok(numbers.length < 100, 'the parts have no end')
    }
    assert.deepEqual(
      numbers,
      Array.from({ length: 25 }, (_, index) => index + 1),
    )
  },
  async 'getContentBlocks: of the bindings asked for; subtypes narrow blocks that have one'(persistence) {
    const { id } = await aCollection1(persistence)
    const varied = [
      aBlock(1),
      aBlock(2, { contentBinding: other, subtype: 'a' }),
      aBlock(3, { contentBinding: other, subtype: 'b' }),
      aBlock(4, { contentBinding: other }),
    ]
    await persistence.createContentBlocks(varied, [id])
    const given = async (...contentBindings: { binding: string; subtypes: string[] }[]): Promise<number[]> => {
      const found = numbersOf(await persistence.getContentBlocks(id, { contentBindings }))
      assert.equal(await persistence.getContentBlocksCount(id, { contentBindings }), found.length)
      return found
    }
    assert.deepEqual(await given(), [1, 2, 3, 4])
    assert.deepEqual(await given({ binding: stix11, subtypes: [] }), [1])
    assert.deepEqual(await given({ binding: other, subtypes: [] }), [2, 3, 4])
    assert.deepEqual(await given({ binding: other, subtypes: ['a'] }), [2, 4])
    assert.deepEqual(await given({ binding: other, subtypes: ['a'] }, { binding: stix11, subtypes: [] }), [1, 2, 4])
    assert.deepEqual(await given({ binding: "' OR 1=1 --", subtypes: [] }), [])
  },
  async 'getContentBlocks: labels alone where no contents are wanted'(persistence) {
    const { id } = await aFilled1(persistence, 3)
    const found = await persistence.getContentBlocks(id, { bodies: false })
    rises(found.map(({ timestampLabel }) => timestampLabel))
    assert.equal(found.length, 3)
  },
  async 'getContentBlocksCount: of one collection, or of all'(persistence) {
    const before = await persistence.getContentBlocksCount(undefined)
    const { id } = await aFilled1(persistence, 3)
    const second = await aCollection1(persistence, { name: 'second' })
    await persistence.createContentBlocks(blocks(2), [second.id])
    assert.equal(await persistence.getContentBlocksCount(id), 3)
    assert.equal(await persistence.getContentBlocksCount(undefined), before + 5)
  },
  async 'newestLabel: that of the last block; undefined where none was given'(persistence) {
    const { id } = await aCollection1(persistence)
    assert.equal(await persistence.newestLabel(id), undefined)
    const stored = await persistence.createContentBlocks(blocks(2), [id])
    assert.equal(await persistence.newestLabel(id), stored[1]?.timestampLabel)
  },
  async 'an unknown collection is refused'(persistence) {
    for (const ask of [
      () => persistence.getContentBlocks(unknownId),
      () => persistence.getContentBlocksCount(unknownId),
      () => persistence.newestLabel(unknownId),
      () => persistence.deleteContentBlocks('unknown', undefined),
    ])
      await refuses('SERVE_COLLECTION_UNKNOWN', ask)
  },
}

const removing: Promises = {
  async 'deleteContentBlocks: begin exclusive, end inclusive; says how many, and the volume follows'(persistence) {
    const { id, name } = await aFilled1(persistence, 5)
    const labels = (await persistence.getContentBlocks(id)).map(({ timestampLabel }) => timestampLabel)
    assert.equal(await persistence.deleteContentBlocks(name, labels[1], labels[2]), 1)
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(id)), [1, 2, 4, 5])
    assert.equal((await persistence.getCollection(name))?.volume, 4)
    assert.equal(await persistence.deleteContentBlocks(name, labels[1]), 2)
    assert.equal(await persistence.deleteContentBlocks(name, undefined), 2)
    assert.equal(await persistence.getContentBlocksCount(id), 0)
  },
  async 'deleteContentBlocks: inbox messages stay, unless they are to go with what they brought'(persistence) {
    const { id, name } = await aCollection1(persistence)
    const ids = [1, 2].map((number) => `00000000-0000-4000-8000-00000000000${number}`) as [string, string]
    await persistence.createContentBlocks(blocks(2), [id], 'inbox', { ...message, id: ids[0] })
    await persistence.createContentBlocks(blocks(2, 3), [id], 'inbox', { ...message, id: ids[1] })
    const labels = (await persistence.getContentBlocks(id)).map(({ timestampLabel }) => timestampLabel)
    await persistence.deleteContentBlocks(name, undefined, labels[0])
    assert.ok(await persistence.getInboxMessage(ids[0]))
    await persistence.deleteContentBlocks(name, undefined, labels[1], { withMessages: true })
    assert.equal(await persistence.getInboxMessage(ids[0]), undefined)
    assert.ok(await persistence.getInboxMessage(ids[1]))
  },
  async 'a label is never given again, also when what had it is gone'(persistence) {
    const { id, name } = await aFilled1(persistence, 2)
    const newest = await persistence.newestLabel(id)
    await persistence.deleteContentBlocks(name, undefined)
    assert.equal(await persistence.newestLabel(id), newest)
    await persistence.createContentBlocks(blocks(1, 3), [id])
    assert.deepEqual(numbersOf(await persistence.getContentBlocks(id, { begin: newest })), [3])
  },
  async 'deleteContentBlocks: a collection that is read-only keeps what it has'(persistence) {
    const { name } = await aCollection1(persistence, { isWritable: false })
    await refuses('SERVE_COLLECTION_READ_ONLY', () => persistence.deleteContentBlocks(name, undefined))
  },
}
