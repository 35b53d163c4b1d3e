import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { seeded } from '../campaign/seeded.ts'
import { longestMs, seedOf } from './plan.ts'
import type { Stretch } from './plan.ts'
import { fuzzTargets } from './registry.ts'
import type { Input, OpenTarget } from './target.ts'
import { faultOf } from './verdict.ts'

/** What a thread is started with. */
export interface ThreadWork {
  readonly seed: number
  /** Number of the input at hand and of inputs begun, for whoever watches. */
  readonly progress: Int32Array
}

/** What a thread says. */
export type ThreadWord =
  | {
      readonly say: 'fault'
      readonly target: string
      readonly index: number
      readonly fault: string
      readonly input: string
    }
  | { readonly say: 'slow'; readonly target: string; readonly index: number; readonly ms: number }
  | { readonly say: 'done'; readonly target: string; readonly count: number; readonly grownBytes: number }

/** More than this is a leak: caches with bounds and code that was compiled meanwhile are less. */
export const mostGrown = 24 * 1024 * 1024

/** Runs what it is told, stretch by stretch, in a worker thread. */
export function runThread(): void {
  const { seed, progress } = workerData as ThreadWork
  parentPort?.on(
    'message',
    (stretch: Stretch) => void runStretch(stretch, seed, progress, (word) => parentPort?.postMessage(word)),
  )
}

async function runStretch(
  stretch: Stretch,
  seed: number,
  progress: Int32Array,
  say: (word: ThreadWord) => void,
): Promise<void> {
  const { target: name, from, count } = stretch
  const target = fuzzTargets.find((each) => each.name === name)
  if (!target) throw new Error(`there is no target ${name}`)
  const open = await target.open()
  const warm = Math.floor(count / 3)
  let before = 0
  for (let done = 0; done < count; done += 1) {
    if (done === warm) before = await heapBytes()
    await runInput(open, { name, index: from + done, seed }, progress, say)
  }
  Atomics.store(progress, 0, -1)
  const grownBytes = count < 100 ? 0 : (await heapBytes()) - before
  await open.close?.()
  say({ say: 'done', target: name, count, grownBytes })
}

interface InputName {
  readonly name: string
  readonly index: number
  readonly seed: number
}

async function runInput(
  open: OpenTarget,
  { name, index, seed }: InputName,
  progress: Int32Array,
  say: (word: ThreadWord) => void,
): Promise<void> {
  const random = seeded(seedOf(seed, name, index))
  const input = open.make(random)
  Atomics.store(progress, 0, index)
  Atomics.add(progress, 1, 1)
  const began = performance.now()
  const fault = await faultOf(open, input, random)
  if (fault !== undefined) say({ say: 'fault', target: name, index, fault, input: shown(input) })
  if (performance.now() - began <= longestMs) return
  // Code that is loaded, or a machine with other work to do, is no fault of the input: it has to be slow again.
  const ms = await leastMs(() => faultOf(open, input, seeded(seedOf(seed, name, index))))
  if (ms > longestMs) say({ say: 'slow', target: name, index, ms })
}

/** The processor time of the quickest of three tries. */
async function leastMs(work: () => Promise<unknown>): Promise<number> {
  const tries: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const used = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(used)
    tries.push((user + system) / 1000)
  }
  return Math.min(...tries)
}

/** An input as it is shown in a report. */
export function shown(input: Input): string {
  const text = typeof input === 'string' ? JSON.stringify(input) : `hex ${input.toString('hex')}`
  return text.length > 2000 ? `${text.slice(0, 2000)}... (${input.length})` : text
}

async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What finalisers and weak references let go takes a turn of its own.
  for (let round = 0; round < 3; round += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
