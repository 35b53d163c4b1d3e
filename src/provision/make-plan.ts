import { StixTaxiiError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Logpoint, Storage } from '../director/client.ts'
import { witnessesOf } from './file-users.ts'
import { storageKey, type Observation, type ObserveScope, type ObservedStorage } from './observe.ts'
import { planLogpoint, type LogpointPlanContext } from './plan-logpoint.ts'
import { planTrash, planUploads, poolOf } from './plan-storage.ts'
import type { Plan, PlannedTarget } from './plan.ts'
import { placeKey, type DesiredLogpoint, type DesiredState } from './resolve-desired.ts'
import type { SaidSecret } from './source-record.ts'
import type { FileRecord, State } from './state.ts'

export interface PlanInputs {
  readonly desired: DesiredState
  /** Origin of the Director. */
  readonly director: string
  readonly observation: Observation
  readonly state: State
  /** A secret of the desired state, resolved before. */
  readonly secretOf: (reference: SaidSecret) => Secret
}

/**
 * What has to be observed for a desired state: its Logpoints and storages, and those where the state knows things made from
 * the same file.
 */
export function scopeOf({
  desired,
  director,
  state,
  destroy = false,
}: Pick<PlanInputs, 'desired' | 'director' | 'state'> & { readonly destroy?: boolean }): ObserveScope {
  const logpoints = [...desired.logpoints.map(({ logpoint }) => logpoint), ...formerLogpoints(desired, director, state)]
  const storages = new Map<string, Storage>()
  const usesPublic = desired.logpoints.some(({ sources }) =>
    sources.some(({ defined }) => defined.known.certificate.use && defined.known.certificate.location === 'public'),
  )
  const usesPrivate = desired.logpoints.filter(({ sources }) =>
    sources.some(({ defined }) => defined.known.certificate.use && defined.known.certificate.location === 'private'),
  )
  const wanted: Storage[] = [
    ...desired.files.map(({ storage }) => storage),
    ...(usesPublic ? [{ location: 'public' } as const] : []),
    ...usesPrivate.map(({ logpoint }) => ({ location: 'private', pool: logpoint.pool }) as const),
    ...formerStorages(desired, director, state),
  ]
  for (const storage of wanted) if (!storages.has(storageKey(storage))) storages.set(storageKey(storage), storage)
  const plugins =
    desired.logpoints.some(({ plugin }) => plugin) || state.plugins.some((record) => isOf(record, desired, director))
  const witnesses = witnessesOf(leavingFiles(desired, director, state, destroy), desired.known, logpoints)
  return { storages: [...storages.values()], logpoints: [...logpoints, ...witnesses], plugins }
}

/** Compares what is wanted with what there is. Pure; no target's fault keeps another from being planned. */
export function makePlan(inputs: PlanInputs): Plan {
  const { desired, director, observation, state } = inputs
  const context = contextOf(inputs)
  const former = formerLogpoints(desired, director, state).map((logpoint) => ({ logpoint, sources: [] }))
  const logpoints = [...desired.logpoints, ...former].map((wanted) => planned(wanted, observation, context))
  const uploads = planUploads(inputs)
  const trash = planTrash(inputs, logpoints)
  return { fleet: desired.fleet, director, targets: [...uploads, ...logpoints, ...trash] }
}

function planned(wanted: DesiredLogpoint, observation: Observation, context: LogpointPlanContext): PlannedTarget {
  const observed = observation.logpoints.get(placeKey(wanted.logpoint))
  if (observed !== undefined && !(observed instanceof StixTaxiiError)) return planLogpoint(wanted, observed, context)
  const { logpoint } = wanted
  return {
    phase: 'logpoint',
    name: logpoint.name,
    place: { logpoint },
    steps: [],
    adoptions: [],
    notes: [],
    error: observed,
  }
}

function contextOf({ desired, director, observation, state, secretOf }: PlanInputs): LogpointPlanContext {
  const coming = new Map<string, Set<string>>()
  for (const { kind, storage, name } of desired.files) {
    const names = coming.get(storageKey(storage)) ?? new Set()
    if (kind === 'certificate') coming.set(storageKey(storage), names.add(name))
  }
  return {
    fleet: desired.fleet,
    director,
    state,
    removed: desired.removed,
    secretOf,
    certificates(location, pool) {
      const key = location === 'public' ? 'public' : pool
      const observed = observation.storages.get(key)
      if (observed === undefined || observed instanceof StixTaxiiError) return undefined
      return new Set([...observed.certificates, ...(coming.get(key) ?? [])])
    },
  }
}

/** Logpoints that the file is no longer about and where the state knows things made from it. */
export function formerLogpoints(desired: DesiredState, director: string, state: State): readonly Logpoint[] {
  const current = new Set(desired.logpoints.map(({ logpoint }) => placeKey(logpoint)))
  const former = new Map<string, Logpoint>()
  const owned = [
    ...state.sources.filter((record) => record.owner?.fleet === desired.fleet && record.director === director),
    ...state.plugins.filter((record) => isOf(record, desired, director)),
  ]
  for (const { pool, logpoint, target } of owned) {
    const [poolName = pool] = target.split('/')
    const made = { name: target, id: logpoint, pool: { name: poolName, id: pool } }
    if (!current.has(placeKey(made))) former.set(placeKey(made), made)
  }
  return [...former.values()]
}

/** Files that may be trashed. */
function leavingFiles(
  desired: DesiredState,
  director: string,
  state: State,
  destroy: boolean,
): readonly Pick<FileRecord, 'kind' | 'pool'>[] {
  const described = desired.files.map(({ kind, storage, name }) => ({ kind, pool: poolOf(storage), name }))
  const isDescribed = (record: FileRecord): boolean =>
    described.some(({ kind, pool, name }) => record.kind === kind && record.pool === pool && record.name === name)
  const made = state.files.filter((record) => isOf(record, desired, director))
  if (destroy) return [...described, ...made]
  return desired.removed === 'delete' ? made.filter((record) => !isDescribed(record)) : []
}

function formerStorages(desired: DesiredState, director: string, state: State): readonly Storage[] {
  const names = new Map(desired.logpoints.map(({ logpoint }) => [logpoint.pool.id, logpoint.pool.name]))
  return state.files
    .filter((record) => isOf(record, desired, director))
    .map(({ pool }) =>
      pool === null
        ? { location: 'public' }
        : { location: 'private', pool: { id: pool, name: names.get(pool) ?? pool } },
    )
}

function isOf(
  record: { readonly fleet: string; readonly director: string },
  desired: DesiredState,
  director: string,
): boolean {
  return record.fleet === desired.fleet && record.director === director
}

/** A storage as it was observed, or why it was not. */
export function storageIn(observation: Observation, storage: Storage): ObservedStorage | StixTaxiiError | undefined {
  return observation.storages.get(storageKey(storage))
}
