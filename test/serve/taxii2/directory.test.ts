import { expect, it } from 'vitest'
import { someIndicators } from '../../support/indicators.ts'
import { anAccount, ask, aServer, post, taxii20, taxii21 } from './a-server.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it('S21-1: discovery is at /taxii2/, and every endpoint of the standard answers', async () => {
  await using server = await aServer({ taxii2: { description: 'What we know', contact: 'soc@soc.example' } })
  const posted = await post(server, someIndicators(1))
  const discovery = await ask(server, '/taxii2/')
  expect(discovery.body).toEqual({
    title: 'Test server',
    description: 'What we know',
    contact: 'soc@soc.example',
    default: '/api/',
    api_roots: expect.arrayContaining(['/api/']) as string[],
  })
  const object = `${server.path}objects/${String(someIndicators(1)[0]?.['id'])}/`
  const paths = ['/api/', '/api/collections/', server.path, `${server.path}manifest/`, `${server.path}objects/`]
  const all = [...paths, object, `${object}versions/`, `/api/status/${String(posted.body['id'])}/`]
  for (const path of all) expect([path, (await ask(server, path)).status]).toEqual([path, 200])
  expect((await ask(server, object, { method: 'DELETE' })).status).toBe(200)
})

it('S20-1: discovery of 2.0 is at /taxii/, with absolute addresses', async () => {
  await using server = await aServer({ baseUrl: 'https://taxii.soc.example:8443' })
  const { body } = await ask(server, '/taxii/', { accept: taxii20 })
  expect(body).toMatchObject({ title: 'Test server', default: 'https://taxii.soc.example:8443/api/' })
  expect(body['api_roots']).toContain('https://taxii.soc.example:8443/api/')
})

it('S21-9: the default is one of the API roots, rooted, and roots differ by client', async () => {
  await using server = await aServer()
  await server.persistence.taxii2.createApiRoot({ id: 'other', isDefault: false, title: 'Other', isPublic: false })
  server.principals.set('ann', anAccount('ann', rights(server.collection.id, ['read'])))
  const { body } = await ask(server, '/taxii2/', { as: 'ann' })
  expect([body['default'], body['api_roots']]).toEqual(['/api/', ['/api/']])
  const admin = await ask(server, '/taxii2/')
  expect(admin.body['api_roots']).toEqual(expect.arrayContaining(['/api/', '/other/']))
  expect(admin.body['api_roots']).toContain(admin.body['default'])
  expect((await ask(server, '/other/', { as: 'ann' })).status).toBe(404)
})

it('S21-10: an API root says its title, versions and the largest body', async () => {
  await using server = await aServer({ taxii2: { maxContentLength: 5000 } })
  const { body } = await ask(server, '/api/')
  expect(body).toEqual({ title: 'Root', versions: [taxii21, 'taxii-2.0'], max_content_length: 5000 })
})

it('S20-3: an API root of 2.0 is taxii-2.0', async () => {
  await using server = await aServer()
  expect((await ask(server, '/api/', { accept: taxii20 })).body['versions']).toContain('taxii-2.0')
  await using old = await aServer({ taxii2: { versions: ['2.0'] } })
  expect((await ask(old, '/api/', { accept: taxii20 })).body['versions']).toEqual(['taxii-2.0'])
})

it('S21-11: empty lists are left out, of every resource', async () => {
  await using server = await aServer()
  await server.persistence.taxii2.createApiRoot({ id: 'empty', isDefault: false, title: 'Empty', isPublic: true })
  for (const path of ['/empty/collections/', `${server.path}objects/`, `${server.path}manifest/`])
    expect((await ask(server, path)).text).toBe('{}')
  await post(server, someIndicators(1))
  const object = `${server.path}objects/${String(someIndicators(1)[0]?.['id'])}/`
  expect((await ask(server, `${object}versions/?added_after=2030-01-01T00:00:00Z`)).text).toBe('{}')
  const nobody = await ask(server, '/taxii2/', { as: 'nobody' })
  expect(nobody.status).toBe(200)
})

it('S21-12: collections in a stable order, booleans always there, by alias too', async () => {
  await using server = await aServer()
  for (let index = 0; index < 5; index++)
    await server.persistence.taxii2.createCollection({
      apiRootId: 'api',
      title: `C${index}`,
      description: `Number ${index}`,
      isPublic: index % 2 === 0,
      isPublicWrite: false,
      isWritable: false,
    })
  server.principals.set('ann', anAccount('ann', rights(server.collection.id, ['write'])))
  const listed = async (as?: string) =>
    (await ask(server, '/api/collections/', { as })).body['collections'] as Record<string, unknown>[]
  const all = await listed()
  expect(all).toHaveLength(6)
  expect(await listed()).toEqual(all)
  for (const each of all) {
    expect(each).toMatchObject({
      id: expect.stringMatching(uuid4) as string,
      can_read: expect.any(Boolean) as boolean,
      can_write: expect.any(Boolean) as boolean,
    })
    expect((await ask(server, `/api/collections/${String(each['id'])}/`)).body).toEqual(each)
  }
  const main = (await listed('ann')).find((each) => each['alias'] === 'main')
  expect(main).toMatchObject({ id: server.collection.id, alias: 'main', can_read: false, can_write: true })
  expect((await ask(server, '/api/collections/main/')).body['id']).toBe(server.collection.id)
  await post(server, someIndicators(2), { path: '/api/collections/main/' })
  expect((await ask(server, '/api/collections/main/objects/')).body.objects).toHaveLength(2)
})

it('a collection of 2.0 has no alias, its own media type, and item numbers in the list', async () => {
  await using server = await aServer()
  const all = await ask(server, '/api/collections/', { accept: taxii20 })
  expect(all.headers.get('accept-ranges')).toBe('items')
  expect((all.body['collections'] as object[])[0]).toEqual({
    id: server.collection.id,
    title: 'Main',
    can_read: true,
    can_write: true,
    media_types: ['application/vnd.oasis.stix+json; version=2.0'],
  })
  const part = await ask(server, '/api/collections/', { accept: taxii20, headers: { range: 'items=0-4' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'items 0-0/1'])
  const past = await ask(server, '/api/collections/', { accept: taxii20, headers: { range: 'items=1-4' } })
  expect([past.status, past.headers.get('content-range')]).toEqual([416, 'items */1'])
})

it('S21-7: nobody has to say what program they are', async () => {
  await using server = await aServer()
  expect((await ask(server, '/taxii2/', { headers: { 'user-agent': '' } })).status).toBe(200)
})

it('S21-8: an address without its slash is answered as with it', async () => {
  await using server = await aServer()
  await post(server, someIndicators(3))
  for (const path of ['/taxii2/', '/api/', '/api/collections/', server.path, `${server.path}objects/`]) {
    const [with_, without] = [await ask(server, path), await ask(server, path.slice(0, -1))]
    expect([without.status, without.text]).toEqual([200, with_.text])
  }
})

it('S21-3, S21-4, S20-5: without a login there is 401 with a challenge for each scheme, for every method', async () => {
  await using server = await aServer({ default: { kind: 'anonymous' } })
  const object = `${server.path}objects/${String(someIndicators(1)[0]?.['id'])}/`
  const tried: [string, string][] = [
    ['GET', '/taxii2/'],
    ['GET', '/api/'],
    ['GET', '/api/collections/'],
    ['GET', '/unknown/'],
    ['GET', server.path],
    ['GET', `${server.path}objects/`],
    ['HEAD', `${server.path}objects/`],
    ['POST', `${server.path}objects/`],
    ['GET', '/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/objects/'],
    ['GET', object],
    ['DELETE', object],
    ['GET', `${object}versions/`],
    ['GET', '/api/status/91a7b528-80eb-42ed-a74d-c6fbd5a26116/'],
  ]
  for (const [method, path] of tried) {
    const answer = await ask(server, path, { method, headers: { 'content-type': taxii21 } })
    expect([method, path, answer.status]).toEqual([method, path, 401])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+".*, Bearer /)
  }
  const old = await ask(server, '/taxii/', { accept: taxii20 })
  expect([old.status, old.headers.get('content-type')]).toEqual([401, taxii20])
  await using basic = await aServer({ default: { kind: 'anonymous' }, schemes: { basic: true, bearer: false } })
  expect((await ask(basic, '/taxii2/')).headers.get('www-authenticate')).not.toContain('Bearer')
})

it('edge case 7, S21-4: wrong credentials get 401 with a challenge also where anybody may read; too many get 429', async () => {
  await using server = await aServer({ default: { kind: 'anonymous' }, taxii2: { publicDiscovery: true } })
  server.principals.set('wrong', { kind: 'refused' })
  server.principals.set('limited', { kind: 'limited', retryAfterSeconds: 17 })
  expect((await ask(server, '/taxii2/')).status).toBe(200)
  const wrong = await ask(server, '/taxii2/', { as: 'wrong' })
  expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic')])
  const limited = await ask(server, '/taxii2/', { as: 'limited' })
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '17'])
})

it('reads for anybody while there is no account, and writes for nobody', async () => {
  await using server = await aServer({ default: { kind: 'anonymous' }, anonymousReading: true })
  await post(server, someIndicators(1), { as: 'admin' })
  expect((await ask(server, '/taxii2/')).body['api_roots']).toContain('/api/')
  expect((await ask(server, `${server.path}objects/`)).body.objects).toHaveLength(1)
  expect((await post(server, someIndicators(1))).status).toBe(401)
  expect((await ask(server, '/unknown/')).status).toBe(404)
})

it('405 names what is allowed, OPTIONS too, HEAD is GET without its body', async () => {
  await using server = await aServer()
  await post(server, someIndicators(1))
  const objects = `${server.path}objects/`
  const wrong = await ask(server, objects, { method: 'DELETE' })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
  expect(wrong.body['http_status']).toBe('405')
  expect((await ask(server, '/taxii2/', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  const options = await ask(server, `${objects}x/`, { method: 'OPTIONS', accept: null })
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, DELETE, OPTIONS'])
  const [get, head] = [await ask(server, objects), await ask(server, objects, { method: 'HEAD' })]
  expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(get.text.length)])
  expect(head.headers.get('x-taxii-date-added-last')).toBe(get.headers.get('x-taxii-date-added-last'))
})

it('leaves what is not its own to others', async () => {
  await using server = await aServer()
  expect((await ask(server, '/services/discovery')).text).toBe('others')
  for (const path of ['/health/live', '/metrics', '/management/auth', '/web/'])
    expect((await ask(server, path)).text).toBe('404 Not Found')
})

it('S21-28: what is no id at all is not found, and never an error of ours', async () => {
  await using server = await aServer()
  await post(server, someIndicators(1))
  const ids = ['x', '%00', '%ff', '..%2f..', "'%20or%201=1--", '💥', 'constructor', '__proto__', 'a'.repeat(3000), '%']
  for (const id of ids) {
    const paths = [`/${id}/collections/`, `/api/collections/${id}/`, `/api/collections/${id}/objects/`]
    const inside = [`${server.path}objects/${id}/`, `${server.path}objects/${id}/versions/`, `/api/status/${id}/`]
    for (const path of [...paths, ...inside]) expect([path, (await ask(server, path)).status]).toEqual([path, 404])
    expect((await ask(server, `${server.path}objects/${id}/`, { method: 'DELETE' })).status).toBe(404)
  }
  expect(server.errors).toEqual([])
})

function rights(collection: string, given: readonly ('read' | 'write')[]) {
  return { permissions: { taxii1: {}, taxii2: { [collection]: given } } }
}
