import { StixTaxiiError } from '../core/errors.ts'
import type { Logpoint, Storage } from '../director/client.ts'
import { samePair } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { compareSource, type ComparisonContext, type FieldChange } from './compare.ts'
import { secretPaths, shownFields } from './definition.ts'
import { userOfFile, witnessesOf } from './file-users.ts'
import { unknownRun } from './history.ts'
import type { Intent, JournalEntry } from './journal.ts'
import { storageKey, type Observation, type ObservedLogpoint, type ObservedStorage } from './observe.ts'
import { findInstalled, placeIn, planUninstall } from './plan-logpoint.ts'
import { keptFor, poolOf, storageName } from './plan-storage.ts'
import type { Plan, PlannedSource, PlannedTarget, PlannedTrace, Step } from './plan.ts'
import { placeKey } from './resolve-desired.ts'
import { secretFields, type KnownSource, type SecretField } from './source-record.ts'
import { findFile, findSource, type State } from './state.ts'

/** What a run did, for going back. */
export interface PastRun {
  readonly run: string
  readonly fleet: string
  /** Origin of the Director. */
  readonly director: string
  /** The desired state's file; absolute. */
  readonly file?: string | undefined
  /** Writes that were carried out, oldest first, with the id of what they made. */
  readonly done: readonly { readonly intent: Intent; readonly sourceId?: string | undefined }[]
}

/**
 * A run of the journal; `openToo`: also one of which not everything is settled.
 * @throws PROVISION_RUN_UNKNOWN (not-found), PROVISION_RUN_OPEN (pending) while a write of it is not settled
 */
export function findRun(
  entries: readonly JournalEntry[],
  run: string,
  { openToo = false }: { readonly openToo?: boolean } = {},
): PastRun {
  const begin = entries.find((entry) => entry.event === 'begin' && entry.run === run)
  if (begin?.event !== 'begin') throw unknownRun(run)
  const ends = new Map<number, Extract<JournalEntry, { event: 'result' }>>()
  for (const entry of entries) if (entry.event === 'result' && entry.run === run) ends.set(entry.step, entry)
  const intents = entries.flatMap((entry) => (entry.event === 'intent' && entry.run === run ? [entry] : []))
  const open = intents.find(({ step }) => (ends.get(step)?.end ?? 'unknown') === 'unknown')
  if (open && !openToo) {
    throw new StixTaxiiError(
      'PROVISION_RUN_OPEN',
      `It is not known yet what became of ${open.write.thing} on ${open.target}`,
      {
        kind: 'pending',
        hint: 'The next `stixtaxii apply` finds out; then roll back.',
        context: { run, target: open.target },
      },
    )
  }
  const done = intents.flatMap((intent) => {
    const result = ends.get(intent.step)
    return result?.end === 'done' ? [{ intent, sourceId: result.sourceId }] : []
  })
  return { run, fleet: begin.fleet, director: begin.director, file: begin.file, done }
}

/** What has to be observed before a run can be taken back; `known`: every Logpoint of the directory. */
export function scopeOfRun({ done }: PastRun, known: readonly Logpoint[]) {
  const storages = new Map<string, Storage>()
  const logpoints = new Map<string, Logpoint>()
  for (const { intent } of done) {
    if ('storage' in intent.write) storages.set(storageKey(intent.write.storage), intent.write.storage)
    else logpoints.set(placeKey(intent.write.logpoint), intent.write.logpoint)
  }
  const uploaded = done.flatMap(({ intent: { write } }) =>
    write.kind === 'upload' ? [{ kind: write.fileKind, pool: poolOf(write.storage) }] : [],
  )
  const touched = [...logpoints.values()]
  const witnesses = witnessesOf(uploaded, known, touched)
  return { storages: [...storages.values()], logpoints: [...touched, ...witnesses], plugins: true }
}

/**
 * What leads back to how things were before a run: its writes undone, last first. What cannot be restored (a secret that is
 * known by no reference, a file that is gone) is said and left as it is.
 */
export function planRollback(past: PastRun, observation: Observation, state: State): Plan {
  const targets = new Map<string, { name: string; place: PlannedTarget['place']; steps: Step[]; notes: string[] }>()
  for (const { intent, sourceId } of [...past.done].reverse()) {
    const { write } = intent
    const place = 'storage' in write ? { storage: write.storage } : { logpoint: write.logpoint }
    const key = 'storage' in write ? storageKey(write.storage) : placeKey(write.logpoint)
    const name = 'storage' in write ? storageName(write.storage) : write.logpoint.name
    const target = targets.get(key) ?? { name, place, steps: [], notes: [] }
    targets.set(key, target)
    const observed = 'storage' in write ? observation.storages.get(key) : observation.logpoints.get(key)
    if (observed === undefined || observed instanceof StixTaxiiError) {
      target.notes.push(`${write.thing}: ${observed?.message ?? 'cannot be seen'}`)
      continue
    }
    const planned = [...targets.values()].map((each) => ({ ...each, phase: 'logpoint' as const, adoptions: [] }))
    const undone = undo(intent, observed, { sourceId, steps: target.steps, planned, observation, state })
    if (typeof undone === 'string') target.notes.push(`${write.thing}: ${undone}`)
    else target.steps.push(...undone)
  }
  // Files that go leave last, files that come back come first.
  const planned = [...targets.values()].flatMap((target): PlannedTarget[] => {
    if ('logpoint' in target.place) return [{ ...target, phase: 'logpoint', adoptions: [] }]
    const [uploads, trash] = [true, false].map((isUpload) =>
      target.steps.filter((step) => (step.sign !== '-') === isUpload),
    )
    return [
      { ...target, phase: 'upload', adoptions: [], steps: uploads ?? [] },
      ...(trash && trash.length > 0
        ? [{ ...target, phase: 'trash' as const, adoptions: [], steps: trash, notes: [] }]
        : []),
    ]
  })
  return { fleet: past.fleet, director: past.director, targets: planned }
}

interface UndoContext {
  /** Of what the write made. */
  readonly sourceId: string | undefined
  /** What is already to be done there. */
  readonly steps: readonly Step[]
  /** What is already to be done anywhere. */
  readonly planned: readonly PlannedTarget[]
  readonly observation: Observation
  readonly state: State
}

/** The steps that undo a write, or why there are none. */
function undo(intent: Intent, observed: ObservedLogpoint | ObservedStorage, context: UndoContext): Step[] | string {
  const { write } = intent
  if (write.kind === 'upload' || write.kind === 'trash')
    return undoFile(intent, write, { observed: observed as ObservedStorage, ...context })
  if (write.kind === 'install' || write.kind === 'uninstall')
    return undoPlugin(intent, write, { observed: observed as ObservedLogpoint, ...context })
  return undoSource(intent, write, { observed: observed as ObservedLogpoint, ...context })
}

type SourceWrite = Extract<Step, { kind: 'create' | 'edit' | 'delete' }>

function undoSource(
  { before, director }: Intent,
  write: SourceWrite,
  { observed, sourceId, state }: UndoContext & { readonly observed: ObservedLogpoint },
): Step[] | string {
  const { logpoint, key } = write
  const id = write.kind === 'create' ? sourceId : write.sourceId
  const there = observed.sources.find((source) => source.id === id)
  if (write.kind === 'create') {
    if (there === undefined) return 'is not there any more'
    const { discoveryUrl } = there
    const fields = [{ field: 'discoveryUrl', from: discoveryUrl, to: '' }]
    return [
      { kind: 'delete', sign: '-', thing: `source ${key}`, fields, logpoint, key, sourceId: there.id, discoveryUrl },
    ]
  }
  const restored = restoredSource(before, write.kind === 'edit')
  if (typeof restored === 'string') return restored
  const { known } = restored
  if (write.kind === 'delete') {
    if (there ?? observed.sources.some((source) => samePair(source, known))) return 'is there again'
    const fields: FieldChange[] = shownFields.map(({ path, of }) => ({ field: path, from: '', to: of(known) }))
    return [{ kind: 'create', sign: '+', thing: `source ${key}`, fields, logpoint, key, source: restored }]
  }
  if (there === undefined) return 'is not there any more'
  const record = findSource(state, placeIn(director, logpoint), there.id)
  const fields = restoredFields(write, known, there, { state, record, secrets: {}, unsaid: [] })
  if (fields.length === 0) return 'is as before already'
  return [
    { kind: 'edit', sign: '~', thing: `source ${key}`, fields, logpoint, key, sourceId: there.id, source: restored },
  ]
}

/** All that differs from what is there now: an edit replaces everything, also what others have changed since. */
function restoredFields(
  write: SourceWrite,
  known: KnownSource,
  there: ListedSource,
  context: ComparisonContext,
): readonly FieldChange[] {
  const { changes, unknown } = compareSource(known, there, context)
  const hidden = new Set<string>([...unknown, ...Object.values(secretPaths)])
  const unseen = write.fields.filter(({ field }) => hidden.has(field))
  return [...changes, ...unseen.map(({ field, from, to }) => ({ field, from: to, to: from }))]
}

/** The definition before, if all of it is known. */
function restoredSource({ source, secrets = {} }: Intent['before'], isEdit: boolean): PlannedSource | string {
  if (source === undefined) return 'what was there before is not known'
  if (source.begin.unit === undefined) return 'cannot be restored: the unit of its begin was never known'
  const hasFiles = source.certificate.certificateFile !== '' || source.certificate.keyFile !== ''
  const location = source.certificate.location ?? (hasFiles ? undefined : 'private')
  if (location === undefined) return 'cannot be restored: where its certificate is was never known'
  const traces: { [Name in SecretField]?: PlannedTrace } = {}
  for (const name of secretFields) {
    const owner = name === 'password' ? source.basic.username : source.certificate.keyFile
    const trace = secrets[name]
    if (trace?.reference) traces[name] = { reference: trace.reference, fingerprint: trace.fingerprint }
    else if (owner !== '' && trace?.fingerprint === undefined) return `cannot be restored: its ${name} is not known`
    // Only while it still is the one that it was: the fingerprint tells when it is sent.
    else if (owner !== '' && isEdit) traces[name] = { reference: { from: 'listed' }, fingerprint: trace?.fingerprint }
    else if (owner !== '') return `cannot be restored: its ${name} is known by no reference`
  }
  return { known: { ...source, certificate: { ...source.certificate, location } }, secrets: traces }
}

function undoPlugin(
  { before }: Intent,
  write: Extract<Step, { kind: 'install' | 'uninstall' }>,
  { observed: { plugins, logpoint, sources }, steps }: UndoContext & { readonly observed: ObservedLogpoint },
): Step[] | string {
  const installed = findInstalled(plugins, logpoint)
  if (before.fileName !== undefined) {
    const fileName = before.fileName
    const fields = [{ field: 'version', from: installed?.version ?? '', to: fileName }]
    const location = write.kind === 'install' ? write.location : 'private'
    return [
      {
        kind: 'install',
        sign: installed ? '~' : '+',
        thing: `plugin ${fileName}`,
        fields,
        logpoint,
        fileName,
        location,
      },
    ]
  }
  if (write.kind === 'uninstall') return 'cannot be restored: which package it came from is not known'
  if (write.sign === '~') return 'cannot be restored: which package was installed before is not known'
  if (installed === undefined) return 'is not there any more'
  const gone = new Set(steps.flatMap((step) => (step.kind === 'delete' ? [step.sourceId] : [])))
  const left = sources.filter(({ id }) => !gone.has(id))
  return left.length > 0 ? 'is kept: sources use it' : [planUninstall(installed, logpoint)]
}

function undoFile(
  { before, director }: Intent,
  write: Extract<Step, { kind: 'upload' | 'trash' }>,
  { observed, steps, planned, observation, state }: UndoContext & { readonly observed: ObservedStorage },
): Step[] | string {
  const { fileKind, storage, name, thing } = write
  const isThere = (fileKind === 'package' ? observed.packages : observed.certificates).includes(name)
  const fields = [{ field: 'contents', from: '', to: 'as before' }]
  if (write.kind === 'upload') {
    // A renewed file was trashed first; undoing that uploads the old one again.
    if (!isThere) return 'is not there any more'
    const file = { kind: fileKind, pool: poolOf(storage), name }
    const record = findFile(state, { director, ...file })
    if (record && record.sha256 !== write.local.sha256) return 'has been renewed since; kept'
    const user = userOfFile(file, { observation, state, director, targets: planned })
    if (write.sign === '+' && fileKind === 'certificate' && user) return keptFor(file, user)
    const sign = write.sign === '~' ? '~' : '-'
    return [
      { kind: 'trash', sign, thing, fields: [{ field: 'contents', from: 'now', to: '' }], fileKind, storage, name },
    ]
  }
  if (isThere && !steps.some((step) => step.kind === 'trash' && step.name === name && step.fileKind === fileKind))
    return 'is there again'
  if (before.file === undefined) return 'cannot be restored: it was not uploaded from here'
  return [
    {
      kind: 'upload',
      sign: write.sign === '~' ? '~' : '+',
      thing,
      fields,
      fileKind,
      storage,
      name,
      local: before.file,
    },
  ]
}
