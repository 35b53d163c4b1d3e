import { describe, expect, it } from 'vitest'
import { chooseVersion, versionOfContent } from '../../../src/serve/taxii2/media-type.ts'
import { someIndicators } from '../../support/indicators.ts'
import { ask, aServer, post, stix20, taxii20, taxii21 } from './a-server.ts'

const both = ['2.1', '2.0'] as const

describe('which version an Accept header wants', () => {
  it.each([
    ['', '2.1'],
    ['*/*', '2.1'],
    ['application/*', '2.1'],
    ['application/taxii+json', '2.1'],
    ['application/taxii+json;version=2.1', '2.1'],
    ['application/taxii+json; version=2.1', '2.1'],
    ['APPLICATION/TAXII+JSON ;  Version="2.1" ; charset=utf-8', '2.1'],
    ['application/taxii+json;q=0.001', '2.1'],
    ['application/taxii+json;q=nonsense', '2.1'],
    ['text/html, application/taxii+json;version=2.1;q=0.2', '2.1'],
    ['application/taxii+json;version=2.1, */*;q=0.1', '2.1'],
    ['application/vnd.oasis.taxii+json', '2.0'],
    ['application/vnd.oasis.taxii+json; version=2.0', '2.0'],
    ['application/vnd.oasis.taxii+json;version=2.0, application/taxii+json;version=2.1', '2.1'],
    ['application/taxii+json;q=0.5, application/vnd.oasis.taxii+json;q=0.6', '2.0'],
    ['*/*, application/vnd.oasis.taxii+json;version=2.0', '2.0'],
    ['*/*, application/taxii+json;q=0', '2.0'],
    ['application/vnd.oasis.taxii+json;version=2.0;x=",application/taxii+json"', '2.0'],
    ['application/taxii+json;version=3.0', undefined],
    ['application/vnd.oasis.taxii+json;version=2.1', undefined],
    ['application/vnd.oasis.stix+json;version=2.0', undefined],
    ['application/json', undefined],
    ['text/html', undefined],
    ['application/taxii+json;q=0', undefined],
    [', ;;; ,', '2.1'],
  ])('S21-6, S20-2: "%s" wants %s', (accept, version) => {
    expect(chooseVersion(accept, 'taxii', both)).toBe(version)
  })

  it('costs no more than its length, whatever its quotes', () => {
    const started = performance.now()
    for (const text of [`"${'\\"'.repeat(7500)}`, `a;x="${'\\"'.repeat(7500)}`, '"'.repeat(15_001)])
      chooseVersion(text, 'taxii', both)
    expect(performance.now() - started).toBeLessThan(100)
  })

  it('S20-2: objects of 2.0 have the media type of STIX, and no other', () => {
    expect(chooseVersion(stix20, 'objects', both)).toBe('2.0')
    expect(chooseVersion(taxii20, 'objects', both)).toBeUndefined()
    expect(chooseVersion(taxii21, 'objects', both)).toBe('2.1')
  })

  it('takes the version of what was posted where the header leaves it open', () => {
    expect(chooseVersion('*/*', 'taxii', both, '2.0')).toBe('2.0')
    expect(chooseVersion(taxii21, 'taxii', both, '2.0')).toBe('2.1')
  })

  it.each([
    ['application/taxii+json', '2.1'],
    ['Application/Taxii+JSON; VERSION="2.1"; charset=utf-8', '2.1'],
    [stix20, '2.0'],
    ['application/vnd.oasis.stix+json', '2.0'],
    [taxii20, undefined],
    ['application/taxii+json;version=2.0', undefined],
    ['application/stix+json;version=2.1', undefined],
    ['application/json', undefined],
    ['', undefined],
  ])('S21-6, S20-2: Content-Type "%s" is %s', (contentType, version) => {
    expect(versionOfContent(contentType)).toBe(version)
  })
})

const everyAddress = (path: string) => [
  '/taxii2/',
  '/api/',
  '/api/collections/',
  path,
  `${path}objects/`,
  `${path}manifest/`,
  `${path}objects/${String(someIndicators(1)[0]?.['id'])}/`,
  `${path}objects/${String(someIndicators(1)[0]?.['id'])}/versions/`,
]

it('S21-5: every answer of 2.1 has its media type, errors too, and an error says its status as text', async () => {
  await using server = await aServer()
  await post(server, someIndicators(1))
  for (const path of everyAddress(server.path)) {
    const { status, headers } = await ask(server, path)
    expect([path, status, headers.get('content-type')]).toEqual([path, 200, taxii21])
  }
  const wrong = ['/nowhere/', `${server.path}objects/?limit=0`, '/api/status/nonsense/', `${server.path}nothing/`]
  for (const path of wrong) {
    const { status, headers, body } = await ask(server, path)
    expect(headers.get('content-type')).toBe(taxii21)
    expect(body).toMatchObject({ title: expect.any(String) as string, http_status: String(status) })
  }
})

it('S20-2: every answer of 2.0 has the media type of TAXII, of STIX for objects, and of TAXII for errors', async () => {
  await using server = await aServer()
  for (const path of ['/taxii/', '/api/', '/api/collections/', server.path, `${server.path}manifest/`]) {
    const { status, headers } = await ask(server, path, { accept: taxii20 })
    expect([path, status, headers.get('content-type')]).toEqual([path, 200, taxii20])
  }
  const objects = await ask(server, `${server.path}objects/`, { accept: stix20 })
  expect(objects.headers.get('content-type')).toBe(stix20)
  const unknown = await ask(server, '/api/collections/nothing/objects/', { accept: stix20 })
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, taxii20])
})

it('edge case 8, S21-6: three spellings of Accept are answered; 2.0 on a server of 2.1 alone gets 406', async () => {
  await using server = await aServer({ taxii2: { versions: ['2.1'] } })
  const spellings = [
    'application/taxii+json; version=2.1',
    'application/taxii+json',
    'application/taxii+json;version=2.1, */*;q=0.1',
  ]
  for (const accept of spellings)
    for (const path of everyAddress(server.path).slice(0, 6))
      expect((await ask(server, path, { accept })).status).toBe(200)
  const refused = await ask(server, '/api/', { accept: taxii20 })
  expect([refused.status, refused.headers.get('content-type'), refused.body['http_status']]).toEqual([
    406,
    taxii20,
    '406',
  ])
  expect((await ask(server, '/taxii/', { accept: taxii20 })).status).toBe(406)
  expect((await ask(server, '/api/')).body['versions']).toEqual([taxii21])
  const posted = await post(server, someIndicators(1), { headers: { 'content-type': stix20 } })
  expect(posted.status).toBe(415)
})

it('S21-6: no Accept, or one for anything, is answered in 2.1; what names neither version is refused', async () => {
  await using server = await aServer()
  const open = await ask(server, '/api/', { accept: null })
  expect([open.status, open.headers.get('content-type')]).toEqual([200, taxii21])
  for (const accept of ['application/json', 'text/html', 'application/taxii+json;version=2.2'])
    expect((await ask(server, '/api/', { accept })).status).toBe(406)
})

it('S21-6, S20-2: a post of another media type gets 415, and nothing is stored', async () => {
  await using server = await aServer()
  for (const type of ['application/json', 'application/stix+json;version=2.1', taxii20, 'text/plain']) {
    const answer = await post(server, someIndicators(1), { headers: { 'content-type': type } })
    expect([answer.status, answer.body['http_status']]).toEqual([415, '415'])
  }
  expect((await ask(server, `${server.path}objects/`)).body).toEqual({})
})

it('discovery of one version is not the address of the other', async () => {
  await using server = await aServer()
  expect((await ask(server, '/taxii2/', { accept: taxii20 })).status).toBe(406)
  const other = await ask(server, '/taxii/', { accept: taxii21 })
  expect([other.status, other.headers.get('content-type')]).toEqual([406, taxii20])
  expect((await ask(server, '/taxii/', { accept: '*/*' })).headers.get('content-type')).toBe(taxii20)
})

it('2.0 knows neither deleting nor versions', async () => {
  await using server = await aServer()
  const path = `${server.path}objects/${String(someIndicators(1)[0]?.['id'])}/`
  await post(server, someIndicators(1))
  const refused = await ask(server, path, { method: 'DELETE', accept: taxii20 })
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  expect((await ask(server, `${path}versions/`, { accept: taxii20 })).status).toBe(404)
  expect((await ask(server, path)).body.objects).toHaveLength(1)
})
