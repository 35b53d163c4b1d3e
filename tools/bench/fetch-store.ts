import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startPageServer } from './fetch.ts'
import { measure, type Command, type Cost } from './measure.ts'
import type { Bench, BenchRow } from './rows.ts'

const program = path.resolve('bin/stixtaxii.js')

/**
 * Beside S1, which is the store alone: the whole program from the network into its store, start included, and the same feed
 * once more.
 */
export const benchFetchIntoStore: Bench = async ({ quick }) => {
  const objects = quick ? 10_000 : 100_000
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  await using server = await startPageServer(objects, 1000, 0, 'plain', 'first')
  try {
    const run = inFolder(folder)
    const place = ['--url', `${server.url}/root/`, '--taxii-version', '2.1', '--collection', server.collection]
    await run(['configure', 'taxii', 'bench', ...place, '--page-size', '1000', '--no-test'])
    const first = await run(['fetch', 'bench', '-o', 'json'])
    assertCounted(first.result, 'new', objects)
    const again = await run(['fetch', 'bench', '--since', '120mo', '-o', 'json'])
    assertCounted(again.result, 'unchanged', objects)
    const { size } = await stat(path.join(folder, 'data', 'stixtaxii', 'store.sqlite'))
    return [
      row(`fetch of ${objects} new objects into the store`, first.cost, objects),
      row(`fetch of the same again, store of ${(size / 2 ** 20).toFixed(0)} MB`, again.cost, objects),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Finished {
  readonly cost: Cost
  readonly result: string
}

/** Runs our program with its profiles and store in the folder. */
function inFolder(folder: string): (words: readonly string[]) => Promise<Finished> {
  const output = path.join(folder, 'result')
  const environment = {
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    XDG_DATA_HOME: path.join(folder, 'data'),
    XDG_STATE_HOME: path.join(folder, 'state'),
  }
  return async (words) => {
    const command: Command = { argv: [process.execPath, program, ...words, '--quiet'], output, environment }
    const cost = await measure(command)
    if (cost.exitCode !== 0) throw new Error(`exit status ${cost.exitCode}: ${words.join(' ')}`)
    return { cost, result: await readFile(output, 'utf8') }
  }
}

function assertCounted(result: string, outcome: 'new' | 'unchanged', objects: number): void {
  const { totals } = JSON.parse(result) as { totals: Record<string, number> }
  if (totals[outcome] !== objects || totals['received'] !== objects)
    throw new Error(`${objects} objects should be ${outcome}: ${JSON.stringify(totals)}`)
}

function row(what: string, cost: Cost, objects: number): BenchRow {
  const rate = (ms: number) => `${(objects / ms).toFixed(1)} k/s`
  return {
    goal: 'S1',
    what,
    ours: `${rate(cost.wallMs)} (${rate(cost.cpuMs)} of cpu)`,
    beside: `${Math.round(cost.peakMiB)} MiB at most`,
    ratio: '',
    wanted: 'for comparison',
  }
}
