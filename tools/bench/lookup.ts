import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadLibsql } from '../../src/store/sqlite/bindings/libsql.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import { interleave, type Cost } from './measure.ts'
import { median, type Bench } from './rows.ts'
import { clock, makeFeed, timed } from './store.ts'

const program = path.resolve('bin/stixtaxii.js')
const feedSize = 50_000
const wall = (costs: readonly Cost[] | undefined) => median((costs ?? []).map((cost) => cost.wallMs))
const times = (costs: readonly Cost[] | undefined) =>
  `${Math.round(wall(costs))} ms (cpu ${Math.round(median((costs ?? []).map((cost) => cost.cpuMs)))})`

/** S2: the first answer of a cold `lookup` in a store of a million indicators, beside the same Node doing nothing. */
export const benchLookup: Bench = async ({ quick }) => {
  const objects = quick ? 10_000 : 1_000_000
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    const file = path.join(folder, 'store.db')
    const hashes = await fill(file, objects)
    const empty = path.join(folder, 'empty.mjs')
    await writeFile(empty, '')
    const node = process.execPath
    const lookup = (values: readonly string[], format: string) => [
      node,
      program,
      'lookup',
      ...values,
      '--store',
      file,
      '-o',
      format,
    ]
    const [bare, version, table, json] = await interleave(
      [
        { argv: [node, empty] },
        { argv: [node, program, '--version'] },
        { argv: lookup(hashes.slice(0, 1), 'table') },
        { argv: lookup(hashes, 'ndjson'), countsLines: true },
      ],
      quick ? 3 : 11,
    )
    const wrong = json?.find(({ lines, exitCode }) => lines !== hashes.length || exitCode !== 0)
    if (wrong) throw new Error(`lookup answered ${wrong.lines} of ${hashes.length} values`)
    const row = (what: string, costs: readonly Cost[] | undefined, held?: boolean) => ({
      goal: 'S2',
      what: `${what} among ${objects / 1000} k`,
      ours: times(costs),
      beside: `node ${times(bare)}, --version ${times(version)}`,
      ratio: (wall(costs) / wall(bare)).toFixed(2),
      wanted: '<= 1.5 x node',
      held,
    })
    return [row('a hash', table, wall(table) / wall(bare) <= 1.5), row(`${hashes.length} hashes, as NDJSON`, json)]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns some of the values. */
async function fill(file: string, objects: number): Promise<readonly string[]> {
  const identity = { pid: process.pid, host: 'bench' }
  await using store = await openSqliteStore(file, { clock, identity, binding: await loadLibsql() })
  const wanted: string[] = []
  for (let at = 0; at < objects; at += feedSize) {
    const feed = makeFeed(Math.min(feedSize, objects - at), at)
    const last = feed.at(-1)?.raw.toString() ?? ''
    wanted.push(/'SHA-256' = '([0-9a-f]{64})'/.exec(last)?.[1] ?? '')
    await timed(store, feed, 'new')
  }
  return wanted
}
