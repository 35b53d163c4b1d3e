import { expect, onTestFinished, test } from 'vitest'
import { startTaxii1Server } from '../../../src/simulate/taxii1-server.ts'
import type { Taxii1Options } from '../../../src/simulate/taxii1-options.ts'
import type { TaxiiSettings } from '../../../src/taxii/settings.ts'
import { aClient, contentsOf, pagesOf } from './support.ts'

const threeBlocks = ['<a xmlns="urn:a">1</a>', '<a xmlns="urn:a">2</a>', '<a xmlns="urn:a">3</a>']

async function aServer(options: Taxii1Options = {}, settings: Partial<TaxiiSettings> = {}) {
  const server = await startTaxii1Server({ collections: [{ name: 'feed', blocks: threeBlocks }], ...options })
  const opened = await aClient(server.addresses.discovery, settings)
  onTestFinished(async () => {
    await opened.close()
    await server.close()
  })
  return { server, ...opened }
}

test('gives every block of a feed, with its end label as the stamp', async () => {
  const { client, server } = await aServer()
  const pages = await pagesOf(client, { collection: 'feed' })
  expect(contentsOf(pages)).toEqual(threeBlocks)
  expect(pages.flatMap((page) => page.items.map((item) => (item.kind === 'block' ? item.id : '')))).toEqual(
    server.truth('feed').map((thing) => thing.id),
  )
  expect(pages).toHaveLength(1)
  expect(pages[0]).toMatchObject({ partial: false, stamp: pages[0]?.addedLast, damaged: [] })
  expect(pages[0]?.position).toBeUndefined()
})

test('C1P-10 follows the parts of an answer by fulfilment', async () => {
  const { client } = await aServer({ partSize: 2 })
  const pages = await pagesOf(client, { collection: 'feed' })
  expect(pages.map((page) => page.items.length)).toEqual([2, 1])
  expect(contentsOf(pages)).toEqual(threeBlocks)
  expect(pages[0]?.stamp).toBeUndefined()
  expect(pages[1]?.stamp).toBe(pages[0]?.addedLast)
})
