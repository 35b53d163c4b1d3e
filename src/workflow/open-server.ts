import { closeAll, type Closers } from '../core/close-all.ts'
import type { Clock } from '../core/ports.ts'
import { lookUp } from '../indicators/look-up.ts'
import type { Account, Authentication } from '../serve/authentication.ts'
import { createApp } from '../serve/app.ts'
import { openAttemptLimits } from '../serve/auth/attempt-limits.ts'
import { createDoorkeeper } from '../serve/auth/doorkeeper.ts'
import { openStoreAuthentication } from '../serve/auth/store-authentication.ts'
import { proxyTest } from '../serve/client-address.ts'
import type { AddressRules } from '../serve/client-address.ts'
import { defaultConnectionLimits } from '../serve/connections.ts'
import type { ConnectionCounts } from '../serve/connections.ts'
import { defaultPort, defaultServeSettings } from '../serve/default-settings.ts'
import { checkExposure, readPublicUrl } from '../serve/exposure.ts'
import { listen } from '../serve/listen.ts'
import type { Listener, ListenLimits } from '../serve/listen.ts'
import type { OpenedModules } from '../serve/configuration/open-modules.ts'
import { createMetrics } from '../serve/metrics.ts'
import type { ServeParts, ServeSettings } from '../serve/parts.ts'
import { openStorePersistence } from '../serve/persistence/open.ts'
import { serverFacts } from '../serve/server-facts.ts'
import { createServerLog } from '../serve/server-log.ts'
import type { LogLevel, ServerLog } from '../serve/server-log.ts'
import { readServerTls } from '../serve/server-tls.ts'
import type { ServerTls, TlsFiles } from '../serve/server-tls.ts'
import { startSweeping } from '../serve/sweeping.ts'
import { openSignals } from '../serve/signals/open.ts'
import type { OnSignal } from '../serve/signals.ts'
import type { Taxii1Persistence } from '../serve/taxii1-persistence.ts'
import type { Taxii2Persistence } from '../serve/taxii2-persistence.ts'
import type { CollectionKey, Store } from '../store/store.ts'
import { openLineFile } from './line-file.ts'

/** How a server is to be; every field has its default. */
export interface ServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0: any that is free. Default 9000. */
  readonly port?: number | undefined
  readonly tls?: TlsFiles | undefined
  readonly behindTls?: boolean | undefined
  /** Addresses and networks of proxies; default: this machine. */
  readonly trustedProxies?: readonly string[] | undefined
  /** `https://taxii.example`, without path. */
  readonly publicUrl?: string | undefined
  /** Absolute path; audit lines are appended. */
  readonly auditLog?: string | undefined
  readonly logLevel?: LogLevel | undefined
  readonly metricsArePublic?: boolean | undefined
  readonly limits?: Partial<ListenLimits> | undefined
  /** What stands in the place of the defaults. */
  readonly settings?: Partial<ServeSettings> | undefined
  /** User names by subject of a client certificate, as `CN=alice,O=Example`. */
  readonly certificateAccounts?: Readonly<Record<string, string>> | undefined
  readonly tokenTtlSeconds?: number | undefined
}

export interface ServerDependencies {
  /** Stays open when the server closes. */
  readonly store: Store
  readonly clock: Clock
  /** Takes whole lines of the log. Default: none. */
  readonly writeLog?: ((line: string) => void) | undefined
  /** In the place of the built-in ones; closed with the server. */
  readonly authentication?: Authentication | undefined
  readonly taxii1?: Taxii1Persistence | undefined
  readonly taxii2?: Taxii2Persistence | undefined
  /** Registers listeners of signals. */
  readonly hooks?: readonly ((on: OnSignal) => unknown)[] | undefined
  /** Opens what a configuration names in the place of the built-in parts; closed with the server. */
  readonly openModules?: ((log: ServerLog) => Promise<OpenedModules>) | undefined
}

export interface RunningServer {
  /** As clients reach it: the public URL where there is one. No slash at the end. */
  readonly url: string
  readonly port: number
  readonly discovery: { readonly taxii21?: string; readonly taxii20?: string; readonly taxii1?: string }
  /** Whether anybody may read as long as there is no account. */
  readonly anonymousReading: boolean
  readonly hasAccounts: boolean
  /** How many collections are served now. */
  readonly collections: number
  readonly counts: ConnectionCounts
  readonly log: ServerLog
  /** Reads the certificate anew and opens the audit log anew; connections stay. @throws SERVE_TLS_* */
  reload(): Promise<void>
  /** Answers what has come, then closes; after `graceMs` (default 10 s) without regard. Returns how many were cut off. */
  close(graceMs?: number): Promise<number>
}

/** E1: what clients may take their time for, and how many there may be. */
export const defaultLimits: ListenLimits = {
  ...defaultConnectionLimits,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  checkIntervalMs: 1_000,
  keepAliveMs: 15_000,
}

const graceOfCloseMs = 10_000
const lastSignalsMs = 1_000

/**
 * Opens a TAXII server on a store.
 * @throws SERVE_CLEAR_TEXT (refused), SERVE_PORT_BUSY (conflict), SERVE_ADDRESS_REFUSED, SERVE_TLS_* (config, auth), SERVE_PUBLIC_URL, SERVE_PROXY_ADDRESS (usage), WORKFLOW_LOG_FAILED (local)
 */
export async function startServer(options: ServerOptions, dependencies: ServerDependencies): Promise<RunningServer> {
  const { host = '127.0.0.1', behindTls = false } = options
  const given = { ...defaultServeSettings, ...options.settings }
  const exposure = { host, hasTls: options.tls !== undefined, behindTls, schemes: given.schemes }
  const { isLocal } = checkExposure({ ...exposure, publicUrl: options.publicUrl })
  const ground: Ground = {
    host,
    settings: { ...given, anonymousReading: given.anonymousReading && isLocal },
    rules: {
      behindTls,
      isTrustedProxy: proxyTest(options.trustedProxies ?? []),
      publicUrl: options.publicUrl === undefined ? undefined : readPublicUrl(options.publicUrl).origin,
    },
    tls: options.tls && (await readServerTls(options.tls)),
  }
  const closers: Closers = []
  try {
    return await openOn(ground, options, dependencies, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** What is settled before anything is opened. */
interface Ground {
  readonly host: string
  readonly settings: ServeSettings
  readonly rules: AddressRules
  readonly tls: ServerTls | undefined
}

async function openOn(
  ground: Ground,
  options: ServerOptions,
  dependencies: ServerDependencies,
  closers: Closers,
): Promise<RunningServer> {
  const { host, settings, rules, tls } = ground
  const { log, reopen } = openLog(options, dependencies, closers)
  const { parts, built } = await openParts(ground, { options, dependencies, log, closers })
  const state: { isServing: boolean; listener?: Listener } = { isServing: true }
  const listener = await listen({
    host,
    port: options.port ?? defaultPort,
    tls,
    limits: { ...defaultLimits, ...options.limits },
    clock: dependencies.clock,
    isProxy: (address) => rules.behindTls && rules.isTrustedProxy(address),
    answer: createApp({
      ...parts,
      connections: () => state.listener?.counts ?? noConnections,
      isServing: () => state.isServing,
    }),
  })
  state.listener = listener
  const collections = await countServed(parts)
  // What is stored between now and the first request is to be seen by it.
  built.catalogue.forget()
  const url = rules.publicUrl ?? `${tls ? 'https' : 'http'}://${shownHost(host)}:${listener.port}`
  return {
    url,
    port: listener.port,
    discovery: discoveryOf(url, settings),
    anonymousReading: settings.anonymousReading,
    hasAccounts: await hasAccounts(parts.authentication),
    collections,
    get counts() {
      return listener.counts
    },
    log,
    async reload() {
      reopen()
      if (options.tls) listener.reload(await readServerTls(options.tls))
      log.info('reloaded', { tls: options.tls !== undefined })
    },
    async close(graceMs = graceOfCloseMs) {
      state.isServing = false
      const cutOff = await listener.close(graceMs)
      log.info('stopped', { cutOff })
      await closeAll(closers)
      return cutOff
    },
  }
}

interface Opening {
  readonly options: ServerOptions
  readonly dependencies: ServerDependencies
  readonly log: ServerLog
  readonly closers: Closers
}

/** Everything that routes are made of. */
async function openParts({ settings, rules }: Ground, { options, dependencies, log, closers }: Opening) {
  const { store, clock } = dependencies
  const kept = <Part extends AsyncDisposable>(part: Part): Part => {
    closers.push(() => part[Symbol.asyncDispose]())
    return part
  }
  const built = openStorePersistence({ store, clock })
  const named: OpenedModules = (await dependencies.openModules?.(log)) ?? { hooks: [] }
  const hooks = named.hooks.map(kept)
  const { tokenTtlSeconds, certificateAccounts } = options
  const authentication = kept(
    named.authentication ?? dependencies.authentication ?? openStoreAuthentication({ store, clock, tokenTtlSeconds }),
  )
  const [taxii1, taxii2] = [named.taxii1 ?? dependencies.taxii1, named.taxii2 ?? dependencies.taxii2]
  // The page shows nothing that no client gets.
  const isStoreServed = (!taxii1 && settings.taxii1.isEnabled) || (!taxii2 && settings.taxii2.isEnabled)
  const signals = kept(openSignals({ clock, log }))
  // What was stored before the end is told before the end.
  closers.push(() => signals.settled(lastSignalsMs))
  for (const register of dependencies.hooks ?? []) await register(signals.on)
  for (const hook of hooks) hook.register(signals.on)
  kept(startSweeping({ records: store.records, log }))
  const limits = openAttemptLimits({ records: store.records, clock })
  const parts = {
    clock,
    taxii1: kept(taxii1 ?? built.taxii1),
    taxii2: kept(taxii2 ?? built.taxii2),
    authentication,
    signals,
    log,
    settings,
    rules,
    doorkeeper: createDoorkeeper({ authentication, limits, log, schemes: settings.schemes }),
    accountOfSubject: subjectTest(certificateAccounts, authentication),
    facts: serverFacts(store, clock),
    metrics: createMetrics(),
    signalCounts: () => signals.counts(),
    metricsArePublic: options.metricsArePublic ?? false,
    catalogue: { list: async () => (isStoreServed ? built.catalogue.list() : []) },
    lookUp: async (text: string) => (await lookUp(store, [text]))[0],
    knownMarkings: async (key: CollectionKey, ids: readonly string[]) => {
      const query = { ids, types: ['marking-definition'], versions: ['last'], limit: ids.length, bodies: false }
      return new Set((await store.readPage(key, query)).entries.map(({ item }) => item.id))
    },
  }
  return { parts, built }
}

/** Collections of whatever is served from, the built-in persistence or another. */
async function countServed({ taxii1, taxii2, settings }: ServeParts): Promise<number> {
  if (!settings.taxii2.isEnabled) return (await taxii1.getCollections()).length
  const roots = await taxii2.getApiRoots()
  const lists = await Promise.all(roots.map(({ id }) => taxii2.getCollections(id)))
  return lists.reduce((sum, list) => sum + list.length, 0)
}

async function hasAccounts(authentication: Authentication): Promise<boolean> {
  return (await authentication.hasAccounts?.()) ?? (await authentication.getAccounts()).length > 0
}

const noConnections: ConnectionCounts = { open: 0, accepted: 0, displaced: 0, refused: 0, tooSlow: 0 }

function openLog(options: ServerOptions, { clock, writeLog }: ServerDependencies, closers: Closers) {
  const write = writeLog ?? (() => undefined)
  const plain = createServerLog({ clock, level: options.logLevel, write })
  if (options.auditLog === undefined) return { log: plain, reopen: () => undefined }
  const path = options.auditLog
  const file = openLineFile(path, (reason) => plain.error('audit-log', { path, reason }))
  closers.push(() => file.close())
  const log = createServerLog({ clock, level: options.logLevel, write, writeAudit: (line) => file.write(line) })
  return { log, reopen: () => file.reopen() }
}

function subjectTest(mapped: Readonly<Record<string, string>> | undefined, authentication: Authentication) {
  if (mapped === undefined) return undefined
  return async (subject: string): Promise<Account | undefined> => {
    const username = Object.hasOwn(mapped, subject) ? mapped[subject] : undefined
    if (username === undefined) return undefined
    return (await authentication.getAccounts()).find((account) => account.username === username)
  }
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function discoveryOf(url: string, { taxii1, taxii2 }: ServeSettings): RunningServer['discovery'] {
  const spoken = taxii2.isEnabled ? (taxii2.versions ?? ['2.0', '2.1']) : []
  return {
    ...(spoken.includes('2.1') && { taxii21: `${url}/taxii2/` }),
    ...(spoken.includes('2.0') && { taxii20: `${url}/taxii/` }),
    ...(taxii1.isEnabled && { taxii1: `${url}/services/discovery` }),
  }
}
