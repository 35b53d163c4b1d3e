/**
 * Changes the program in one small place after another and sees whether a test notices: `npm run mutate -- cursor`; without
 * a name all groups. What no test noticed is listed, the figures go into docs/mutation.md. Ends with 1 when a group stays
 * below its score. `--passes 1` is quicker and never better than the truth; `--onein N --seed S` takes one function of N.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { reportCampaign } from './campaign/report.ts'
import type { Finding } from './campaign/report.ts'
import { figuresOf, survivorsOf } from './mutate/figures.ts'
import type { MutationFigures } from './mutate/figures.ts'
import { leastScore, mutationGroups } from './mutate/groups.ts'
import type { MutationGroup } from './mutate/groups.ts'
import { pageWithFigures } from './mutate/page.ts'
import type { MutationRow } from './mutate/page.ts'
import { installStryker, lastReport, runStryker } from './mutate/stryker.ts'
import type { StrykerMutant } from './mutate/stryker.ts'

/** See `campaign`. */
interface MutateOptions {
  readonly seed: number
  /** Of how many functions one is mutated. */
  readonly onein: number
  /** 1 or 2; see `StrykerRun`. */
  readonly passes: number
  /** Only this part of each group is run anew, from 1; the others count as they were measured last. 0 = all are run. */
  readonly part: number
  /** 0 = leave docs/mutation.md as it is. */
  readonly page: number
}

process.exitCode = await campaign(process.argv.slice(2))

async function campaign(argv: readonly string[]): Promise<number> {
  const defaults: MutateOptions = { seed: newSeed(), onein: 1, passes: 2, part: 0, page: 1 }
  const { options, words } = readCampaignOptions(argv, { ...defaults })
  const groups = mutationGroups.filter(({ name }) => words.length === 0 || words.includes(name))
  const names = mutationGroups.map(({ name }) => name)
  const unknown = words.find((word) => !names.includes(word))
  if (unknown !== undefined) throw new Error(`no group ${unknown}: there are ${names.join(', ')}`)
  console.log(`seed ${options.seed}`)
  const root = path.resolve('.')
  installStryker(root)
  const rows: MutationRow[] = []
  const lines: string[] = []
  for (const group of groups) {
    const figures = await measure(group, root, options)
    const sample = options.onein === 1 ? '' : ` --onein ${options.onein} --seed ${options.seed}`
    const passes = options.passes === 2 ? '' : ` --passes ${options.passes}`
    const date = new Date().toISOString().slice(0, 10)
    rows.push({ group, figures, date, command: `npm run mutate -- ${group.name}${sample}${passes}` })
    lines.push(`${group.name}: ${figures.killed + figures.timeout} of ${figures.mutants}, score ${figures.score} %`)
  }
  const place = path.join(root, 'docs', 'mutation.md')
  if (options.page > 0) writeFileSync(place, pageWithFigures(readFileSync(place, 'utf8'), rows, mutationGroups))
  const findings = rows.flatMap(({ group, figures, command }): readonly Finding[] => {
    if (figures.score >= leastScore) return []
    return [{ what: `${group.title}: ${leastScore} %`, seen: `${figures.score} %`, again: command }]
  })
  const done = rows.reduce((sum, { figures }) => sum + figures.mutants, 0)
  return reportCampaign(lines, findings, done)
}

/** Runs the parts of a group one after the other, lists what no test noticed, and counts. */
async function measure(group: MutationGroup, root: string, options: MutateOptions): Promise<MutationFigures> {
  const { seed, onein: oneIn, passes, part: wanted } = options
  const mutants: StrykerMutant[] = []
  for (const [at, part] of group.parts.entries()) {
    const name = `${group.name}-${at + 1}`
    const last = wanted === 0 || wanted === at + 1 ? undefined : lastReport(root, name)
    const report = last ?? (await runStryker(part, { root, name, seed, oneIn, passes }))
    for (const survivor of survivorsOf(report)) console.log(survivor)
    for (const file of Object.values(report.files)) mutants.push(...file.mutants)
  }
  return figuresOf(mutants)
}
