import assert from 'node:assert/strict'
import type { ServiceType, Taxii1Persistence } from '../taxii1-persistence.ts'
import { refuses } from './check.ts'
import { aCollection1, aFilled1, blocks } from './taxii1-samples.ts'

const unknownId = '00000000-0000-4000-8000-00000000ffff'

function aService(persistence: Taxii1Persistence, id: string, type: ServiceType = 'poll') {
  return persistence.createService({ id, type, properties: { address: `/services/${id}`, isAvailable: true } })
}

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id).sort()

/** Services and collections of TAXII 1.x. */
export const taxii1ManagingPromises: Readonly<Record<string, (persistence: Taxii1Persistence) => Promise<void>>> = {
  async 'createService, getService, getServices: what was made is found, with every property'(persistence) {
    const properties = {
      address: '/services/checked',
      description: 'For a check',
      isAvailable: false,
      destinationCollectionRequired: true,
      supportedContent: [{ binding: 'urn:example.com:b', subtypes: ['s'] }],
      maxResultSize: 5,
    }
    const service = await persistence.createService({ id: 'checked', type: 'inbox', properties })
    assert.deepEqual(service, { id: 'checked', type: 'inbox', properties })
    assert.deepEqual(await persistence.getService('checked'), service)
    assert.ok((await persistence.getServices()).some(({ id }) => id === 'checked'))
    assert.equal(await persistence.getService('unknown'), undefined)
    const unnamed = await persistence.createService({ type: 'poll', properties })
    assert.deepEqual(await persistence.getService(unnamed.id), unnamed)
  },
  async 'updateService, deleteService: change and remove what there is'(persistence) {
    const service = await aService(persistence, 'checked')
    const changed = { ...service, properties: { ...service.properties, isAvailable: false } }
    await persistence.updateService(changed)
    assert.deepEqual(await persistence.getService('checked'), changed)
    await refuses('SERVE_SERVICE_UNKNOWN', () => persistence.updateService({ ...service, id: 'unknown' }))
    assert.equal(await persistence.deleteService('checked'), true)
    assert.equal(await persistence.deleteService('checked'), false)
    assert.equal(await persistence.getService('checked'), undefined)
  },
  async 'createCollection, getCollection, getCollections: found by name'(persistence) {
    const supportedContent = [{ binding: 'urn:example.com:b', subtypes: ['s', 't'] }]
    const made = await aCollection1(persistence, {
      type: 'set',
      acceptAllContent: false,
      supportedContent,
      isPublic: true,
    })
    assert.deepEqual(
      [made.name, made.description, made.type, made.volume, made.acceptAllContent, made.isPublic],
      ['checked', 'For a check', 'set', 0, false, true],
    )
    assert.deepEqual(made.supportedContent, supportedContent)
    assert.deepEqual(await persistence.getCollection('checked'), made)
    assert.ok((await persistence.getCollections()).some(({ id }) => id === made.id))
    assert.equal(await persistence.getCollection('unknown'), undefined)
    assert.equal(await persistence.getCollection('constructor'), undefined)
  },
  async 'createCollection, updateCollection: a name is unique in the whole server'(persistence) {
    await aCollection1(persistence)
    await refuses('SERVE_COLLECTION_EXISTS', () => aCollection1(persistence))
    const second = await aCollection1(persistence, { name: 'second' })
    await refuses('SERVE_COLLECTION_EXISTS', () => persistence.updateCollection({ ...second, name: 'checked' }))
    await persistence.updateCollection({ ...second, name: 'third', description: 'Other', isAvailable: false })
    const third = await persistence.getCollection('third')
    assert.deepEqual([third?.id, third?.description, third?.isAvailable], [second.id, 'Other', false])
    assert.equal(await persistence.getCollection('second'), undefined)
    await refuses('SERVE_COLLECTION_UNKNOWN', () => persistence.updateCollection({ ...second, id: unknownId }))
  },
  async 'deleteCollection: what is in it goes too'(persistence) {
    const { id, name } = await aFilled1(persistence, 2)
    assert.equal(await persistence.deleteCollection(name), true)
    assert.equal(await persistence.deleteCollection(name), false)
    assert.equal(await persistence.getCollection(name), undefined)
    const again = await aCollection1(persistence, { id })
    assert.equal(again.volume, 0)
    assert.deepEqual(await persistence.getContentBlocks(again.id), [])
  },
  async 'volume: how many blocks there are, at once'(persistence) {
    const { id, name } = await aFilled1(persistence, 3)
    assert.equal((await persistence.getCollection(name))?.volume, 3)
    await persistence.createContentBlocks(blocks(2, 3), [id])
    assert.equal((await persistence.getCollection(name))?.volume, 4)
  },
  async 'attachCollectionToServices adds, setCollectionServices replaces'(persistence) {
    for (const id of ['one', 'two', 'three']) await aService(persistence, id)
    const { id, name } = await aCollection1(persistence)
    await persistence.setCollectionServices(id, ['one'])
    assert.deepEqual(ids(await persistence.getServices(id)), ['one'])
    await persistence.attachCollectionToServices(id, ['two', 'one'])
    assert.deepEqual(ids(await persistence.getServices(id)), ['one', 'two'])
    assert.equal((await persistence.getCollection(name, 'two'))?.id, id)
    assert.equal(await persistence.getCollection(name, 'three'), undefined)
    assert.ok((await persistence.getCollections('one')).some((collection) => collection.id === id))
    assert.ok(!(await persistence.getCollections('three')).some((collection) => collection.id === id))
    await persistence.setCollectionServices(id, [])
    assert.deepEqual(await persistence.getServices(id), [])
    for (const change of [
      () => persistence.attachCollectionToServices(unknownId, ['one']),
      () => persistence.setCollectionServices(unknownId, ['one']),
      () => persistence.getServices(unknownId),
    ])
      await refuses('SERVE_COLLECTION_UNKNOWN', change)
  },
  async 'getDomain: text or undefined'(persistence) {
    const { id } = await aService(persistence, 'checked')
    const domain = await persistence.getDomain(id)
    assert.ok(domain === undefined || typeof domain === 'string')
  },
}
