import os from 'node:os'
import Table from 'cli-table3'
import { benchEnrich } from './enrich.ts'
import { benchFetch } from './fetch.ts'
import { benchFetchIntoStore } from './fetch-store.ts'
import { benchLookup } from './lookup.ts'
import type { Bench, BenchRow } from './rows.ts'
import { benchInstall, benchStart } from './start.ts'
import { benchServe } from './serve.ts'
import { benchStore } from './store.ts'
import { benchXml } from './xml.ts'

/** `npm run bench -- [--quick] [GOAL...]`: goals of the performance plan, each beside its limit or rival in the same run. */
const benches: readonly { readonly goals: readonly string[]; readonly bench: Bench }[] = [
  { goals: ['F1', 'F2', 'F3', 'F4', 'F5'], bench: benchFetch },
  { goals: ['X1', 'X2'], bench: benchXml },
  { goals: ['S1'], bench: benchStore },
  { goals: ['S1'], bench: benchFetchIntoStore },
  { goals: ['S2'], bench: benchLookup },
  { goals: ['E1', 'E2', 'E3', 'E4'], bench: benchEnrich },
  { goals: ['V1'], bench: benchServe },
  { goals: ['C1'], bench: benchStart },
  { goals: ['C2'], bench: benchInstall },
]

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const wanted = words.filter((word) => !word.startsWith('-'))
const known = [...new Set(benches.flatMap((entry) => entry.goals))]
const wants = (goal: string) => wanted.length === 0 || wanted.includes(goal)
const unknown = wanted.filter((goal) => !known.includes(goal))
if (unknown.length > 0) {
  console.error(`unknown goal ${unknown.join(', ')}; there are ${known.join(', ')}`)
  process.exit(2)
}

console.error(
  `Node ${process.version}, ${os.cpus().length} cores, ${os.cpus()[0]?.model ?? 'unknown processor'}${quick ? ', quick: too short to judge' : ''}`,
)
const table = new Table({
  head: ['goal', 'what', 'ours', 'beside', 'ratio', 'wanted', 'held'],
  style: { head: [], border: [] },
})
const held = (row: BenchRow) => (row.held === undefined ? '' : row.held ? 'yes' : 'NO')
try {
  for (const { goals, bench } of benches) {
    if (!goals.some(wants)) continue
    for (const row of await bench({ quick, wants })) {
      table.push([row.goal, row.what, row.ours, row.beside, row.ratio, row.wanted, held(row)])
    }
  }
} finally {
  // What was measured before a wrong count ends the run is shown all the same.
  console.log(table.toString())
}
