import { describe, expect, it } from 'vitest'
import { readItemRange } from '../../../src/serve/taxii2/item-range.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { ask, aServer, idsOf, oldIndicators, post } from './a-server.ts'
import { stix20, taxii20, type TestServer } from './a-server.ts'

describe('item numbers in 2.0', () => {
  const items = (server: TestServer, range: string | undefined, kind = 'objects', query = '') =>
    ask(server, `${server.path}${kind}/${query}`, {
      accept: kind === 'objects' ? stix20 : taxii20,
      headers: range === undefined ? {} : { range },
    })

  it('S20-4: 206 with the range that was given, 416 past the end, in both spellings', async () => {
    await using server = await aServer({ taxii2: { maxPageSize: 10 } })
    await post(server, oldIndicators(25))
    const cases: [string | undefined, number, string | null, number][] = [
      [undefined, 206, 'items 0-9/25', 0],
      ['items=0-9', 206, 'items 0-9/25', 0],
      ['items 0-4', 206, 'items 0-4/25', 0],
      ['items=5-7', 206, 'items 5-7/25', 5],
      ['Items = 20-99', 206, 'items 20-24/25', 20],
      ['items=3-', 206, 'items 3-12/25', 3],
      ['items=24-24', 206, 'items 24-24/25', 24],
      ['bytes=0-1', 206, 'items 0-9/25', 0],
    ]
    for (const kind of ['objects', 'manifest'])
      for (const [range, status, contentRange, first] of cases) {
        const answer = await items(server, range, kind)
        expect([range, answer.status, answer.headers.get('content-range')]).toEqual([range, status, contentRange])
        expect(answer.headers.get('accept-ranges')).toBe('items')
        expect(idsOf(answer)[0]).toBe(idAt(first))
      }
    for (const range of ['items=25-30', 'items=99999999-', 'items=5-2', 'items=-5', 'items=a-b', 'items=0-1,3-4']) {
      const answer = await items(server, range)
      expect([range, answer.status]).toEqual([range, 416])
      expect(answer.headers.get('content-range')).toMatch(/^items \*\/(25|\*)$/)
    }
    expect((await items(server, 'items=25-30')).headers.get('content-range')).toBe('items */25')
  })

  it('a range costs no more than its length', () => {
    const started = performance.now()
    expect(() => readItemRange(`items${' '.repeat(15_000)}x`)).toThrow('cannot be answered')
    expect(performance.now() - started).toBeLessThan(50)
  })

  it('S20-4: everything at once is 200, and an empty collection has an empty first page', async () => {
    await using server = await aServer()
    expect((await items(server, 'items=0-99')).status).toBe(200)
    expect((await items(server, undefined)).body).toMatchObject({ type: 'bundle', spec_version: '2.0' })
    await post(server, oldIndicators(3))
    const whole = await items(server, undefined)
    expect([whole.status, whole.headers.get('content-range'), whole.body.objects?.length]).toEqual([200, null, 3])
    expect((await items(server, 'items=0-99')).headers.get('content-range')).toBe('items 0-2/3')
  })

  it('S20-4: pages read one after the other are the whole, without counting through it for each', async () => {
    const read: number[] = []
    await using server = await aServer({
      taxii2: { maxPageSize: 10 },
      wrap: (persistence) => ({
        ...persistence,
        getObjects: (collection, filter) => {
          read.push(filter.limit)
          return persistence.getObjects(collection, filter)
        },
        getManifest: () => Promise.reject(new Error('counted through')),
      }),
    })
    await post(server, oldIndicators(95))
    const ids: string[] = []
    for (let first = 0; first < 95; first += 10) ids.push(...idsOf(await items(server, `items=${first}-${first + 9}`)))
    expect(ids).toEqual(oldIndicators(95).map(({ id }) => id))
    expect(read).toHaveLength(10)
  })

  it('S20-4: any numbers are found, in any order, also those never asked for before', async () => {
    await using server = await aServer({ taxii2: { maxPageSize: 10 } })
    await post(server, oldIndicators(95))
    for (const first of [90, 3, 47, 48, 46, 94, 0])
      expect(idsOf(await items(server, `items=${first}-${first}`))).toEqual([idAt(first)])
  })

  it('S20-4: without a count from the persistence a lower bound is told, and the end is found all the same', async () => {
    await using server = await aServer({
      taxii2: { maxPageSize: 10 },
      wrap: ({ countObjects: _, ...persistence }) => persistence,
    })
    await post(server, oldIndicators(25))
    expect((await items(server, 'items=0-9')).headers.get('content-range')).toBe('items 0-9/11')
    expect((await items(server, 'items=20-29')).headers.get('content-range')).toBe('items 20-24/25')
    expect((await items(server, 'items=70-79')).headers.get('content-range')).toBe('items */25')
  })

  it('S20-6: oldest added first, with date headers on objects and manifest, and added_after', async () => {
    await using server = await aServer()
    await post(server, oldIndicators(5))
    const objects = await items(server, 'items=0-2')
    const manifest = await items(server, 'items=0-2', 'manifest')
    const dates = manifest.body.objects?.map((each) => each['date_added'])
    expect(objects.headers.get('x-taxii-date-added-first')).toBe(dates?.[0])
    expect(objects.headers.get('x-taxii-date-added-last')).toBe(dates?.[2])
    expect(manifest.headers.get('x-taxii-date-added-last')).toBe(dates?.[2])
    const rest = await items(server, undefined, 'objects', `?added_after=${String(dates?.[2])}`)
    expect(idsOf(rest)).toEqual([idAt(3), idAt(4)])
  })

  it('S20-8: gives bundles of 2.0 objects alone; pollers of 2.1 get those as they are', async () => {
    await using server = await aServer()
    await post(server, [...someIndicators(2), ...oldIndicators(2, 10)])
    const bundle = await items(server, undefined)
    expect(bundle.body).toEqual({
      type: 'bundle',
      id: expect.stringMatching(/^bundle--[0-9a-f-]{36}$/) as string,
      spec_version: '2.0',
      objects: oldIndicators(2, 10),
    })
    expect(idsOf(await items(server, undefined, 'manifest'))).toEqual([idAt(10), idAt(11)])
    const one = await ask(server, `${server.path}objects/${idAt(10)}/`, { accept: stix20 })
    expect([one.status, one.body.objects]).toEqual([200, oldIndicators(1, 10)])
    expect((await ask(server, `${server.path}objects/${idAt(0)}/`, { accept: stix20 })).status).toBe(404)
    expect((await ask(server, `${server.path}objects/`)).body.objects).toEqual([
      ...someIndicators(2),
      ...oldIndicators(2, 10),
    ])
  })

  it('a manifest of 2.0 has one entry an object, with its versions, newest first', async () => {
    await using server = await aServer()
    const days = ['02', '03', '01'].map((day) => oldIndicators(1, 0, { modified: `2026-02-${day}T00:00:00.000Z` })[0])
    await post(server, [...days, ...oldIndicators(1, 1)])
    const versions = ['03', '02', '01'].map((day) => `2026-02-${day}T00:00:00.000Z`)
    for (const query of ['', '?match[version]=last', '?match[version]=all', '?match[version]=first,last']) {
      const { body } = await items(server, undefined, 'manifest', query)
      expect(body.objects?.map(({ id, versions: all }) => [id, all])).toEqual([
        [idAt(0), versions],
        [idAt(1), ['2026-01-01T00:00:00.000Z']],
      ])
    }
    expect((await items(server, undefined, 'manifest')).body.objects?.[0]).toMatchObject({ media_types: [stix20] })
  })

  it('limit, next and the specification are words of 2.1: 2.0 ignores them', async () => {
    await using server = await aServer()
    await post(server, oldIndicators(5))
    const answer = await items(server, undefined, 'objects', '?limit=0&next=x&match[spec_version]=2.1')
    expect([answer.status, answer.body.objects?.length]).toEqual([200, 5])
    expect((await items(server, undefined, 'objects', '?match[version]=x')).status).toBe(400)
  })
})
