import assert from 'node:assert/strict'
import type { Taxii2Persistence } from '../taxii2-persistence.ts'
import { refuses } from './check.ts'
import { aCollection, aRoot, indicators } from './taxii2-samples.ts'

/** API roots and collections of TAXII 2. */
export const taxii2ManagingPromises: Readonly<Record<string, (persistence: Taxii2Persistence) => Promise<void>>> = {
  async 'createApiRoot, getApiRoot, getApiRoots: what was made is found, and nothing else'(persistence) {
    const root = await persistence.createApiRoot({
      id: 'checked',
      isDefault: false,
      title: 'Checked',
      description: 'For a check',
      isPublic: true,
    })
    assert.deepEqual(root, {
      id: 'checked',
      isDefault: false,
      title: 'Checked',
      description: 'For a check',
      isPublic: true,
    })
    assert.deepEqual(await persistence.getApiRoot('checked'), root)
    assert.ok((await persistence.getApiRoots()).some(({ id }) => id === 'checked'))
    assert.equal(await persistence.getApiRoot('unknown'), undefined)
    assert.equal(await persistence.getApiRoot('constructor'), undefined)
  },
  async 'createApiRoot: an id that is taken is refused; without one it gets one'(persistence) {
    await aRoot(persistence)
    await refuses('SERVE_API_ROOT_EXISTS', () => aRoot(persistence))
    const { id } = await persistence.createApiRoot({ isDefault: false, title: 'Without an id', isPublic: false })
    assert.equal((await persistence.getApiRoot(id))?.title, 'Without an id')
  },
  async 'createApiRoot, updateApiRoot: at most one is the default'(persistence) {
    await persistence.createApiRoot({ id: 'one', isDefault: true, title: 'One', isPublic: false })
    const two = await persistence.createApiRoot({ id: 'two', isDefault: true, title: 'Two', isPublic: false })
    const defaults = async () =>
      (await persistence.getApiRoots()).filter(({ isDefault }) => isDefault).map(({ id }) => id)
    assert.deepEqual(await defaults(), ['two'])
    await persistence.updateApiRoot({ ...two, id: 'one', title: 'One' })
    assert.deepEqual(await defaults(), ['one'])
  },
  async 'updateApiRoot: changes what there is; an unknown one is refused'(persistence) {
    const root = await aRoot(persistence)
    await persistence.updateApiRoot({ ...root, title: 'Other', isPublic: true })
    assert.deepEqual(await persistence.getApiRoot(root.id), { ...root, title: 'Other', isPublic: true })
    await refuses('SERVE_API_ROOT_UNKNOWN', () => persistence.updateApiRoot({ ...root, id: 'unknown' }))
  },
  async 'deleteApiRoot: its collections go too'(persistence) {
    const collection = await aCollection(persistence)
    assert.equal(await persistence.deleteApiRoot(collection.apiRootId), true)
    assert.equal(await persistence.getApiRoot(collection.apiRootId), undefined)
    assert.equal(await persistence.getCollection(collection.apiRootId, collection.id), undefined)
    assert.equal(await persistence.deleteApiRoot(collection.apiRootId), false)
  },
  async 'createCollection, getCollection, getCollections: found by id and by alias, in its own API root only'(
    persistence,
  ) {
    const collection = await aCollection(persistence, { alias: 'short', description: 'For a check' })
    const { apiRootId, id } = collection
    for (const name of [id, 'short']) assert.deepEqual(await persistence.getCollection(apiRootId, name), collection)
    assert.deepEqual(await persistence.getCollections(apiRootId), [collection])
    const other = await aRoot(persistence, 'other')
    for (const name of [id, 'short']) assert.equal(await persistence.getCollection(other.id, name), undefined)
    assert.equal(await persistence.getCollection(apiRootId, 'unknown'), undefined)
  },
  async 'createCollection: ids and aliases are given once; another API root may have the alias too'(persistence) {
    const { id, apiRootId } = await aCollection(persistence, { alias: 'short' })
    await refuses('SERVE_COLLECTION_EXISTS', () => aCollection(persistence, { apiRootId, id, title: 'Same id' }))
    await refuses('SERVE_COLLECTION_EXISTS', () =>
      aCollection(persistence, { apiRootId, alias: 'short', title: 'Other' }),
    )
    const other = await aRoot(persistence, 'other')
    await aCollection(persistence, { apiRootId: other.id, alias: 'short', title: 'Elsewhere' })
  },
  async 'getCollections: in the same order each time'(persistence) {
    const { id: apiRootId } = await aRoot(persistence)
    for (const title of ['c', 'a', 'b']) await aCollection(persistence, { apiRootId, title })
    const titles = async () => (await persistence.getCollections(apiRootId)).map(({ title }) => title)
    const once = await titles()
    assert.deepEqual([...once].sort(), ['a', 'b', 'c'])
    assert.deepEqual(await titles(), once)
  },
  async 'updateCollection: changes what there is, its alias too; an unknown one is refused'(persistence) {
    const collection = await aCollection(persistence, { alias: 'short' })
    const { apiRootId } = collection
    await persistence.updateCollection({ ...collection, title: 'Other', alias: 'longer', isPublic: true })
    assert.equal(await persistence.getCollection(apiRootId, 'short'), undefined)
    const changed = await persistence.getCollection(apiRootId, 'longer')
    assert.deepEqual([changed?.id, changed?.title, changed?.isPublic], [collection.id, 'Other', true])
    const id = '00000000-0000-4000-8000-00000000ffff'
    await refuses('SERVE_COLLECTION_UNKNOWN', () => persistence.updateCollection({ ...collection, id }))
  },
  async 'deleteCollection: what is in it goes too'(persistence) {
    const collection = await aCollection(persistence, { alias: 'short' })
    const { apiRootId, id } = collection
    await persistence.addObjects(apiRootId, collection, indicators(2))
    assert.equal(await persistence.deleteCollection('unknown', id), false)
    assert.equal(await persistence.deleteCollection(apiRootId, id), true)
    assert.equal(await persistence.deleteCollection(apiRootId, id), false)
    const again = await aCollection(persistence, { apiRootId, alias: 'short', id })
    assert.equal((await persistence.getObjects(again, { limit: 10 })).entries.length, 0)
  },
}
