import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { collectionUnknown } from '../../../src/serve/persistence/faults.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { anAccount, ask, aServer, idsOf, oldIndicators, post } from './a-server.ts'
import { stix20, taxii20, taxii21, type TestServer } from './a-server.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Posts a body as it is. */
const send = (server: TestServer, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(server, `${server.path}objects/`, { method: 'POST', body, headers: { 'content-type': taxii21, ...headers } })

describe('adding objects', () => {
  it('S21-21, S21-22: answers 202 with a job that says what became of each object, and tells it again', async () => {
    await using server = await aServer()
    const without = { type: 'indicator', pattern: '[x]' }
    const answer = await post(server, [...someIndicators(2), without, 7, ...oldIndicators(1, 5)])
    expect(answer.status).toBe(202)
    expect(answer.body).toEqual({
      id: expect.stringMatching(uuid4) as string,
      status: 'complete',
      request_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      total_count: 5,
      success_count: 3,
      successes: [0, 1, 5].map((index) => ({ id: idAt(index), version: '2026-01-01T00:00:00.000000Z' })),
      failure_count: 2,
      failures: [1, 2].map(() => ({
        id: 'unknown',
        version: answer.body['request_timestamp'],
        message: expect.any(String) as string,
      })),
      pending_count: 0,
    })
    expect((await ask(server, `/api/status/${String(answer.body['id'])}/`)).body).toEqual(answer.body)
    expect(idsOf(await ask(server, `${server.path}objects/`))).toEqual([idAt(0), idAt(1), idAt(5)])
  })

  it('S21-21: exact duplicates are successes, other content of the same version is a failure', async () => {
    await using server = await aServer()
    await post(server, someIndicators(2))
    const again = await post(server, someIndicators(3))
    expect(again.body).toMatchObject({ success_count: 3, failure_count: 0 })
    const other = await post(server, someIndicators(1, 0, { name: 'changed' }))
    expect(other.body).toMatchObject({ success_count: 0, failure_count: 1 })
    expect((await ask(server, `${server.path}objects/`)).body.objects).toEqual(someIndicators(3))
  })

  it('S21-21: objects without spec_version, of 2.0 or without dates, are taken as they are', async () => {
    await using server = await aServer()
    const observable = { type: 'url', id: 'url--00000000-0000-5000-8000-000000000001', value: 'https://bad.example/' }
    const answer = await post(server, [...oldIndicators(1), observable])
    expect(answer.body).toMatchObject({ success_count: 2 })
    const { body } = await ask(server, `${server.path}objects/?match[spec_version]=2.1`)
    expect(body.objects).toEqual([observable])
  })

  it.each([
    ['nothing', '', 400],
    ['an open brace', '{', 400],
    ['a word', 'nonsense', 400],
    ['a list', '[]', 400],
    ['a member without its value', '{"objects":[{"id":}]}', 400],
    ['a member without its colon', '{"objects":[{"type":"x","type" "y"}]}', 400],
    ['a comma too many', '{"objects":[1,]}', 400],
    ['more than JSON', '{"objects":[]} trailing', 400],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['no list', '{}', 422],
    ['an empty list', '{"objects":[]}', 422],
    ['an object for a list', '{"objects":{}}', 422],
    ['null for a list', '{"objects":null}', 422],
    ['a text for a list', '{"objects":"indicator"}', 422],
    ['lists 200 deep', `{"objects":[${'['.repeat(200)}${']'.repeat(200)}]}`, 422],
    ['objects 150 deep', `{"objects":[{"id":"x","a":${'{"a":'.repeat(150)}1${'}'.repeat(150)}}]}`, 422],
    ['more than 100,000 objects', `{"objects":[${'{},'.repeat(100_000)}{}]}`, 422],
    ['40,000 levels', `{"objects":[${'[{"x":'.repeat(20_000)}`, 422],
  ])(
    'S21-21: a body that is not understood gets 400, one that cannot be used 422, and nothing is stored: %s',
    async (_, body, status) => {
      await using server = await aServer()
      const answer = await send(server, body)
      expect([answer.status, answer.body['http_status']]).toEqual([status, String(status)])
      expect((await ask(server, `${server.path}objects/`)).text).toBe('{}')
      expect(server.signals).toEqual([])
    },
  )

  it('S21-10: what is smaller than max_content_length never gets 413, what is larger does, packed or not', async () => {
    await using server = await aServer({ taxii2: { maxContentLength: 2000 } })
    const envelope = (size: number) => {
      const [object] = someIndicators(1, size)
      const bare = JSON.stringify({ objects: [{ ...object, x_pad: '' }] })
      return JSON.stringify({ objects: [{ ...object, x_pad: 'a'.repeat(size - bare.length) }] })
    }
    for (const size of [1000, 1999, 2000]) {
      expect(envelope(size)).toHaveLength(size)
      expect((await send(server, envelope(size))).status).toBe(202)
    }
    for (const size of [2001, 50_000]) {
      expect((await send(server, envelope(size))).status).toBe(413)
      expect((await send(server, gzipSync(envelope(size)), { 'content-encoding': 'gzip' })).status).toBe(413)
    }
    expect((await send(server, gzipSync(envelope(1500)), { 'content-encoding': 'gzip' })).status).toBe(202)
    expect((await ask(server, `${server.path}objects/`)).body.objects).toHaveLength(4)
  })

  it('S21-26: custom properties of an envelope are ignored; where they are not allowed nothing with them is taken', async () => {
    await using open = await aServer()
    const custom = JSON.stringify({
      x_example_note: { more: true },
      objects: someIndicators(1, 0, { x_example_risk: 7 }),
    })
    expect((await send(open, custom)).status).toBe(202)
    expect((await ask(open, `${open.path}objects/`)).body.objects?.[0]).toMatchObject({ x_example_risk: 7 })
    await using strict = await aServer({ taxii2: { allowCustomProperties: false } })
    expect((await send(strict, custom)).status).toBe(422)
    const refused = await post(strict, [...someIndicators(1), ...someIndicators(1, 1, { x_example_risk: 7 })])
    expect([refused.status, refused.body.title]).toEqual([
      422,
      'The body cannot be used: object 2 has the custom property "x_example_risk"',
    ])
    expect((await post(strict, someIndicators(1, 0, { 'Not-A-Name': 7 }))).status).toBe(422)
    expect((await post(strict, someIndicators(1))).status).toBe(202)
  })

  it('S20-2: 2.0 posts a bundle, and its job lists ids', async () => {
    await using server = await aServer()
    const bundle = (objects: readonly unknown[], more: object = {}) =>
      JSON.stringify({ type: 'bundle', id: 'bundle--x', spec_version: '2.0', objects, ...more })
    const answer = await ask(server, `${server.path}objects/`, {
      method: 'POST',
      accept: taxii20,
      headers: { 'content-type': stix20 },
      body: bundle([...oldIndicators(2), { id: 'nothing' }]),
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([202, taxii20])
    expect(answer.body).toMatchObject({
      status: 'complete',
      successes: [idAt(0), idAt(1)],
      failures: [{ id: 'nothing', message: expect.any(String) as string }],
    })
    const again = await ask(server, `/api/status/${String(answer.body['id'])}/`, { accept: taxii20 })
    expect(again.body).toEqual(answer.body)
    expect((await send(server, bundle([], { type: 'list' }), { 'content-type': stix20 })).status).toBe(422)
    const open = await send(server, bundle(oldIndicators(1, 9)), { 'content-type': stix20 })
    expect([open.status, open.headers.get('content-type')]).toEqual([202, taxii21])
  })

  it('tells listeners of what is new, not of what is sent again; the job counts both', async () => {
    await using server = await aServer()
    await post(server, someIndicators(2))
    const { body } = await post(server, someIndicators(3))
    expect([body['success_count'], JSON.stringify(body).includes('wasThere')]).toEqual([3, false])
    await post(server, someIndicators(3))
    const told = server.signals.filter(({ signal }) => signal === 'OBJECTS_ADDED')
    expect(told.map(({ payload }) => (payload as { ids: string[] }).ids)).toEqual([[idAt(0), idAt(1)], [idAt(2)]])
  })

  it('tells listeners and the audit log, once it is stored', async () => {
    await using server = await aServer()
    const answer = await post(server, [...someIndicators(2), { id: 'nothing' }])
    expect(server.signals.map(({ signal }) => signal)).toEqual(['OBJECTS_ADDED', 'JOB_FINISHED'])
    expect(server.signals[0]?.payload).toMatchObject({
      ids: [idAt(0), idAt(1)],
      account: { username: 'root' },
      collection: { id: server.collection.id },
    })
    expect(server.audits).toEqual([
      {
        event: 'taxii2-added',
        fields: expect.objectContaining({
          client: '127.0.0.1',
          account: 'root',
          requestId: expect.any(String) as string,
          outcome: 'success',
          apiRoot: 'api',
          collection: server.collection.id,
          job: answer.body['id'],
          received: 3,
          stored: 2,
        }) as object,
      },
    ])
  })

  it('S19: a failure of ours says no more than its id; the log has the cause under it', async () => {
    await using server = await aServer({
      wrap: (persistence) => ({
        ...persistence,
        addObjects: () => Promise.reject(new Error('SQLITE_CORRUPT in /var/lib/secret.db: SELECT * FROM version')),
      }),
    })
    const answer = await post(server, someIndicators(1))
    expect(answer.body).toEqual({
      title: 'Internal error',
      error_id: expect.any(String) as string,
      http_status: '500',
    })
    expect(answer.headers.get('content-type')).toBe(taxii21)
    expect(server.errors).toMatchObject([{ fields: { requestId: answer.body['error_id'] } }])
    expect(server.signals).toEqual([])
  })
})

it('a collection that goes while objects come is not found, and that is no fault of ours', async () => {
  const addObjects = () => Promise.reject(collectionUnknown('main'))
  await using server = await aServer({ wrap: (persistence) => ({ ...persistence, addObjects }) })
  expect((await post(server, someIndicators(1))).status).toBe(404)
  expect(server.errors).toEqual([])
})

describe('jobs', () => {
  it('are not for another account that has the name of the one that posted', async () => {
    await using server = await aServer()
    const may = { permissions: { taxii1: {}, taxii2: { '*': ['read', 'write'] } } } as const
    server.principals.set('first', anAccount('ann', { ...may, id: 'id-1' }))
    server.principals.set('second', anAccount('ann', { ...may, id: 'id-2' }))
    const { body } = await post(server, someIndicators(1), { as: 'first' })
    const path = `/api/status/${String(body['id'])}/`
    expect((await ask(server, path, { as: 'first' })).status).toBe(200)
    expect((await ask(server, path, { as: 'second' })).status).toBe(404)
  })

  it('S21-22, S20-7: a job is kept for 24 hours, and gone after', async () => {
    await using server = await aServer()
    const { body } = await post(server, someIndicators(1))
    const path = `/api/status/${String(body['id'])}/`
    await server.clock.advance(24 * 3600_000 - 1000)
    expect((await ask(server, path)).status).toBe(200)
    expect((await ask(server, path, { accept: taxii20 })).status).toBe(200)
    await server.clock.advance(48 * 3600_000)
    expect((await ask(server, path)).status).toBe(404)
  })

  it('S21-22: belongs to who posted, and to its API root', async () => {
    await using server = await aServer()
    await server.persistence.taxii2.createApiRoot({ id: 'other', isDefault: false, title: 'Other', isPublic: true })
    const permissions = { taxii1: {}, taxii2: { '*': ['read', 'write'] as const } }
    for (const name of ['ann', 'bob']) server.principals.set(name, anAccount(name, { permissions }))
    server.principals.set('nobody', { kind: 'anonymous' })
    const { body } = await post(server, someIndicators(1), { as: 'ann' })
    const path = `/api/status/${String(body['id'])}/`
    const seen = async (as: string) => (await ask(server, path, { as })).status
    expect([await seen('ann'), await seen('bob'), await seen('admin'), await seen('nobody')]).toEqual([
      200, 404, 200, 401,
    ])
    expect((await ask(server, path.replace('api', 'other'), { as: 'ann' })).status).toBe(404)
    expect((await ask(server, path.toUpperCase().replace('API/STATUS', 'api/status'), { as: 'ann' })).status).toBe(200)
  })

  it('a job that is not finished says what is pending', async () => {
    await using server = await aServer({
      wrap: (persistence) => ({
        ...persistence,
        getJob: (apiRootId, id) =>
          Promise.resolve({
            id,
            apiRootId,
            status: 'pending',
            requestedAt: '2026-01-01T00:00:00.000000Z',
            details: [{ stixId: idAt(0), version: '2026-01-01T00:00:00Z', status: 'pending' }],
          }),
      }),
    })
    const { body } = await ask(server, '/api/status/2d086da7-4bdc-4f91-900e-d77486753710/')
    expect(body).toMatchObject({
      status: 'pending',
      total_count: 1,
      pending_count: 1,
      pendings: [{ id: idAt(0), version: '2026-01-01T00:00:00.000000Z' }],
    })
    expect(body['successes']).toBeUndefined()
  })
})

describe('deleting', () => {
  const versions = (server: TestServer) => ask(server, `${server.path}objects/?match[version]=all`)

  it('S21-24: needs both rights: with neither 404, with one 403', async () => {
    await using server = await aServer()
    await post(server, someIndicators(1))
    const object = `${server.path}objects/${idAt(0)}/`
    for (const [name, given, status] of [
      ['none', [], 404],
      ['reader', ['read'], 403],
      ['writer', ['write'], 403],
      ['both', ['read', 'write'], 200],
    ] as const) {
      const permissions = { taxii1: {}, taxii2: { [server.collection.id]: given } }
      server.principals.set(name, anAccount(name, { permissions }))
      const answer = await ask(server, object, { method: 'DELETE', as: name })
      expect([name, answer.status]).toEqual([name, status])
    }
    expect(server.audits.map(({ event }) => event)).toEqual([
      'taxii2-added',
      'taxii2-refused',
      'taxii2-refused',
      'taxii2-refused',
      'taxii2-deleted',
    ])
    expect(server.audits[1]?.fields).toEqual({
      client: '127.0.0.1',
      account: 'none',
      requestId: expect.any(String) as string,
      outcome: 'refused',
      apiRoot: 'api',
      collection: server.collection.id,
      method: 'DELETE',
    })
  })

  it('S21-24: what is deleted is gone from objects, manifest and versions; unknown objects are 404', async () => {
    await using server = await aServer()
    await post(server, [...someIndicators(2), ...someIndicators(1, 0, { modified: '2026-05-05T00:00:00Z' })])
    const object = `${server.path}objects/${idAt(0)}/`
    const deleted = await ask(server, object, { method: 'DELETE' })
    expect([deleted.status, deleted.text, deleted.headers.get('content-type')]).toEqual([200, '', taxii21])
    expect(idsOf(await versions(server))).toEqual([idAt(1)])
    expect(idsOf(await ask(server, `${server.path}manifest/?match[version]=all`))).toEqual([idAt(1)])
    for (const path of [object, `${object}versions/`]) expect((await ask(server, path)).status).toBe(404)
    expect((await ask(server, object, { method: 'DELETE' })).status).toBe(404)
    expect(server.signals.at(-1)).toMatchObject({
      signal: 'OBJECT_DELETED',
      payload: { id: idAt(0), versions: 2, account: { username: 'root' } },
    })
  })

  it('S21-24, S21-19: takes only the versions and specifications that are named', async () => {
    await using server = await aServer()
    const days = ['01', '02', '03', '04'].map(
      (day) => someIndicators(1, 0, { modified: `2026-02-${day}T00:00:00.000Z` })[0],
    )
    await post(server, [...days, ...oldIndicators(1, 0, { modified: '2025-01-01T00:00:00.000Z' })])
    const left = async () =>
      (await ask(server, `${server.path}objects/?match[version]=all&match[spec_version]=2.0,2.1`)).body.objects?.map(
        ({ modified }) => String(modified).slice(2, 10),
      )
    const remove = async (query: string) =>
      (await ask(server, `${server.path}objects/${idAt(0)}/?${query}`, { method: 'DELETE' })).status
    expect([await remove('match[version]=2026-02-02T00:00:00Z'), await left()]).toEqual([
      200,
      ['26-02-01', '26-02-03', '26-02-04', '25-01-01'],
    ])
    expect([await remove('match[version]=last'), await left()]).toEqual([200, ['26-02-01', '26-02-03', '25-01-01']])
    expect([await remove('match[spec_version]=2.0'), await left()]).toEqual([200, ['26-02-01', '26-02-03']])
    expect([await remove('match[spec_version]=2.0'), await remove('match[spec_version]=3.0')]).toEqual([404, 404])
    for (const query of ['match[version]=x', 'match[version]=all,last', 'match[version]=last&match[version]=last'])
      expect(await remove(query)).toBe(400)
    expect(await left()).toHaveLength(2)
  })

  it('what was fetched from elsewhere is read-only, for administrators too', async () => {
    await using server = await aServer()
    const fixed = await server.persistence.taxii2.createCollection({
      apiRootId: 'api',
      title: 'Fixed',
      isPublic: true,
      isPublicWrite: true,
      isWritable: false,
    })
    const path = `/api/collections/${fixed.id}/`
    expect((await ask(server, path)).body).toMatchObject({ can_read: true, can_write: false })
    expect((await post(server, someIndicators(1), { path })).status).toBe(403)
    expect((await ask(server, `${path}objects/${idAt(0)}/`, { method: 'DELETE' })).status).toBe(403)
    server.principals.set('nobody', { kind: 'anonymous' })
    expect((await post(server, someIndicators(1), { path, as: 'nobody' })).status).toBe(403)
  })
})

describe('an account with a TLP ceiling', () => {
  const green = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'
  const red = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'
  const marked = (from: number, count: number, marking: string) =>
    someIndicators(count, from, { object_marking_refs: [marking] })

  const limited = async () => {
    const server = await aServer({ taxii2: { maxPageSize: 10 } })
    const permissions = { taxii1: {}, taxii2: { '*': ['read', 'write'] as const } }
    server.principals.set('ann', anAccount('ann', { permissions, tlpCeiling: 'green' }))
    return server
  }

  it('S26, S21-27: gets full pages of what it may see, and says more only where that is so', async () => {
    await using server = await limited()
    await post(server, [
      ...marked(0, 30, red),
      ...marked(100, 4, green),
      ...marked(40, 30, red),
      ...someIndicators(3, 200),
    ])
    await post(server, marked(300, 30, red))
    const first = await ask(server, `${server.path}objects/?limit=6`, { as: 'ann' })
    expect(idsOf(first)).toEqual([100, 101, 102, 103, 200, 201].map(idAt))
    expect(first.body.more).toBe(true)
    const next = String(first.body.next)
    const second = await ask(server, `${server.path}objects/?limit=6&next=${next}`, { as: 'ann' })
    expect([idsOf(second), second.body.more]).toEqual([[idAt(202)], undefined])
    expect(idsOf(await ask(server, `${server.path}manifest/`, { as: 'ann' }))).toHaveLength(7)
    const exact = await ask(server, `${server.path}objects/?limit=7`, { as: 'ann' })
    expect([idsOf(exact).length, exact.body.more]).toEqual([7, undefined])
  })

  it('S26: does not find, count or delete what is above it', async () => {
    await using server = await limited()
    await post(server, [...marked(0, 1, red), ...marked(1, 1, green)])
    await post(
      server,
      marked(1, 1, red).map((object) => ({ ...object, modified: '2026-09-01T00:00:00Z' })),
    )
    const hidden = `${server.path}objects/${idAt(0)}/`
    for (const path of [hidden, `${hidden}versions/`]) expect((await ask(server, path, { as: 'ann' })).status).toBe(404)
    expect((await ask(server, hidden, { as: 'ann', method: 'DELETE' })).status).toBe(404)
    const half = `${server.path}objects/${idAt(1)}/`
    expect((await ask(server, `${half}versions/`, { as: 'ann' })).body.versions).toEqual([
      '2026-01-01T00:00:00.000000Z',
    ])
    expect((await ask(server, half, { as: 'ann', method: 'DELETE' })).status).toBe(404)
    expect((await ask(server, hidden)).status).toBe(200)
    expect((await ask(server, `${half}versions/`)).body.versions).toHaveLength(2)
  })

  it('S26: is not told by item numbers of 2.0 how much there is above it', async () => {
    await using server = await limited()
    const old = (from: number, count: number, marking: string) =>
      oldIndicators(count, from, { object_marking_refs: [marking] })
    await post(server, [...old(0, 30, red), ...old(100, 15, green), ...old(40, 30, red)])
    const items = (range: string, as: string) =>
      ask(server, `${server.path}objects/`, { accept: stix20, as, headers: { range } })
    expect((await items('items=0-9', 'admin')).headers.get('content-range')).toBe('items 0-9/75')
    const first = await items('items=0-9', 'ann')
    expect([first.headers.get('content-range'), idsOf(first)[0]]).toEqual(['items 0-9/11', idAt(100)])
    const second = await items('items=10-19', 'ann')
    expect([second.headers.get('content-range'), idsOf(second).length]).toEqual(['items 10-14/15', 5])
    expect((await items('items=15-19', 'ann')).status).toBe(416)
    expect(idsOf(await items('items=12-13', 'ann'))).toEqual([idAt(112), idAt(113)])
  })
})
