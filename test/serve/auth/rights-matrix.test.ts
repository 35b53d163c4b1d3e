import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import type { Account, Permissions } from '../../../src/serve/authentication.ts'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { startServer, type RunningServer } from '../../../src/workflow/open-server.ts'
import { anObject } from '../../support/items.ts'
import { storeItems } from '../a-running-server.ts'
import { aStore, basic, cheap } from './a-doorkeeper.ts'

const media = {
  '2.1': 'application/taxii+json;version=2.1',
  '2.0': 'application/vnd.oasis.taxii+json; version=2.0',
} as const
const stix20 = 'application/vnd.oasis.stix+json; version=2.0'
const password = 'correct horse'

interface Right {
  readonly read: boolean
  readonly write: boolean
}

interface Place {
  readonly what: string
  readonly id: string
  readonly name: string
  readonly alias?: string | undefined
  readonly isPublic: boolean
  readonly isPublicWrite: boolean
  readonly isWritable: boolean
  /** Of an object of STIX 2.1 that is in it, and of one of STIX 2.0. */
  readonly objectId: string
  readonly objectId20: string
}

interface Visitor {
  readonly who: string
  readonly kind: 'anonymous' | 'refused' | 'account'
  /** What the account itself was given at a place. */
  readonly given: (place: Place) => Right
  authorization(): string | undefined
}

const nothing: Right = { read: false, write: false }
const everything: Right = { read: true, write: true }
const isMine = (place: Place): boolean => place.what !== 'of another tenant'

let server: RunningServer
let store: Store
let visitors: readonly Visitor[] = []
let places: readonly Place[] = []
let jobId = ''
let cells = 0
let address = 0
const accepted = new Map<Place, string[]>()
const refusedIds = new Map<Place, string[]>()

beforeAll(async () => {
  store = aStore(systemClock)
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: cheap })
  await storeItems(store, [anObject({ id: newId() }), { ...anObject({ id: newId() }), specVersion: '2.0' }])
  server = await startServer({ port: 0, behindTls: true }, { store, clock: systemClock, authentication })
  places = await makePlaces()
  visitors = await makeVisitors(authentication)
  const root = visitors.find(({ who }) => who === 'admin') as Visitor
  for (const place of places.filter(({ isWritable }) => isWritable)) {
    const path = `/default/collections/${place.id}/objects/`
    await ask(root, 'POST', path, { body: envelope(place.objectId) })
    const headers = { accept: media['2.0'], 'content-type': stix20 }
    await ask(root, 'POST', path, { headers, body: bundle20(place.objectId20) })
  }
  const both = visitors.find(({ who }) => who === 'both') as Visitor
  const posted = await ask(both, 'POST', `/default/collections/${places[0]?.id ?? ''}/objects/`, {
    body: envelope(newId()),
  })
  jobId = (JSON.parse(posted.text) as { id: string }).id
})

afterAll(() => server.close(0))

async function makePlaces(): Promise<readonly Place[]> {
  const { catalogue } = openStorePersistence({ store, clock: systemClock })
  const [view] = await catalogue.list()
  const made = [
    await catalogue.create({ title: 'Private' }),
    await catalogue.create({ title: 'Public', isPublic: true }),
    await catalogue.create({ title: 'Letter box', isPublicWrite: true }),
    await catalogue.create({ title: 'With alias', alias: 'nick' }),
    await catalogue.create({ title: 'Elsewhere' }),
  ]
  const whats = ['private', 'public', 'public to write', 'with alias', 'of another tenant']
  const stored = view ? (await store.readPage(view.key, { limit: 2 })).entries.map(({ item }) => item.id) : []
  return [
    ...made.map((collection, index) => ({
      ...collection,
      what: whats[index] ?? '',
      objectId: newId(),
      objectId20: newId(),
    })),
    ...(view
      ? [{ ...view, what: 'a view of what was fetched', objectId: stored[0] ?? '', objectId20: stored[1] ?? '' }]
      : []),
  ]
}

async function makeVisitors(authentication: ReturnType<typeof openStoreAuthentication>): Promise<readonly Visitor[]> {
  const grants: readonly (readonly [who: string, given: Visitor['given'], more: Partial<Account>])[] = [
    ['nobody', () => nothing, {}],
    ['reader', (place) => (isMine(place) ? { read: true, write: false } : nothing), rightsOf(['read'], isMine)],
    ['writer', (place) => (isMine(place) ? { read: false, write: true } : nothing), rightsOf(['write'], isMine)],
    ['both', (place) => (isMine(place) ? everything : nothing), rightsOf(['read', 'write'], isMine)],
    [
      'other tenant',
      (place) => (isMine(place) ? nothing : everything),
      rightsOf(['read', 'write'], (place) => !isMine(place)),
    ],
    [
      'reader of all',
      () => ({ read: true, write: false }),
      { permissions: { taxii1: { '*': 'read' }, taxii2: { '*': ['read'] } } },
    ],
    [
      'writer of all',
      () => ({ read: false, write: true }),
      { permissions: { taxii1: { '*': 'write' }, taxii2: { '*': ['write'] } } },
    ],
    [
      'both of all',
      () => everything,
      { permissions: { taxii1: { '*': 'modify' }, taxii2: { '*': ['read', 'write'] } } },
    ],
    ['admin', () => everything, { isAdmin: true }],
  ]
  const known: Visitor[] = []
  for (const [who, given, more] of grants) {
    await authentication.createAccount(who, new Secret(password), more)
    known.push({ who, kind: 'account', given, authorization: () => basic(who, password) })
    if (who !== 'reader' && who !== 'both') continue
    const token = Secret.open((await authentication.authenticate(who, new Secret(password))) as Secret)
    known.push({ who: `${who} with a token`, kind: 'account', given, authorization: () => `Bearer ${token}` })
  }
  await authentication.createAccount('blocked', new Secret(password), { isAdmin: true, isBlocked: true })
  const strangers: readonly Visitor[] = [
    { who: 'anonymous', kind: 'anonymous', given: () => nothing, authorization: () => undefined },
    { who: 'an unknown user', kind: 'refused', given: () => nothing, authorization: () => basic(`u${++address}`, 'x') },
    { who: 'a forged token', kind: 'refused', given: () => nothing, authorization: () => 'Bearer e30.e30.e30' },
    { who: 'another scheme', kind: 'refused', given: () => nothing, authorization: () => 'Digest username="admin"' },
  ]
  return [...strangers, ...known]
}

function rightsOf(
  rights: readonly ('read' | 'write')[],
  isGiven: (place: Place) => boolean,
): { permissions: Permissions } {
  const given = places.filter(isGiven)
  const in1 = rights.length > 1 ? 'modify' : (rights[0] ?? 'read')
  return {
    permissions: {
      taxii1: Object.fromEntries(given.map(({ name }) => [name, in1])),
      taxii2: Object.fromEntries(given.map(({ id }) => [id, rights])),
    },
  }
}

/** What the visitor may do there, by the words of the contract. */
function rightsOfVisitor({ kind, given }: Visitor, place: Place, family: 1 | 2): Right {
  if (kind === 'refused') return nothing
  const { read, write } = given(place)
  return {
    read: place.isPublic || read,
    write: place.isWritable && (write || (family === 2 && place.isPublicWrite)),
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: readonly string[]
  readonly challenges: string
}

async function ask(
  visitor: Visitor,
  method: string,
  path: string,
  more: { headers?: Record<string, string>; body?: string | undefined } = {},
): Promise<Answer> {
  const authorization = visitor.authorization()
  const { body } = more
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: {
      accept: media['2.1'],
      ...(body !== undefined && { 'content-type': media['2.1'] }),
      ...(authorization !== undefined && { authorization }),
      // Another one each time: the limits on attempts are no part of this.
      'x-forwarded-for': `2001:db8:${(++address >> 12).toString(16)}:${(address & 4095).toString(16)}::1`,
      'x-forwarded-proto': 'https',
      ...more.headers,
    },
    body: body ?? null,
  })
  return {
    status: answer.status,
    text: await answer.text(),
    headers: [...answer.headers.keys()].sort(),
    challenges: answer.headers.get('www-authenticate') ?? '',
  }
}

function newId(): string {
  return `indicator--${randomUUID()}`
}

function envelope(id: string): string {
  const stamp = '2026-01-02T03:04:05.000Z'
  const object = { type: 'indicator', spec_version: '2.1', id, created: stamp, modified: stamp, pattern_type: 'stix' }
  return JSON.stringify({ objects: [{ ...object, pattern: "[ipv4-addr:value = '192.0.2.1']", valid_from: stamp }] })
}

function bundle20(id: string): string {
  const stamp = '2026-01-02T03:04:05.000Z'
  const object = { type: 'indicator', id, created: stamp, modified: stamp, labels: ['benign'] }
  const objects = [{ ...object, pattern: "[ipv4-addr:value = '192.0.2.1']", valid_from: stamp }]
  return JSON.stringify({ type: 'bundle', id: `bundle--${randomUUID()}`, spec_version: '2.0', objects })
}

interface Endpoint2 {
  readonly name: string
  readonly version: '2.0' | '2.1'
  readonly method: string
  readonly needs: 'see' | 'read' | 'write' | 'delete'
  readonly path: (place: Pick<Place, 'objectId' | 'objectId20'>) => string
  readonly body?: ((id: string) => string) | undefined
}

const endpoints2: readonly Endpoint2[] = (['2.1', '2.0'] as const).flatMap((version) => {
  const read = { version, method: 'GET', needs: 'read' } as const
  return [
    { name: 'collection', version, method: 'GET', needs: 'see', path: () => '' },
    { name: 'objects', ...read, path: () => 'objects/' },
    { name: 'manifest', ...read, path: () => 'manifest/' },
    {
      name: 'object',
      ...read,
      path: ({ objectId, objectId20 }) => `objects/${version === '2.1' ? objectId : objectId20}/`,
    },
    {
      name: 'add',
      version,
      method: 'POST',
      needs: 'write',
      path: () => 'objects/',
      body: version === '2.1' ? envelope : bundle20,
    },
    ...(version === '2.0'
      ? []
      : ([
          { name: 'versions', ...read, path: ({ objectId }) => `objects/${objectId}/versions/` },
          {
            name: 'delete',
            version,
            method: 'DELETE',
            needs: 'delete',
            path: ({ objectId }) => `objects/${objectId}/`,
          },
        ] satisfies Endpoint2[])),
  ] satisfies Endpoint2[]
})

/** @see TAXII 2.1, 5.1 to 5.8; S18: what is not to be seen is as if it were not there. */
function expectedStatus(visitor: Visitor, place: Place, { needs }: Endpoint2): number {
  const { read, write } = rightsOfVisitor(visitor, place, 2)
  const isThere = read || write
  if (!isThere) return visitor.kind === 'account' ? 404 : 401
  const missing = visitor.kind === 'anonymous' ? 401 : 403
  if (needs === 'see') return 200
  if (needs === 'read') return read ? 200 : missing
  if (needs === 'write') return write ? 202 : visitor.kind === 'anonymous' && place.isWritable ? 401 : 403
  if (!write) return visitor.kind === 'anonymous' && place.isWritable ? 401 : 403
  return read ? 200 : missing
}

async function knock2(
  visitor: Visitor,
  endpoint: Endpoint2,
  key: string,
  place: Pick<Place, 'objectId' | 'objectId20'>,
  id: string,
): Promise<Answer> {
  const { version, method, path, body } = endpoint
  const isStix20 = version === '2.0' && /objects/.test(path(place)) && method === 'GET'
  const headers = {
    accept: isStix20 ? stix20 : media[version],
    ...(body && version === '2.0' ? { 'content-type': stix20 } : {}),
  }
  return ask(visitor, method, `/default/collections/${key}/${path(place)}`, { headers, body: body?.(id) })
}

/** Everything that differs between two answers of which nobody should be able to tell one from the other. */
function faceOf({ status, text, headers, challenges }: Answer): unknown {
  const plain = text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replace(/(message_id|in_response_to)="[^"]*"/g, '$1')
    .replace(/<ITEM>[^<]*/g, '<ITEM>')
    .replace(/(<[^>]*Status_Detail[^>]*>|name="ITEM"[^>]*>)[^<]*/g, '$1')
  return { status, plain, headers: headers.filter((name) => name !== 'content-length'), challenges }
}

describe('S18 what each may do in each collection: TAXII 2', () => {
  it.each([...Array(6).keys()])(
    'is what their rights say, in collection %i, for every endpoint, by id and alias',
    { timeout: 60_000 },
    async (at) => {
      const place = places[at] as Place
      const wrong: unknown[] = []
      for (const visitor of visitors) {
        for (const endpoint of endpoints2) {
          for (const key of place.alias === undefined ? [place.id] : [place.id, place.alias]) {
            const id = newId()
            const answer = await knock2(visitor, endpoint, key, place, id)
            const expected = expectedStatus(visitor, place, endpoint)
            cells++
            if (answer.status !== expected)
              wrong.push([visitor.who, place.what, endpoint.version, endpoint.name, answer.status, expected])
            if ((answer.status === 401) !== (answer.challenges !== ''))
              wrong.push([visitor.who, endpoint.name, 'challenge'])
            if (endpoint.needs === 'write') note(expected === 202 ? accepted : refusedIds, place, id)
            if (endpoint.needs === 'delete' && answer.status === 200) await refill(place)
            if (expected !== 404 && expected !== 401) continue
            const unknown = await knock2(
              visitor,
              endpoint,
              key === place.id ? randomUUID() : 'no-such-alias',
              place,
              id,
            )
            if (
              expected === 401 &&
              visitor.kind === 'anonymous' &&
              answer.status === 401 &&
              rightsOfVisitor(visitor, place, 2).write
            )
              continue
            if (JSON.stringify(faceOf(unknown)) !== JSON.stringify(faceOf(answer)) && !isSeen(visitor, place)) {
              wrong.push([
                visitor.who,
                place.what,
                endpoint.version,
                endpoint.name,
                'can be told from unknown',
                faceOf(answer),
                faceOf(unknown),
              ])
            }
          }
        }
      }
      expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
    },
  )

  it('leaves what was refused unstored, and has what was accepted', async () => {
    const admin = visitors.find(({ who }) => who === 'admin') as Visitor
    for (const place of places) {
      const { text } = await ask(
        admin,
        'GET',
        `/default/collections/${place.id}/objects/?limit=1000&match[spec_version]=2.0,2.1`,
      )
      const there = new Set(((JSON.parse(text) as { objects?: { id: string }[] }).objects ?? []).map(({ id }) => id))
      expect((refusedIds.get(place) ?? []).filter((id) => there.has(id))).toEqual([])
      expect((accepted.get(place) ?? []).filter((id) => !there.has(id))).toEqual([])
    }
    expect([...accepted.values()].flat().length).toBeGreaterThan(40)
    expect([...refusedIds.values()].flat().length).toBeGreaterThan(80)
  })

  it('lists each collection to those who may read or write it, with what they may', async () => {
    const wrong: unknown[] = []
    for (const visitor of visitors) {
      for (const version of ['2.1', '2.0'] as const) {
        const { status, text } = await ask(visitor, 'GET', '/default/collections/', {
          headers: { accept: media[version] },
        })
        const listed = status === 200 ? ((JSON.parse(text) as { collections?: Listed[] }).collections ?? []) : []
        for (const place of places) {
          const { read, write } = rightsOfVisitor(visitor, place, 2)
          const found = listed.find(({ id }) => id === place.id)
          const told = found && { read: found.can_read, write: found.can_write }
          cells++
          const expected = read || write ? { read, write } : undefined
          if (JSON.stringify(told) !== JSON.stringify(expected))
            wrong.push([visitor.who, version, place.what, told, expected])
        }
        if (listed.some(({ id }) => !places.some((place) => place.id === id)))
          wrong.push([visitor.who, 'more than there is'])
      }
    }
    expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
  })

  it('shows a job to who posted it, and to administrators', async () => {
    for (const visitor of visitors) {
      for (const accept of Object.values(media)) {
        const { status } = await ask(visitor, 'GET', `/default/status/${jobId}/`, { headers: { accept } })
        cells++
        const mayKnow = ['both', 'both with a token', 'admin'].includes(visitor.who)
        const expected = mayKnow ? 200 : visitor.kind === 'account' ? 404 : 401
        expect([visitor.who, status]).toEqual([visitor.who, expected])
      }
    }
  })
})

interface Listed {
  readonly id: string
  readonly can_read: boolean
  readonly can_write: boolean
}

function isSeen(visitor: Visitor, place: Place): boolean {
  const { read, write } = rightsOfVisitor(visitor, place, 2)
  return read || write
}

function note(ids: Map<Place, string[]>, place: Place, id: string): void {
  ids.set(place, [...(ids.get(place) ?? []), id])
}

async function refill(place: Place): Promise<void> {
  const admin = visitors.find(({ who }) => who === 'admin') as Visitor
  await ask(admin, 'POST', `/default/collections/${place.id}/objects/`, { body: envelope(place.objectId) })
}

interface Endpoint1 {
  readonly name: string
  readonly version: '1.0' | '1.1'
  readonly service: string
  readonly needs: 'read' | 'write' | 'subscribe'
  readonly body: (name: string) => string
}

const stix1 = '<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1"/>'
const block = (version: string) =>
  version === '1.1'
    ? `<Content_Block><Content_Binding binding_id="urn:stix.mitre.org:xml:1.1.1"/><Content>${stix1}</Content></Content_Block>`
    : `<Content_Block><Content_Binding>urn:stix.mitre.org:xml:1.1.1</Content_Binding><Content>${stix1}</Content></Content_Block>`
const in11 = (element: string, attributes: string, inside = '') =>
  `<${element} xmlns="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="${++address}" ${attributes}>${inside}</${element}>`
const in10 = (element: string, attributes: string, inside = '') =>
  in11(element, attributes, inside).replace('binding-1.1', 'binding-1')

const endpoints1: readonly Endpoint1[] = [
  {
    name: 'poll',
    version: '1.1',
    service: 'poll',
    needs: 'read',
    body: (name) =>
      in11(
        'Poll_Request',
        `collection_name="${name}"`,
        '<Poll_Parameters><Response_Type>FULL</Response_Type></Poll_Parameters>',
      ),
  },
  {
    name: 'count',
    version: '1.1',
    service: 'poll',
    needs: 'read',
    body: (name) =>
      in11(
        'Poll_Request',
        `collection_name="${name}"`,
        '<Poll_Parameters><Response_Type>COUNT_ONLY</Response_Type></Poll_Parameters>',
      ),
  },
  {
    name: 'inbox',
    version: '1.1',
    service: 'inbox',
    needs: 'write',
    body: (name) =>
      in11('Inbox_Message', '', `<Destination_Collection_Name>${name}</Destination_Collection_Name>${block('1.1')}`),
  },
  {
    name: 'subscribe',
    version: '1.1',
    service: 'collection-management',
    needs: 'subscribe',
    body: (name) =>
      in11(
        'Subscription_Management_Request',
        `collection_name="${name}" action="SUBSCRIBE"`,
        '<Subscription_Parameters><Response_Type>FULL</Response_Type></Subscription_Parameters>',
      ),
  },
  {
    name: 'poll',
    version: '1.0',
    service: 'poll',
    needs: 'read',
    body: (name) => in10('Poll_Request', `feed_name="${name}"`),
  },
  {
    name: 'subscribe',
    version: '1.0',
    service: 'collection-management',
    needs: 'subscribe',
    body: (name) => in10('Subscription_Management_Request', `feed_name="${name}" action="SUBSCRIBE"`),
  },
]

async function knock1(
  visitor: Visitor,
  { version, service }: Pick<Endpoint1, 'version' | 'service'>,
  body: string,
): Promise<Answer> {
  const headers = {
    accept: 'application/xml',
    'content-type': 'application/xml',
    'x-taxii-content-type': `urn:taxii.mitre.org:message:xml:${version}`,
    'x-taxii-services': `urn:taxii.mitre.org:services:${version}`,
    'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:https:1.0',
  }
  return ask(visitor, 'POST', `/services/${service}`, { headers, body })
}

/** What became of it: `done`, or the status that was given for an answer. */
function outcomeOf({ text }: Answer): string {
  const status = /status_type="(\w+)"/.exec(text)?.[1] ?? (/Response/.test(text) ? 'SUCCESS' : 'none')
  return status === 'SUCCESS' || status === 'PENDING' ? 'done' : status
}

describe('S18 what each may do in each collection: TAXII 1', () => {
  it.each([...Array(6).keys()])(
    'is what their rights say, in collection %i, for every message',
    { timeout: 60_000 },
    async (at) => {
      const place = places[at] as Place
      const wrong: unknown[] = []
      for (const visitor of visitors) {
        const { read, write } = rightsOfVisitor(visitor, place, 1)
        for (const endpoint of endpoints1) {
          const answer = await knock1(visitor, endpoint, endpoint.body(place.name))
          const isDone = outcomeOf(answer) === 'done'
          const expected = { read, write, subscribe: read && visitor.kind === 'account' }[endpoint.needs]
          cells++
          const told = [visitor.who, place.what, endpoint.version, endpoint.name]
          if (isDone !== expected) wrong.push([...told, outcomeOf(answer), expected])
          if (visitor.kind === 'refused' && outcomeOf(answer) !== 'UNAUTHORIZED')
            wrong.push([...told, outcomeOf(answer)])
          if (read || write) continue
          const unknown = await knock1(
            visitor,
            endpoint,
            endpoint.body(`no such ${place.name}`.slice(0, place.name.length)),
          )
          if (JSON.stringify(faceOf(unknown)) !== JSON.stringify(faceOf(answer))) {
            wrong.push([...told, 'can be told from unknown', faceOf(answer), faceOf(unknown)])
          }
        }
      }
      expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
    },
  )

  it('lists each collection to those who may read or write it', async () => {
    const wrong: unknown[] = []
    for (const visitor of visitors) {
      for (const version of ['1.1', '1.0'] as const) {
        const request =
          version === '1.1' ? in11('Collection_Information_Request', '') : in10('Feed_Information_Request', '')
        const { text } = await knock1(visitor, { version, service: 'collection-management' }, request)
        for (const place of places) {
          const { read, write } = rightsOfVisitor(visitor, place, 1)
          const isListed = text.includes(`"${place.name}"`)
          cells++
          // In 1.0 there is nothing to be done with a feed that cannot be read.
          const expected = version === '1.0' ? [read, read || write] : [read || write]
          if (!expected.includes(isListed)) wrong.push([visitor.who, version, place.what, isListed])
        }
      }
    }
    expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
  })
})

it('S18 has more than 500 cells', () => {
  expect(cells).toBeGreaterThan(500)
})
