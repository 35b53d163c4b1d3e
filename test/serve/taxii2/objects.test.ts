import { describe, expect, it } from 'vitest'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { anAccount, ask, aServer, idsOf, oldIndicators, post } from './a-server.ts'
import { stix20, type Answer, type AskOptions, type TestServer } from './a-server.ts'

const objectsOf = (server: TestServer, query = '', options: AskOptions = {}) =>
  ask(server, `${server.path}objects/${query}`, options)

/** Follows `next` to the end, or `added_after` alone. */
async function readAll(server: TestServer, query: string, by: 'next' | 'added_after'): Promise<Answer[]> {
  const pages: Answer[] = []
  for (let on = ''; ;) {
    const page = await objectsOf(server, `?${query}${on}`)
    pages.push(page)
    if (page.body.more !== true) return pages
    const last = page.headers.get('x-taxii-date-added-last') ?? ''
    on = by === 'next' ? `&next=${encodeURIComponent(String(page.body.next))}` : `&added_after=${last}`
  }
}

describe('paging in 2.1', () => {
  it.each(['next', 'added_after'] as const)(
    'edge case 1, S21-14, S21-16: 250 objects of one POST are 100, 100 and 50 by %s, no gap, no repeat',
    async (by) => {
      await using server = await aServer()
      await post(server, someIndicators(250))
      const pages = await readAll(server, 'limit=100', by)
      expect(pages.map((page) => page.body.objects?.length)).toEqual([100, 100, 50])
      expect(pages.flatMap(idsOf)).toEqual(someIndicators(250).map(({ id }) => id))
      expect(pages.map(({ body }) => body.more)).toEqual([true, true, undefined])
    },
  )

  it('edge case 2: what is added between two pages comes at the end', async () => {
    await using server = await aServer()
    await post(server, someIndicators(20))
    const first = await objectsOf(server, '?limit=15')
    await post(server, someIndicators(10, 100))
    const second = await objectsOf(server, `?limit=100&next=${String(first.body.next)}`)
    expect([...idsOf(first), ...idsOf(second)]).toEqual(
      [...someIndicators(20), ...someIndicators(10, 100)].map(({ id }) => id),
    )
  })

  it('edge case 3: what is deleted between pages leaves an empty last page, without more', async () => {
    await using server = await aServer()
    await post(server, someIndicators(11))
    const first = await objectsOf(server, '?limit=10')
    await ask(server, `${server.path}objects/${idAt(10)}/`, { method: 'DELETE' })
    const last = await objectsOf(server, `?limit=10&next=${String(first.body.next)}`)
    expect([last.status, last.text]).toEqual([200, '{}'])
  })

  it('edge case 4, S21-20: of two versions one is given, all are two; of three, first and last are two', async () => {
    await using server = await aServer()
    const version = (day: number) => someIndicators(1, 0, { modified: `2026-02-0${day}T00:00:00.000Z` })
    const seen = async (query: string) =>
      (await objectsOf(server, query)).body.objects?.map(({ modified }) => String(modified).slice(8, 10))
    // Not in the order of their dates.
    for (const day of [2, 1]) await post(server, version(day))
    expect([await seen(''), await seen('?match[version]=all')]).toEqual([['02'], ['02', '01']])
    expect(await seen('?match[version]=first,last')).toEqual(['02', '01'])
    await post(server, version(3))
    expect(await seen('?match[version]=first,last')).toEqual(['01', '03'])
    expect(await seen('?match[version]=2026-02-02T00:00:00Z,2026-02-01T01:00:00%2B01:00')).toEqual(['02', '01'])
    expect(await seen('?match[version]=2026-02-02T00:00:00Z,last')).toEqual(['02', '03'])
    expect(await seen('?match[version]=all&match[type]=malware')).toBeUndefined()
  })

  it('S21-16: a limit is above zero, never exceeded, and lowered by the server', async () => {
    await using server = await aServer({ taxii2: { maxPageSize: 10 } })
    await post(server, someIndicators(25))
    for (const [limit, length] of [
      [1, 1],
      [10, 10],
      [11, 10],
      ['99999999999999999999999', 10],
      ['007', 7],
    ])
      expect((await objectsOf(server, `?limit=${limit}`)).body.objects).toHaveLength(Number(length))
    expect((await objectsOf(server)).body).toMatchObject({ more: true, next: expect.any(String) as string })
    for (const limit of ['0', '-1', '1.5', '1e2', '', 'x', '%00', ' 1', '0x10', '１'])
      expect([limit, (await objectsOf(server, `?limit=${limit}`)).status]).toEqual([limit, 400])
  })

  it('S21-17: a cursor outlives a restart, serves what came since, and belongs to its filters', async () => {
    await using server = await aServer()
    await post(server, [...someIndicators(5), ...someIndicators(5, 50, { type: 'malware' })])
    const query = 'match[type]=indicator,malware&match[version]=all'
    const { body } = await objectsOf(server, `?${query}&limit=4`)
    const next = String(body.next)
    expect(next).toMatch(/^[\w.~-]+$/)
    const same = await objectsOf(server, `?match[version]=all&match[type]=malware,indicator&next=${next}&limit=2`)
    expect(idsOf(same)).toEqual([idAt(4), idAt(50)])
    const others = [
      '',
      'match[type]=malware',
      `${query}&added_after=2020-01-01T00:00:00Z`,
      'match[type]=indicator,malware',
      `${query}&match[id]=${idAt(1)}`,
      `${query}&match[spec_version]=2.1`,
    ]
    for (const other of others) expect((await objectsOf(server, `?${other}&next=${next}`)).status).toBe(400)
    const made = ['x', '', '.', `${next}x`, next.slice(1), next.slice(0, -1), next.replace(/^./, '_'), `a.${next}`]
    for (const forged of made) {
      const { status, body: problem } = await objectsOf(server, `?${query}&next=${forged}`)
      expect([forged, status, problem['http_status']]).toEqual([forged, 400, '400'])
    }
    const manifest = await ask(server, `${server.path}manifest/?${query}&limit=4`)
    expect(await ask(server, `${server.path}manifest/?${query}&next=${String(manifest.body.next)}`)).toMatchObject({
      status: 200,
    })
  })

  it('S21-18: added_after is later than, one only, in any spelling of RFC 3339', async () => {
    await using server = await aServer()
    await post(server, someIndicators(3))
    const first = await objectsOf(server, '?limit=2')
    const stamp = String(first.headers.get('x-taxii-date-added-last'))
    const rest = async (text: string) =>
      idsOf(await objectsOf(server, `?added_after=${encodeURIComponent(text)}`)).length
    expect(await rest(stamp)).toBe(1)
    expect(await rest(stamp.replace('Z', '000Z'))).toBe(1)
    expect(await rest(stamp.replace('Z', '+00:00'))).toBe(1)
    expect(await rest(stamp.toLowerCase())).toBe(1)
    expect(await rest(stamp.replace('Z', '999Z'))).toBe(1)
    expect(await rest('2020-01-01T00:00:00Z')).toBe(3)
    expect(await rest('9999-12-31T23:59:59.999999Z')).toBe(0)
    expect(await rest('0000-01-01T00:00:00Z')).toBe(3)
    for (const text of ['yesterday', '', '2026-01-01', '2026-02-30T00:00:00Z', '1767225600', `${stamp},${stamp}`])
      expect([text, (await objectsOf(server, `?added_after=${text}`)).status]).toEqual([text, 400])
    expect((await objectsOf(server, `?added_after=${stamp}&added_after=${stamp}`)).status).toBe(400)
  })
})

describe('pages of large objects', () => {
  const large = { x_example_filler: 'x'.repeat(3_000_000) }
  const asked = { permissions: { taxii1: {}, taxii2: { '*': ['read'] } } } as const

  it('S21-13: end before they are too large, in 2.1 and 2.0, with a TLP ceiling and without; nothing is lost', async () => {
    await using server = await aServer()
    server.principals.set('ann', anAccount('ann', { ...asked, tlpCeiling: 'green' }))
    for (let n = 0; n < 7; n += 1) await post(server, oldIndicators(1, n, large))
    for (const as of [undefined, 'ann']) {
      const counts: number[] = []
      const ids: string[] = []
      for (let query = ''; ;) {
        const answer = await ask(server, `${server.path}objects/${query}`, { as })
        counts.push(answer.body.objects?.length ?? 0)
        ids.push(...idsOf(answer))
        if (answer.body.more !== true) break
        query = `?next=${answer.body.next}`
      }
      expect(counts).toEqual([2, 2, 2, 1])
      expect(ids).toEqual(Array.from({ length: 7 }, (_, n) => idAt(n)))
      const old = await ask(server, `${server.path}objects/`, { as, accept: stix20 })
      expect([old.status, old.headers.get('content-range')]).toEqual([206, `items 0-1/${as === undefined ? 7 : 3}`])
      const end = await ask(server, `${server.path}objects/`, { as, accept: stix20, headers: { range: 'items 5-6' } })
      expect(idsOf(end)).toEqual([idAt(5), idAt(6)])
    }
  })
})

describe('filters', () => {
  it('S21-19: match by id, type, version and specification, on objects and manifest alike', async () => {
    await using server = await aServer()
    await post(server, [
      ...someIndicators(3),
      ...oldIndicators(2, 10),
      ...someIndicators(2, 20, { type: 'malware' }),
      {
        type: 'ipv4-addr',
        spec_version: '2.1',
        id: 'ipv4-addr--00000000-0000-5000-8000-000000000001',
        value: '192.0.2.1',
      },
    ])
    const cases: [string, number][] = [
      ['', 8],
      [`match[id]=${idAt(1)},${idAt(20)},${idAt(77)}`, 2],
      ['match[type]=malware', 2],
      ['match[type]=malware,ipv4-addr', 3],
      ['match[type]=report', 0],
      ['match[type]=no-such-type', 0],
      ['match[spec_version]=2.0', 2],
      ['match[spec_version]=2.1', 6],
      ['match[spec_version]=2.0,2.1', 8],
      ['match[spec_version]=2.2', 0],
      [`match[id]=${idAt(1)}&match[type]=malware`, 0],
      ['match[version]=2026-01-01T00:00:00Z', 7],
      ['match%5Btype%5D=malware', 2],
      ['match[nothing]=x&foo=bar&foo=baz&match[]=1', 8],
    ]
    for (const [query, count] of cases) {
      expect([query, (await objectsOf(server, `?${query}`)).body.objects?.length ?? 0]).toEqual([query, count])
      const manifest = await ask(server, `${server.path}manifest/?${query}`)
      expect([query, manifest.body.objects?.length ?? 0]).toEqual([query, count])
    }
    const twice = ['match[id]=a&match[id]=b', 'match[type]=a&match[type]=a', 'limit=1&limit=2', 'next=a&next=b']
    const malformed = ['match[version]=newest', 'match[version]=all,last', 'match[spec_version]=two', 'match[type]=']
    const empty = ['match[id]=a,,b', 'match[version]=,last', 'match[spec_version]=']
    for (const query of [...twice, ...malformed, ...empty]) {
      expect([query, (await objectsOf(server, `?${query}`)).status]).toEqual([query, 400])
      expect((await ask(server, `${server.path}manifest/?${query}`)).status).toBe(400)
    }
  })

  it('S21-19: one object, its versions and deletion know version and specification only', async () => {
    await using server = await aServer()
    const days = ['01', '02', '03'].map((day) => ({ modified: `2026-02-${day}T00:00:00.000Z` }))
    await post(
      server,
      days.map((day) => someIndicators(1, 0, day)[0]),
    )
    const object = `${server.path}objects/${idAt(0)}/`
    const given = async (query: string) =>
      (await ask(server, `${object}?${query}`)).body.objects?.map(({ modified }) => String(modified).slice(8, 10))
    expect(await given('')).toEqual(['03'])
    expect(await given('match[version]=all')).toEqual(['01', '02', '03'])
    expect(await given('match[version]=first&match[type]=malware&match[id]=x')).toEqual(['01'])
    expect(await given('match[version]=2026-02-02T00:00:00Z')).toEqual(['02'])
    expect(await given('match[spec_version]=2.0')).toBeUndefined()
    expect(await given('match[version]=all&limit=2')).toEqual(['01', '02'])
    const page = await ask(server, `${object}?match[version]=all&limit=2`)
    expect(await given(`match[version]=all&limit=2&next=${String(page.body.next)}`)).toEqual(['03'])
    for (const path of [object, `${object}versions/`]) {
      expect((await ask(server, `${path}?match[spec_version]=x`)).status).toBe(400)
      expect((await ask(server, `${path}?limit=0`)).status).toBe(400)
    }
    expect((await ask(server, `${object}?match[version]=x`)).status).toBe(400)
    const versions = await ask(server, `${object}versions/`)
    expect(versions.body).toEqual({ versions: ['01', '02', '03'].map((day) => `2026-02-${day}T00:00:00.000000Z`) })
    const part = await ask(server, `${object}versions/?limit=2`)
    expect([part.body.more, part.body.versions?.length]).toEqual([true, 2])
    const rest = await ask(server, `${object}versions/?limit=2&next=${String(part.body.next)}`)
    expect(rest.body).toEqual({ versions: ['2026-02-03T00:00:00.000000Z'] })
    expect((await ask(server, `${object}versions/?match[spec_version]=2.0`)).text).toBe('{}')
  })

  it('S21-20: of an object in both specifications the newer one is given, of all its versions too', async () => {
    await using server = await aServer()
    await post(server, [
      ...oldIndicators(1, 0, { modified: '2026-05-01T00:00:00.000Z' }),
      ...someIndicators(1, 0, { modified: '2026-04-01T00:00:00.000Z' }),
      ...someIndicators(1, 0, { modified: '2026-03-01T00:00:00.000Z' }),
      ...oldIndicators(1, 1),
    ])
    const months = async (query: string) =>
      (await objectsOf(server, query)).body.objects?.map(({ modified }) => String(modified).slice(5, 7))
    expect(await months('')).toEqual(['04', '01'])
    expect(await months('?match[version]=all')).toEqual(['04', '03', '01'])
    expect(await months('?match[spec_version]=2.0,2.1')).toEqual(['05', '01'])
    expect(await months('?match[spec_version]=2.0')).toEqual(['05', '01'])
  })

  it('S21-20: what has no date of its own has a version that leads back to it', async () => {
    await using server = await aServer()
    const observable = { type: 'ipv4-addr', id: 'ipv4-addr--00000000-0000-5000-8000-000000000001', value: '192.0.2.1' }
    await post(server, [...someIndicators(2), observable])
    const manifest = await ask(server, `${server.path}manifest/?match[type]=ipv4-addr`)
    const record = manifest.body.objects?.[0] as Record<string, string>
    expect(record['version']).toBe(record['date_added'])
    expect(idsOf(await objectsOf(server, `?match[version]=${record['version']}`))).toEqual([observable.id])
  })
})

it('S21-13: whoever may only write is refused reading, everywhere', async () => {
  await using server = await aServer()
  await post(server, someIndicators(1))
  const permissions = { taxii1: {}, taxii2: { [server.collection.id]: ['write'] as const } }
  server.principals.set('writer', anAccount('writer', { permissions }))
  const object = `${server.path}objects/${idAt(0)}/`
  for (const path of [`${server.path}objects/`, object, `${object}versions/`, `${server.path}manifest/`])
    expect((await ask(server, path, { as: 'writer' })).status).toBe(403)
  expect((await ask(server, server.path, { as: 'writer' })).body).toMatchObject({ can_read: false, can_write: true })
  expect((await post(server, someIndicators(1, 5), { as: 'writer' })).status).toBe(202)
})

it('S21-14, S21-15, S21-25: every object has a date of its own, and the headers say the first and last of a page', async () => {
  await using server = await aServer()
  await post(server, someIndicators(4))
  const manifest = await ask(server, `${server.path}manifest/`)
  const dates = manifest.body.objects?.map((record) => String(record['date_added'])) ?? []
  expect(new Set(dates).size).toBe(4)
  expect([...dates].sort()).toEqual(dates)
  for (const date of dates) expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  const object = `${server.path}objects/${idAt(1)}/`
  const expected: [string, string | undefined, string | undefined][] = [
    [`${server.path}objects/?limit=3`, dates[0], dates[2]],
    [`${server.path}manifest/?limit=2`, dates[0], dates[1]],
    [object, dates[1], dates[1]],
    [`${object}versions/`, dates[1], dates[1]],
  ]
  for (const [path, first, last] of expected) {
    const { headers } = await ask(server, path)
    expect([headers.get('x-taxii-date-added-first'), headers.get('x-taxii-date-added-last')]).toEqual([first, last])
  }
  const empty = await ask(server, `${server.path}objects/?match[type]=malware`)
  expect(empty.headers.get('x-taxii-date-added-last')).toBeNull()
})

it('S21-23: the manifest has a record for each version, its media type one of the collection', async () => {
  await using server = await aServer()
  await post(server, [
    ...someIndicators(1),
    ...someIndicators(1, 0, { modified: '2026-03-01T00:00:00.5Z' }),
    ...oldIndicators(1, 1),
  ])
  const { body } = await ask(server, `${server.path}manifest/?match[version]=all`)
  const { media_types: offered } = (await ask(server, server.path)).body
  expect(body.objects).toEqual([
    record(0, '2026-01-01T00:00:00.000000Z', '2.1'),
    record(0, '2026-03-01T00:00:00.500000Z', '2.1'),
    record(1, '2026-01-01T00:00:00.000000Z', '2.0'),
  ])
  for (const { media_type: type } of body.objects ?? []) expect(offered).toContain(type)
  const page = await ask(server, `${server.path}manifest/?match[version]=all&limit=2`)
  expect(page.body.more).toBe(true)
  const rest = await ask(server, `${server.path}manifest/?match[version]=all&limit=2&next=${String(page.body.next)}`)
  expect([rest.body.more, rest.body.objects?.length]).toEqual([undefined, 1])
})

const record = (index: number, version: string, specification: string) => ({
  id: idAt(index),
  date_added: expect.any(String) as string,
  version,
  media_type: `application/stix+json;version=${specification}`,
})

it('gives every object byte for byte, numbers beyond 2^53 and escapes included', async () => {
  await using server = await aServer()
  const raw = `{"type":"x-big","id":"x-big--00000000-0000-4000-8000-000000000001","modified":"2026-01-01T00:00:00Z","n":9007199254740993,"t":"\\u00e9\\/é","z":1.0}`
  await ask(server, `${server.path}objects/`, {
    method: 'POST',
    headers: { 'content-type': 'application/taxii+json' },
    body: `{"objects":[${raw}]}`,
  })
  expect((await objectsOf(server)).text).toBe(`{"objects":[${raw}]}`)
  const bundle = await objectsOf(server, '', { accept: stix20 })
  expect(bundle.text).toContain(raw)
})

it('packs large answers for clients elsewhere that take it, and tells so', async () => {
  await using far = await aServer({ clientAddress: '192.0.2.7' })
  await using near = await aServer()
  for (const server of [far, near]) await post(server, someIndicators(100))
  const encoding = async (server: TestServer, accepted: string, query = '') => {
    const answer = await objectsOf(server, query, { headers: { 'accept-encoding': accepted } })
    expect(idsOf(answer)).toHaveLength(query === '' ? 100 : 1)
    return answer.headers.get('content-encoding')
  }
  expect(await encoding(far, 'gzip, deflate')).toBe('gzip')
  expect(await encoding(far, 'br, GZIP;q=0.5')).toBe('gzip')
  for (const not of ['identity', 'br', 'gzip;q=0', 'gzip;q=0.0']) expect(await encoding(far, not)).toBeNull()
  expect(await encoding(far, 'gzip', '?limit=1')).toBeNull()
  expect(await encoding(near, 'gzip')).toBeNull()
})
