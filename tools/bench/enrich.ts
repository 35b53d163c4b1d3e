import { execFileSync } from 'node:child_process'
import { createWriteStream, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { buildIndex } from '../../src/enrich/build-index.ts'
import { createEnricher } from '../../src/enrich/enricher.ts'
import { openIndex, type MatchIndex } from '../../src/enrich/open-index.ts'
import { hitOf, indicatorOf, isNetwork, jsonEvent, textEvent, valueOf } from './enrich-data.ts'
import { interleave, measure, type Command, type Cost } from './measure.ts'
import { rivalsFor, type Rival } from './enrich-rivals.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

/**
 * E1 to E4: log lines against an index of a million indicators (and of a thousand), beside Node's own splitting into lines and
 * beside what people would take instead. Hits are counted on every side before a time counts; times are processor times.
 */
export const benchEnrich: Bench = async ({ quick, wants }) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  try {
    const scale = { indicators: quick ? 20_000 : 1_000_000, events: quick ? 20_000 : 500_000, rounds: quick ? 1 : 5 }
    const data = await makeData(folder, scale)
    const rows: BenchRow[] = []
    if (wants('E1')) for (const kind of ['json', 'text'] as const) rows.push(...measureRates(data, kind, scale.rounds))
    if (wants('E2')) rows.push(...(await measureRivals(data, folder, scale.rounds, quick)))
    if (wants('E3')) rows.push(await measurePipe(data, scale.rounds))
    if (wants('E4')) rows.push(...(await measureOpening(data, scale.rounds)))
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Data {
  readonly indicators: number
  readonly events: number
  readonly index: string
  readonly smallIndex: string
  readonly buildMs: number
  readonly json: string
  readonly text: string
  readonly values: string
  /** Events with a hit; `exact` are those that need no network. */
  readonly hits: { readonly all: number; readonly exact: number }
}

async function makeData(
  folder: string,
  scale: { readonly indicators: number; readonly events: number },
): Promise<Data> {
  const { indicators, events } = scale
  const place = (name: string) => path.join(folder, name)
  const begun = process.cpuUsage()
  await writeIndex(place('large.index'), indicators)
  const buildMs = cpuMs(begun)
  await writeIndex(place('small.index'), 1000)
  await writeLines(place('events.ndjson'), events, (n) => jsonEvent(n, indicators))
  await writeLines(place('events.log'), events, (n) => textEvent(n, indicators))
  await writeLines(place('values.txt'), indicators, (n) => valueOf(n).value)
  const hitNumbers = Array.from({ length: events }, (_, n) => n).filter((n) => n % 100 < 3)
  const exact = hitNumbers.filter((n) => !isNetwork(valueOf(hitOf(n, indicators)))).length
  return {
    indicators,
    events,
    index: place('large.index'),
    smallIndex: place('small.index'),
    buildMs,
    json: place('events.ndjson'),
    text: place('events.log'),
    values: place('values.txt'),
    hits: { all: hitNumbers.length, exact },
  }
}

async function writeIndex(file: string, count: number): Promise<void> {
  const handle = await open(file, 'w')
  const sink = {
    write: async (chunk: Uint8Array) => void (await handle.writeFile(chunk)),
    commit: () => handle.close(),
    discard: () => Promise.resolve(),
  }
  await buildIndex(numbers(count, indicatorOf), sink, { state: 'bench', now: new Date() })
}

function* numbers<T>(count: number, make: (n: number) => T): Generator<T> {
  for (let n = 0; n < count; n++) yield make(n)
}

async function writeLines(file: string, count: number, line: (n: number) => string): Promise<void> {
  await pipeline(
    numbers(Math.ceil(count / 1000), (block) => {
      const lines = numbers(Math.min(1000, count - block * 1000), (n) => `${line(block * 1000 + n)}\n`)
      return [...lines].join('')
    }),
    createWriteStream(file),
  )
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

const pieceBytes = 65_536

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** E1: in this process, on bytes in memory, in pieces as a pipe has them. */
function measureRates(data: Data, kind: 'json' | 'text', rounds: number): BenchRow[] {
  const bytes = readFileSync(kind === 'json' ? data.json : data.text)
  const sizes = [
    [data.smallIndex, 1000],
    [data.index, data.indicators],
  ] as const
  return sizes.map(([file, count]) => {
    const index = openIndex(file)
    const rates = Array.from({ length: rounds + 1 }, () => ({
      count: data.events / countMs(bytes, data.events),
      split: data.events / splitMs(bytes, data.events),
      scan: data.events / scanMs(bytes, index, { kind, events: data.events }),
      ours: data.events / enrichMs(bytes, index, { kind, wanted: count === data.indicators ? data : undefined }),
    })).slice(1)
    index.close()
    const middle = (name: 'count' | 'split' | 'scan' | 'ours') => median(rates.map((rate) => rate[name])).toFixed(0)
    const scanShare = median(rates.map((rate) => rate.scan / rate.split))
    const share = median(rates.map((rate) => rate.ours / rate.split))
    return {
      goal: 'E1',
      what: `${data.events / 1000} k ${kind} lines of ${Math.round(bytes.length / data.events)} B, ${count} indicators`,
      ours: `${middle('ours')} k lines/s of cpu (the scanning core alone ${middle('scan')}: ${(scanShare * 100).toFixed(1)} %)`,
      beside: `split into lines ${middle('split')} k/s (counting them only ${middle('count')})`,
      ratio: `${(share * 100).toFixed(1)} %`,
      wanted: kind === 'json' && count === data.indicators ? '>= 15 %' : '',
      ...(kind === 'json' && count === data.indicators ? { held: share >= 0.15 } : {}),
    }
  })
}

/** The limit: each line as a Buffer of its own, which is the least that anything that reads lines needs. */
function splitMs(bytes: Buffer, events: number): number {
  const begun = process.cpuUsage()
  let lines = 0
  let length = 0
  let rest = 0
  for (const piece of piecesOf(bytes)) {
    let from = 0
    for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, from)) {
      length += piece.subarray(from, at + 1).length
      from = at + 1
      lines++
    }
    rest += piece.length - from
  }
  if (lines !== events || length + rest !== bytes.length) throw new Error(`${lines} of ${events} lines`)
  return cpuMs(begun)
}

/** Only counting line feeds, for comparison. */
function countMs(bytes: Buffer, events: number): number {
  const begun = process.cpuUsage()
  let lines = 0
  for (const piece of piecesOf(bytes)) {
    for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) lines++
  }
  if (lines !== events) throw new Error(`${lines} of ${events} lines`)
  return cpuMs(begun)
}

/** The scanning core alone, as it names lines that may have a hit. */
function scanMs(
  bytes: Buffer,
  { scan }: MatchIndex,
  { kind, events }: { readonly kind: 'json' | 'text'; readonly events: number },
): number {
  const begun = process.cpuUsage()
  let lines = 0
  for (let from = 0; from < bytes.length;) {
    const to = bytes.lastIndexOf(0x0a, from + pieceBytes) + 1
    lines += scan.read(kind, bytes, from, to, () => undefined)
    from = to
  }
  if (lines !== events) throw new Error(`${lines} of ${events} lines`)
  return cpuMs(begun)
}

interface Wanted {
  readonly kind: 'json' | 'text'
  /** Undefined: hits are not counted. */
  readonly wanted: Data | undefined
}

function enrichMs(bytes: Buffer, index: MatchIndex, { kind, wanted }: Wanted): number {
  const format = kind === 'json' ? 'ndjson' : 'syslog'
  const enricher = createEnricher({ index, format, mode: 'all', nowMs: () => Date.now() })
  const begun = process.cpuUsage()
  for (const piece of piecesOf(bytes)) enricher.push(piece)
  enricher.end()
  const ms = cpuMs(begun)
  const { hits } = enricher.statistics
  if (wanted && hits !== wanted.hits.all) throw new Error(`${hits} of ${wanted.hits.all} hits in ${kind} lines`)
  return ms
}

const program = path.resolve('bin/stixtaxii.js')
const enrichCommand = (data: Data, ...rest: readonly string[]): readonly string[] => [
  ...[process.execPath, program, 'enrich', '-q', '--frozen', '--index', data.index, '--format', 'ndjson'],
  ...rest,
]

/** E2: whole processes, loading included. A rival that is not installed is left out by name. */
async function measureRivals(data: Data, folder: string, rounds: number, quick: boolean): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  const ours: Command = { argv: enrichCommand(data, data.json), countsLines: true }
  for (const rival of await rivalsFor(data, folder)) {
    if (rival.missing) {
      rows.push(rowOf(rival, 'not installed', '', undefined))
      continue
    }
    const share = quick ? 1 : rival.share
    const few = share === 1 ? undefined : await firstLines(data, folder, share)
    const [mine = [], theirs = []] = await interleave(
      [ours, rival.command(few?.file ?? data.json)],
      share === 1 ? Math.min(rounds, 3) : 1,
    )
    checkHits(mine[0], data.hits.all, data.hits.all, 'enrich')
    const wanted = few ? few.exact : data.hits.exact
    checkHits(theirs[0], rival.oneField ? 1 : wanted, rival.mayOverReport ? Infinity : wanted, rival.name)
    const rate = (costs: readonly Cost[], events: number) => events / median(costs.map(({ cpuMs: ms }) => ms))
    const ratio = rate(mine, data.events) / rate(theirs, few?.events ?? data.events)
    rows.push(
      rowOf(
        rival,
        `${rate(theirs, few?.events ?? data.events).toFixed(1)} k/s`,
        `${rate(mine, data.events).toFixed(0)} k lines/s of cpu`,
        ratio,
      ),
    )
  }
  return rows
}

function rowOf(rival: Rival, beside: string, ours: string, ratio: number | undefined): BenchRow {
  return {
    goal: 'E2',
    what: `beside ${rival.name}`,
    ours,
    beside,
    ratio: ratio === undefined ? '' : `${ratio.toFixed(1)} x`,
    wanted: rival.wanted === undefined ? '' : `>= ${rival.wanted} x`,
    ...(ratio === undefined || rival.wanted === undefined ? {} : { held: ratio >= rival.wanted }),
  }
}

function checkHits(cost: Cost | undefined, least: number, most: number, name: string): void {
  const lines = cost?.lines ?? -1
  if (lines < least || lines > most) throw new Error(`${name} wrote ${lines} lines, ${least} have a hit`)
}

async function firstLines(data: Data, folder: string, share: number) {
  const events = Math.round(data.events * share)
  const file = path.join(folder, `first-${events}.ndjson`)
  const lines = readFileSync(data.json, 'utf8').split('\n').slice(0, events)
  writeFileSync(file, `${lines.join('\n')}\n`)
  const numbersOfHits = Array.from({ length: events }, (_, n) => n).filter((n) => n % 100 < 3)
  const exact = numbersOfHits.filter((n) => !isNetwork(valueOf(hitOf(n, data.indicators)))).length
  return Promise.resolve({ file, events, exact })
}

/** E3: by wall time, start included. */
async function measurePipe(data: Data, rounds: number): Promise<BenchRow> {
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ')
  const pipe = (reader: string): Command => ({ argv: ['bash', '-c', `cat '${data.json}' | ${reader} > /dev/null`] })
  const [ours = [], limit = []] = await interleave(
    [pipe(quoted(enrichCommand(data, '--mode', 'all'))), pipe('wc -l')],
    rounds,
  )
  const wall = (costs: readonly Cost[]) => median(costs.map(({ wallMs }) => wallMs))
  const ratio = wall(ours) / wall(limit)
  return {
    goal: 'E3',
    what: `cat | enrich --mode all, ${(statSync(data.json).size / 2 ** 20).toFixed(0)} MiB`,
    ours: `${wall(ours).toFixed(0)} ms`,
    beside: `cat | wc -l ${wall(limit).toFixed(0)} ms`,
    ratio: ratio.toFixed(2),
    wanted: '<= 2.50',
    held: ratio <= 2.5,
  }
}

/** E4: opening in this process; memory of a process that enriches one line. */
async function measureOpening(data: Data, rounds: number): Promise<BenchRow[]> {
  const times = Array.from({ length: rounds + 1 }, () => {
    const begun = performance.now()
    openIndex(data.index).close()
    return performance.now() - begun
  }).slice(1)
  const one = path.join(path.dirname(data.json), 'one.ndjson')
  writeFileSync(one, execFileSync('head', ['-n', '1', data.json]))
  const { peakMiB, exitCode } = await measure({ argv: enrichCommand(data, one) })
  const bare = await measure({ argv: [process.execPath, '-e', 'setTimeout(() => {}, 100)'] })
  if (exitCode !== 0) throw new Error(`enrich ended with ${exitCode}`)
  const size = statSync(data.index).size / 2 ** 20
  return [
    {
      goal: 'E4',
      what: `open an index of ${data.indicators} (${size.toFixed(0)} MiB)`,
      ours: `${median(times).toFixed(1)} ms`,
      beside: `built in ${(data.buildMs / 1000).toFixed(1)} s of cpu, making the indicators included`,
      ratio: '',
      wanted: '<= 30 ms',
      held: median(times) <= 30,
    },
    {
      goal: 'E4',
      what: 'peak memory of enrich with it',
      ours: `${peakMiB.toFixed(0)} MiB`,
      beside: `bare node ${bare.peakMiB.toFixed(0)} MiB`,
      ratio: '',
      wanted: '<= 100 MiB',
      held: peakMiB <= 100,
    },
  ]
}
