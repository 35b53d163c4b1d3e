import { expect, it } from 'vitest'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { isObjects, objectsUrl, oneCollection, startScript } from '../a-script.ts'

const objects = someIndicators(25)
const start = (options: Taxii2Options = {}) =>
  startTaxii2Server({ collections: [{ id: 'c1', objects }], pageCap: 10, ...options })
const newest = '2026-01-01T00:00:00.024025Z'

async function stampOf(headers: Record<string, string>, pages = 1) {
  let asked = 0
  const script = oneCollection((request) => {
    if (!isObjects(request)) return undefined
    asked++
    return {
      headers,
      json: { objects: someIndicators(2, asked * 2), ...(asked < pages ? { more: true, next: String(asked) } : {}) },
    }
  })
  await using server = await startScript(script)
  await using opened = await aClient(objectsUrl(server))
  const { pages: read, error } = await readPoll(opened.client)
  expect(error).toBeUndefined()
  return { stamps: read.map(({ stamp }) => stamp), notices: opened.notices.map(({ code }) => code), read }
}

const date = 'Fri, 02 Jan 2026 03:04:05 GMT'

it('C21-21, T10: the stamp is the last date the server gave, as it wrote it', async () => {
  await using server = await start()
  await using opened = await aClient(server.rootUrl)
  const { pages } = await readPoll(opened.client)
  expect(pages.map(({ stamp }) => stamp)).toEqual(pages.map(({ addedLast }) => addedLast))
  expect(pages.at(-1)?.stamp).toBe(newest)
  expect((await stampOf({ date, 'x-taxii-date-added-last': '2026-01-02T01:04:05.1234567+00:00' })).stamps).toEqual([
    '2026-01-02T01:04:05.1234567+00:00',
  ])
})

it('C21-21, row 34: without date headers the stamp is the newest date of a manifest read before the objects', async () => {
  await using server = await start({ dateHeaders: 'omitted' })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client)
  expect(ids).toEqual(idsOf(objects))
  expect(pages.map(({ stamp }) => stamp)).toEqual([undefined, undefined, newest])
  const paths = server.requests.map(({ path }) => path.split('/').at(-2))
  expect(paths.lastIndexOf('manifest')).toBeLessThan(paths.lastIndexOf('objects'))
})

it('row 34: an object that comes between the manifest and the end is not skipped by the stamp', async () => {
  let added = false
  await using server = await start({
    dateHeaders: 'omitted',
    pageCap: 100,
    onResponse: (request) => {
      if (added || !request.path.endsWith('/manifest/')) return undefined
      added = true
      server.shelf('c1').add(someIndicators(1, 25)[0] ?? {})
      return undefined
    },
  })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client)
  expect(ids).toHaveLength(26)
  const { ids: after } = await readPoll(opened.client, { begin: pages.at(-1)?.stamp })
  expect(after).toEqual(idsOf(someIndicators(1, 25)))
})

it.each(['missing', 'empty'] as const)('row 34: with the manifest %s too, no stamp is made up', async (manifest) => {
  await using server = await start({ dateHeaders: 'omitted', manifest })
  await using opened = await aClient(server.rootUrl)
  const { pages, ids } = await readPoll(opened.client)
  expect(ids).toEqual(idsOf(objects))
  expect(pages.every(({ stamp }) => stamp === undefined)).toBe(true)
  expect(opened.notices.map(({ code }) => code)).toContain('TAXII_DATES_MISSING')
})

it('asks for no manifest when nobody keeps the stamp', async () => {
  await using server = await start({ dateHeaders: 'omitted' })
  await using opened = await aClient(server.rootUrl)
  await readPoll(opened.client, { stateless: true })
  expect(server.requests.some(({ path }) => path.includes('manifest'))).toBe(false)
})

it('T5: a last date before the first is not believed', async () => {
  const { stamps, notices } = await stampOf({
    date,
    'x-taxii-date-added-first': '2026-01-02T00:00:00Z',
    'x-taxii-date-added-last': '2026-01-01T00:00:00Z',
  })
  expect(stamps).toEqual([undefined])
  expect(notices).toContain('TAXII_DATES_ODD')
})

it('T5: a date in the future does not move the stamp beyond the clock of the server', async () => {
  const { stamps, notices } = await stampOf({ date, 'x-taxii-date-added-last': '2083-01-01T00:00:00.000000Z' }, 2)
  expect(stamps).toEqual([undefined, '2026-01-02T03:04:05.000000Z'])
  expect(notices).toContain('TAXII_DATE_IN_FUTURE')
  expect((await stampOf({ date, 'x-taxii-date-added-last': '2026-01-02T03:08:00.000000Z' })).stamps).toEqual([
    '2026-01-02T03:08:00.000000Z',
  ])
})

it.each(['undefined', 'Fri Jan 02 2026', '2026-13-01T00:00:00Z', '1767225600'])(
  'T5, MITRE, OpenCTI: the date %j is no date',
  async (text) => {
    const { stamps, notices } = await stampOf({ date, 'x-taxii-date-added-last': text })
    expect(stamps).toEqual([undefined])
    expect(notices).toContain('TAXII_DATES_ODD')
  },
)

it('row 44: dates on an empty answer prove nothing', async () => {
  await using server = await start({ dateHeaders: 'always' })
  await using opened = await aClient(server.rootUrl)
  const { pages } = await readPoll(opened.client, { begin: '2026-02-01T00:00:00Z' })
  expect(pages.map(({ stamp, items }) => [stamp, items.length])).toEqual([[undefined, 0]])
})

it('pages that do not come oldest first prove their newest date only with the last', async () => {
  let asked = 0
  const dates = ['2026-01-01T20:00:00Z', '2026-01-01T10:00:00Z', '2026-01-01T05:00:00Z']
  const script = oneCollection((request) => {
    if (!isObjects(request)) return undefined
    const at = dates[asked++] ?? ''
    const headers = { date, 'x-taxii-date-added-first': at, 'x-taxii-date-added-last': at }
    return {
      headers,
      json: { objects: someIndicators(2, asked * 2), ...(asked < 3 ? { more: true, next: String(asked) } : {}) },
    }
  })
  await using server = await startScript(script)
  await using opened = await aClient(objectsUrl(server))
  const { pages } = await readPoll(opened.client)
  expect(pages.map(({ stamp }) => stamp)).toEqual(['2026-01-01T20:00:00Z', undefined, '2026-01-01T20:00:00Z'])
})

it('--until keeps what came up to that instant, by the dates of the manifest', async () => {
  const end = '2026-01-01T00:00:00.012013Z'
  for (const dateHeaders of ['sent', 'omitted'] as const) {
    await using server = await start({ dateHeaders })
    await using opened = await aClient(server.rootUrl)
    const { ids, error, pages } = await readPoll(opened.client, { end })
    expect(error).toBeUndefined()
    expect(ids).toEqual(idsOf(objects.slice(0, 13)))
    if (dateHeaders === 'sent') expect(pages.at(-1)).toMatchObject({ stamp: end, position: undefined })
  }
})

it('T5 --until in the future of the server proves no more than its own clock does', async () => {
  const addedAt = (index: number) =>
    index < 23 ? `2026-01-01T00:00:${10 + index}.000000Z` : '2083-01-01T00:00:00.000000Z'
  await using server = await startTaxii2Server({
    version: '2.1',
    collections: [{ id: 'c1', objects, addedAt }],
    pageCap: 10,
  })
  await using opened = await aClient(server.rootUrl)
  const { ids, pages } = await readPoll(opened.client, { end: '2082-01-01T00:00:00Z' })
  expect(ids).toEqual(idsOf(objects.slice(0, 23)))
  for (const { stamp } of pages) expect(stamp === undefined || stamp < '2080').toBe(true)
})

it('--until is refused where there is no manifest to go by', async () => {
  await using server = await start({ manifest: 'missing' })
  await using opened = await aClient(server.rootUrl)
  const { error } = await readPoll(opened.client, { end: '2026-01-01T00:00:00.012013Z' })
  expect(error).toMatchObject({ code: 'TAXII_UNTIL_UNSUPPORTED', kind: 'usage' })
})
