import { Agent, request } from 'node:http'
import { between, oneOf } from '../../campaign/seeded.ts'
import { readPosted } from '../../../src/serve/taxii2/posted.ts'
import { nextParam, parseNextParam } from '../../../src/serve/persistence/next-param.ts'
import type { OpenTarget } from '../target.ts'
import { startServer } from '../../../src/workflow/open-server.ts'
import type { Store } from '../../../src/store/store.ts'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { visible } from '../../../src/core/visible.ts'
import { describeObject, isDamaged } from '../../../src/stix/describe.ts'
import { mutated, strange } from '../mutate.ts'
import { mutatedTree } from '../mutate-tree.ts'
import { sampleObjects } from '../seeds.ts'
import { sampleRequests } from '../seeds-taxii1.ts'
import { Broken, bytesOf, holds, same, textOf } from '../target.ts'
import type { FuzzTarget, Random } from '../target.ts'

const clock = {
  now: () => new Date('2026-06-01T00:00:00Z'),
  monotonicMs: () => performance.now(),
  sleep: () => Promise.resolve(),
}
const taxii21 = 'application/taxii+json;version=2.1'

/** A request as the target is fed with it. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** Our own server, asked over a socket: never 500, nothing internal, one log line a request that is one line. */
export const server: FuzzTarget = {
  name: 'server',
  weight: 3,
  async open(): Promise<OpenTarget> {
    const lines: string[] = []
    const store = openMemoryStore({ clock, identity: { pid: 1, host: 'here' } })
    const running = await startServer(
      { port: 0, settings: { anonymousReading: true } },
      { store, clock, writeLog: (line) => void lines.push(line) },
    )
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const collection = await fill(store, running.port, agent)
    return {
      make: (random) => JSON.stringify(aRequest(random, collection)),
      async judge(input) {
        lines.length = 0
        const asked = JSON.parse(textOf(input)) as Asked
        const { status, body } = await send(running.port, agent, asked)
        for (const line of lines) checkLogLine(line)
        holds(status !== 500, `500: ${lines.join('').slice(0, 1500)}`)
        const text = body.toString('utf8')
        holds(
          !/\bat \S+ \(|node_modules|\/src\/|SQLITE|TypeError|RangeError/.test(text) || status === 200,
          `internals: ${text.slice(0, 300)}`,
        )
        if (status >= 400 && text.startsWith('{')) {
          const { title = '' } = JSON.parse(text) as { title?: unknown }
          holds(
            typeof title === 'string' && visible(title) === title && title.length < 2000,
            `a title of ${JSON.stringify(title)}`,
          )
        }
      },
      async close() {
        agent.destroy()
        await running.close(0)
      },
    }
  },
}

function checkLogLine(line: string): void {
  holds(line.endsWith('\n') && line.indexOf('\n') === line.length - 1, `a log line that is several: ${line}`)
  const told = JSON.parse(line) as Record<string, unknown>
  if (told['event'] === 'failure') throw new Broken(`failure: ${String(told['error'])}`)
  same(visible(line.trimEnd()), line.trimEnd(), 'a log line with what a terminal acts upon')
}

async function fill(store: Store, port: number, agent: Agent): Promise<string> {
  const key = { source: 'id-of-acme', root: 'https://feeds.example/root/', collection: 'feed' }
  const described = sampleObjects.map((object) => describeObject(Buffer.from(JSON.stringify(object))))
  const items = described.flatMap((item) => (isDamaged(item) ? [] : [item]))
  const stamp = clock.now().toISOString()
  const run = {
    source: { id: key.source, name: 'acme' },
    key,
    version: '2.1',
    startedAt: stamp,
    title: 'Feed',
  } as const
  const runId = await store.beginRun(run)
  const page = { url: key.root, digest: 'ab'.repeat(32), receivedAt: stamp }
  await store.commit({ key, runId, parts: [{ page, items, damaged: [] }], checkpoint: () => undefined })
  await store.finishRun(runId, { finishedAt: stamp, status: 'ok' })
  const { body } = await send(port, agent, {
    method: 'GET',
    path: '/default/collections/',
    headers: { accept: taxii21 },
  })
  const { collections } = JSON.parse(body.toString()) as { readonly collections: readonly { readonly id: string }[] }
  return collections[0]?.id ?? ''
}

const parameters = [
  'added_after=2026-01-01T00:00:00Z',
  'match[type]=indicator,malware',
  'match[id]=indicator--1',
  'match[version]=all',
  'match[version]=first,2026-01-01T00:00:00Z',
  'match[spec_version]=2.1',
  'limit=2',
  'limit=0',
  'next=abc.def',
  'q=198.51.100.7',
  'limit=99999999999999999999',
]

const hosts = ['taxii.example:86443', '[2001:db8::65535]:443', 'evil.example', 'a b', '127.0.0.1', 'x'.repeat(300)]

function aRequest(random: Random, collection: string): Asked {
  if (random() < 0.25) {
    const version = random() < 0.8 ? '1.1' : '1.0'
    return {
      method: 'POST',
      path: `/services/${oneOf(random, ['poll', 'inbox', 'discovery', 'collection-management'])}`,
      headers: {
        'content-type': 'application/xml',
        'x-taxii-content-type': `urn:taxii.mitre.org:message:xml:${version}`,
      },
      body: String(
        random() < 0.3 ? oneOf(random, sampleRequests) : mutated(random, oneOf(random, sampleRequests), sampleRequests),
      ),
    }
  }
  const paths = [
    '/taxii2/',
    '/taxii/',
    '/default/',
    '/default/collections/',
    `/default/collections/${collection}/objects/`,
    `/default/collections/${collection}/manifest/`,
    `/default/collections/${collection}/objects/indicator--1/versions/`,
    '/default/status/1/',
    '/',
    '/web/lookup',
    '/metrics',
    '/health/ready',
    '/management/auth',
    '/services/poll',
  ]
  const query = Array.from({ length: between(random, 0, 3) }, () => {
    const one = oneOf(random, parameters)
    return random() < 0.5 ? one : String(mutated(random, one, parameters))
  }).join('&')
  const plain = oneOf(random, paths)
  const path = random() < 0.7 ? plain : String(mutated(random, plain, paths))
  const headers = {
    accept: oneOf(random, [taxii21, taxii21, 'application/vnd.oasis.taxii+json; version=2.0', '*/*', 'text/html']),
    ...(random() < 0.1 ? { host: oneOf(random, hosts) } : {}),
    ...(random() < 0.2 ? { range: oneOf(random, ['items 0-1', 'items=5-', 'items 9-2']) } : {}),
    ...(random() < 0.2 ? { authorization: oneOf(random, ['Basic YTpi', 'Bearer x', 'Basic =']) } : {}),
  }
  if (random() < 0.75)
    return {
      method: oneOf(random, ['GET', 'GET', 'GET', 'DELETE', 'HEAD', 'OPTIONS', 'PUT']),
      path: query === '' ? path : `${path}?${query}`,
      headers,
    }
  const envelope = JSON.stringify(mutatedTree(random, { objects: sampleObjects.slice(0, 3) }))
  const body = random() < 0.6 ? envelope : String(mutated(random, envelope, strange))
  return {
    method: 'POST',
    path,
    headers: {
      ...headers,
      'content-type':
        random() < 0.8 ? taxii21 : oneOf(random, ['application/json', 'application/x-www-form-urlencoded', 'a']),
    },
    body,
  }
}

function send(
  port: number,
  agent: Agent,
  { method, path, headers, body }: Asked,
): Promise<{ status: number; body: Buffer }> {
  // What no client can send as a path is percent-encoded, as a browser would.
  const sendable = path.replace(/[^!-~]/gu, (character) =>
    /\p{Cs}/u.test(character) ? '' : encodeURIComponent(character),
  )
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, agent, method, path: sendable.startsWith('/') ? sendable : `/${sendable}`, headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
        response.on('error', reject)
      },
    )
    asked.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve({ status: 0, body: Buffer.alloc(0) }) : reject(error),
    )
    asked.end(body)
  })
}

/** Bodies of POSTs: cut into their objects, or refused. */
export const posted: FuzzTarget = {
  name: 'posted',
  weight: 2,
  open: () => ({
    make(random) {
      const text = JSON.stringify(
        mutatedTree(random, { type: 'bundle', id: 'bundle--1', objects: sampleObjects.slice(1, 4) }),
      )
      return random() < 0.5 ? text : mutated(random, random() < 0.5 ? text : Buffer.from(text), strange)
    },
    async judge(input, random) {
      const members = await readPosted(bytesOf(input), oneOf(random, ['2.0', '2.1']), random() < 0.5)
      for (const raw of members) JSON.parse(raw.toString())
      holds(members.length > 0, 'a body without objects')
    },
  }),
}

/** Places in pages as our server writes them: its own are read again, made-up ones are refused. */
export const cursor: FuzzTarget = {
  name: 'cursor',
  weight: 2,
  open: () => ({
    make(random) {
      const [id, version] = [oneOf(random, strange), oneOf(random, ['2026-01-01T00:00:00Z', 'sha256:ab', ...strange])]
      const token = nextParam({ dateAdded: '2026-01-01T00:00:00.000001Z', id, version })
      return random() < 0.3 ? token : mutated(random, token, strange)
    },
    judge(input) {
      const text = textOf(input)
      const place = parseNextParam(text)
      same(nextParam(place), text, 'a place that was not written by us')
      holds(bytesOf(text).length === text.length, 'a place in other letters')
    },
  }),
}
