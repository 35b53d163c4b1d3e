import { expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'

const objects = someIndicators(250)
const start = (options: Taxii2Options = {}) =>
  startTaxii2Server({ collections: [{ id: 'c1', title: 'Demo Organization', objects }], ...options })

it('C21-17: reads every page by next, oldest first, and no object twice', async () => {
  await using server = await start()
  await using opened = await aClient(server.discoveryUrl)
  const { ids, pages, error } = await readPoll(opened.client)
  expect(error).toBeUndefined()
  expect(ids).toEqual(idsOf(objects))
  expect(pages.map((page) => page.items.length)).toEqual([100, 100, 50])
  expect(pages.map((page) => page.position === undefined)).toEqual([false, false, true])
  expect(pages.at(-1)?.stamp).toBe(pages.at(-1)?.addedLast)
})

it('T3: reads every page by date alone', async () => {
  await using server = await start({ paging: 'date' })
  await using opened = await aClient(server.discoveryUrl)
  const { ids, error } = await readPoll(opened.client)
  expect(error).toBeUndefined()
  expect(ids).toEqual(idsOf(objects))
})

it('C20-4: reads every page by item ranges', async () => {
  await using server = await start({ version: '2.0' })
  await using opened = await aClient(server.discoveryUrl, { version: '2.0' })
  const { ids, error } = await readPoll(opened.client)
  expect(error).toBeUndefined()
  expect(ids).toEqual(idsOf(objects))
})
