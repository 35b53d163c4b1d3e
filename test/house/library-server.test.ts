import path from 'node:path'
import { expect, it } from 'vitest'
import {
  openStore,
  openStoreAuthentication,
  openStorePersistence,
  Secret,
  startServer,
  type Clock,
  type SignalPayloads,
  type Taxii2Persistence,
} from '../../src/index.ts'
import { ask, basic, quickHashes } from '../serve/a-running-server.ts'
import { anObject } from '../support/items.ts'
import { temporaryFolder } from '../support/run-cli.ts'

const clock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const taxii21 = 'application/taxii+json;version=2.1'

it('serves a store from a program of one’s own, with what is exported alone', async () => {
  const place = path.join(temporaryFolder(), 'store.db')
  await using store = await openStore(`sqlite:${place}`, { clock, identity: { pid: process.pid, host: 'here' } })
  const authentication = openStoreAuthentication({ store, clock, hashCost: quickHashes })
  await authentication.createAccount('alice', new Secret('correct horse battery'), { isAdmin: true })
  const built = openStorePersistence({ store, clock })
  const asked: string[] = []
  const taxii2: Taxii2Persistence = {
    ...built.taxii2,
    getObjects(collection, filter) {
      asked.push(collection.title)
      return built.taxii2.getObjects(collection, filter)
    },
  }
  const { id } = await taxii2.createCollection({
    apiRootId: 'default',
    title: 'Shared',
    isPublic: false,
    isPublicWrite: false,
    isWritable: true,
  })
  const added: SignalPayloads['OBJECTS_ADDED'][] = []
  const server = await startServer(
    { port: 0 },
    { store, clock, authentication, taxii2, hooks: [(on) => on('OBJECTS_ADDED', (payload) => added.push(payload))] },
  )
  try {
    const url = `${server.url}/default/collections/${id}/objects/`
    const headers = { accept: taxii21, 'content-type': taxii21, authorization: basic('alice', 'correct horse battery') }
    const object = anObject()
    const body = `{"objects":[${String(object.raw)}]}`
    expect((await ask(url, { headers, method: 'POST', body })).status).toBe(202)
    expect(JSON.parse((await ask(url, { headers })).text)).toMatchObject({ objects: [{ id: object.id }] })
    expect(asked).toEqual(['Shared'])
    await expect.poll(() => added.map(({ ids }) => ids)).toEqual([[object.id]])
  } finally {
    await server.close()
  }
})
