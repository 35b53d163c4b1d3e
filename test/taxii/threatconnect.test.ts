import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timestampKey } from '../../src/core/timestamp.ts'
import { startPersonality } from '../../src/simulate/personalities.ts'
import { threatconnect } from '../../src/simulate/personalities/threatconnect.ts'
import type { Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { describeObject, isDamaged } from '../../src/stix/describe.ts'
import type { Page } from '../../src/taxii/client.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { findPreset } from '../../src/taxii/presets/registry.ts'
import { anHttp, basicFor } from '../http/an-http.ts'
import { someIndicators } from '../support/indicators.ts'
import { errorOf, idsOf, readPoll } from './a-client.ts'

const preset = findPreset('threatconnect')
const owner = 'Demo Organization'
const id = '2f4b1f29-5f3c-4a6c-9c1d-8f4a0f6f0b11'
const base = '/api/services/taxii/v2/taxii'
const objects = [
  ...someIndicators(30),
  { ...someIndicators(1, 30)[0], pattern: "[ipv4-addr:value = '198.51.100.0/24']", revoked: true },
]

let server: Taxii2Server
beforeAll(async () => {
  const running = await startPersonality(threatconnect, { objects })
  server = running.server as Taxii2Server
})
afterAll(() => server.close())

async function open(path: string, settings: { apiRoot?: string; password?: string; pageSize?: number } = {}) {
  const access = [basicFor(server.url, 'taxii', settings.password ?? 'p@55w0rd')]
  const { http, clock, notices, [Symbol.asyncDispose]: close } = anHttp(server.url, { access })
  const { apiRoot, pageSize } = settings
  const client = await connectTaxii(
    { url: new URL(server.url + path), version: preset?.version ?? 'auto', preset, apiRoot, pageSize },
    { http, clock, notices: (notice) => notices.push(notice) },
  )
  return { client, notices, [Symbol.asyncDispose]: close }
}

const described = (pages: readonly Page[]) =>
  pages.flatMap(({ items }) => items).map(({ raw }) => describeObject(raw, { repairs: preset?.repairs }))

const bare = (name: string) => name.replace('indicator--', '')

describe('ThreatConnect', () => {
  it.each([
    ['discovery below the service path', `${base}/taxii2`],
    ['the API root', `${base}/tc_taxii`],
    ['the list of collections', `${base}/tc_taxii/collections`],
    ['a collection by id', `${base}/tc_taxii/collections/${id}`],
    ['a collection by owner name', `${base}/tc_taxii/collections/Demo%20Organization`],
    ['objects', `${base}/tc_taxii/collections/${id}/objects`],
    ['discovery below the host', '/taxii2'],
    ['the API root below the host', '/tc_taxii'],
    ['the bare service path', base],
    ['the bare host', '/'],
    ['discovery with a slash', `${base}/taxii2/`],
  ])('works from %s (%s), in paths without a slash', async (_name, path) => {
    await using opened = await open(path)
    const before = server.requests.length
    const [collection] = await opened.client.collections()
    expect(collection?.id).toBe(id)
    const { pages, error } = await readPoll(opened.client, { collection: owner })
    expect(error).toBeUndefined()
    expect(described(pages)).toHaveLength(35)
    const good = server.requests.slice(before).filter((request) => request.path.includes('collections'))
    expect(good.every((request) => !request.path.endsWith('/'))).toBe(true)
  })

  it('takes a collection by id and by owner name with a blank, which goes out as %20', async () => {
    await using opened = await open(`${base}/taxii2`)
    for (const collection of [id, owner]) expect((await readPoll(opened.client, { collection })).error).toBeUndefined()
    const before = server.requests.length
    await using fresh = await open(`${base}/tc_taxii`)
    await readPoll(fresh.client, { collection: owner })
    expect(server.requests.slice(before).map(({ path }) => path)).toContain(
      `${base}/tc_taxii/collections/Demo%20Organization`,
    )
  })

  it('sends the exact Accept, and Basic as in the vendor’s example', async () => {
    await using opened = await open(`${base}/taxii2`)
    await readPoll(opened.client, { collection: owner })
    expect(server.requests.every(({ headers }) => headers.accept === 'application/taxii+json;version=2.1')).toBe(true)
    expect(server.requests.at(-1)?.headers.authorization).toBe('Basic dGF4aWk6cEA1NXcwcmQ=')
  })

  it('a 401 names the role and the app that are needed', async () => {
    await using opened = await open(`${base}/taxii2`, { password: 'wrong' })
    const error = await errorOf(opened.client.collections())
    expect(error).toMatchObject({ kind: 'auth' })
    expect(error.hint).toContain('TAXII Server Service app')
    expect(error.hint).toContain('Standard User')
  })

  it('quirk 1: max_content_length of 100 does not keep anybody from reading', async () => {
    await using opened = await open(`${base}/tc_taxii`)
    expect((await opened.client.v2?.apiRoot())?.maxContentLength).toBe(100)
    expect((await readPoll(opened.client, { collection: owner })).error).toBeUndefined()
  })

  it('quirks 2, 3: offsets as next and markings on every page: no indicator is lost', async () => {
    await using opened = await open(`${base}/tc_taxii`)
    const { pages, error } = await readPoll(opened.client, { collection: owner, pageSize: 10 })
    expect(error).toBeUndefined()
    const ids = described(pages).map((object) => (isDamaged(object) ? object.reason : object.id))
    expect(ids.filter((each) => each.startsWith('indicator--'))).toEqual(idsOf(objects))
    expect(new Set(ids.filter((each) => each.startsWith('marking-definition--'))).size).toBe(4)
    expect(pages.some(({ position }) => /^\d+$/.test(String(position?.['next'])))).toBe(true)
  })

  it('quirk 4: bare ids get their type before them, and the original is kept', async () => {
    await using opened = await open(`${base}/tc_taxii`)
    const { pages } = await readPoll(opened.client, { collection: owner })
    const indicators = described(pages).filter((object) => !isDamaged(object) && object.type === 'indicator')
    expect(indicators.map((object) => ('originalId' in object ? object.originalId : undefined))).toEqual(
      idsOf(objects).map(bare),
    )
    expect(indicators[0]?.raw.toString()).toContain(`"id":"${idsOf(objects)[0]}"`)
  })

  it('quirk 5: dates with an offset, without milliseconds, with a blank behind, are times', async () => {
    await using opened = await open(`${base}/tc_taxii`)
    const { pages } = await readPoll(opened.client, { collection: owner })
    const objectsRead = described(pages)
    for (const object of objectsRead) if (!isDamaged(object)) expect(timestampKey(object.version)).toBeDefined()
    const raw = pages.flatMap(({ items }) => items.map((item) => item.raw.toString())).join('')
    expect(raw).toContain('+00:00 "')
    expect(timestampKey('2026-01-01T00:00:00+00:00 ')).toBe('2026-01-01T00:00:00.000000000Z')
  })

  it('quirks 6, 8, 9: empty lists, nulls, extra properties, revoked objects and networks as values come as they are', async () => {
    await using opened = await open(`${base}/tc_taxii`)
    const { pages } = await readPoll(opened.client, { collection: owner })
    const last = described(pages).at(-1)
    expect(last).toMatchObject({ type: 'indicator', revoked: true })
    const text = last?.raw.toString() ?? ''
    for (const part of ['"object_marking_refs":[]', '"description":null', '"x_threat_rating":', "= '198.51.100.0/24'"])
      expect(text).toContain(part)
  })

  it('quirk 7: the TAXII type among the media types of a collection is kept and does not matter', async () => {
    await using opened = await open(`${base}/taxii2`)
    const [collection] = await opened.client.collections()
    expect(collection).toMatchObject({
      contentTypes: ['application/taxii+json; version=2.1'],
      custom: { x_tql: expect.stringContaining('Address') as string },
    })
  })

  it('quirk 10: version 1’s address in the discovery of version 2 is replaced by the one that works, with a notice', async () => {
    await using opened = await open(`${base}/taxii2`)
    const { error } = await readPoll(opened.client, { collection: owner })
    expect(error).toBeUndefined()
    expect(opened.notices.map(({ code }) => code)).toContain('TAXII_ROOT_REPLACED')
    expect(server.requests.at(-1)?.path).toBe(`${base}/tc_taxii/collections/${id}/objects`)
  })
})
