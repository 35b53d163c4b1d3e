import { rm } from 'node:fs/promises'
import { runProgram, type Ended } from '../campaign/program.ts'
import { aFolder } from './scene.ts'
import { readStored, storeFileOf } from './stored.ts'

/** What was found when the set of a round was complete. */
export interface RoundReport {
  readonly kills: number
  readonly lost: number
  readonly doubled: number
  readonly foreign: number
  /** Counted as new over all runs, less what there is: a doubled count. */
  readonly overcounted: number
  /** New or updated when the complete set was fetched once more. */
  readonly newAgain: number
  /** Sentences of the store's own verification. */
  readonly problems: readonly string[]
  /** Runs that ended otherwise than by our signal or well. */
  readonly failures: readonly string[]
}

export interface Lane {
  readonly url: string
  readonly truth: ReadonlySet<string>
  readonly random: () => number
  /** Takes one kill of the budget; false when it is used up. */
  readonly takeKill: () => boolean
  /** The address of a store that is empty; default: the file in the data folder. */
  readonly freshStore?: (() => Promise<string>) | undefined
}

/** How long a fetch of the whole set takes on this machine now, and how long before it reaches the server. */
interface Pace {
  startMs: number
  wholeMs: number
}

/** Where a round fetches to. */
interface Place {
  readonly folder: string
  readonly store: string
}

/** A fetch lives at most so long once it has begun, however slow the machine is: more kills a minute. */
const longestMs = 350

/** Fills a fresh store under fire until the set is complete or the kills are used up, then compares it with the truth. */
export async function playRound(lane: Lane, pace: Pace): Promise<RoundReport> {
  await using folder = await aFolder()
  const place = await aPlace(lane, folder.path)
  const failures: string[] = []
  let kills = 0
  for (;;) {
    if (!lane.takeKill()) break
    const delayMs = pace.startMs * 0.6 + lane.random() * (pace.startMs * 0.4 + Math.min(pace.wholeMs, longestMs))
    const ended = await run(lane, place, ['--lock-timeout', '5s'], delayMs)
    if (ended.killed) kills += 1
    else if (ended.status === 0) break
    else failures.push(ended.told)
  }
  return { kills, ...(await judge(lane, place, failures)), failures }
}

async function aPlace({ freshStore }: Lane, folder: string): Promise<Place> {
  return { folder, store: (await freshStore?.()) ?? storeFileOf(folder) }
}

/** Measures the pace on a store of its own. */
export async function measurePace(lane: Lane): Promise<Pace> {
  await using folder = await aFolder()
  const place = await aPlace(lane, folder.path)
  const times: number[] = []
  for (let time = 0; time < 2; time += 1) {
    const began = performance.now()
    const { status, told } = await run(lane, place, [])
    if (status !== 0) throw new Error(`the program does not even work undisturbed: ${told}`)
    times.push(performance.now() - began)
  }
  await rm(folder.path, { recursive: true, force: true })
  const [whole = 1_000, again = 500] = times
  return { startMs: again * 0.6, wholeMs: Math.max(whole - again * 0.6, 50) }
}

function run(lane: Lane, { folder, store }: Place, more: readonly string[], killAfterMs?: number): Promise<Ended> {
  const argv = ['fetch', '-q', '-o', 'json', '--store', store, ...more]
  // The set is older than any default; the flag is not typed, since going on must not need one.
  return runProgram({ folder, argv, env: { STIXTAXII_URL: lane.url, STIXTAXII_BEGIN: '99999d' }, killAfterMs })
}

async function judge(lane: Lane, place: Place, failures: string[]): Promise<Omit<RoundReport, 'kills' | 'failures'>> {
  const last = await run(lane, place, [])
  if (last.status !== 0) failures.push(last.told)
  const again = await run(lane, place, [])
  const stored = await readStored(place.store)
  if (stored === undefined) throw new Error('there is no store')
  const { versions, counted, problems } = stored
  const distinct = new Set(versions)
  return {
    lost: [...lane.truth].filter((thing) => !distinct.has(thing)).length,
    doubled: versions.length - distinct.size,
    foreign: [...distinct].filter((thing) => !lane.truth.has(thing)).length,
    overcounted: counted - versions.length,
    newAgain: again.status === 0 ? newOf(again.stdout) : NaN,
    problems,
  }
}

function newOf(text: string): number {
  const { totals } = JSON.parse(text) as { totals: { new: number; updated: number } }
  return totals.new + totals.updated
}
