import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { issueWords } from '../core/issue-words.ts'
import { stepSchema } from './journal.ts'
import { digestOf, type Observation, type ObserveScope } from './observe.ts'
import { writeOwnFile, readOwnFile } from './own-file.ts'
import { keyOf } from './apply.ts'
import type { Plan, PlannedTarget } from './plan.ts'
import { knownSourceSchema } from './source-record.ts'
import { keyedDigest, type State } from './state.ts'

/** A plan as it was saved: bound to what was observed and to the state it was made with. */
export interface SavedPlan {
  readonly plan: Plan
  /** The desired state's file; absolute. */
  readonly file: string
  /** RFC 3339 in UTC. */
  readonly createdAt: string
  /** Digests of what was observed, by `keyOf`; places that could not be observed are absent. */
  readonly observed: Readonly<Record<string, string>>
  /** Whether lists of plugins were looked at. */
  readonly plugins: boolean
}

const planVersion = 1

const pool = z.object({ name: z.string(), id: z.string() })
const storage = z.discriminatedUnion('location', [
  z.object({ location: z.literal('private'), pool }),
  z.object({ location: z.literal('public') }),
])
const place = z.union([
  z.object({ logpoint: z.object({ name: z.string(), id: z.string(), pool }) }),
  z.object({ storage }),
])
const target = z.object({
  phase: z.enum(['upload', 'logpoint', 'trash']),
  name: z.string(),
  place,
  steps: z.array(stepSchema),
  adoptions: z.array(z.object({ key: z.string(), sourceId: z.string(), known: knownSourceSchema })),
  notes: z.array(z.string()),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})
const body = {
  stixtaxiiPlan: z.literal(planVersion),
  createdAt: z.string(),
  file: z.string(),
  state: z.string(),
  fleet: z.string(),
  director: z.string(),
  observed: z.record(z.string(), z.string()),
  plugins: z.boolean(),
  targets: z.array(target),
}
const planSchema = z.strictObject({ ...body, seal: z.string() })
type PlanText = z.infer<typeof planSchema>

export interface SaveOptions {
  readonly plan: Plan
  readonly observation: Observation
  readonly state: State
  readonly file: string
  readonly createdAt: string
}

/**
 * Writes a plan, 0600. No secret is in it: references, and fingerprints that only this state can compare.
 * @throws PROVISION_FILE_FAILED (local)
 */
export async function savePlan(
  path: string,
  { plan, observation, state, file, createdAt }: SaveOptions,
): Promise<void> {
  const observed = Object.fromEntries(
    [...observation.storages, ...observation.logpoints].flatMap(([key, found]) =>
      found instanceof StixTaxiiError ? [] : [[key, digestOf(state, found)]],
    ),
  )
  const targets = plan.targets.map(({ error, ...rest }) => ({
    ...rest,
    ...(error ? { error: { code: error.code, message: error.message } } : {}),
  }))
  const { fleet, director } = plan
  const plugins = [...observation.logpoints.values()].some((found) => 'plugins' in found)
  const bound = { createdAt, file, state: state.id, fleet, director, observed, plugins }
  const content = { stixtaxiiPlan: planVersion, ...bound, targets }
  const seal = keyedDigest(state, JSON.stringify(content))
  await writeOwnFile(path, `${JSON.stringify({ ...content, seal }, undefined, 1)}\n`)
}

/**
 * Reads a saved plan, byte for byte as this state's `plan` wrote it.
 * @throws PROVISION_PLAN_UNREADABLE, PROVISION_PLAN_FOREIGN (config), PROVISION_PLAN_CHANGED (conflict)
 */
export async function readPlan(path: string, state: State): Promise<SavedPlan> {
  const text = await readOwnFile(path)
  if (text === undefined) throw unreadable(path, 'there is no such file')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unreadable(path, 'it is not JSON')
  }
  const read = planSchema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    throw unreadable(path, `${issue?.path.join('.') ?? ''}: ${issueWords(issue, value, 'not a plan')}`)
  }
  if (read.data.state !== state.id) throw foreign(path)
  const { seal, ...content } = value as PlanText
  if (seal !== keyedDigest(state, JSON.stringify(content))) throw changed(path)
  const { file, createdAt, observed, plugins, fleet, director } = read.data
  return { plan: { fleet, director, targets: read.data.targets.map(targetOf) }, file, createdAt, observed, plugins }
}

/**
 * Refuses a plan when something it is about has changed since.
 * @throws PROVISION_PLAN_STALE (conflict) naming what
 */
export function checkFresh(saved: SavedPlan, observation: Observation, state: State): void {
  const now = new Map<string, string>()
  for (const [key, found] of [...observation.storages, ...observation.logpoints]) {
    now.set(key, found instanceof StixTaxiiError ? '' : digestOf(state, found))
  }
  const stale = saved.plan.targets.filter(
    (target) => saved.observed[keyOf(target)] !== undefined && saved.observed[keyOf(target)] !== now.get(keyOf(target)),
  )
  if (stale.length === 0) return
  const names = [...new Set(stale.map(({ name }) => name))]
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} ...` : names.join(', ')
  throw new StixTaxiiError('PROVISION_PLAN_STALE', `The plan is stale: ${shown} changed since ${saved.createdAt}`, {
    kind: 'conflict',
    hint: 'Nothing was sent. Plan again and look at what has changed.',
    context: { targets: names, plannedAt: saved.createdAt },
  })
}

/** What has to be observed again to carry the plan out. */
export function scopeOfPlan({ plan, observed, plugins }: SavedPlan): ObserveScope {
  const seen = plan.targets.filter((target) => observed[keyOf(target)] !== undefined)
  const storages = new Map(
    seen.flatMap((target) => ('storage' in target.place ? [[keyOf(target), target.place.storage] as const] : [])),
  )
  const logpoints = seen.flatMap(({ place: at }) => ('logpoint' in at ? [at.logpoint] : []))
  return { storages: [...storages.values()], logpoints, plugins }
}

function targetOf({ error, ...rest }: z.infer<typeof target>): PlannedTarget {
  if (error === undefined) return rest
  return { ...rest, error: notPlanned(rest.name, error) }
}

function notPlanned(
  name: string,
  { code, message }: { readonly code: string; readonly message: string },
): StixTaxiiError {
  return new StixTaxiiError('PROVISION_NOT_PLANNED', `${name} could not be planned: ${message}`, {
    kind: 'conflict',
    hint: 'Mend what it says, then plan again.',
    context: { target: name, after: code },
  })
}

function unreadable(path: string, why: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_PLAN_UNREADABLE', `The plan ${path} cannot be read: ${why}`, {
    kind: 'config',
    hint: 'Make one with: stixtaxii plan -f FILE --out PLAN',
    context: { path },
  })
}

function foreign(path: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_PLAN_FOREIGN', `The plan ${path} was made with another state`, {
    kind: 'config',
    hint: 'Name the state it was made with (--state FILE), or plan again. A pipeline has to keep its state between plan and apply.',
    context: { path },
  })
}

function changed(path: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_PLAN_CHANGED', `The plan ${path} is not as it was written`, {
    kind: 'conflict',
    hint: 'Nothing was sent. Plan again.',
    context: { path },
  })
}
