import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { GrowthData, GrowthRecord } from '../growth/growth.ts'
import { growthPlot, memoryPanel, short, textOf, timePanel } from './growth-plot.ts'

export function readGrowth(root: string): GrowthData {
  return JSON.parse(readFileSync(path.join(root, 'docs/data/growth.json'), 'utf8')) as GrowthData
}

/** docs/growth.svg. */
export const growthSvg = growthPlot

const explained: Readonly<Record<string, string>> = {
  fetch: 'everything into an empty store, by pages of 1,000',
  lookup: '20,000 names by standard input, every second one known',
  enrich: '200,000 JSON lines, three of a hundred with a hit, all written; the index is there',
  'enrich, building its index': 'the first `enrich` after a `fetch`, of one line',
  export: '`--format ndjson` of everything',
  serve: '200 pages of at most 1,000 objects from all over one collection; without the start',
}

/** docs/growth.md: a table for each command, made from what `npm run growth -- --record 1` has measured. */
export function growthPage(data: GrowthData): string {
  const names = [...new Set(data.records.map(({ name }) => name))]
  const sections = names.map((name) => section(name, data.records))
  const alternative = textOf(data.records, names).replaceAll('[', '(').replaceAll(']', ')')
  return `# How cost grows

Made by \`npm run docs\` from \`docs/data/growth.json\`, which \`npm run growth -- --record 1\` writes: each command as a whole process
beside a store of so many indicators, its results counted before a time counts. Node ${data.node}, ${data.cores} cores (${data.processor}). Processor
time is what the command itself used; the time on the clock depends on what else the machine did.

![Processor time and peak memory by stored objects, on logarithmic axes. ${alternative}](growth.svg)

${sections.join('\n\n')}
`
}

function section(name: string, records: readonly GrowthRecord[]): string {
  const own = records.filter((record) => record.name === name)
  const rows = own.map((record) => {
    const cpu = timePanel.valueOf(record).toFixed(1)
    const wall = ((record.wallMs * 1000) / record.count).toFixed(1)
    return `| ${short(record.objects)} | ${record.count} | ${cpu} | ${wall} | ${memoryPanel.valueOf(record).toFixed(0)} |`
  })
  const unit = own[0]?.unit ?? ''
  return [
    `## ${name}`,
    '',
    `${explained[name] ?? ''}`,
    '',
    `| stored objects | ${unit}s | cpu, µs each | wall, µs each | peak, MiB |`,
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}
