import { StixTaxiiError } from '../core/errors.ts'
import type { Storage } from '../director/client.ts'
import { userOfFile, type FileUser } from './file-users.ts'
import { storageIn, type PlanInputs } from './make-plan.ts'
import { storageKey, type ObservedStorage } from './observe.ts'
import type { PlannedTarget, Step, TrashStep, UploadStep } from './plan.ts'
import type { DesiredFile } from './resolve-desired.ts'
import { findFile, type FileRecord } from './state.ts'

/** What the storages get: first of all, since the rest needs it. A renewed file of the same name takes the old one's place. */
export function planUploads(inputs: PlanInputs): readonly PlannedTarget[] {
  const storages = new Map<string, Storage>(inputs.desired.files.map(({ storage }) => [storageKey(storage), storage]))
  return [...storages.values()].map((storage) => {
    const target = { phase: 'upload', name: storageName(storage), place: { storage }, adoptions: [] } as const
    const observed = storageIn(inputs.observation, storage)
    if (observed === undefined || observed instanceof StixTaxiiError) {
      return { ...target, steps: [], notes: [], error: observed }
    }
    const wanted = inputs.desired.files.filter((file) => storageKey(file.storage) === storageKey(storage))
    try {
      const planned = wanted.map((file) => planFile(file, observed, inputs))
      return { ...target, steps: planned.flatMap(({ steps }) => steps), notes: planned.flatMap(({ notes }) => notes) }
    } catch (error) {
      if (!(error instanceof StixTaxiiError)) throw error
      return { ...target, steps: [], notes: [], error }
    }
  })
}

interface PlannedFile {
  readonly steps: readonly Step[]
  readonly notes: readonly string[]
}

function planFile(
  { kind, storage, name, local }: DesiredFile,
  observed: ObservedStorage,
  inputs: PlanInputs,
): PlannedFile {
  const names = kind === 'package' ? observed.packages : observed.certificates
  const { path, lengthBytes, sha256 } = local
  const upload = (sign: '+' | '~', from: string): UploadStep => ({
    kind: 'upload',
    sign,
    thing: `${kind} ${name}`,
    fields: [{ field: 'contents', from, to: contentsOf(local) }],
    fileKind: kind,
    storage,
    name,
    local: { path, lengthBytes, sha256 },
  })
  if (!names.includes(name)) {
    const twin = names.find((each) => each.toLowerCase() === name.toLowerCase())
    if (twin !== undefined) throw otherCase(name, twin, storage)
    return { steps: [upload('+', '')], notes: [] }
  }
  const record = findFile(inputs.state, { director: inputs.director, kind, pool: poolOf(storage), name })
  if (record === undefined) {
    return { steps: [], notes: [`${kind} ${name} is there; whether it is the same file cannot be seen`] }
  }
  if (record.sha256 === sha256 && record.lengthBytes === lengthBytes) return { steps: [], notes: [] }
  // What uploading a name twice does is not documented: the old file makes room first.
  const trash = {
    ...trashStep(record, storage, '~'),
    fields: [{ field: 'contents', from: contentsOf(record), to: '' }],
  }
  return { steps: [trash, upload('~', contentsOf(record))], notes: [] }
}

/**
 * What the storages lose at the end: files made from this desired state that it no longer names, unless a source still uses
 * them.
 */
export function planTrash(inputs: PlanInputs, logpoints: readonly PlannedTarget[]): readonly PlannedTarget[] {
  const { desired, director, state } = inputs
  const wanted = new Set(desired.files.map((file) => `${file.kind} ${storageKey(file.storage)} ${file.name}`))
  const former = state.files.filter(
    (record) =>
      record.fleet === desired.fleet &&
      record.director === director &&
      !wanted.has(`${record.kind} ${record.pool ?? 'public'} ${record.name}`),
  )
  return trashTargets(former, inputs, { removed: desired.removed, logpoints })
}

/** Trashes these files where they are listed and nothing uses them; what is kept is said. */
export function trashTargets(
  files: readonly Pick<FileRecord, 'kind' | 'pool' | 'name' | 'lengthBytes' | 'sha256'>[],
  { observation, desired, state, director }: PlanInputs,
  { removed, logpoints }: { readonly removed: 'delete' | 'keep'; readonly logpoints: readonly PlannedTarget[] },
): readonly PlannedTarget[] {
  const targets = new Map<string, TrashTarget>()
  for (const record of files) {
    const observed = observation.storages.get(record.pool ?? 'public')
    if (observed === undefined) continue
    if (observed instanceof StixTaxiiError) {
      const storage = storageOf(record, desired)
      targets.set(storageKey(storage), { storage, steps: [], notes: [], error: observed })
      continue
    }
    const names = record.kind === 'package' ? observed.packages : observed.certificates
    if (!names.includes(record.name)) continue
    const { storage } = observed
    const target = targets.get(storageKey(storage)) ?? { storage, steps: [], notes: [] }
    targets.set(storageKey(storage), target)
    if (removed === 'keep') {
      target.notes.push(`${record.kind} ${record.name} is no longer in the file; kept`)
      continue
    }
    const context = { observation, state, director, targets: logpoints }
    const isCertificate = record.kind === 'certificate'
    const user = isCertificate ? (userOfFile(record, context) ?? wantingUser(record, desired)) : undefined
    const other = otherFleetOf(record, { state, director, fleet: desired.fleet })
    if (user === undefined && other !== undefined) {
      target.notes.push(`${record.kind} ${record.name} belongs to the desired state "${other}"; kept`)
    } else if (user === undefined) target.steps.push(trashStep(record, storage, '-'))
    else target.notes.push(keptFor(record, user))
    // Nobody knows whether it is used: it stays, and that is not what was asked for.
    target.error ??= user?.error
  }
  return [...targets.values()].map(({ storage, ...rest }) => ({
    phase: 'trash',
    name: storageName(storage),
    place: { storage },
    adoptions: [],
    ...rest,
  }))
}

/** Another desired state of this state that uploaded the file, or installed a plugin from it; undefined for none. */
function otherFleetOf(
  { kind, pool, name }: Pick<FileRecord, 'kind' | 'pool' | 'name'>,
  {
    state,
    director,
    fleet,
  }: { readonly state: PlanInputs['state']; readonly director: string; readonly fleet: string },
): string | undefined {
  const uploader = findFile(state, { director, kind, pool, name })?.fleet
  if (uploader !== undefined && uploader !== fleet) return uploader
  if (kind === 'certificate') return undefined
  return state.plugins.find(
    (plugin) =>
      plugin.director === director &&
      plugin.fleet !== fleet &&
      plugin.fileName === name &&
      (pool === null ? plugin.location === 'public' : plugin.location === 'private' && plugin.pool === pool),
  )?.fleet
}

interface TrashTarget {
  readonly storage: Storage
  readonly steps: TrashStep[]
  readonly notes: string[]
  /** Why it could not be looked at, or who may use something of it. */
  error?: StixTaxiiError | undefined
}

function storageOf({ pool }: Pick<FileRecord, 'pool'>, desired: PlanInputs['desired']): Storage {
  if (pool === null) return { location: 'public' }
  const known = desired.logpoints.find(({ logpoint }) => logpoint.pool.id === pool)
  return { location: 'private', pool: known?.logpoint.pool ?? { id: pool, name: pool } }
}

function trashStep(
  record: Pick<FileRecord, 'kind' | 'name' | 'lengthBytes' | 'sha256'>,
  storage: Storage,
  sign: '~' | '-',
): TrashStep {
  const fields = [{ field: 'contents', from: contentsOf(record), to: '' }]
  return {
    kind: 'trash',
    sign,
    thing: `${record.kind} ${record.name}`,
    fields,
    fileKind: record.kind,
    storage,
    name: record.name,
  }
}

/** Why a file stays. */
export function keptFor({ kind, name: file }: Pick<FileRecord, 'kind' | 'name'>, { name, error }: FileUser): string {
  return error === undefined
    ? `${kind} ${file} is still used on ${name}; kept`
    : `${kind} ${file} may be used on ${name}, which cannot be looked at; kept`
}

/** A Logpoint with a source that is to use the file. */
function wantingUser(
  { pool, name }: Pick<FileRecord, 'pool' | 'name'>,
  desired: PlanInputs['desired'],
): FileUser | undefined {
  const location = pool === null ? 'public' : 'private'
  const wanting = desired.logpoints.find(
    ({ logpoint, sources }) =>
      (pool === null || logpoint.pool.id === pool) &&
      sources.some(({ ensure, defined: { known } }) => {
        const { certificateFile, keyFile } = known.certificate
        return (
          ensure === 'present' && known.certificate.location === location && [certificateFile, keyFile].includes(name)
        )
      }),
  )
  return wanting?.logpoint
}

/** The pool's identifier, null for the public storage. */
export function poolOf(storage: Storage): string | null {
  return storage.location === 'public' ? null : storage.pool.id
}

/** As rows call a storage. */
export function storageName(storage: Storage): string {
  return storage.location === 'public' ? 'public storage' : `pool ${storage.pool.name}`
}

function contentsOf({ lengthBytes, sha256 }: { readonly lengthBytes: number; readonly sha256: string }): string {
  return `${lengthBytes} bytes, SHA-256 ${sha256.slice(0, 12)}`
}

function otherCase(name: string, twin: string, storage: Storage): StixTaxiiError {
  return new StixTaxiiError('PROVISION_NAME_CASE', `${storageName(storage)} has "${twin}"; the file names "${name}"`, {
    kind: 'config',
    hint: 'Names differ by their capitals there. Write it as it is, or give the new file another name.',
    context: { storage: storageName(storage), found: twin, wanted: name },
  })
}
