import { expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { chooseCollections } from '../../src/fetch/choose-collections.ts'
import type { TaxiiClient } from '../../src/taxii/client.ts'
import { aClient, aFeed } from './scripted-feed.ts'

const signal = new AbortController().signal
const wanted = { sourceId: 's', names: ['hidden'], apiRoot: undefined, known: [] }
const { collection } = aFeed('hidden')

it('C1D-5 polls a named collection of a 1.x server that lists nothing', async () => {
  const client: TaxiiClient = {
    ...aClient([], '1.1'),
    v1: {
      collection: (name: string) =>
        Promise.resolve({ ...collection, id: name, pollAddresses: ['https://h.example/poll'] }),
    } as unknown as TaxiiClient['v1'],
  }
  expect(await chooseCollections(client, wanted, signal)).toMatchObject([
    { kind: 'readable', key: { source: 's', root: 'https://h.example/poll', collection: 'hidden' } },
  ])
})

it('asks a 2.x server for a named collection when its listing is refused', async () => {
  const client: TaxiiClient = {
    ...aClient([]),
    collections: () => Promise.reject(new StixTaxiiError('TAXII_STATUS', '404', { kind: 'not-found' })),
    v2: { collection: () => Promise.resolve(collection) } as unknown as TaxiiClient['v2'],
  }
  expect(await chooseCollections(client, wanted, signal)).toMatchObject([{ kind: 'readable' }])
})

it('gives the listing its own error when no collection was named', async () => {
  const refused = new StixTaxiiError('HTTP_AUTH', 'wrong password', { kind: 'auth' })
  const client: TaxiiClient = { ...aClient([]), collections: () => Promise.reject(refused) }
  await expect(chooseCollections(client, { ...wanted, names: [] }, signal)).rejects.toBe(refused)
})

it('takes a collection for the one it was, in whatever order its poll addresses are listed', async () => {
  const [first, second] = ['https://h.example/poll-a', 'https://h.example/poll-b']
  const keyWith = async (pollAddresses: readonly string[], known: readonly string[]) => {
    const client = aClient([aFeed('c1', [], { pollAddresses })], '1.1')
    const keys = known.map((root) => ({ source: 's', root, collection: 'c1' }))
    const [choice] = await chooseCollections(client, { ...wanted, names: [], known: keys }, signal)
    return choice?.key?.root
  }
  expect(await keyWith([first, second], [])).toBe(first)
  expect(await keyWith([second, first], [first])).toBe(first)
  expect(await keyWith([second], [first])).toBe(second)
})
