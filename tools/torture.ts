/**
 * Fails each fallible call of each command once: files, sockets, the database, the keyring, programs, the clock. Then the
 * command must have ended in one clean error or have done everything, and the next run must complete it.
 * `npm run torture -- fetch --points 0 --seed 7`; `--call 12` tries that one call again.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { reportCampaign, type Finding } from './campaign/report.ts'
import { workLane, type Outcome, type Task } from './torture/lane.ts'
import { scenarios } from './torture/scenarios.ts'

const defaults = { points: 2, call: 0, lanes: 4, verbose: 0 }
const argv = process.argv.slice(2)
if (argv[0] === '--lane') workLane(argv[1] as string, argv[2] as string)
else process.exitCode = await campaign()

async function campaign(): Promise<number> {
  const { options, words } = readCampaignOptions(argv, { ...defaults, seed: newSeed() })
  console.log(`seed ${options.seed}`)
  const wanted =
    words.length === 0 ? scenarios : scenarios.filter(({ name }) => words.some((word) => matches(name, word)))
  const hook = path.resolve('dist/tools/torture-hook.cjs')
  await build({
    entryPoints: ['tools/torture/hook.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile: hook,
    logLevel: 'warning',
  })
  const tasks = wanted.map(({ name }): Task => ({ ...options, scenario: name, share: 0, shares: 1 }))
  const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-torture-'))
  try {
    const outcomes = await inLanes(tasks, { lanes: options.lanes, folder, hook, verbose: options.verbose > 0 })
    return report(outcomes, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `fetch` names each scenario of fetch, `fetch full` one. */
function matches(name: string, word: string): boolean {
  return name === word || name.replaceAll(' ', '-') === word || name.startsWith(`${word} `)
}

interface Lanes {
  readonly lanes: number
  readonly folder: string
  readonly hook: string
  readonly verbose: boolean
}

async function inLanes(tasks: readonly Task[], { lanes, folder, hook, verbose }: Lanes): Promise<readonly Outcome[]> {
  const waiting = [...tasks]
  const outcomes: Outcome[] = []
  const work = async (index: number): Promise<void> => {
    const lane = fork(process.argv[1] as string, ['--lane', path.join(folder, `lane${index}`), hook])
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const outcome = await ask(lane, task)
      outcomes.push(outcome)
      console.log(lineOf(outcome))
      if (verbose)
        for (const trial of outcome.trials) console.log(JSON.stringify({ scenario: task.scenario, ...trial }))
    }
    lane.disconnect()
  }
  await Promise.all(Array.from({ length: Math.min(lanes, tasks.length) }, (_, index) => work(index)))
  return outcomes
}

function ask(lane: ChildProcess, task: Task): Promise<Outcome> {
  return new Promise((resolve) => {
    const onExit = (status: number | null): void =>
      resolve({ scenario: task.scenario, calls: 0, trials: [], broken: `the lane ended with ${status ?? 'a signal'}` })
    lane.once('exit', onExit)
    lane.once('message', (outcome: Outcome) => {
      lane.off('exit', onExit)
      resolve(outcome)
    })
    lane.send(task)
  })
}

function lineOf({ scenario, calls, trials, broken }: Outcome): string {
  const struck = trials.filter((trial) => trial.struck)
  const held = struck.filter((trial) => trial.wrong.length === 0)
  return `${scenario.padEnd(30)} ${String(calls).padStart(5)} calls ${String(struck.length).padStart(5)} failed ${String(held.length).padStart(5)} held${broken === undefined ? '' : `  ${broken}`}`
}

function report(outcomes: readonly Outcome[], options: { readonly seed: number }): number {
  const again = (scenario: string, number: number): string =>
    `npm run torture -- ${scenario.replaceAll(' ', '-')} --seed ${options.seed} --call ${number}`
  const findings = outcomes.flatMap(({ scenario, trials, broken }): Finding[] => [
    ...(broken === undefined ? [] : [{ what: scenario, seen: broken, again: again(scenario, 0) }]),
    ...trials
      .filter(({ wrong }) => wrong.length > 0)
      .map(({ point, how, wrong, number }) => ({
        what: `${scenario}: ${point.call} #${point.nth} ${how}`,
        seen: wrong.join('\n  '),
        again: again(scenario, number),
      })),
  ])
  const struck = outcomes.flatMap(({ trials }) => trials).filter((trial) => trial.struck)
  const missed = outcomes.flatMap(({ trials }) => trials).length - struck.length
  const lines = [
    `${outcomes.length} commands, ${outcomes.reduce((sum, { calls }) => sum + calls, 0)} calls, ${missed} not made a second time`,
  ]
  return reportCampaign(lines, findings, struck.length)
}
