import { Worker } from 'node:worker_threads'
import { longestMs } from './plan.ts'
import type { Stretch } from './plan.ts'
import type { ThreadWord } from './thread.ts'

/** What came of one stretch. */
export interface StretchReport {
  readonly target: string
  readonly done: number
  readonly grownBytes: number
  readonly faults: readonly { readonly index: number; readonly fault: string; readonly input: string }[]
}

/** How long an input may hang before its thread is ended. */
const patienceMs = 15 * longestMs

/**
 * Runs a stretch in a thread of its own and watches it: a thread that hangs, or is ended by what it reads, is replaced and
 * goes on behind the input that did it.
 */
export async function runWatched(script: string, stretch: Stretch, seed: number): Promise<StretchReport> {
  const faults: { index: number; fault: string; input: string }[] = []
  let { from, count } = stretch
  let grownBytes = 0
  while (count > 0) {
    const ended = await runOnce(script, { ...stretch, from, count }, seed, faults)
    if (ended.at === undefined) {
      grownBytes = ended.grownBytes
      break
    }
    const isHang = ended.why.startsWith('hang')
      ? await hangsAgain(script, { ...stretch, from: ended.at, count: 1 }, seed)
      : true
    if (isHang) faults.push({ index: ended.at, fault: ended.why, input: '' })
    count -= ended.at - from + 1
    from = ended.at + 1
  }
  return { target: stretch.target, done: stretch.count, grownBytes, faults }
}

/** A machine with other work to do may let a thread stand still: what hangs has to hang by itself too, for longer. */
async function hangsAgain(script: string, stretch: Stretch, seed: number): Promise<boolean> {
  return (await runOnce(script, stretch, seed, [], 4 * patienceMs)).at !== undefined
}

type Ended = { readonly at?: undefined; readonly grownBytes: number } | { readonly at: number; readonly why: string }

function runOnce(
  script: string,
  stretch: Stretch,
  seed: number,
  faults: StretchReport['faults'][number][],
  patience = patienceMs,
): Promise<Ended> {
  const progress = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(script, {
    workerData: { seed, progress },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  return new Promise((resolve, reject) => {
    let [seen, since] = [0, performance.now()]
    const watch = setInterval(() => {
      const begun = Atomics.load(progress, 1)
      if (begun !== seen || Atomics.load(progress, 0) < 0) [seen, since] = [begun, performance.now()]
      if (begun > 0 && performance.now() - since > patience)
        end({ at: Atomics.load(progress, 0), why: `hang: no answer after ${patience / 1000} s` })
    }, 200)
    const end = (ended: Ended): void => {
      clearInterval(watch)
      worker.removeAllListeners()
      worker.terminate().then(() => resolve(ended), reject)
    }
    worker.on('message', (word: ThreadWord) => {
      if (word.say === 'fault') faults.push(word)
      else if (word.say === 'slow')
        faults.push({ index: word.index, fault: `slow: ${Math.round(word.ms)} ms`, input: '' })
      else end({ grownBytes: word.grownBytes })
    })
    worker.on('error', (error) => {
      const at = Atomics.load(progress, 0)
      if (Atomics.load(progress, 1) === 0) reject(error)
      else end({ at, why: `crash of the thread: ${error.stack ?? error.message}` })
    })
    worker.postMessage(stretch)
  })
}
