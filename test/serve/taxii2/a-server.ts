import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { Clock } from '../../../src/core/ports.ts'
import type { Account, Authentication, Principal } from '../../../src/serve/authentication.ts'
import { defaultServeSettings } from '../../../src/serve/default-settings.ts'
import type { ServeEnvironment, ServeParts, ServeSettings } from '../../../src/serve/parts.ts'
import { openStorePersistence, type StorePersistence } from '../../../src/serve/persistence/open.ts'
import type { LogFields } from '../../../src/serve/server-log.ts'
import type { Signal } from '../../../src/serve/signals.ts'
import { taxii2Routes } from '../../../src/serve/taxii2/routes.ts'
import type { Taxii2Collection, Taxii2Persistence } from '../../../src/serve/taxii2-persistence.ts'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import { someIndicators } from '../../support/indicators.ts'
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts'

export const taxii21 = 'application/taxii+json;version=2.1'
export const taxii20 = 'application/vnd.oasis.taxii+json; version=2.0'
export const stix20 = 'application/vnd.oasis.stix+json; version=2.0'

/** Any account, by what it may do in which collections. */
export function anAccount(username: string, more: Partial<Account> = {}): Principal {
  const permissions = { taxii1: {}, taxii2: {} }
  return { kind: 'account', account: { id: username, username, isAdmin: false, permissions, ...more } }
}

export const anAdmin: Principal = anAccount('root', { isAdmin: true })

export interface Told {
  readonly event: string
  readonly fields: LogFields
}

export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly store: Store
  readonly clock: FakeClock
  readonly persistence: StorePersistence
  /** The writable collection `main` of the root `api`. */
  readonly collection: Taxii2Collection
  /** Path of `collection`, as `/api/collections/.../`. */
  readonly path: string
  readonly audits: readonly Told[]
  readonly errors: readonly Told[]
  readonly signals: readonly { readonly signal: Signal; readonly payload: unknown }[]
  /** Who may be named in the header `x-test-principal`; without one it is `anonymous`, who may do everything here. */
  readonly principals: Map<string, Principal>
}

export interface TestServerOptions {
  readonly taxii2?: Partial<ServeSettings['taxii2']> | undefined
  readonly schemes?: ServeSettings['schemes'] | undefined
  readonly anonymousReading?: boolean | undefined
  readonly clientAddress?: string | undefined
  readonly baseUrl?: string | undefined
  /** Stands in front of the built-in persistence. */
  readonly wrap?: ((persistence: Taxii2Persistence) => Taxii2Persistence) | undefined
  /** Default: a store in memory. It is closed with the server. */
  readonly openStore?: ((clock: Clock) => Promise<Store>) | undefined
  /** Who asks when nobody is named. Default: an administrator. */
  readonly default?: Principal | undefined
}

const noAuthentication = {} as Authentication

/** The routes on a real port, over the built-in persistence. */
export async function aServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = fakeClock()
  const { openStore = (own: Clock) => openMemoryStore({ clock: own, identity: { pid: 1, host: 'here' } }) } = options
  const store = await openStore(clock)
  const persistence = openStorePersistence({ store, clock })
  const { wrap = (same: Taxii2Persistence) => same } = options
  const told = { audits: [] as Told[], errors: [] as Told[] }
  const signals: { signal: Signal; payload: unknown }[] = []
  const principals = new Map<string, Principal>([['admin', anAdmin]])
  const parts: ServeParts = {
    clock,
    taxii1: persistence.taxii1,
    taxii2: wrap(persistence.taxii2),
    authentication: noAuthentication,
    signals: {
      emit: (signal, payload) => signals.push({ signal, payload }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (event, fields = {}) => told.errors.push({ event, fields }),
      audit: (event, fields) => told.audits.push({ event, fields }),
    },
    settings: {
      ...defaultServeSettings,
      taxii2: { ...defaultServeSettings.taxii2, title: 'Test server', ...options.taxii2 },
      schemes: options.schemes ?? defaultServeSettings.schemes,
      anonymousReading: options.anonymousReading ?? false,
    },
  }
  await persistence.taxii2.createApiRoot({ id: 'api', isDefault: true, title: 'Root', isPublic: false })
  const collection = await persistence.taxii2.createCollection({
    apiRootId: 'api',
    title: 'Main',
    alias: 'main',
    isPublic: false,
    isPublicWrite: false,
    isWritable: true,
  })
  const listener = await listen(appOf(parts, principals, options))
  return {
    url: listener.url,
    ...told,
    store,
    clock,
    persistence,
    collection,
    path: `/api/collections/${collection.id}/`,
    signals,
    principals,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

function appOf(parts: ServeParts, principals: Map<string, Principal>, options: TestServerOptions) {
  const app = new Hono<ServeEnvironment>()
  app.use(async (c, next) => {
    const named = c.req.header('x-test-principal')
    c.set('principal', (named !== undefined && principals.get(named)) || options.default || anAdmin)
    c.set('clientAddress', options.clientAddress ?? '127.0.0.1')
    c.set('baseUrl', options.baseUrl ?? new URL(c.req.url).origin)
    c.set('requestId', randomUUID())
    await next()
  })
  app.get('/services/discovery', (c) => c.text('others'))
  app.route('/', taxii2Routes(parts))
  return app
}

async function listen(app: Hono<ServeEnvironment>): Promise<{ url: string } & AsyncDisposable> {
  const listener = getRequestListener((request) => app.fetch(request)) as unknown as RequestListener
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An answer, read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Resource
}

export interface Resource extends Record<string, unknown> {
  readonly objects?: { readonly id: string; readonly [name: string]: unknown }[]
  readonly versions?: string[]
  readonly more?: boolean
  readonly next?: string
  readonly title?: string
}

export interface AskOptions {
  readonly method?: string | undefined
  readonly accept?: string | null | undefined
  readonly as?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
}

/** Sends one request; `accept` null: none is sent but what `fetch` puts there. */
export async function ask(server: { readonly url: string }, path: string, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', accept = taxii21, as, headers = {}, body } = options
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(accept !== null && { accept }),
      ...(as !== undefined && { 'x-test-principal': as }),
      ...headers,
    },
    body: body === undefined ? null : new Uint8Array(Buffer.from(body)),
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = text.trimStart().startsWith('{')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as Resource,
  }
}

/** Posts objects as an envelope of 2.1. */
export function post(
  server: TestServer,
  objects: readonly unknown[],
  options: AskOptions & { readonly path?: string } = {},
): Promise<Answer> {
  return ask(server, `${options.path ?? server.path}objects/`, {
    method: 'POST',
    body: JSON.stringify({ objects }),
    ...options,
    headers: { 'content-type': taxii21, ...options.headers },
  })
}

/** STIX 2.0 indicators, numbered. */
export function oldIndicators(count: number, from = 0, more: object = {}): Record<string, unknown>[] {
  return someIndicators(count, from).map(({ spec_version: _, pattern_type: __, ...object }) => ({
    ...object,
    labels: ['malicious-activity'],
    ...more,
  }))
}

export const idsOf = ({ body }: Answer): string[] => (body.objects ?? []).map(({ id }) => id)
