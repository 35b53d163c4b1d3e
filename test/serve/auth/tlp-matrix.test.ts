import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/cli/process-host.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import { tlpLevels, type TlpLevel } from '../../../src/serve/authentication.ts'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import type { ServedCollection } from '../../../src/serve/persistence/served-collection.ts'
import type { StixObject } from '../../../src/stix/item.ts'
import type { Store } from '../../../src/store/store.ts'
import { startServer, type RunningServer } from '../../../src/workflow/open-server.ts'
import { aBlock, anObject } from '../../support/items.ts'
import { ask, basic, storeItems, type Answered } from '../a-running-server.ts'
import { aStore, cheap } from './a-doorkeeper.ts'

const password = 'correct horse'
const ownRed = `marking-definition--${randomUUID()}`
const standard: Readonly<Record<TlpLevel, string>> = {
  clear: 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  amber: 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82',
  'amber+strict': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  red: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
}

/** Each of which only some may see anything: its id, a value that gives it away, and the least ceiling that lets it through. */
interface Guarded {
  readonly id: string
  readonly tell: string
  readonly level: TlpLevel | undefined
  readonly item: StixObject
}

const guarded: Guarded[] = []
let server: RunningServer
let store: Store
let served: ServedCollection
let address = 0

function guard(level: TlpLevel | undefined, more: Readonly<Record<string, unknown>>, times: number): Guarded[] {
  return Array.from({ length: times }, () => {
    const id = `indicator--${randomUUID()}`
    const tell = `tell-${randomUUID()}.example`
    const pattern = {
      pattern: `[domain-name:value = '${tell}']`,
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00Z',
    }
    return { id, tell, level, item: anObject({ id, ...pattern, ...more }) }
  })
}

beforeAll(async () => {
  store = aStore(systemClock)
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: cheap })
  guarded.push(...guard(undefined, {}, 4))
  for (const level of tlpLevels) {
    guarded.push(...guard(level, { object_marking_refs: [standard[level]] }, 3))
    guarded.push(...guard(level, { granular_markings: [{ marking_ref: standard[level], selectors: ['pattern'] }] }, 1))
  }
  guarded.push(...guard('red', { object_marking_refs: [ownRed] }, 2))
  guarded.push(...guard('red', { object_marking_refs: [`marking-definition--${randomUUID()}`] }, 1))
  const definition = anObject({
    type: 'marking-definition',
    id: ownRed,
    definition_type: 'tlp',
    definition: { tlp: 'red' },
  })
  const blocks = tlpLevels.map((level) => aBlock(stix1(level === 'clear' ? 'WHITE' : level.toUpperCase())))
  // What few may see lies among the rest, whole pages of it as well.
  const items = [...guarded.map(({ item }) => item), definition, ...blocks]
  await storeItems(
    store,
    items
      .map((item, at) => ({ item, at: (at * 7) % items.length }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item),
  )
  const [only] = await openStorePersistence({ store, clock: systemClock }).catalogue.list()
  served = only as ServedCollection
  const permissions = { taxii1: { '*': 'modify' }, taxii2: { '*': ['read', 'write'] } } as const
  for (const tlpCeiling of [undefined, ...tlpLevels]) {
    await authentication.createAccount(nameOf(tlpCeiling), new Secret(password), { permissions, tlpCeiling })
  }
  await authentication.createAccount('admin', new Secret(password), { isAdmin: true, tlpCeiling: 'green' })
  server = await startServer({ port: 0, behindTls: true }, { store, clock: systemClock, authentication })
})

afterAll(() => server.close(0))

const nameOf = (level: TlpLevel | undefined): string => `up to ${level ?? 'all'}`

function stix1(color: string): string {
  return (
    '<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1" xmlns:m="http://data-marking.mitre.org/Marking-1">' +
    `<s:STIX_Header><s:Title>tell-${color}</s:Title><s:Handling><m:Marking><m:Marking_Structure color="${color}"/></m:Marking></s:Handling>` +
    '</s:STIX_Header></s:STIX_Package>'
  )
}

const rank = (level: TlpLevel | undefined): number => (level === undefined ? -1 : tlpLevels.indexOf(level))
const isAbove = (level: TlpLevel | undefined, ceiling: TlpLevel | undefined): boolean =>
  ceiling !== undefined && rank(level) > rank(ceiling)

function get(ceiling: TlpLevel | undefined, path: string, headers: Record<string, string> = {}): Promise<Answered> {
  return request(nameOf(ceiling), 'GET', path, headers)
}

function request(
  who: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answered> {
  return ask(`http://127.0.0.1:${server.port}${path}`, {
    method,
    body,
    headers: {
      accept: 'application/taxii+json;version=2.1',
      authorization: basic(who, password),
      'x-forwarded-for': `192.0.2.${++address % 250}`,
      'x-forwarded-proto': 'https',
      ...headers,
    },
  })
}

/** Of what was given away, what is above the ceiling. */
function leaks(ceiling: TlpLevel | undefined, { text }: Answered): string[] {
  return guarded
    .filter(({ id, tell, level }) => isAbove(level, ceiling) && (text.includes(id) || text.includes(tell)))
    .map(({ level }) => String(level))
}

async function pages(
  ceiling: TlpLevel | undefined,
  path: string,
  query: string,
  headers: Record<string, string> = {},
): Promise<Answered[]> {
  const answers: Answered[] = []
  for (let next = ''; ;) {
    const answer = await get(ceiling, `${path}?${query}${next && `&next=${encodeURIComponent(next)}`}`, headers)
    answers.push(answer)
    const told = answer.status === 200 ? (JSON.parse(answer.text) as { more?: boolean; next?: string }) : {}
    if (told.more !== true || told.next === undefined) return answers
    next = told.next
  }
}

const ceilings = [undefined, ...tlpLevels]
const root = () => `/default/collections/${served.id}`

describe('S26 nothing above the ceiling, whatever is asked and how', () => {
  it.each(ceilings)('in objects, manifest, versions and one object: %s', { timeout: 30_000 }, async (ceiling) => {
    const wrong: unknown[] = []
    const queries = [
      'limit=1',
      'limit=3',
      'limit=1000',
      'limit=1000&match[version]=all',
      'limit=1000&match[version]=first',
      'limit=1000&match[spec_version]=2.0,2.1',
      'limit=1000&match[type]=indicator',
      'limit=2&added_after=2020-01-01T00:00:00Z',
    ]
    for (const list of ['objects', 'manifest']) {
      for (const query of queries) {
        const answers = await pages(ceiling, `${root()}/${list}/`, query)
        const expected = guarded.filter(({ level }) => !isAbove(level, ceiling)).map(({ id }) => id)
        const text = answers.map((answer) => answer.text).join('\n')
        const missing = expected.filter((id) => !text.includes(id)).length
        const empty = answers.slice(0, -1).filter((answer) => !answer.text.includes('"id"')).length
        const leaked = answers.flatMap((answer) => leaks(ceiling, answer))
        if (missing + leaked.length + empty > 0) wrong.push([list, query, { missing, leaked, empty }])
      }
    }
    for (const { id, level } of guarded) {
      const expected = isAbove(level, ceiling) ? 404 : 200
      for (const path of [`objects/${id}/`, `objects/${id}/?match[version]=all`, `objects/${id}/versions/`]) {
        const answer = await get(ceiling, `${root()}/${path}`)
        const isEmpty = answer.status === 200 && !/"(id|objects|versions)"/.test(answer.text)
        if (answer.status !== expected && !(expected === 404 && isEmpty))
          wrong.push([path, level, answer.status, expected])
        if (leaks(ceiling, answer).length > 0) wrong.push([path, level, 'leaked'])
      }
      const byId = await get(ceiling, `${root()}/objects/?match[id]=${id}`)
      if (byId.text.includes(id) !== (expected === 200)) wrong.push(['match[id]', level])
    }
    expect(wrong).toEqual([])
  })

  it.each(ceilings)('in TAXII 2.0, in counts and ranges: %s', async (ceiling) => {
    const headers = { accept: 'application/vnd.oasis.stix+json; version=2.0' }
    const wrong: unknown[] = []
    for (const range of [undefined, 'items 0-0', 'items 0-999']) {
      for (const [list, accept] of [
        ['objects', headers.accept],
        ['manifest', 'application/vnd.oasis.taxii+json; version=2.0'],
      ] as const) {
        const answer = await get(ceiling, `${root()}/${list}/`, { accept, ...(range && { range }) })
        if (leaks(ceiling, answer).length > 0) wrong.push([list, range])
        const total = Number(/\/(\d+)$/.exec(String(answer.headers['content-range']))?.[1] ?? 0)
        const most = guarded.filter(({ level }) => !isAbove(level, ceiling)).length + 1
        if (total > most) wrong.push([list, range, { total, most }])
      }
    }
    expect(wrong).toEqual([])
  })

  it('not by another header, parameter, spelling or method', async () => {
    const secrets = guarded.filter(({ level }) => level === 'red')
    const wrong: unknown[] = []
    const [secret] = secrets
    const tricks: readonly (readonly [string, Record<string, string>])[] = [
      ['', { 'x-tlp': 'red' }],
      ['', { 'x-taxii-tlp-ceiling': 'red', 'x-forwarded-user': nameOf(undefined), 'x-remote-user': 'admin' }],
      ['', { 'opencti-marking': 'TLP:RED', cookie: 'tlp=red', 'x-http-method-override': 'GET' }],
      ['?tlp=red&tlpCeiling=red&ceiling=none', {}],
      ['?account=admin&username=admin', {}],
      [`?match[object_marking_refs]=${standard.red}`, {}],
      ['?match[version]=all,all', {}],
      ['?limit=1000&limit=1', {}],
      ['', { range: 'items 0-999', 'if-none-match': '*', 'accept-encoding': 'gzip;q=0' }],
      ['', { accept: 'application/vnd.oasis.stix+json; version=2.0' }],
      ['', { accept: '*/*' }],
    ]
    for (const [query, headers] of tricks) {
      for (const path of [
        `${root()}/objects/`,
        `${root()}/manifest/`,
        `${root()}/objects/${secret?.id ?? ''}/`,
        `${root().toUpperCase()}/objects/`,
        `/%64efault/collections/${served.id}/objects/`,
      ]) {
        const answer = await get('green', `${path}${query}`, headers)
        if (leaks('green', answer).length > 0) wrong.push([path, query, headers])
      }
    }
    expect(wrong).toEqual([])
  })

  it('also binds an administrator who has one', async () => {
    const answer = await request('admin', 'GET', `${root()}/objects/?limit=1000`, {})
    expect({ status: answer.status, leaked: leaks('green', answer) }).toEqual({ status: 200, leaked: [] })
  })

  it('keeps it from being deleted by who may not see it', async () => {
    const { catalogue, taxii2 } = openStorePersistence({ store, clock: systemClock })
    const box = await catalogue.create({ title: 'Box' })
    const collection = await taxii2.getCollection('default', box.id)
    const [secret] = guard('red', { object_marking_refs: [standard.red] }, 1)
    await taxii2.addObjects('default', collection as never, [secret?.item.raw as Buffer])
    const path = `/default/collections/${box.id}/objects/${secret?.id ?? ''}/`
    expect((await request(nameOf('green'), 'DELETE', path, {})).status).toBe(404)
    expect((await request(nameOf('red'), 'DELETE', path, {})).status).toBe(200)
  })

  it.each(ceilings)('in TAXII 1: parts, counts, STIX 1 and STIX 2 alike: %s', { timeout: 30_000 }, async (ceiling) => {
    const poll = (inside: string) =>
      services(
        'poll',
        `<Poll_Request xmlns="${taxii11}" message_id="1" collection_name="${served.name}">${inside}</Poll_Request>`,
      )
    const services = (name: string, body: string) =>
      request(nameOf(ceiling), 'POST', `/services/${name}`, taxii1Headers, body)
    const full = await poll('<Poll_Parameters><Response_Type>FULL</Response_Type></Poll_Parameters>')
    const count = await poll('<Poll_Parameters><Response_Type>COUNT_ONLY</Response_Type></Poll_Parameters>')
    expect(leaks(ceiling, full)).toEqual([])
    const colors = [...full.text.matchAll(/tell-([A-Z+]+)</g)].map(([, color]) => color)
    const expected = tlpLevels
      .filter((level) => !isAbove(level, ceiling))
      .map((level) => (level === 'clear' ? 'WHITE' : level.toUpperCase()))
    expect(colors.sort()).toEqual(expected.sort())
    const blocks = [...full.text.matchAll(/<[\w:]*Content_Block[ >]/g)].length
    const told = Number(/Record_Count[^>]*>(\d+)</.exec(count.text)?.[1] ?? -1)
    const most = guarded.filter(({ level }) => !isAbove(level, ceiling)).length + 1 + expected.length
    expect({ blocks, told }).toEqual({ blocks: most, told: most })
    const list = await services(
      'collection-management',
      `<Collection_Information_Request xmlns="${taxii11}" message_id="2"/>`,
    )
    const volume = /collection_volume="(\d+)"/.exec(list.text)?.[1]
    if (ceiling !== undefined && ceiling !== 'red') expect(volume).toBeUndefined()
  })

  it.each(ceilings)('on the web page and in its search: %s', async (ceiling) => {
    const wrong: unknown[] = []
    const front = await get(ceiling, '/', { accept: 'text/html' })
    if (leaks(ceiling, front).length > 0) wrong.push('front')
    // What is above it is counted nowhere.
    const isBound = ceiling !== undefined && ceiling !== 'red'
    if (isBound === front.text.includes(`<dd>${guarded.length + 1}</dd>`)) wrong.push('counts')
    for (const { tell, level, id } of guarded) {
      const { text } = await get(ceiling, `/?value=${tell}`, { accept: 'text/html' })
      if (text.includes(id) === isAbove(level, ceiling)) wrong.push([level, id])
    }
    expect(wrong).toEqual([])
  })
})

const taxii11 = 'http://taxii.mitre.org/messages/taxii_xml_binding-1.1'
const taxii1Headers = {
  accept: 'application/xml',
  'content-type': 'application/xml',
  'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
  'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
  'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:https:1.0',
}
