import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import type { Item } from '../../src/stix/item.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import type { CollectionKey, Store } from '../../src/store/store.ts'
import { startServer } from '../../src/workflow/open-server.ts'
import type { RunningServer, ServerDependencies, ServerOptions } from '../../src/workflow/open-server.ts'

/** Tests make accounts by the dozen. */
export const quickHashes = { logN: 10, r: 8, p: 1 }

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

export interface ServerUnderTest {
  readonly server: RunningServer
  readonly store: Store
  /** Lines of the log so far, parsed. */
  readonly log: Record<string, unknown>[]
}

/** A server on a store in memory, gone after the test. */
export async function aRunningServer(
  options: ServerOptions = {},
  more: Partial<ServerDependencies> = {},
): Promise<ServerUnderTest> {
  const store = more.store ?? openMemoryStore({ clock: systemClock, identity: { pid: 1, host: 'here' } })
  const log: Record<string, unknown>[] = []
  const writeLog = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>)
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
  const parts = { store, clock: systemClock, writeLog, authentication, ...more }
  const server = await startServer({ port: 0, ...options }, parts)
  let isClosed = false
  const close = server.close.bind(server)
  const once = async (graceMs?: number): Promise<number> => {
    if (isClosed) return 0
    isClosed = true
    return close(graceMs)
  }
  closers.push(() => once(0))
  return { server: Object.defineProperty(server, 'close', { value: once }), store, log }
}

/** Stores items as a finished run of a source would. */
export async function storeItems(
  store: Store,
  items: readonly Item[],
  at: { readonly source?: string; readonly collection?: string; readonly title?: string } = {},
): Promise<CollectionKey> {
  const { source = 'acme', collection = 'feed' } = at
  const key: CollectionKey = { source: `id-of-${source}`, root: 'https://feeds.example/root/', collection }
  const now = new Date().toISOString()
  const runId = await store.beginRun({
    source: { id: key.source, name: source },
    key,
    version: '2.1',
    startedAt: now,
    title: at.title,
  })
  const page = { url: key.root, digest: 'ab'.repeat(32), receivedAt: now }
  await store.commit({ key, runId, parts: [{ page, items, damaged: [] }], checkpoint: () => undefined })
  await store.finishRun(runId, { finishedAt: now, status: 'ok' })
  return key
}

export interface Asked {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
  /** The client's own address: any of 127.0.0.0/8. */
  readonly from?: string | undefined
  readonly tls?: Readonly<Record<string, unknown>> | undefined
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One request over a connection of its own. */
export function ask(url: string, asked: Asked = {}): Promise<Answered> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: asked.method ?? 'GET',
        headers: asked.headers,
        agent: false,
        ...(asked.from ? { localAddress: asked.from } : {}),
        ...asked.tls,
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() })
        })
      },
    )
    sent.on('error', reject)
    sent.end(asked.body)
  })
}

/** The value of an `Authorization` header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
