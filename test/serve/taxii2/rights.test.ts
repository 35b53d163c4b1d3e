import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../../../src/serve/authentication.ts'
import type { Taxii2Collection } from '../../../src/serve/taxii2-persistence.ts'
import { idAt, someIndicators } from '../../support/indicators.ts'
import { anAccount, anAdmin, ask, aServer, post, taxii21, type TestServer } from './a-server.ts'

/** Every principal at every endpoint of every kind of collection, by a table that shares no line with the server. */

const kinds = ['private', 'fixed', 'public', 'dropbox', 'foreign', 'unknown'] as const
type Kind = (typeof kinds)[number]

interface Facts {
  readonly isPublic: boolean
  readonly isPublicWrite: boolean
  readonly isWritable: boolean
}

const factsOf: Readonly<Record<Exclude<Kind, 'unknown'>, Facts>> = {
  private: { isPublic: false, isPublicWrite: false, isWritable: true },
  fixed: { isPublic: false, isPublicWrite: false, isWritable: false },
  public: { isPublic: true, isPublicWrite: false, isWritable: true },
  dropbox: { isPublic: false, isPublicWrite: true, isWritable: true },
  foreign: { isPublic: false, isPublicWrite: false, isWritable: true },
}

/** What each may do in `private`, `fixed`, `public` and `dropbox`; nobody but administrators and stars in `foreign`. */
const principals = {
  anonymous: '',
  refused: '',
  none: '',
  tenant: '',
  reader: 'r',
  writer: 'w',
  both: 'rw',
  'star reader': 'r*',
  'star both': 'rw*',
  admin: 'rw*',
} as const
type Who = keyof typeof principals

const endpoints = {
  collection: ['GET', ''],
  objects: ['GET', 'objects/'],
  head: ['HEAD', 'objects/'],
  manifest: ['GET', 'manifest/'],
  object: ['GET', `objects/${idAt(0)}/`],
  versions: ['GET', `objects/${idAt(0)}/versions/`],
  add: ['POST', 'objects/'],
  delete: ['DELETE', `objects/${idAt(9)}/`],
} as const
type Endpoint = keyof typeof endpoints

function expected(who: Who, kind: Kind, endpoint: Endpoint): number {
  if (who === 'refused') return 401
  const unseen = who === 'anonymous' ? 401 : 404
  if (kind === 'unknown') return unseen
  const { isPublic, isPublicWrite, isWritable } = factsOf[kind]
  const given = kind === 'foreign' && !principals[who].includes('*') ? '' : principals[who]
  const reads = isPublic || given.includes('r')
  const writes = isWritable && (isPublicWrite || given.includes('w'))
  if (!reads && !writes) return unseen
  const wanted = { collection: reads || writes, add: writes, delete: reads && writes }
  const may = endpoint in wanted ? wanted[endpoint as keyof typeof wanted] : reads
  if (may) return endpoint === 'add' ? 202 : 200
  const couldLogIn = who === 'anonymous' && (isWritable || !writesAlone(endpoint))
  return couldLogIn ? 401 : 403
}

const writesAlone = (endpoint: Endpoint): boolean => endpoint === 'add' || endpoint === 'delete'

let server: TestServer
const places = new Map<Kind, Taxii2Collection>()
const pathOf = (kind: Kind): string => {
  const { apiRootId, id } = places.get(kind) ?? { apiRootId: 'api', id: '91a7b528-80eb-42ed-a74d-c6fbd5a26116' }
  return `/${apiRootId}/collections/${id}/`
}

beforeAll(async () => {
  server = await aServer()
  const { taxii2 } = server.persistence
  await taxii2.createApiRoot({ id: 'far', isDefault: false, title: 'Of another tenant', isPublic: false })
  for (const [kind, facts] of Object.entries(factsOf) as [Exclude<Kind, 'unknown'>, Facts][]) {
    const apiRootId = kind === 'foreign' ? 'far' : 'api'
    const made = await taxii2.createCollection({ apiRootId, title: kind, ...facts, isWritable: true })
    await taxii2.addObjects(
      apiRootId,
      made,
      someIndicators(5).map((object) => Buffer.from(JSON.stringify(object))),
    )
    places.set(kind, await taxii2.updateCollection({ ...made, isWritable: facts.isWritable }))
  }
  for (const who of Object.keys(principals) as Who[]) server.principals.set(who, principalOf(who))
})

afterAll(() => server[Symbol.asyncDispose]())

function principalOf(who: Who): Principal {
  if (who === 'anonymous' || who === 'refused') return { kind: who }
  if (who === 'admin') return anAdmin
  const rights = principals[who]
  const given = [
    ...(rights.includes('r') ? ['read' as const] : []),
    ...(rights.includes('w') ? ['write' as const] : []),
  ]
  const own = [...places].filter(([kind]) => kind !== 'foreign').map(([, { id }]) => id)
  const elsewhere = { 'b0a2e8a6-7f0c-4c5e-9a5b-0a1f6f3f5a01': ['read', 'write'] as const }
  const ids = rights.includes('*') ? ['*'] : own
  const taxii2 = who === 'tenant' ? elsewhere : Object.fromEntries(ids.map((id) => [id, given]))
  return anAccount(who, { permissions: { taxii1: { '*': 'modify' }, taxii2 } })
}

/** Sent as somebody; what a test deletes is put there first. */
async function send(who: Who, kind: Kind, endpoint: Endpoint) {
  const [method, path] = endpoints[endpoint]
  const place = places.get(kind)
  if (endpoint === 'delete' && place?.isWritable)
    await post(server, someIndicators(1, 9), { path: pathOf(kind), as: 'admin' })
  return ask(server, pathOf(kind) + path, {
    method,
    as: who,
    ...(endpoint === 'add' && {
      headers: { 'content-type': taxii21 },
      body: JSON.stringify({ objects: someIndicators(1) }),
    }),
  })
}

describe('S18: who may do what', () => {
  const cells = (Object.keys(principals) as Who[]).flatMap((who) => kinds.map((kind) => [who, kind] as const))

  it.each(cells)('S18, S21-13, S21-24: %s in a collection that is %s', async (who, kind) => {
    const all = Object.keys(endpoints) as Endpoint[]
    for (const endpoint of all) {
      const { status, headers } = await send(who, kind, endpoint)
      expect([endpoint, status]).toEqual([endpoint, expected(who, kind, endpoint)])
      expect(headers.has('www-authenticate')).toBe(status === 401)
    }
  })

  it.each(Object.keys(principals) as Who[])(
    'S18, S21-12: %s is shown the collections with a right, and no others',
    async (who) => {
      for (const root of ['api', 'far']) {
        const { status, body } = await ask(server, `/${root}/collections/`, { as: who })
        const seen = kinds.filter(
          (kind) => places.get(kind)?.apiRootId === root && expected(who, kind, 'collection') === 200,
        )
        const listed = ((body['collections'] ?? []) as { id: string }[]).map(({ id }) => id)
        const ids = seen.map((kind) => places.get(kind)?.id)
        expect([root, listed.filter((id) => id !== server.collection.id).sort()]).toEqual([root, ids.sort()])
        if (seen.length === 0 && who !== 'admin' && !principals[who].includes('*'))
          expect(status).toBe(who === 'anonymous' || who === 'refused' ? 401 : 404)
        for (const each of (body['collections'] ?? []) as Record<string, unknown>[]) {
          const kind = kinds.find((one) => places.get(one)?.id === each['id'])
          if (!kind) continue
          expect(each['can_read']).toBe(expected(who, kind, 'objects') === 200)
          expect(each['can_write']).toBe(expected(who, kind, 'add') === 202)
        }
      }
    },
  )

  it('S18: what is forbidden and what is unknown look the same, word by word', async () => {
    const look = async (who: Who, kind: Kind, endpoint: Endpoint) => {
      const { status, headers, body } = await send(who, kind, endpoint)
      const names = [...headers.keys()].filter((name) => name !== 'date').sort()
      return { status, names, challenge: headers.get('www-authenticate'), body: { ...body, error_id: '' } }
    }
    for (const who of ['anonymous', 'none', 'tenant', 'reader'] as const)
      for (const endpoint of Object.keys(endpoints) as Endpoint[])
        expect(await look(who, 'foreign', endpoint)).toEqual(await look(who, 'unknown', endpoint))
  })

  it('S18, S21-9: discovery names only the roots in which something may be seen', async () => {
    const roots = async (as: Who) => (await ask(server, '/taxii2/', { as })).body['api_roots']
    expect(await roots('reader')).toEqual(['/api/'])
    expect(await roots('none')).toEqual(['/api/'])
    expect(await roots('admin')).toEqual(expect.arrayContaining(['/api/', '/far/']))
    expect((await ask(server, '/far/', { as: 'reader' })).status).toBe(404)
    expect((await ask(server, '/far/', { as: 'anonymous' })).status).toBe(401)
  })
})
