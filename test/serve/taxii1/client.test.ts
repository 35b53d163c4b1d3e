import { expect, test } from 'vitest'
import { canonicalBinding } from '../../../src/taxii/v1/bindings.ts'
import { taxiiSuite } from '../../contracts/taxii-suite.ts'
import { aClient, contentsOf, pagesOf } from '../../taxii/v1/support.ts'
import { aServer, fill, someBlocks, stix111 } from './a-server.ts'

for (const version of ['1.0', '1.1'] as const) {
  taxiiSuite({
    version,
    pages: version === '1.1',
    async start({ items, pageSize }) {
      // By the header `Date`, which is real, the client knows whether an end label leaves anything to be asked for.
      const start = new Date().toISOString()
      const server = await aServer({ start, services: { poll: { maxResultSize: pageSize } } })
      const truth = someBlocks(items)
      await fill(server, truth)
      const { client } = await aClient(`${server.url}/services/discovery`, { version })
      const waiting: Promise<unknown>[] = []
      return {
        client: {
          ...client,
          async *poll(request, signal) {
            await Promise.all(waiting)
            yield* client.poll(request, signal)
          },
        },
        collection: 'feed',
        truth: () => truth,
        add: () => {
          const more = `<a xmlns="urn:a">${truth.length + 1}</a>`
          truth.push(more)
          waiting.push(fill(server, [more]))
        },
        async [Symbol.asyncDispose]() {},
      }
    },
  })

  test(`our own client of ${version} finds, polls, pushes, counts and subscribes`, async () => {
    const server = await aServer({ services: { poll: { maxResultSize: 10 } } })
    await fill(server, someBlocks(25))
    const { client, codes } = await aClient(`${server.url}/services/discovery`, { version })
    const [collection] = await client.collections()
    expect(collection).toMatchObject({ id: 'feed', canRead: true, description: 'A collection', ordering: 'feed' })
    expect(collection?.pollAddresses).toEqual([`${server.url}/services/poll`])
    const block = { binding: stix111, content: '<pushed/>' }
    await client.v1?.inbox([block], version === '1.1' ? { destinations: ['feed'] } : {})
    const pages = await pagesOf(client, { collection: 'feed' })
    expect(contentsOf(pages)).toEqual([...someBlocks(25), '<pushed/>'])
    const first = pages[0]?.items[0]
    expect(first?.kind === 'block' && canonicalBinding(first.binding)).toBe(stix111)
    const [made] = (await client.v1?.subscription('subscribe', { collection: 'feed' })) ?? []
    expect(made).toMatchObject({ status: 'active', collection: 'feed' })
    const subscribed = await pagesOf(client, { collection: 'feed', subscriptionId: made?.id })
    expect(contentsOf(subscribed)).toHaveLength(26)
    const [ended] = (await client.v1?.subscription('unsubscribe', { collection: 'feed', id: made?.id })) ?? []
    expect(ended).toMatchObject({ id: made?.id, status: 'unsubscribed' })
    // Nothing about this server is odd.
    expect(codes()).toEqual([])
  })
}
