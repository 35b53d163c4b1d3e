import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../src/cli/process-host.ts'
import { openStore } from '../../src/store/registry.ts'

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
  readonly program: string
  readonly url: string
  readonly truth: ReadonlySet<string>
  readonly random: () => number
  /** Takes one kill of the budget; false when it is used up. */
  readonly takeKill: () => boolean
}

/** How long a fetch of the whole set takes on this machine now, and how long before it reaches the server. */
interface Pace {
  startMs: number
  wholeMs: number
}

/** A fetch lives at most so long once it has begun, however slow the machine is: more kills a minute. */
const longestMs = 350

/** Fills a fresh store under fire until the set is complete or the kills are used up, then compares it with the truth. */
export async function playRound(lane: Lane, pace: Pace): Promise<RoundReport> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-kill-'))
  const failures: string[] = []
  let kills = 0
  try {
    for (;;) {
      if (!lane.takeKill()) break
      const delayMs = pace.startMs * 0.6 + lane.random() * (pace.startMs * 0.4 + Math.min(pace.wholeMs, longestMs))
      const ended = await fetchOnce(lane, folder, delayMs)
      if (ended.killed) kills += 1
      else if (ended.status === 0) break
      else failures.push(ended.told)
    }
    return { kills, ...(await judge(lane, folder, failures)), failures }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Measures the pace on a store of its own. */
export async function measurePace(lane: Lane): Promise<Pace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-kill-'))
  try {
    const times: number[] = []
    for (let time = 0; time < 2; time += 1) {
      const began = performance.now()
      const { status, told } = await run(lane, folder, ['fetch', '-q'])
      if (status !== 0) throw new Error(`the program does not even work undisturbed: ${told}`)
      times.push(performance.now() - began)
    }
    const [whole = 1_000, again = 500] = times
    return { startMs: again * 0.6, wholeMs: Math.max(whole - again * 0.6, 50) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function fetchOnce(lane: Lane, folder: string, killAfterMs: number): Promise<Ended> {
  return run(lane, folder, ['fetch', '-q', '--lock-timeout', '5s'], killAfterMs)
}

interface Ended {
  readonly status: number | null
  readonly killed: boolean
  readonly told: string
}

function run(lane: Lane, folder: string, argv: readonly string[], killAfterMs?: number): Promise<Ended> {
  const child = spawn(process.execPath, [lane.program, ...argv, '-o', 'json'], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
      STIXTAXII_URL: lane.url,
      // The set is older than any default; the flag is not typed, since going on must not need one.
      STIXTAXII_BEGIN: '99999d',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const told: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => told.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => told.push(chunk))
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, killed: signal === 'SIGKILL', told: Buffer.concat(told).toString('utf8') })
    })
  })
}

async function judge(lane: Lane, folder: string, failures: string[]): Promise<Omit<RoundReport, 'kills' | 'failures'>> {
  const last = await run(lane, folder, ['fetch', '-q'])
  if (last.status !== 0) failures.push(last.told)
  const again = await run(lane, folder, ['fetch', '-q'])
  const newAgain = again.status === 0 ? newOf(again.told) : NaN
  const file = path.join(folder, 'data', 'store.sqlite')
  await using store = await openStore(file, { clock: systemClock, identity: { pid: process.pid, host: hostname() } })
  const stored: string[] = []
  for await (const { item } of store.versions({})) stored.push(`${item.id} ${item.raw.toString('utf8')}`)
  const distinct = new Set(stored)
  const counted = (await store.runs()).reduce((sum, each) => sum + each.new + each.updated, 0)
  return {
    lost: [...lane.truth].filter((thing) => !distinct.has(thing)).length,
    doubled: stored.length - distinct.size,
    foreign: [...distinct].filter((thing) => !lane.truth.has(thing)).length,
    overcounted: counted - stored.length,
    newAgain,
    problems: (await store.verify()).problems,
  }
}

function newOf(text: string): number {
  const { totals } = JSON.parse(text) as { totals: { new: number; updated: number } }
  return totals.new + totals.updated
}
