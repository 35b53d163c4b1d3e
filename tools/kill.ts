/**
 * Kills the program, again and again, and judges what it left: `npm run kill` is what a landing runs,
 * `npm run kill -- random --kills 2000 --seed 7` one of them. Ends with 1 when anything was lost, doubled or damaged.
 */
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { reportCampaign } from './campaign/report.ts'
import type { PartReport } from './kill/part.ts'
import { cutPower } from './kill/power.ts'
import { killAtRandom } from './kill/random.ts'
import { serveCampaign } from './kill/server.ts'
import { runSuite } from './kill/suites.ts'
import { killAtSyscalls } from './kill/syscalls.ts'

const defaults = { seed: newSeed(), kills: 300, objects: 3_000, lanes: 2, points: 2, postgres: 0 }
type Options = typeof defaults

/** What a landing runs: `serve` and `apply` are among the slow suites, which it runs as they are. */
const landing: Readonly<Record<string, Partial<Options>>> = { random: {}, syscalls: {}, power: { points: 1 } }

/** What follows a part's name chooses among its scenes. */
const parts: Readonly<Record<string, (options: Options, words: readonly string[]) => Promise<PartReport>>> = {
  random: (options) => killAtRandom(options),
  syscalls: (options, words) => killAtSyscalls(options, words),
  power: (options, words) => cutPower(options, words),
  serve: (options) => runSuite('serve', options),
  apply: (options) => runSuite('apply', options),
}

const argv = process.argv.slice(2)
if (argv[0] === '--serve') await serveCampaign(Number(argv[1]))
else process.exitCode = await campaign()

async function campaign(): Promise<number> {
  const { options, words } = readCampaignOptions(argv, defaults)
  const [first, ...rest] = words
  const names = first === undefined ? Object.keys(landing) : [first]
  console.log(`seed ${options.seed}`)
  const reports: PartReport[] = []
  for (const name of names) {
    const part = parts[name]
    if (part === undefined) throw new Error(`${name}: there is ${Object.keys(parts).join(', ')}`)
    const began = performance.now()
    const report = await part(first === undefined ? { ...options, ...landing[name] } : options, rest)
    const seconds = (performance.now() - began) / 1000
    console.log([`${name}, ${seconds.toFixed(1)} s`, ...report.lines.map((line) => `  ${line}`)].join('\n'))
    reports.push(report)
  }
  const done = reports.reduce((sum, report) => sum + report.done, 0)
  const status = reportCampaign(
    [],
    reports.flatMap(({ findings }) => findings),
    done,
  )
  // A part that did nothing has shown nothing.
  return reports.some((report) => report.done === 0) ? 1 : status
}
