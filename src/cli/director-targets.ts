import { StixTaxiiError, cancelled } from '../core/errors.ts'
import { tellsOfDeadToken } from '../director/assumptions.ts'
import type { DirectorClient, Logpoint } from '../director/client.ts'
import { allLogpoints, resolveLogpoints } from '../director/directory.ts'
import type { Shape } from '../output/writer.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import type { DirectorFlags } from './director-fields.ts'
import type { Progress } from './progress.ts'
import type { Runtime } from './runtime.ts'
import { wantedDirector } from './wanted-director.ts'
import type { WantedDirectorParts } from './wanted-director.ts'

/** Parts of the runtime that commands about a Director name in `needs`. */
export const directorNeeds = [
  'options',
  'environment',
  'workingDirectory',
  'profiles',
  'connectDirector',
  'signal',
  'clock',
  'random',
  'notices',
  'terminal',
  'progress',
  'output',
] as const

export type DirectorParts = Pick<Runtime, (typeof directorNeeds)[number]>

/** An open Director that a command line named. */
export interface OpenDirector {
  readonly profile: DirectorProfile
  readonly client: DirectorClient
}

/** Opens the Director that flags, environment and profiles name, gives it to `use`, and closes it whatever comes. */
export async function withDirector<T>(
  flags: DirectorFlags,
  parts: WantedDirectorParts & Pick<Runtime, 'connectDirector' | 'signal'>,
  use: (director: OpenDirector) => Promise<T>,
): Promise<T> {
  const profile = await wantedDirector(flags, parts)
  await using connection = await parts.connectDirector(profile, parts.signal)
  return await use({ profile, client: connection.client })
}

/**
 * The Logpoints that `--on` means. Without it: the only one there is; for commands that only read, all of them.
 * @throws what `resolveLogpoints` throws; DIRECTOR_TARGET_MISSING (usage)
 */
export function wantedLogpoints(
  profile: DirectorProfile,
  on: readonly string[] | undefined,
  without: 'all' | 'one',
): readonly Logpoint[] {
  if (on !== undefined) {
    const found = resolveLogpoints(profile, on)
    if (found.length > 0) return found
    throw noTarget('--on names no Logpoint', profile)
  }
  const all = allLogpoints(profile)
  if (all.length === 0) throw noTarget(`No Logpoint of ${profile.name} is known`, profile)
  if (all.length === 1 || without === 'all') return all
  throw noTarget('It is not said which Logpoint is meant', profile)
}

function noTarget(message: string, profile: DirectorProfile): StixTaxiiError {
  const names = Object.keys(profile.logpoints).sort()
  const shown = `${names.slice(0, 10).join(', ')}${names.length > 10 ? ' ...' : ''}`
  return new StixTaxiiError('DIRECTOR_TARGET_MISSING', message, {
    kind: 'usage',
    hint:
      names.length === 0
        ? 'Name it by its identifiers, --on POOLID/LOGPOINTID, or add it to the profile: stixtaxii configure director'
        : `Name it with --on: ${shown}`,
  })
}

/** What came of one target: what was found or made, or why not. */
export type TargetOutcome<T> =
  | { readonly logpoint: Logpoint; readonly value: T; readonly error: null }
  | { readonly logpoint: Logpoint; readonly value: null; readonly error: StixTaxiiError }

export interface EachOptions {
  readonly parallel: number
  readonly signal: AbortSignal
  readonly progress: Progress
  /** What is being done, for the progress line: `Creating on`. */
  readonly doing: string
  /** Stopped, the outcomes there are come back, and the rest as not tried, instead of an error. Default false. */
  readonly keepsWhenStopped?: boolean | undefined
}

/**
 * Works on targets, at most `parallel` at a time; outcomes come in the order given. One that fails leaves the others alone,
 * except that nothing more is sent with a token that is dead.
 * @throws CORE_CANCELLED (unless it keeps what is there), bugs
 */
export async function onEach<T>(
  logpoints: readonly Logpoint[],
  { parallel, signal, progress, doing, keepsWhenStopped = false }: EachOptions,
  work: (logpoint: Logpoint, say: (text: string) => void) => Promise<T>,
): Promise<readonly TargetOutcome<T>[]> {
  const outcomes: TargetOutcome<T>[] = []
  const waiting = logpoints.entries()
  let over: StixTaxiiError | undefined
  const worker = async (): Promise<void> => {
    for (const [index, logpoint] of waiting) {
      if (!keepsWhenStopped) signal.throwIfAborted()
      else if (signal.aborted) over = cancelled(signal.reason)
      if (over) {
        outcomes[index] = { logpoint, value: null, error: notTried(logpoint, over) }
        continue
      }
      const task = progress.start(`${doing} ${logpoint.name}`)
      try {
        const value = await work(logpoint, (text) => task.update(`${doing} ${logpoint.name}: ${text}`))
        outcomes[index] = { logpoint, value, error: null }
      } catch (error) {
        if (!(error instanceof StixTaxiiError) || error.kind === 'internal') throw error
        if (error.kind === 'cancelled' && !keepsWhenStopped) throw error
        if (isDeadToken(error) || error.kind === 'cancelled') over = error
        outcomes[index] = { logpoint, value: null, error }
      } finally {
        task.done()
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, logpoints.length) }, worker))
  const broken = ended.find((each) => each.status === 'rejected')
  if (broken) throw broken.reason
  return outcomes
}

/**
 * A listing's shape whose words for an empty one name a Logpoint that was asked; without them when one could not be asked:
 * what it has is not known.
 */
export function shapeOfTargets(shape: Shape, outcomes: readonly TargetOutcome<unknown>[]): Shape {
  if (outcomes.some(({ error }) => error)) return { ...shape, empty: undefined }
  return { ...shape, empty: shape.empty?.replace('acme/lp1', outcomes[0]?.logpoint.name ?? 'acme/lp1') }
}

/**
 * How several targets end as a whole: undefined when all are done, the first one's error when all failed, CLI_TARGETS_PARTIAL
 * when some did. `told` are told one by one.
 */
export function failureOfTargets(
  outcomes: readonly { readonly logpoint: Logpoint; readonly error: StixTaxiiError | null }[],
): StixTaxiiError | undefined {
  const failed = outcomes.flatMap(({ logpoint, error }) => (error ? [{ logpoint, error }] : []))
  const stopped = failed.find(({ error }) => error.kind === 'cancelled')
  if (stopped) return cancelled(stopped.error)
  // With a dead token nothing else can be mended first.
  const first = failed.find(({ error }) => endsTheRest.has(error.code) && error.kind === 'auth') ?? failed[0]
  if (!first) return undefined
  if (outcomes.length === 1) return first.error
  const names = failed.map(({ logpoint }) => logpoint.name)
  const isPending = failed.every(({ error }) => error.kind === 'pending')
  const kind = isPending || failed.length === outcomes.length ? first.error.kind : 'partial'
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} ...` : names.join(', ')
  const what = isPending ? 'are not settled' : 'failed'
  return new StixTaxiiError('CLI_TARGETS_FAILED', `${failed.length} of ${outcomes.length} targets ${what}: ${shown}`, {
    kind,
    hint: first.error.hint ?? 'The result says why, target by target.',
    context: { failed: names, first: first.error.code },
    cause: first.error,
  })
}

/** Each failure of several as a warning; the error at the end only says how many. */
export function tellFailures(
  outcomes: readonly { readonly logpoint: Logpoint; readonly error: StixTaxiiError | null }[],
  notices: Runtime['notices'],
): void {
  if (outcomes.length < 2) return
  for (const { logpoint, error } of outcomes) {
    if (error) notices({ code: error.code, message: `${logpoint.name}: ${error.message}` })
  }
}

/** A refusal of one Logpoint (it may be Co-Managed) says nothing of the others; one of the token does. */
function isDeadToken(error: StixTaxiiError): boolean {
  return error.kind === 'auth' && (error.context['status'] !== 403 || tellsOfDeadToken(error.message))
}

const endsTheRest: ReadonlySet<string> = new Set(['DIRECTOR_NOT_TRIED', 'DIRECTOR_ORDER_UNREAD'])

function notTried({ name }: Logpoint, cause: StixTaxiiError): StixTaxiiError {
  const isStopped = cause.kind === 'cancelled'
  const why = isStopped ? 'it was stopped before' : 'the token was refused before'
  return new StixTaxiiError('DIRECTOR_NOT_TRIED', `${name} was not tried: ${why}`, {
    kind: isStopped ? 'cancelled' : 'auth',
    hint: isStopped ? 'Nothing was sent to it. Run it again.' : cause.hint,
    context: { target: name },
    cause,
  })
}
