import { StixTaxiiError } from '../core/errors.ts'
import { tellsOfDeadToken } from '../director/assumptions.ts'
import type { DirectorClient, Logpoint, Plugin, Storage } from '../director/client.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { atOnce } from './at-once.ts'
import { placeKey } from './resolve-desired.ts'
import { fingerprintOf, keyedDigest, type State } from './state.ts'

/** What one Logpoint has. */
export interface ObservedLogpoint {
  readonly logpoint: Logpoint
  /** Undefined: nobody asked, or this Director does not list them. */
  readonly plugins?: readonly Plugin[] | undefined
  readonly sources: readonly ListedSource[]
}

/** What one storage has; names only, as Director lists them. */
export interface ObservedStorage {
  readonly storage: Storage
  readonly packages: readonly string[]
  readonly certificates: readonly string[]
}

/** What there is; an error where a target could not be asked, which leaves the others as they are. */
export interface Observation {
  /** By `storageKey`. */
  readonly storages: ReadonlyMap<string, ObservedStorage | StixTaxiiError>
  /** By `placeKey`. */
  readonly logpoints: ReadonlyMap<string, ObservedLogpoint | StixTaxiiError>
}

export interface ObserveScope {
  readonly storages: readonly Storage[]
  readonly logpoints: readonly Logpoint[]
  /** Whether the lists of plugins are wanted. */
  readonly plugins: boolean
}

export interface ObserveOptions {
  readonly parallel: number
  readonly signal?: AbortSignal | undefined
  /** Called for each Logpoint before it is listed, to make its list fresh. */
  readonly freshen?: ((logpoint: Logpoint) => Promise<void>) | undefined
  readonly onProgress?: ((done: number, all: number) => void) | undefined
}

/**
 * Lists everything in the scope. A target that fails is an error in its place; a dead token stops everything.
 * @throws of kind auth, cancelled, refused
 */
export async function observe(
  client: DirectorClient,
  scope: ObserveScope,
  options: ObserveOptions,
): Promise<Observation> {
  const { parallel, signal, onProgress } = options
  const call = { signal }
  let done = 0
  const all = scope.storages.length + scope.logpoints.length
  const told = async <T>(work: Promise<T>): Promise<T | StixTaxiiError> => {
    const result = await orError(work)
    onProgress?.(++done, all)
    return result
  }
  const storages = await atOnce(scope.storages, parallel, (storage) => told(observeStorage(client, storage, call)))
  const logpoints = await atOnce(scope.logpoints, parallel, (logpoint) =>
    told(observeLogpoint(client, logpoint, { ...options, plugins: scope.plugins })),
  )
  return {
    storages: new Map(
      scope.storages.map((storage, index) => [storageKey(storage), storages[index] as ObservedStorage]),
    ),
    logpoints: new Map(scope.logpoints.map((each, index) => [placeKey(each), logpoints[index] as ObservedLogpoint])),
  }
}

async function observeStorage(
  client: DirectorClient,
  storage: Storage,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<ObservedStorage> {
  const packages = await client.packages.list(storage, call)
  const certificates = await client.certificates.list(storage, call)
  return { storage, packages, certificates }
}

/** Lists one Logpoint. */
export async function observeLogpoint(
  client: DirectorClient,
  logpoint: Logpoint,
  { signal, freshen, plugins }: ObserveOptions & { readonly plugins: boolean },
): Promise<ObservedLogpoint> {
  await freshen?.(logpoint)
  const sources = await client.sources.list(logpoint, { signal })
  if (!plugins) return { logpoint, sources }
  const found = await client.plugins.list(logpoint, { signal }).catch((error: unknown) => {
    // The guide names this list and never describes it: a Director without it is one whose plugins cannot be seen.
    if (error instanceof StixTaxiiError && (error.kind === 'not-found' || error.kind === 'protocol')) return undefined
    throw error
  })
  return { logpoint, plugins: found, sources }
}

/** Names one storage: the pool's identifier, or `public`. */
export function storageKey(storage: Storage): string {
  return storage.location === 'public' ? 'public' : storage.pool.id
}

/** Kinds after which nothing else can be done in this run either. */
export function stopsEverything(error: unknown): boolean {
  if (!(error instanceof StixTaxiiError)) return true
  // A 403 may be one Logpoint's (Co-Managed mode) and says nothing of the token.
  if (error.kind === 'auth') return error.context['status'] !== 403 || tellsOfDeadToken(error.message)
  return ['cancelled', 'refused', 'internal', 'local'].includes(error.kind)
}

async function orError<T>(work: Promise<T>): Promise<T | StixTaxiiError> {
  try {
    return await work
  } catch (error) {
    if (stopsEverything(error)) throw error
    return error as StixTaxiiError
  }
}

/**
 * A digest of what was observed in one place and what the state knows of it beyond that: another run may have written what
 * no list shows. Secrets of the list go into it as fingerprints, so that it changes with them and tells nothing of them.
 */
export function digestOf(state: State, observed: ObservedLogpoint | ObservedStorage | StixTaxiiError): string {
  if (observed instanceof StixTaxiiError) return keyedDigest(state, `error ${observed.code}`)
  if ('storage' in observed) {
    const { packages, certificates } = observed
    const pool = observed.storage.location === 'public' ? null : observed.storage.pool.id
    const known = state.files.filter((record) => record.pool === pool)
    return keyedDigest(state, JSON.stringify([[...packages].sort(), [...certificates].sort(), known]))
  }
  const sources = observed.sources.map((source) => ({
    ...source,
    basic: { ...source.basic, password: source.basic.password && fingerprintOf(state, source.basic.password) },
    certificate: {
      ...source.certificate,
      keyPassphrase: source.certificate.keyPassphrase && fingerprintOf(state, source.certificate.keyPassphrase),
    },
  }))
  const ordered = sources.sort((a, b) => (a.id < b.id ? -1 : 1))
  const plugins = observed.plugins && [...observed.plugins].sort((a, b) => (a.id < b.id ? -1 : 1))
  const { id, pool } = observed.logpoint
  const isHere = (record: { readonly pool: string; readonly logpoint: string }): boolean =>
    record.pool === pool.id && record.logpoint === id
  const known = [state.sources.filter(isHere), state.plugins.filter(isHere)]
  return keyedDigest(state, JSON.stringify([ordered, plugins ?? null, known]))
}
