import { reportCampaign, type Finding } from '../campaign/report.ts'
import type { Seen } from './play.ts'
import { measures, type Watched } from './processes.ts'
import { quantile, slopeOf, type Sample } from './slopes.ts'

/** Goal of the figures: so much more memory an hour is no leak that a month would show. */
const mostMegabytesPerHour = 1
/** Caches fill and code is compiled at first; a quarter of a short run, ten minutes of a long one. */
const warmUpMs = (lengthMs: number): number => Math.min(lengthMs / 4, 600_000)

/** Prints the table and gives the exit status: 1 when something grew, or was lost or doubled. */
export function reportSoak(
  seen: Seen,
  options: { readonly minutes: number; readonly seed: number },
  name: string,
): number {
  const from = warmUpMs(options.minutes * 60_000)
  const again = `npm run soak -- --minutes ${options.minutes} --seed ${options.seed}`
  const findings: Finding[] = seen.faults.map((fault) => ({ what: `soak ${name}`, seen: fault, again }))
  const rows = [['', '', 'first', 'middle', 'last', 'slope an hour', 'at least']]
  for (const watched of seen.watched) {
    for (const measure of measures) {
      const steady = watched.series[measure].filter(({ atMs }) => atMs >= from)
      rows.push(rowOf(watched.name, measure, steady))
    }
    findings.push(...grown(watched, from).map((fault) => ({ what: `soak: ${watched.name}`, seen: fault, again })))
  }
  for (const [thing, samples] of [
    ['log', seen.wal],
    ['file', seen.store],
  ] as const) {
    rows.push(
      rowOf(
        'store',
        `${thing} MB`,
        samples.filter(({ atMs }) => atMs >= from),
      ),
    )
  }
  const lines = [...tableOf(rows), ...timesOf(seen, from), ...countsOf(seen)]
  return reportCampaign(lines, findings, seen.traffic.acknowledged.size)
}

/** Sentences about what grows for certain: the noise bound of the slope is beyond what is allowed. */
function grown({ series }: Watched, from: number): readonly string[] {
  const steady = (samples: readonly Sample[]): readonly Sample[] => samples.filter(({ atMs }) => atMs >= from)
  const memory = slopeOf(steady(series['rss MB']))
  // A store opens further connections, with two files each, when it is first read by several at once: in a short run, late.
  const opened = from < 600_000 ? 4 : 0
  const [early, , , late] = quarters(steady(series.descriptors)).map((quarter) => quantile(quarter, 0))
  return [
    ...(memory.atLeastPerHour > mostMegabytesPerHour
      ? [`resident memory grows by ${number(memory.perHour)} MB an hour, at least ${number(memory.atLeastPerHour)}`]
      : []),
    ...(early !== undefined && late !== undefined && late > early + opened
      ? [`descriptors: never below ${early} in the first quarter, never below ${late} in the last`]
      : []),
  ]
}

function rowOf(name: string, measure: string, samples: readonly Sample[]): string[] {
  const values = samples.map(({ value }) => value)
  const { perHour, atLeastPerHour } = slopeOf(samples)
  const shown = [values[0], values[Math.floor(values.length / 2)], values.at(-1), perHour, atLeastPerHour]
  return [name, measure, ...shown.map((value) => number(value ?? NaN))]
}

function timesOf({ traffic }: Seen, from: number): readonly string[] {
  return (['read', 'write'] as const).map((kind) => {
    const steady = traffic.times[kind].filter(({ atMs }) => atMs >= from)
    const [first = [], , , last = []] = quarters(steady)
    const [early, late] = [first, last].map(
      (values) => `${number(quantile(values, 0.5))} / ${number(quantile(values, 0.99))}`,
    )
    return `${kind}: ${steady.length} requests, median / p99 in ms: first quarter ${early}, last ${late}`
  })
}

function countsOf({ fetches, spoiled, log, lines }: Seen): readonly string[] {
  return [
    `watch: ${fetches} results, ${spoiled} answers spoiled`,
    `enrich: ${log.written} lines in, ${log.read} out, ${log.hits} with an indicator, ${log.rotations} rotations`,
    ...lines,
  ]
}

/** The values of each quarter of a series, by count. */
function quarters(samples: readonly Sample[]): readonly (readonly number[])[] {
  const length = Math.ceil(samples.length / 4)
  return [0, 1, 2, 3].map((at) => samples.slice(at * length, (at + 1) * length).map(({ value }) => value))
}

function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

const number = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(Math.abs(value) < 10 ? 2 : 1))
