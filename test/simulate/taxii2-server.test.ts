import { expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Options } from '../../src/simulate/taxii2-options.ts'

const id = (n: number): string => `indicator--00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const objects = Array.from({ length: 250 }, (_, n) => ({
  type: 'indicator',
  spec_version: '2.1',
  id: id(n),
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
}))
const taxii21 = { accept: 'application/taxii+json;version=2.1' }
const collection = { id: '91a7b528-80eb-42ed-a74d-c6fbd5a26116', alias: 'main', objects, canWrite: true }
const at = `/api1/collections/${collection.id}/`
const start = (options: Taxii2Options = {}) => startTaxii2Server({ collections: [collection], ...options })

interface Envelope {
  more?: boolean
  next?: string
  objects?: { id: string }[]
  title?: string
  versions?: string[]
}

async function get(url: string, headers: Record<string, string> = taxii21) {
  const response = await fetch(url, { headers })
  const text = await response.text()
  const body = (text.trimStart().startsWith('{') ? JSON.parse(text) : {}) as Envelope
  return { status: response.status, headers: response.headers, body, text }
}

it('pages 250 objects as 100, 100 and 50 with next, and writes each into its ledger once', async () => {
  await using server = await start()
  const sizes: number[] = []
  for (let next: string | undefined = ''; next !== undefined;) {
    const query: string = next ? `?next=${encodeURIComponent(next)}` : ''
    const { body } = await get(`${server.url}${at}objects/${query}`)
    sizes.push(body.objects?.length ?? 0)
    next = body.more ? body.next : undefined
  }
  expect(sizes).toEqual([100, 100, 50])
  expect(server.ledger.served(collection.id).size).toBe(250)
  expect([...server.ledger.times().values()].every((times) => times === 1)).toBe(true)
  expect(server.truth(collection.id)).toHaveLength(250)
})

it('pages by added_after and the date header alone', async () => {
  await using server = await start({ paging: 'date' })
  const seen: string[] = []
  for (let after = ''; ;) {
    const { body, headers } = await get(`${server.url}${at}objects/?limit=100${after}`)
    expect(body.next).toBeUndefined()
    seen.push(...(body.objects ?? []).map((object) => object.id))
    if (!body.more) break
    after = `&added_after=${headers.get('x-taxii-date-added-last') ?? ''}`
  }
  expect(seen).toEqual(objects.map((object) => object.id))
})

it('refuses a cursor with other filters, a limit of zero, a field given twice and what is no timestamp', async () => {
  await using server = await start()
  const { body } = await get(`${server.url}${at}objects/`)
  const refused = [`next=${body.next ?? ''}&match[type]=malware`, 'limit=0', 'limit=1&limit=2', 'added_after=yesterday']
  for (const query of refused) expect((await get(`${server.url}${at}objects/?${query}`)).status).toBe(400)
})

it('answers 406 for a foreign media type, 404 without the trailing slash, and knows collections by alias', async () => {
  await using server = await start()
  expect((await get(server.discoveryUrl, { accept: 'application/json, */*' })).status).toBe(406)
  expect((await get(server.discoveryUrl, { accept: 'application/taxii+json; version=2.1' })).status).toBe(200)
  expect((await get(server.discoveryUrl.replace(/\/$/, ''))).status).toBe(404)
  expect((await get(`${server.rootUrl}collections/main/objects/?limit=1`)).body.objects).toHaveLength(1)
})

it('speaks 2.0: a bundle with Content-Range in either spelling, and 416 past the end', async () => {
  await using server = await start({ version: '2.0' })
  const accept = 'application/vnd.oasis.stix+json; version=2.0'
  const url = `${server.url}${at}objects/`
  const first = await get(url, { accept, range: 'items=0-49' })
  expect([first.status, first.headers.get('content-range')]).toEqual([206, 'items 0-49/250'])
  expect((await get(url, { accept, range: 'items 200-299' })).headers.get('content-range')).toBe('items 200-249/250')
  expect((await get(url, { accept, range: 'items=250-299' })).status).toBe(416)
})

it('selects versions: newest by default, first, all, or by stamp', async () => {
  const versions = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00.000Z']
  const three = versions.map((modified) => ({ ...objects[0], modified }))
  await using server = await start({ collections: [{ ...collection, objects: three }] })
  const count = async (query: string) => (await get(`${server.url}${at}objects/?${query}`)).body.objects?.length
  expect(await count('')).toBe(1)
  expect(await count('match[version]=first,last')).toBe(2)
  expect(await count('match[version]=all')).toBe(3)
  expect(await count('match[version]=2026-01-03T00:00:00Z')).toBe(1)
  expect((await get(`${server.url}${at}objects/${id(0)}/versions/`)).body.versions).toEqual(versions)
})

it('takes objects in, remembers the job, and throws them out again', async () => {
  await using server = await start({ collections: [{ ...collection, objects: [] }], pendingPolls: 1 })
  const body = JSON.stringify({ objects: [objects[0], { id: 'nonsense' }] })
  const url = `${server.url}${at}objects/`
  const headers = { ...taxii21, 'content-type': 'application/taxii+json;version=2.1' }
  const posted = (await (await fetch(url, { method: 'POST', headers, body })).json()) as Record<string, unknown>
  expect(posted).toMatchObject({ status: 'pending', total_count: 2 })
  const status = `${server.rootUrl}status/${String(posted.id)}/`
  expect((await get(status)).body).toMatchObject({ status: 'pending' })
  expect((await get(status)).body).toMatchObject({ status: 'complete', success_count: 1, failure_count: 1 })
  expect((await fetch(`${url}${id(0)}/`, { method: 'DELETE', headers: taxii21 })).status).toBe(200)
  expect((await get(`${url}${id(0)}/`)).status).toBe(404)
})

it('wants what it was told to want: basic with a challenge, and a login that expires', async () => {
  await using basic = await start({ authentication: { scheme: 'basic', username: 'ann', password: 'pä:ss' } })
  const refused = await get(basic.discoveryUrl)
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="simulated"'])
  const authorization = `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`
  expect((await get(basic.discoveryUrl, { ...taxii21, authorization })).status).toBe(200)

  await using jwt = await start({
    authentication: { scheme: 'jwt', username: 'ann', password: 'pw', lifetimeRequests: 1 },
  })
  const body = JSON.stringify({ username: 'ann', password: 'pw' })
  const login = await fetch(`${jwt.url}/management/auth`, { method: 'POST', body })
  const bearer = { ...taxii21, authorization: `Bearer ${((await login.json()) as { token: string }).token}` }
  expect((await get(jwt.discoveryUrl, bearer)).status).toBe(200)
  expect((await get(jwt.discoveryUrl, bearer)).status).toBe(401)
})

it('spoils answers through its hooks and keeps numbers beyond 2^53 when it spreads its JSON', async () => {
  const big = '{"type":"x-big","id":"x-big--00000000-0000-4000-8000-000000000001","n":9007199254740993}'
  await using server = await start({
    spaced: true,
    collections: [{ ...collection, objects: [big] }],
    onResponse: (_, response) => ({ ...response, headers: { ...response.headers, 'x-spoiled': 'yes' } }),
  })
  const { headers, text, body } = await get(`${server.url}${at}objects/`)
  expect(headers.get('x-spoiled')).toBe('yes')
  expect(body.objects).toHaveLength(1)
  expect(text).toContain('9007199254740993')
})
