import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { newSeed } from '../campaign/options.ts'
import { interleave, measure, type Command, type Cost } from './measure.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

interface PageServer extends AsyncDisposable {
  readonly url: string
  readonly collection: string
  readonly pages: number
  /** Bytes of all bodies, packed as they are sent; 0 for a feed too large to be kept. */
  readonly bytes: number
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
    ...(JSON.parse(line) as Omit<PageServer, typeof Symbol.asyncDispose>),
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
    '-w',
    '%{size_download}\\n',
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
const times = (costs: readonly Cost[] | undefined) => {
  const cpu = median((costs ?? []).map((cost) => cost.cpuMs))
  return `${Math.round(wall(costs))} ms (cpu ${Math.round(cpu)})`
}

/** The lines `poll` gives are exactly the objects served, in order: checked before any time counts. */
async function assertExact(server: PageServer, pageSize: number, objects: number, folder: string): Promise<number> {
  const output = path.join(folder, 'objects.ndjson')
  await measure(poll(server, pageSize, output))
  let count = 0
  for await (const line of createInterface({ input: createReadStream(output) })) {
    const id = /"id":"indicator--[0-9a-f]{8}-0000-4000-8000-([0-9a-f]{12})"/.exec(line)?.[1]
    if (id === undefined || Number.parseInt(id, 16) !== count)
      throw new Error(`object ${count} is wrong: ${line.slice(0, 120)}`)
    JSON.parse(line)
    count++
  }
  if (count !== objects) throw new Error(`${count} objects of ${objects}`)
  return (await stat(output)).size
}

/** The rival really reads what we read. */
async function assertSum(command: Command, sum: number, folder: string): Promise<void> {
  const output = path.join(folder, 'rival')
  await measure({ ...command, output })
  const numbers = (await readFile(output, 'utf8')).trim().split('\n').map(Number)
  const total = numbers.reduce((before, number) => before + number, 0)
  if (total !== sum) throw new Error(`${command.argv[0]} read ${total}, not ${sum}`)
}

interface Timing {
  readonly objects: number
  readonly repetitions: number
  readonly folder: string
}

async function withThinkTime({ objects, repetitions, folder }: Timing): Promise<BenchRow> {
  await using server = await startPageServer(objects, 5000, 50, 'plain', 'first')
  const output = path.join(folder, 'f1')
  const bytes = await assertExact(server, 5000, objects, folder)
  await assertSum(curl(server, false), server.bytes, folder)
  const [limit, ours] = await interleave([curl(server, false), poll(server, 5000, output)], repetitions)
  const { size } = await stat(output)
  if (size !== bytes) throw new Error(`${size} bytes of ${bytes}`)
  return {
    goal: 'F1',
    what: `poll to NDJSON, ${objects} objects, 50 ms think time, pages of 5000, start included`,
    ours: times(ours),
    beside: `curl ${times(limit)}`,
    ratio: (wall(ours) / wall(limit)).toFixed(2),
    wanted: '<= 1.10 x curl',
    held: wall(ours) / wall(limit) <= 1.1,
  }
}

interface NoThinkTime {
  readonly goal: 'F2' | 'F3'
  readonly coding: 'plain' | 'gzip'
  /** At most so many times curl's time, and so many times as fast as taxii2-client. */
  readonly overCurl: number
  readonly faster: number
}

const noThinkTime: readonly NoThinkTime[] = [
  { goal: 'F2', coding: 'plain', overCurl: 5, faster: 4 },
  { goal: 'F3', coding: 'gzip', overCurl: 1.6, faster: 5 },
]

async function withoutThinkTime(wanted: NoThinkTime, { objects, repetitions, folder }: Timing): Promise<BenchRow[]> {
  const { goal, coding } = wanted
  await using server = await startPageServer(objects, 1000, 0, coding, 'first')
  const limit = curl(server, coding === 'gzip')
  const rival = taxii2Client(server, 1000)
  await assertExact(server, 1000, objects, folder)
  await assertSum(limit, server.bytes, folder)
  if (rival) await assertSum(rival, objects, folder)
  const commands = [limit, poll(server, 1000, '/dev/null'), ...(rival ? [rival] : [])]
  const [discard, ours, python] = await interleave(commands, repetitions)
  const overCurl = wall(ours) / wall(discard)
  const faster = wall(python) / wall(ours)
  const row = { goal, ours: times(ours) }
  return [
    {
      ...row,
      what: `poll, ${objects} objects, no think time, pages of 1000, ${coding}`,
      beside: `curl discarding ${times(discard)}`,
      ratio: overCurl.toFixed(2),
      wanted: `<= ${wanted.overCurl} x curl`,
      held: overCurl <= wanted.overCurl,
    },
    {
      ...row,
      what: 'the same beside taxii2-client draining',
      beside: rival ? `taxii2-client ${times(python)}` : 'STIXTAXII_PEERS names no environment that has it',
      ratio: rival ? faster.toFixed(2) : '',
      wanted: `>= ${wanted.faster} x faster`,
      held: rival ? faster >= wanted.faster : undefined,
    },
  ]
}

async function memoryGoal(sizes: readonly number[], repetitions: number): Promise<BenchRow> {
  const peaks: number[] = []
  for (const objects of sizes) {
    await using server = await startPageServer(objects, 1000, 0, 'plain', 'first')
    const runs: Cost[] = []
    for (let run = 0; run < repetitions; run++) runs.push(await measure({ ...poll(server, 1000), countsLines: true }))
    const wrong = runs.find((cost) => cost.lines !== objects)
    if (wrong) throw new Error(`${wrong.lines} objects of ${objects}`)
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

/**
 * F5: servers with `next` first and last, plain and packed, whose bodies are cut anywhere; each object of `poll` is looked
 * at in its place.
 */
async function exactness(objects: number, folder: string): Promise<BenchRow> {
  const seed = newSeed()
  let polled = 0
  for (const coding of ['plain', 'gzip']) {
    for (const order of ['first', 'last']) {
      await using server = await startPageServer(objects, 700, 0, coding, order, seed)
      await assertExact(server, 700, objects, folder)
      polled += objects
    }
  }
  return {
    goal: 'F5',
    what: 'next first and last, plain and gzip, bodies cut anywhere',
    ours: `${polled} objects, each in its place`,
    beside: `seed ${seed}`,
    ratio: '',
    wanted: 'none lost, doubled or out of order',
    held: true,
  }
}

/** F1 to F5: the built program's `poll` beside curl and taxii2-client (where `STIXTAXII_PEERS` names its environment). */
export const benchFetch: Bench = async ({ quick, wants }) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    const timing = { objects: quick ? 10_000 : 200_000, repetitions: quick ? 1 : 5, folder }
    const rows: BenchRow[] = []
    if (wants('F1')) rows.push(await withThinkTime(timing))
    for (const goal of noThinkTime) if (wants(goal.goal)) rows.push(...(await withoutThinkTime(goal, timing)))
    if (wants('F5')) rows.push(await exactness(quick ? 5_000 : 50_000, folder))
    if (wants('F4')) rows.push(await memoryGoal(quick ? [2_000, 20_000] : [20_000, 200_000, 2_000_000], quick ? 1 : 3))
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
