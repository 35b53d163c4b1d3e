import { StixTaxiiError } from '../core/errors.ts'
import type { Logpoint } from '../director/client.ts'
import type { Observation } from './observe.ts'
import type { PlannedTarget } from './plan.ts'
import { placeKey } from './resolve-desired.ts'
import type { FileRecord, State } from './state.ts'

/** What tells who uses a certificate file. */
export interface UserContext {
  readonly observation: Observation
  /** For Logpoints that were not looked at. */
  readonly state: State
  /** Origin of the Director. */
  readonly director: string
  /** What is to be done before the file would go. */
  readonly targets: readonly PlannedTarget[]
}

/** Who uses a file once everything planned is done; `error`: a Logpoint that could not be asked may. */
export type FileUser = { readonly name: string; readonly error?: StixTaxiiError | undefined }

/**
 * A Logpoint whose sources name the certificate file, whoever made them: those that were looked at by their lists, the
 * others by what this state knows of them. Undefined when nobody does.
 */
export function userOfFile(
  { pool, name }: Pick<FileRecord, 'pool' | 'name'>,
  { observation, state, director, targets }: UserContext,
): FileUser | undefined {
  const steps = targets.flatMap((target) => target.steps)
  const idOf = (logpoint: Logpoint, id: string): string => `${placeKey(logpoint)}/${id}`
  const deleted = new Set(steps.flatMap((step) => (step.kind === 'delete' ? [idOf(step.logpoint, step.sourceId)] : [])))
  const edited = new Map(
    steps.flatMap((step) =>
      step.kind === 'edit' ? [[idOf(step.logpoint, step.sourceId), step.source.known] as const] : [],
    ),
  )
  const isIn = (ofPool: string): boolean => pool === null || pool === ofPool
  const uses = ({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }): boolean =>
    certificateFile === name || keyFile === name
  const names = new Map(state.sources.map((record) => [`${record.pool}/${record.logpoint}`, record.target]))
  for (const [key, observed] of observation.logpoints) {
    const [ofPool = ''] = key.split('/')
    if (!isIn(ofPool)) continue
    if (observed instanceof StixTaxiiError) return { name: names.get(key) ?? key, error: observed }
    const { logpoint, sources } = observed
    const left = sources.filter(({ id }) => !deleted.has(idOf(logpoint, id)))
    if (left.some((source) => uses((edited.get(idOf(logpoint, source.id)) ?? source).certificate))) return logpoint
  }
  return state.sources
    .filter((record) => record.director === director && isIn(record.pool))
    .filter(({ pool: ofPool, logpoint }) => !observation.logpoints.has(`${ofPool}/${logpoint}`))
    .filter(({ written }) => uses(written.certificate))
    .map(({ target }) => ({ name: target }))[0]
}

/**
 * Logpoints to be looked at besides those something is done on, when these certificate files may go: all that are known
 * of the pools they are for.
 */
export function witnessesOf(
  files: readonly Pick<FileRecord, 'kind' | 'pool'>[],
  known: readonly Logpoint[],
  among: readonly Logpoint[],
): readonly Logpoint[] {
  const certificates = files.filter(({ kind }) => kind === 'certificate')
  const seen = new Set(among.map(placeKey))
  return known.filter(
    (logpoint) =>
      !seen.has(placeKey(logpoint)) && certificates.some(({ pool }) => pool === null || pool === logpoint.pool.id),
  )
}
