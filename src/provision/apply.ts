import { cancelled, StixTaxiiError } from '../core/errors.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { atOnce } from './at-once.ts'
import type { EngineParts } from './engine.ts'
import { uploadOf } from './local-file.ts'
import { stopsEverything, storageKey, type Observation } from './observe.ts'
import { perform } from './perform.ts'
import type { Plan, PlannedTarget, Step } from './plan.ts'
import { placeKey } from './resolve-desired.ts'
import type { Blocked } from './settle.ts'
import { beforeOf, recordAdoption, recordStep } from './step-record.ts'

/** How one target ended. `not done`: nothing was tried, since something before it failed. */
export type TargetStatus = 'changed' | 'unchanged' | 'failed' | 'pending' | 'not done'

export interface TargetResult {
  readonly target: PlannedTarget
  readonly status: TargetStatus
  /** Writes that were carried out. */
  readonly done: readonly Step[]
  /** What was found otherwise than it was written. */
  readonly notes: readonly string[]
  readonly error?: StixTaxiiError | undefined
}

export interface ApplyOptions {
  readonly observation: Observation
  /** Targets where an earlier write is still open. */
  readonly blocked: Blocked
  readonly command: string
  /** The desired state's file; for the journal. */
  readonly file?: string | undefined
  readonly parallel: number
  readonly onProgress?: ((done: number, all: number) => void) | undefined
}

/**
 * Carries a plan out: uploads, then Logpoints, then what storages lose; several targets at once, the writes of one in their
 * order. A target that fails leaves the others going, except those that need what it was to bring; a dead token, or
 * being stopped, ends everything that has not begun. Results stand in the order of the plan.
 * @throws only what no target can be blamed for: a full disk, a bug
 */
export async function applyPlan(
  plan: Plan,
  parts: EngineParts,
  options: ApplyOptions,
): Promise<readonly TargetResult[]> {
  const run: Run = { plan, parts, options, next: 1, dead: undefined, ended: 0, results: new Map() }
  const { journal, clock, run: id } = parts
  const writes = plan.targets.reduce((count, { steps }) => count + steps.length, 0)
  await adopt(run)
  if (writes > 0) {
    const { fleet, director } = plan
    const at = clock.now().toISOString()
    const { command, file } = options
    await journal.record({ event: 'begin', run: id, at, command, fleet, director, file, writes })
  }
  for (const phase of ['upload', 'logpoint', 'trash'] as const) {
    const targets = plan.targets.filter((target) => target.phase === phase)
    await atOnce(targets, options.parallel, async (target) => {
      run.results.set(target, await applyTarget(target, run))
      options.onProgress?.(++run.ended, plan.targets.length)
    })
  }
  const results = plan.targets.flatMap((target) => run.results.get(target) ?? [])
  if (writes > 0)
    await journal.record({ event: 'end', run: id, at: clock.now().toISOString(), status: statusOf(results) })
  return results
}

interface Run {
  readonly plan: Plan
  readonly parts: EngineParts
  readonly options: ApplyOptions
  /** Number of the next write. */
  next: number
  /** The error after which nothing more is sent. */
  dead: StixTaxiiError | undefined
  ended: number
  readonly results: Map<PlannedTarget, TargetResult>
}

/** Sources that are as wanted and not known yet become known, all in one write of the state. */
async function adopt({ plan, parts }: Run): Promise<void> {
  const adopted = plan.targets.filter(({ adoptions }) => adoptions.length > 0)
  if (adopted.length === 0) return
  const context = { director: plan.director, fleet: plan.fleet, at: parts.clock.now().toISOString() }
  await parts.held.change((state) => {
    let changed = state
    for (const { place, adoptions } of adopted) {
      if (!('logpoint' in place)) continue
      for (const adoption of adoptions) changed = recordAdoption(changed, place.logpoint, adoption, context)
    }
    return changed
  })
}

async function applyTarget(target: PlannedTarget, run: Run): Promise<TargetResult> {
  const ends = (status: TargetStatus, error?: StixTaxiiError): TargetResult => ({
    target,
    status,
    done: [],
    notes: [],
    error,
  })
  const blocked = run.options.blocked.get(keyOf(target))
  if (blocked) return ends(blocked.kind === 'pending' ? 'pending' : 'failed', blocked)
  if (target.error) return ends('failed', target.error)
  if (target.steps.length === 0) return ends('unchanged')
  const obstacle = obstacleOf(target, run)
  if (obstacle) return ends('not done', obstacle)
  return applySteps(target, run)
}

async function applySteps(target: PlannedTarget, run: Run): Promise<TargetResult> {
  const done: Step[] = []
  const notes: string[] = []
  const ends = (status: TargetStatus, error?: StixTaxiiError): TargetResult => ({ target, status, done, notes, error })
  const observed = 'logpoint' in target.place ? run.options.observation.logpoints.get(keyOf(target)) : undefined
  const listed = observed === undefined || observed instanceof StixTaxiiError ? [] : observed.sources
  const changed = await changedFile(target.steps)
  if (changed) return ends('failed', changed)
  for (const step of target.steps) {
    if (run.parts.signal?.aborted) run.dead ??= cancelled(run.parts.signal.reason)
    if (run.dead) return ends(done.length > 0 ? 'failed' : 'not done', notTried(target, run.dead))
    try {
      notes.push(...(await applyStep(step, listed, { target, run })))
      done.push(step)
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || ['internal', 'local'].includes(error.kind)) throw error
      if (error.kind === 'cancelled' || stopsEverything(error)) run.dead = error
      return ends(['cancelled', 'pending'].includes(error.kind) ? 'pending' : 'failed', error)
    }
  }
  return ends('changed')
}

/** Why an upload of the target cannot be made: known before the file that it replaces is trashed. */
async function changedFile(steps: readonly Step[]): Promise<StixTaxiiError | undefined> {
  for (const step of steps) {
    if (step.kind !== 'upload') continue
    const error = await uploadOf(step.name, step.local).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof StixTaxiiError) return error
    if (error !== undefined) throw error
  }
  return undefined
}

/** One write: its intent on the disk before, its result after. */
async function applyStep(
  step: Step,
  listed: readonly ListedSource[],
  { target, run }: { readonly target: PlannedTarget; readonly run: Run },
): Promise<readonly string[]> {
  const { parts, plan } = run
  const { journal, held, clock } = parts
  const { director, fleet } = plan
  const stamp = (): { run: string; at: string; step: number } => ({
    run: parts.run,
    at: clock.now().toISOString(),
    step: number,
  })
  const number = run.next++
  const before = beforeOf(step, { state: held.current, director, listed })
  await journal.record({ event: 'intent', ...stamp(), director, fleet, target: target.name, write: step, before })
  let isAccepted = false
  const onAccepted = (): void => void (isAccepted = true)
  const onOrder = async (order: string): Promise<void> => {
    onAccepted()
    await journal.record({ event: 'order', ...stamp(), order })
  }
  try {
    const performed = await perform(step, { ...parts, state: held.current, listed, onAccepted, onOrder })
    const { sourceId } = performed
    await held.change((state) => recordStep(state, step, { director, fleet, at: clock.now().toISOString(), sourceId }))
    await journal.record({ event: 'result', ...stamp(), end: 'done', sourceId })
    return performed.differences.map(
      ({ field, asked, found }) => `${step.thing}: ${field} was written as ${asked} and reads ${found}`,
    )
  } catch (error) {
    const end = isOpen(error, isAccepted) ? 'unknown' : 'failed'
    const text = error instanceof StixTaxiiError ? `${error.code}: ${error.message}` : 'an unexpected failure'
    await journal.record({ event: 'result', ...stamp(), end, error: text }).catch(() => undefined)
    throw error
  }
}

/** Whether the write may have been carried out all the same. */
function isOpen(error: unknown, isAccepted: boolean): boolean {
  if (!(error instanceof StixTaxiiError)) return true
  if (isAccepted) return error.kind !== 'remote'
  return ['pending', 'protocol', 'cancelled', 'internal', 'local'].includes(error.kind)
}

/** Why a target cannot be begun: a dead token, or something it needs that did not come about. */
function obstacleOf(target: PlannedTarget, run: Run): StixTaxiiError | undefined {
  if (run.dead) return notTried(target, run.dead)
  const before = run.plan.targets.filter(({ phase }) => isBefore(phase, target.phase))
  for (const other of before) {
    const result = run.results.get(other)
    if (result?.error && concerns(other, target)) return notTried(target, result.error, other)
  }
  return undefined
}

function isBefore(phase: PlannedTarget['phase'], than: PlannedTarget['phase']): boolean {
  return than === 'trash' ? phase === 'logpoint' : than === 'logpoint' && phase === 'upload'
}

/** A Logpoint concerns the storages that lose something after it; an upload the Logpoints that are to use what it brings. */
function concerns(before: PlannedTarget, after: PlannedTarget): boolean {
  const [first, second] = [poolIdOf(before), poolIdOf(after)]
  const isInReach = first === undefined || second === undefined || first === second
  if (!isInReach || before.phase !== 'upload') return isInReach
  return after.steps.some((step) => needs(step, before))
}

function needs(step: Step, { place, steps }: PlannedTarget): boolean {
  if (!('storage' in place)) return false
  const { location } = place.storage
  // A storage that could not be looked at has no steps: anything in it may be what is missing.
  const lacks = (kind: 'package' | 'certificate', name: string): boolean =>
    steps.length === 0 || steps.some((each) => each.kind === 'upload' && each.fileKind === kind && each.name === name)
  if (step.kind === 'install') return step.location === location && lacks('package', step.fileName)
  if (step.kind !== 'create' && step.kind !== 'edit') return false
  const { use, certificateFile, keyFile, location: at = 'private' } = step.source.known.certificate
  return use && at === location && [certificateFile, keyFile].some((name) => name !== '' && lacks('certificate', name))
}

function poolIdOf({ place }: PlannedTarget): string | undefined {
  if ('logpoint' in place) return place.logpoint.pool.id
  return place.storage.location === 'private' ? place.storage.pool.id : undefined
}

function notTried(target: PlannedTarget, cause: StixTaxiiError, because?: PlannedTarget): StixTaxiiError {
  const why = because === undefined ? 'nothing more was sent after' : `it depends on ${because.name}, which failed with`
  return new StixTaxiiError('PROVISION_NOT_TRIED', `${target.name} was not tried: ${why} ${cause.code}`, {
    kind: cause.kind,
    hint: 'Run it again when that is mended; what is done is not done twice.',
    context: { target: target.name, after: cause.code },
    cause,
  })
}

/** Names a target in observations and among blocked ones. */
export function keyOf({ place }: PlannedTarget): string {
  return 'logpoint' in place ? placeKey(place.logpoint) : storageKey(place.storage)
}

function statusOf(results: readonly TargetResult[]): string {
  const wrong = results.filter(({ error }) => error).length
  return wrong === 0 ? 'done' : `${wrong} of ${results.length} targets not done`
}

function stopped(results: readonly TargetResult[]): StixTaxiiError {
  const left = results.filter(({ error }) => error !== undefined).map(({ target }) => target.name)
  return new StixTaxiiError(
    'PROVISION_STOPPED',
    `Stopped before the end: ${left.length} of ${results.length} targets are not as wanted yet`,
    {
      kind: 'cancelled',
      hint: 'Run it again: it first finds out what became of what was sent, and nothing is done twice.',
      context: { left },
    },
  )
}

/**
 * How a run ends as a whole: undefined when every target is as wanted; a dead token's error before anything else; the first
 * one's kind when all failed; `pending` when nothing failed and something is still open; else `partial`.
 */
export function failureOf(results: readonly TargetResult[]): StixTaxiiError | undefined {
  const wrong = results.filter(({ error }) => error !== undefined)
  const [first] = wrong
  if (first?.error === undefined) return undefined
  if (wrong.some(({ error }) => error?.kind === 'cancelled')) return stopped(results)
  if (results.length === 1) return first.error
  const dead = wrong.find(
    ({ error, status }) => status === 'failed' && error?.kind === 'auth' && stopsEverything(error),
  )
  const lead = dead?.error ?? first.error
  const isPending = wrong.every(({ status }) => status === 'pending')
  const names = wrong.map(({ target }) => target.name)
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} ...` : names.join(', ')
  const kind = dead || isPending || wrong.length === results.length ? lead.kind : 'partial'
  const text = `${wrong.length} of ${results.length} targets ${isPending ? 'are not settled' : 'are not as wanted'}: ${shown}`
  return new StixTaxiiError('PROVISION_TARGETS_FAILED', dead ? `${lead.message}; ${text}` : text, {
    kind,
    hint: lead.hint ?? 'The result says why, target by target. Run it again: only these are touched.',
    context: { failed: names, first: lead.code },
    cause: lead,
  })
}
