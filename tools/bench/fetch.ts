import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { interleave, measure, type Command, type Cost } from './measure.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

interface PageServer extends AsyncDisposable {
  readonly url: string
  readonly collection: string
  readonly pages: number
}

/** Starts `page-server.ts` in a process of its own. */
export async function startPageServer(...args: (string | number)[]): Promise<PageServer> {
  const server = spawn(process.execPath, ['tools/run.mjs', 'tools/bench/page-server.ts', ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await new Promise<[string]>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', (text) => resolve([text]))
    server.once('exit', (code) => reject(new Error(`the page server ended with ${code}`)))
  })
  return {
    ...(JSON.parse(line) as { url: string; collection: string; pages: number }),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill()
      await gone
    },
  }
}

const program = path.resolve('bin/stixtaxii.js')

const poll = (server: PageServer, pageSize: number, output?: string): Command => ({
  argv: [
    process.execPath,
    program,
    'poll',
    `${server.url}/root/`,
    '--taxii-version',
    '2.1',
    '--collection',
    server.collection,
    '--page-size',
    String(pageSize),
  ],
  output,
})

const curl = (server: PageServer, compressed: boolean): Command => ({
  argv: [
    'curl',
    '-s',
    ...(compressed ? ['--compressed'] : []),
    '-o',
    '/dev/null',
    `${server.url}/raw?page=[0-${server.pages - 1}]`,
  ],
})

const drain = `
import sys, warnings; warnings.simplefilter('ignore')
from taxii2client.v21 import Collection, as_pages
print(sum(len(p.get('objects', [])) for p in as_pages(Collection(sys.argv[1]).get_objects, per_request=int(sys.argv[2]))))
`

function taxii2Client(server: PageServer, pageSize: number): Command | undefined {
  const peers = process.env['STIXTAXII_PEERS']
  if (peers === undefined) return undefined
  return {
    argv: [
      path.join(peers, 'bin', 'python'),
      '-c',
      drain,
      `${server.url}/root/collections/${server.collection}/`,
      String(pageSize),
    ],
  }
}

const wall = (costs: readonly Cost[] | undefined) => median((costs ?? []).map((cost) => cost.wallMs))
const ms = (value: number) => `${Math.round(value)} ms`

/** The lines `poll` gives are exactly the objects served, in order: checked before any time counts. */
async function assertExact(server: PageServer, pageSize: number, objects: number, folder: string): Promise<void> {
  const output = path.join(folder, 'objects.ndjson')
  await measure(poll(server, pageSize, output))
  let count = 0
  const seen = createHash('sha256')
  for await (const line of createInterface({ input: createReadStream(output) })) {
    const id = /"id":"indicator--[0-9a-f]{8}-0000-4000-8000-([0-9a-f]{12})"/.exec(line)?.[1]
    if (id === undefined || Number.parseInt(id, 16) !== count)
      throw new Error(`object ${count} is wrong: ${line.slice(0, 120)}`)
    JSON.parse(line)
    seen.update(line)
    count++
  }
  if (count !== objects) throw new Error(`${count} objects of ${objects}`)
}

async function timeGoals(objects: number, repetitions: number, folder: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const think = await startPageServer(objects, 5000, 50, 'plain', 'first')
  await assertExact(think, 5000, objects, folder)
  const [curlThink, oursThink] = await interleave(
    [curl(think, false), poll(think, 5000, path.join(folder, 'f1'))],
    repetitions,
  )
  await think[Symbol.asyncDispose]()
  rows.push({
    goal: 'F1',
    what: `poll to NDJSON, ${objects} objects, 50 ms think time, pages of 5000, start included`,
    ours: ms(wall(oursThink)),
    beside: `curl ${ms(wall(curlThink))}`,
    ratio: (wall(oursThink) / wall(curlThink)).toFixed(2),
    wanted: '<= 1.10 x curl',
    held: wall(oursThink) / wall(curlThink) <= 1.1,
  })
  for (const [goal, coding, limit, faster] of [
    ['F2', 'plain', 5, 4],
    ['F3', 'gzip', 1.6, 5],
  ] as const) {
    const server = await startPageServer(objects, 1000, 0, coding, 'first')
    await assertExact(server, 1000, objects, folder)
    const rival = taxii2Client(server, 1000)
    const commands = [curl(server, coding === 'gzip'), poll(server, 1000, '/dev/null'), ...(rival ? [rival] : [])]
    const [discard, ours, python] = await interleave(commands, repetitions)
    await server[Symbol.asyncDispose]()
    const overCurl = wall(ours) / wall(discard)
    rows.push({
      goal,
      what: `poll, ${objects} objects, no think time, pages of 1000, ${coding}`,
      ours: ms(wall(ours)),
      beside: `curl discarding ${ms(wall(discard))}`,
      ratio: overCurl.toFixed(2),
      wanted: `<= ${limit} x curl`,
      held: overCurl <= limit,
    })
    if (!rival) continue
    const over = wall(python) / wall(ours)
    rows.push({
      goal,
      what: `the same beside taxii2-client draining`,
      ours: ms(wall(ours)),
      beside: `taxii2-client ${ms(wall(python))}`,
      ratio: over.toFixed(2),
      wanted: `>= ${faster} x faster`,
      held: over >= faster,
    })
  }
  return rows
}

async function memoryGoal(sizes: readonly number[]): Promise<BenchRow> {
  const peaks: number[] = []
  for (const objects of sizes) {
    const server = await startPageServer(objects, 1000, 0, 'plain', 'first')
    const runs = [
      await measure(poll(server, 1000)),
      await measure(poll(server, 1000)),
      await measure(poll(server, 1000)),
    ]
    await server[Symbol.asyncDispose]()
    peaks.push(median(runs.map((cost) => cost.peakMiB)))
  }
  const [smallest = 0, largest = 0] = [peaks[0], peaks.at(-1)]
  return {
    goal: 'F4',
    what: `peak memory of poll at ${sizes.join(', ')} objects`,
    ours: peaks.map((peak) => `${Math.round(peak)} MiB`).join(', '),
    beside: `${Math.round(smallest)} MiB at ${sizes[0]}`,
    ratio: (largest / smallest).toFixed(2),
    wanted: '<= 1.10 each ten times, <= 150 MiB',
    held: peaks.every((peak, index) => peak <= 150 && (index === 0 || peak <= 1.1 * (peaks[index - 1] ?? 0))),
  }
}

/** F1 to F4: the built program's `poll` beside curl and taxii2-client (where `STIXTAXII_PEERS` names its environment). */
export const benchFetch: Bench = async ({ quick }) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    await writeFile(path.join(folder, 'f1'), '')
    const rows = await timeGoals(quick ? 20_000 : 200_000, quick ? 1 : 5, folder)
    rows.push(await memoryGoal(quick ? [2_000, 20_000] : [20_000, 200_000, 2_000_000]))
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
