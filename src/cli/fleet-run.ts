import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorClient, Logpoint } from '../director/client.ts'
import { refreshSources } from '../director/source-changes.ts'
import { applyPlan, failureOf, type TargetResult } from '../provision/apply.ts'
import { planDestroy } from '../provision/destroy.ts'
import { newRunId, type EngineParts } from '../provision/engine.ts'
import { journalPath, openIntents, openJournal, readJournal, type JournalEntry } from '../provision/journal.ts'
import { makePlan, scopeOf } from '../provision/make-plan.ts'
import { observe, type Observation, type ObserveScope } from '../provision/observe.ts'
import { removesSomething, stepsOf, type Plan } from '../provision/plan.ts'
import { settle, type Blocked } from '../provision/settle.ts'
import type { State, StateFile } from '../provision/state.ts'
import { confirmOrStop } from './confirm.ts'
import { readSecrets, type Fleet, type FleetParts } from './fleet.ts'
import { notesOf, planTotals, tellPlan, writeApplied } from './fleet-records.ts'

/** Flags that every look at many targets has. */
export interface LookFlags {
  readonly parallel: number
  readonly refresh: boolean
}

export interface ChangeFlags extends LookFlags {
  readonly timeout?: number | undefined
  readonly settleTime: number
}

/** A plan and what it was made of. */
export interface Planned {
  readonly plan: Plan
  readonly observation: Observation
}

/** The origin by which the state knows a Director. */
export function originOf({ url }: { readonly url: string }): string {
  return new URL(url).origin
}

/** Lists a scope, told on the terminal. */
export async function look(
  client: DirectorClient,
  scope: ObserveScope,
  { flags, parts }: { readonly flags: LookFlags; readonly parts: FleetParts },
): Promise<Observation> {
  const { clock, random, signal, progress } = parts
  const task = progress.start('Listing')
  const freshen = async (logpoint: Logpoint): Promise<void> =>
    void (await refreshSources(logpoint, { client, clock, random, signal }))
  return observe(client, scope, {
    parallel: flags.parallel,
    signal,
    freshen: flags.refresh ? freshen : undefined,
    onProgress: (done, all) => task.update(`Listing: ${done} of ${all}`),
  }).finally(() => task.done())
}

/** Compares the desired state with what is there; with `destroy`, plans to take it all away. */
export async function planFleet(
  fleet: Fleet,
  {
    client,
    state,
    destroy = false,
  }: { readonly client: DirectorClient; readonly state: State; readonly destroy?: boolean },
  context: { readonly flags: LookFlags; readonly parts: FleetParts },
): Promise<Planned> {
  const director = originOf(fleet.profile)
  const { desired } = fleet
  const secretOf = destroy ? undefined : await readSecrets(fleet)
  const scope = scopeOf({ desired, director, state, destroy })
  const observation = await look(client, scope, context)
  const inputs = { desired, director, observation, state, secretOf: secretOf ?? noSecret }
  return { plan: destroy ? planDestroy(inputs) : makePlan(inputs), observation }
}

function noSecret(): never {
  throw new TypeError('nothing that is taken away needs a secret')
}

/** Says what a plan comes to, for a person. */
export function tellNotes(plan: Plan, { terminal, options }: Pick<FleetParts, 'terminal' | 'options'>): void {
  if (options.output === 'table' && !options.quiet) for (const note of notesOf(plan)) terminal.note(`note: ${note}`)
}

/** The error a plan ends in whose targets could not all be planned. */
export function planFailure(plan: Plan): StixTaxiiError | undefined {
  const results = plan.targets.map((target): TargetResult => {
    return { target, status: target.error ? 'failed' : 'unchanged', done: [], notes: [], error: target.error }
  })
  return failureOf(results)
}

/** What `--exit-code` ends in when something differs. */
export function differs(plan: Plan, what: string): StixTaxiiError | undefined {
  const { create = 0, change = 0, remove = 0, changed = 0 } = planTotals(plan)
  const all = create + change + remove
  if (all === 0) return undefined
  return new StixTaxiiError(
    'CLI_FLEET_DIFFERS',
    `${what}: ${all} change${all === 1 ? '' : 's'} on ${changed} target${changed === 1 ? '' : 's'}`,
    {
      kind: 'pending',
      hint: 'Nothing was sent. `stixtaxii apply` carries it out.',
      context: { create, change, remove, targets: changed },
    },
  )
}

/** Warns when an earlier run was cut: what it sent may not show yet. */
export async function warnOfOpen(
  stateFile: StateFile,
  director: string,
  { notices }: Pick<FleetParts, 'notices'>,
): Promise<void> {
  const open = openIntents(await readJournal(journalPath(stateFile.path))).filter(
    ({ intent }) => intent.director === director,
  )
  const [first] = open
  if (first === undefined) return
  notices({
    code: 'CLI_FLEET_UNSETTLED',
    message: `Run ${first.intent.run} was interrupted: ${open.length} write${open.length === 1 ? '' : 's'} may have been carried out; apply finds out first`,
  })
}

export interface ChangeContext {
  readonly client: DirectorClient
  readonly director: string
  readonly command: string
  /** The desired state's file; absolute. */
  readonly file?: string | undefined
  readonly flags: ChangeFlags
  readonly parts: FleetParts
}

/** What a change is made of, once earlier ones are settled. */
export interface Proposal extends Planned {
  /** Asks, or throws when the answer is no. Not called when nothing is to be done. */
  readonly confirm: () => Promise<void>
}

/**
 * One run that writes: holds the state, settles what an earlier run left open, plans, asks, carries out, writes the result.
 * @throws what `propose` throws before anything is sent; PROVISION_TARGETS_FAILED and the like after the result
 */
export async function change(
  stateFile: StateFile,
  context: ChangeContext,
  propose: (state: State, journal: readonly JournalEntry[]) => Promise<Proposal>,
): Promise<void> {
  const { parts, flags, director, command, file } = context
  const results = await stateFile.hold(async (held) => {
    const path = journalPath(stateFile.path)
    const before = await readJournal(path)
    const open = openIntents(before).filter(({ intent }) => intent.director === director)
    await using opened = await lazyJournal(path)
    const engine = engineOf(context, { held, journal: opened.journal })
    const blocked = await settleFirst(open, engine, context)
    const { plan, observation, confirm } = await propose(
      held.current,
      open.length > 0 ? await readJournal(path) : before,
    )
    if (stepsOf(plan).length > 0) await confirm()
    const task = parts.progress.start('Applying')
    // Awaited here: what `using` holds would be closed before it ended.
    return await applyPlan(plan, engine, {
      observation,
      blocked,
      command,
      file,
      parallel: flags.parallel,
      onProgress: (done, all) => task.update(`Applying: ${done} of ${all} targets`),
    }).finally(() => task.done())
  })
  await finish(results, command, parts)
}

async function settleFirst(
  open: Parameters<typeof settle>[0],
  engine: EngineParts,
  { flags, parts }: ChangeContext,
): Promise<Blocked> {
  if (open.length === 0) return new Map()
  const { terminal, progress } = parts
  terminal.note(`Looking for what became of ${open.length} write${open.length === 1 ? '' : 's'} of an interrupted run`)
  const task = progress.start('Settling')
  const options = { settleMs: flags.settleTime * 1000, parallel: flags.parallel }
  return settle(open, engine, options).finally(() => task.done())
}

function engineOf(
  { client, flags, parts }: ChangeContext,
  { held, journal }: Pick<EngineParts, 'held' | 'journal'>,
): EngineParts {
  const { clock, random, signal } = parts
  return {
    client,
    clock,
    random,
    signal,
    timeoutMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
    held,
    journal,
    run: newRunId(clock),
    resolve: async (reference, what) => (await parts.credentials()).resolve(reference, { what }),
  }
}

/** A journal whose file is opened with the first entry: a run that writes nothing leaves none. */
async function lazyJournal(path: string) {
  let opening: ReturnType<typeof openJournal> | undefined
  return {
    journal: {
      record: async (entry: JournalEntry): Promise<void> => (await (opening ??= openJournal(path))).record(entry),
      [Symbol.asyncDispose]: async (): Promise<void> => undefined,
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await (await opening)?.[Symbol.asyncDispose]()
    },
  }
}

async function finish(results: readonly TargetResult[], command: string, parts: FleetParts): Promise<void> {
  const failure = failureOf(results)
  try {
    await writeApplied(parts.output, results, command)
  } catch (error) {
    throw failure ?? error
  }
  if (failure === undefined) return
  for (const { target, error } of results) {
    if (error && results.length > 1) parts.notices({ code: error.code, message: `${target.name}: ${error.message}` })
  }
  throw failure
}

/** Shows the plan to the person who is asked; a script answers with `--yes`. */
export async function confirmPlan(plan: Plan, parts: FleetParts): Promise<void> {
  const { options, terminal } = parts
  if (options.yes) return
  tellPlan(plan, terminal)
  const { create = 0, change = 0, remove = 0, changed = 0 } = planTotals(plan)
  const what = `${create} to make, ${change} to change, ${remove} to remove on ${changed} target${changed === 1 ? '' : 's'}`
  await confirmOrStop(parts, `${what}. Carry it out?`)
}

/** What a saved plan, looked at before, still asks for: removals only. */
export async function confirmRemovals(plan: Plan, parts: FleetParts): Promise<void> {
  if (removesSomething(plan)) await confirmPlan(plan, parts)
}
