import { randomUUID } from 'node:crypto'
import { systemClock } from '../../../src/cli/process-host.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import type { Account, Permissions } from '../../../src/serve/authentication.ts'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { startServer } from '../../../src/workflow/open-server.ts'
import { anObject } from '../../support/items.ts'
import { storeItems } from '../a-running-server.ts'
import { aStore, basic, cheap } from './a-doorkeeper.ts'

/** What is accepted and sent in each version. */
export const media = {
  '2.1': 'application/taxii+json;version=2.1',
  '2.0': 'application/vnd.oasis.taxii+json; version=2.0',
} as const
export const stix20 = 'application/vnd.oasis.stix+json; version=2.0'
const password = 'correct horse'

/** What somebody may do at a place. */
export interface Right {
  readonly read: boolean
  readonly write: boolean
}

/** A collection. */
export interface Place {
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

/** Somebody who asks. */
export interface Visitor {
  readonly who: string
  readonly kind: 'anonymous' | 'refused' | 'account'
  /** What the account itself was given at a place. */
  readonly given: (place: Place) => Right
  authorization(): string | undefined
}

const nothing: Right = { read: false, write: false }
const everything: Right = { read: true, write: true }
const isMine = (place: Place): boolean => place.what !== 'of another tenant'

let last = 0
/** A number that no other call gives. */
export const another = (): number => ++last

/** What of an answer could tell anything. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: readonly string[]
  readonly challenges: string
}

/** Asks the server as a visitor. */
export type Ask = (
  visitor: Visitor,
  method: string,
  path: string,
  more?: { headers?: Record<string, string>; body?: string | undefined },
) => Promise<Answer>

/** A server with every kind of collection, and everybody who may come to it. */
export interface RightsWorld {
  readonly places: readonly Place[]
  readonly visitors: readonly Visitor[]
  /** Of a job that the visitor "both" posted. */
  readonly jobId: string
  readonly ask: Ask
  close(): Promise<unknown>
}

/** Opens it over a store in memory, with an object of each version in every collection that takes some. */
export async function openRightsWorld(): Promise<RightsWorld> {
  const store = aStore(systemClock)
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: cheap })
  await storeItems(store, [anObject({ id: newId() }), { ...anObject({ id: newId() }), specVersion: '2.0' }])
  const server = await startServer({ port: 0, behindTls: true }, { store, clock: systemClock, authentication })
  const places = await makePlaces(store)
  const visitors = await makeVisitors(authentication, places)
  const ask = askOf(server.port)
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
  const jobId = (JSON.parse(posted.text) as { id: string }).id
  return { places, visitors, jobId, ask, close: () => server.close(0) }
}

async function makePlaces(store: Store): Promise<readonly Place[]> {
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

async function makeVisitors(
  authentication: ReturnType<typeof openStoreAuthentication>,
  places: readonly Place[],
): Promise<readonly Visitor[]> {
  const grants: readonly (readonly [who: string, given: Visitor['given'], more: Partial<Account>])[] = [
    ['nobody', () => nothing, {}],
    [
      'reader',
      (place) => (isMine(place) ? { read: true, write: false } : nothing),
      rightsOf(['read'], places.filter(isMine)),
    ],
    [
      'writer',
      (place) => (isMine(place) ? { read: false, write: true } : nothing),
      rightsOf(['write'], places.filter(isMine)),
    ],
    ['both', (place) => (isMine(place) ? everything : nothing), rightsOf(['read', 'write'], places.filter(isMine))],
    [
      'other tenant',
      (place) => (isMine(place) ? nothing : everything),
      rightsOf(
        ['read', 'write'],
        places.filter((place) => !isMine(place)),
      ),
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
    { who: 'an unknown user', kind: 'refused', given: () => nothing, authorization: () => basic(`u${another()}`, 'x') },
    { who: 'a forged token', kind: 'refused', given: () => nothing, authorization: () => 'Bearer e30.e30.e30' },
    { who: 'another scheme', kind: 'refused', given: () => nothing, authorization: () => 'Digest username="admin"' },
  ]
  return [...strangers, ...known]
}

function rightsOf(rights: readonly ('read' | 'write')[], given: readonly Place[]): { permissions: Permissions } {
  const in1 = rights.length > 1 ? 'modify' : (rights[0] ?? 'read')
  return {
    permissions: {
      taxii1: Object.fromEntries(given.map(({ name }) => [name, in1])),
      taxii2: Object.fromEntries(given.map(({ id }) => [id, rights])),
    },
  }
}

/** What the visitor may do there, by the words of the contract. */
export function rightsOfVisitor({ kind, given }: Visitor, place: Place, family: 1 | 2): Right {
  if (kind === 'refused') return nothing
  const { read, write } = given(place)
  return {
    read: place.isPublic || read,
    write: place.isWritable && (write || (family === 2 && place.isPublicWrite)),
  }
}

const askOf =
  (port: number): Ask =>
  async (visitor, method, path, more = {}) => {
    const authorization = visitor.authorization()
    const { body } = more
    const number = another()
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        accept: media['2.1'],
        ...(body !== undefined && { 'content-type': media['2.1'] }),
        ...(authorization !== undefined && { authorization }),
        // Another one each time: the limits on attempts are no part of this.
        'x-forwarded-for': `2001:db8:${(number >> 12).toString(16)}:${(number & 4095).toString(16)}::1`,
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

/** The identifier of an indicator that is nowhere yet. */
export function newId(): string {
  return `indicator--${randomUUID()}`
}

/** An indicator of 2.1, as a body to post. */
export function envelope(id: string): string {
  const stamp = '2026-01-02T03:04:05.000Z'
  const object = { type: 'indicator', spec_version: '2.1', id, created: stamp, modified: stamp, pattern_type: 'stix' }
  return JSON.stringify({ objects: [{ ...object, pattern: "[ipv4-addr:value = '192.0.2.1']", valid_from: stamp }] })
}

/** An indicator of 2.0, as a body to post. */
export function bundle20(id: string): string {
  const stamp = '2026-01-02T03:04:05.000Z'
  const object = { type: 'indicator', id, created: stamp, modified: stamp, labels: ['benign'] }
  const objects = [{ ...object, pattern: "[ipv4-addr:value = '192.0.2.1']", valid_from: stamp }]
  return JSON.stringify({ type: 'bundle', id: `bundle--${randomUUID()}`, spec_version: '2.0', objects })
}

/** Everything that differs between two answers of which nobody should be able to tell one from the other. */
export function faceOf({ status, text, headers, challenges }: Answer): unknown {
  const plain = text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replace(/(message_id|in_response_to)="[^"]*"/g, '$1')
    .replace(/<ITEM>[^<]*/g, '<ITEM>')
    .replace(/(<[^>]*Status_Detail[^>]*>|name="ITEM"[^>]*>)[^<]*/g, '$1')
  return { status, plain, headers: headers.filter((name) => name !== 'content-length'), challenges }
}
