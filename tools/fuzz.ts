/**
 * Feeds what the product reads from others with inputs that are nearly right, and judges what it says: no crash, no hang, no
 * leak, no secret in a message, and the properties of each reader. `npm run fuzz -- --seed 7`, or one target:
 * `npm run fuzz -- --target xml --from 120 --count 1`. Ends with 1 when something did not hold.
 */
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { reportCampaign } from './campaign/report.ts'
import type { Finding } from './campaign/report.ts'
import { runWatched } from './fuzz/lane.ts'
import type { StretchReport } from './fuzz/lane.ts'
import { againOf, fuzzDefaults, stretchesOf } from './fuzz/plan.ts'
import type { FuzzOptions } from './fuzz/plan.ts'
import { fuzzTargets } from './fuzz/registry.ts'
import { mostGrown, runThread } from './fuzz/thread.ts'

if (isMainThread) process.exitCode = await campaign(process.argv.slice(2))
else runThread()

async function campaign(argv: readonly string[]): Promise<number> {
  // `--target NAME` reads better than a bare word, and means the same.
  const plain = argv.filter((word) => word !== '--target')
  const { options, words } = readCampaignOptions(plain, { ...fuzzDefaults, seed: newSeed() })
  const strange = words.find((word) => !fuzzTargets.some(({ name }) => name === word))
  if (strange !== undefined) throw new Error(`no target "${strange}": ${fuzzTargets.map(({ name }) => name).join(' ')}`)
  const targets = fuzzTargets.filter(({ name }) => words.length === 0 || words.includes(name))
  console.log(`seed ${options.seed}, ${targets.length} targets`)
  const began = performance.now()
  const reports = await runLanes(stretchesOf(targets, options), options)
  return report(reports, options.seed, (performance.now() - began) / 1000)
}

async function runLanes(
  stretches: ReturnType<typeof stretchesOf>,
  { lanes, seed }: FuzzOptions,
): Promise<readonly StretchReport[]> {
  const left = [...stretches]
  const reports: StretchReport[] = []
  const lane = async (): Promise<void> => {
    for (let stretch = left.shift(); stretch; stretch = left.shift()) {
      reports.push(await runWatched(fileURLToPath(import.meta.url), stretch, seed))
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane))
  return reports
}

function report(reports: readonly StretchReport[], seed: number, seconds: number): number {
  const findings = reports.flatMap(({ target, faults, grownBytes, done }): Finding[] => {
    const found = distinct(faults).map(({ index, fault, input }) => ({
      what: `${target} ${index}`,
      seen: input === '' ? fault : `${fault}\n  ${input}`,
      again: againOf(seed, target, index),
    }))
    if (grownBytes <= mostGrown) return found
    const seen = `the heap grew by ${(grownBytes / 1024 / 1024).toFixed(1)} MiB over ${done} inputs`
    return [
      ...found,
      { what: `${target} leak`, seen, again: `npm run fuzz -- --target ${target} --seed ${seed} --count ${done}` },
    ]
  })
  const done = reports.reduce((sum, each) => sum + each.done, 0)
  const lines = [...reports]
    .sort((a, b) => a.target.localeCompare(b.target))
    .map(
      ({ target, done: inputs, grownBytes, faults }) =>
        `${target.padEnd(18)} ${String(inputs).padStart(6)} inputs, ${faults.length} not held, heap ${(grownBytes / 1024 / 1024).toFixed(1)} MiB`,
    )
  return reportCampaign([...lines, `${seconds.toFixed(1)} s`], findings, done)
}

/** Of faults that read alike but for their numbers and texts, the one with the shortest input. */
function distinct(faults: StretchReport['faults']): StretchReport['faults'] {
  const kinds = new Map<string, StretchReport['faults'][number]>()
  for (const each of faults) {
    const kind = each.fault.replace(/".*?"|\d+/g, '').slice(0, 60)
    const known = kinds.get(kind)
    if (!known || each.input.length < known.input.length) kinds.set(kind, each)
  }
  return [...kinds.values()]
}
