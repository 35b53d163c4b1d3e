import { describe, expect, test } from 'vitest'
import type { Principal, Taxii1Right } from '../../../src/serve/authentication.ts'
import { aServer, anAccount, collections, fulfil, poll, push, someBlocks, statusOf, subscription } from './a-server.ts'
import type { TestServer, Told } from './a-server.ts'

const given = [
  { name: 'red' },
  { name: 'blue' },
  { name: 'fixed', isWritable: false },
  { name: 'open', isPublic: true },
  { name: 'openFixed', isPublic: true, isWritable: false },
] as const

const names = [...given.map(({ name }) => name), 'unknown', 'constructor'] as const
type Name = (typeof names)[number]

/** What each may do, by collection; `*` is every one. */
const accounts: Readonly<Record<string, Readonly<Record<string, Taxii1Right>>>> = {
  nothing: {},
  redReader: { red: 'read' },
  redWriter: { red: 'modify' },
  blueWriter: { blue: 'modify' },
  fixedWriter: { fixed: 'modify' },
  reader: { '*': 'read' },
  writer: { '*': 'modify' },
  admin: {},
}

const strangers: Readonly<Record<string, Principal>> = {
  nobody: { kind: 'anonymous' },
  barred: { kind: 'anonymous', isBarred: true },
  refused: { kind: 'refused' },
  limited: { kind: 'limited', retryAfterSeconds: 3 },
}

const verbs: Readonly<Record<string, (server: TestServer, as: string, collection: string) => Promise<Told>>> = {
  poll: (server, as, collection) => poll(server, { as, collection }),
  'poll in 1.0': (server, as, collection) => poll(server, { as, collection, version: '1.0' }),
  count: (server, as, collection) =>
    poll(server, { as, collection, parameters: '<t:Response_Type>COUNT_ONLY</t:Response_Type>' }),
  fulfil: (server, as, collection) => fulfil(server, 'no-result', 2, { as, collection }),
  subscribe: (server, as, collection) => subscription(server, 'SUBSCRIBE', { as, collection }),
  status: (server, as, collection) => subscription(server, 'STATUS', { as, collection }),
  push: (server, as, collection) => push(server, { as, destinations: [collection] }),
}

/** The rule, told a second time. */
function expected(who: string, verb: string, name: Name): string {
  if (who === 'limited') return 'RETRY'
  if (who === 'refused') return 'UNAUTHORIZED'
  const isKnown = name !== 'unknown' && name !== 'constructor'
  const isPublic = name === 'open' || name === 'openFixed'
  const isFixed = name === 'fixed' || name === 'openFixed'
  const isStranger = who === 'nobody' || who === 'barred'
  if (isStranger && (verb === 'push' || verb === 'subscribe' || verb === 'status')) return 'UNAUTHORIZED'
  if (isStranger) return isPublic ? (verb === 'fulfil' ? 'NOT_FOUND' : 'ok') : 'UNAUTHORIZED'
  const right = accounts[who]?.[name] ?? accounts[who]?.['*'] ?? (who === 'admin' ? 'modify' : undefined)
  const canRead = isKnown && (right !== undefined || isPublic)
  if (!canRead) return 'NOT_FOUND'
  if (verb === 'push') return right === 'modify' && !isFixed ? 'SUCCESS' : 'UNAUTHORIZED'
  return verb === 'fulfil' ? 'NOT_FOUND' : 'ok'
}

async function aServerForAll(): Promise<TestServer> {
  const server = await aServer({ collections: given })
  for (const { id } of server.collections) {
    const blocks = someBlocks(2).map((content) => ({ contentBinding: 'urn:x', content: Buffer.from(content) }))
    await server.taxii1.createContentBlocks(blocks, [id]).catch(() => undefined)
  }
  for (const [name, taxii1] of Object.entries(accounts)) {
    server.principals.set(name, anAccount(name, { isAdmin: name === 'admin', permissions: { taxii1, taxii2: {} } }))
  }
  for (const [name, principal] of Object.entries(strangers)) server.principals.set(name, principal)
  return server
}

describe('S18 rights in TAXII 1.x, cell by cell:', () => {
  test.each(Object.keys(verbs))('%s', async (verb) => {
    const server = await aServerForAll()
    const ask = verbs[verb] as (typeof verbs)[string]
    const seen: Record<string, string> = {}
    const wanted: Record<string, string> = {}
    for (const who of [...Object.keys(accounts), ...Object.keys(strangers)]) {
      for (const name of names) {
        seen[`${who} ${name}`] = statusOf(await ask(server, who, name)) ?? 'ok'
        wanted[`${who} ${name}`] = expected(who, verb, name)
      }
    }
    expect(Object.keys(seen)).toHaveLength(84)
    expect(seen).toEqual(wanted)
  })

  test('what one may not see looks like what is not there, word by word', async () => {
    const server = await aServerForAll()
    const shape = ({ text, response }: Told, name: string) =>
      [response.status, text.replace(/message_id="\d+"/, '').replaceAll(name, 'NAME')].join(' ')
    for (const [verb, ask] of Object.entries(verbs)) {
      const [hidden, missing] = [await ask(server, 'redReader', 'blue'), await ask(server, 'redReader', 'unknown')]
      expect([verb, shape(hidden, 'blue')]).toEqual([verb, shape(missing, 'unknown')])
    }
  })

  test('a listing has what may be read or written, and nothing else', async () => {
    const server = await aServerForAll()
    for (const who of Object.keys(accounts)) {
      const { root } = await collections(server, { as: who })
      const listed = root.children.map((node) => node.attributes.get('collection_name')).sort()
      const readable = given.map(({ name }) => name).filter((name) => expected(who, 'poll', name) === 'ok')
      expect([who, listed]).toEqual([who, readable.sort()])
    }
  })
})
