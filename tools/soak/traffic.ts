import { Agent, request } from 'node:http'
import { keyOf, versionOf } from './truth-objects.ts'
import type { Sample } from './slopes.ts'

/** Steady requests of readers and of one writer. */
export interface Traffic {
  /** How long requests took, by what they did. */
  readonly times: Readonly<Record<'read' | 'write', Sample[]>>
  /** `id version` of what was acknowledged. */
  readonly acknowledged: ReadonlySet<string>
  /** Sentences about answers that were not as they should be. */
  readonly faults: readonly string[]
  /** Ends it and waits for what is under way. */
  stop(): Promise<void>
}

export interface TrafficOptions {
  readonly url: string
  readonly authorization: string
  /** Path of the collection that can be written. */
  readonly writable: string
  readonly random: () => number
  readonly sinceStartMs: () => number
}

const taxii21 = 'application/taxii+json;version=2.1'
const ring = { source: 200, ids: 2_000 }
const perPost = 20
const perFirstPost = 500
const beforehand = 350_000
const readers = 3
const pauseMs = 150
const writePauseMs = 1_000

export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const agent = new Agent({ keepAlive: true, maxSockets: readers + 1 })
  const times = { read: [] as Sample[], write: [] as Sample[] }
  const acknowledged = new Set<string>()
  const faults: string[] = []
  let isOver = false
  const ask = (where: string, body?: string): Promise<Answer> => send(agent, options, where, body)
  const timed = async (
    kind: 'read' | 'write',
    work: () => Promise<Answer>,
    wanted: number,
  ): Promise<Answer | undefined> => {
    const atMs = options.sinceStartMs()
    try {
      const answer = await work()
      times[kind].push({ atMs, value: options.sinceStartMs() - atMs })
      if (answer.status === wanted) return answer
      faults.push(`${kind}: HTTP ${answer.status} ${answer.text.slice(0, 200)}`)
    } catch (error) {
      faults.push(`${kind}: ${String(error)}`)
    }
    return undefined
  }
  const paths = await collectionPaths(ask)
  const read = async (): Promise<void> => {
    while (!isOver) {
      await timed('read', () => ask(aRead(paths, options.random)), 200)
      await pause(pauseMs * (0.5 + options.random()))
    }
  }
  const post = async (first: number, count: number): Promise<void> => {
    const objects = Array.from({ length: count }, (_, at) => versionOf(ring, first + at))
    const answer = await timed('write', () => ask(`${options.writable}objects/`, JSON.stringify({ objects })), 202)
    if (!answer) return
    const { status } = JSON.parse(answer.text) as { status: string }
    if (status !== 'complete') faults.push(`write: a job is ${status}`)
    for (const object of objects) acknowledged.add(keyOf(object))
  }
  const write = async (): Promise<void> => {
    let next = 0
    // What the caches of the store hold at most comes at once, so that what grows later is no cache.
    for (; !isOver && next < beforehand; next += perFirstPost) await post(next, perFirstPost)
    for (; !isOver; next += perPost) {
      await post(next, perPost)
      await pause(writePauseMs)
    }
  }
  const running = [...Array.from({ length: readers }, read), write()]
  return {
    times,
    acknowledged,
    faults,
    async stop() {
      isOver = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function send(agent: Agent, options: TrafficOptions, where: string, body?: string): Promise<Answer> {
  const { url, authorization } = options
  const headers = { accept: taxii21, authorization, ...(body === undefined ? {} : { 'content-type': taxii21 }) }
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const asked = request(`${url}${where}`, { agent, method, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')))
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close a connection that idles at the moment it is used again; what changes nothing is asked again.
      const isClosed = error.code === 'ECONNRESET' && asked.reusedSocket && body === undefined
      if (isClosed) resolve(send(agent, options, where))
      else reject(error)
    })
    asked.end(body)
  })
}

async function collectionPaths(ask: (where: string) => Promise<Answer>): Promise<readonly string[]> {
  const { text } = await ask('/default/collections/')
  const { collections = [] } = JSON.parse(text) as { collections?: readonly { id: string; can_read: boolean }[] }
  return collections.filter(({ can_read: canRead }) => canRead).map(({ id }) => `/default/collections/${id}/`)
}

function aRead(paths: readonly string[], random: () => number): string {
  const place = paths[Math.floor(random() * paths.length)] ?? '/default/collections/'
  const draw = random()
  if (draw < 0.1) return '/default/collections/'
  if (draw < 0.2) return '/taxii2/'
  if (draw < 0.4) return `${place}manifest/?limit=100`
  if (draw < 0.7) return `${place}objects/?limit=100`
  return `${place}objects/?limit=50&added_after=${new Date(Date.now() - random() * 600_000).toISOString()}`
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
