import type { GrowthData, GrowthRecord } from '../growth/growth.ts'

/** Where a figure is drawn: time by one unit, or memory. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly valueOf: (record: GrowthRecord) => number
}

export const timePanel: Panel = {
  title: 'Processor time each',
  unit: 'µs',
  valueOf: ({ cpuMs, count }) => (cpuMs * 1000) / count,
}

export const memoryPanel: Panel = { title: 'Peak memory', unit: 'MiB', valueOf: ({ peakMiB }) => peakMiB }

const width = 440
const height = 300
const margin = { left: 56, right: 24, top: 40, bottom: 44 }
const legendRow = 22
// Told apart by mark and dash too, not by colour alone; each stands out from white and from black.
const strokes = ['#3b82f6', '#e0703a', '#16a34a', '#a855f7', '#c08a00', '#e0408a'] as const
const dashes = ['', '7 4', '2 3', '10 3 2 3', '4 2', '12 4'] as const

/** Both panels side by side, on logarithmic axes, with a legend below; colours suit a light and a dark page. */
export function growthPlot({ records }: GrowthData): string {
  const names = [...new Set(records.map(({ name }) => name))]
  const legendTop = height + 12
  const total = { width: width * 2, height: legendTop + Math.ceil(names.length / 3) * legendRow + 8 }
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" role="img" aria-labelledby="title text">`,
    '<title id="title">How cost grows with what is stored</title>',
    `<desc id="text">${escaped(textOf(records, names))}</desc>`,
    '<style>text{font:12px system-ui,sans-serif;fill:#333}.axis{stroke:#888;stroke-width:1}.grid{stroke:#8884;stroke-width:1}' +
      '@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>',
    panel(timePanel, { records, names, left: 0 }),
    panel(memoryPanel, { records, names, left: width }),
    ...names.map((name, index) => legendEntry(name, index, legendTop)),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

interface Drawing {
  readonly records: readonly GrowthRecord[]
  readonly names: readonly string[]
  readonly left: number
}

function panel({ title, unit, valueOf }: Panel, { records, names, left }: Drawing): string {
  const sizes = decades(records.map(({ objects }) => objects))
  const values = decades(records.map(valueOf))
  const x = scale(sizes, left + margin.left, left + width - margin.right)
  const y = scale(values, height - margin.bottom, margin.top)
  const bottom = height - margin.bottom
  const right = left + width - margin.right
  const lines = [
    text(left + margin.left, 22, `${title} (${unit})`, 'start'),
    ...values.map((value) => line(left + margin.left, y(value), right, y(value), 'grid')),
    ...values.map((value) => text(left + margin.left - 6, y(value) + 4, short(value), 'end')),
    ...sizes.map((size) => line(x(size), margin.top, x(size), bottom, 'grid')),
    ...sizes.map((size) => text(x(size), bottom + 18, short(size), 'middle')),
    text((left + margin.left + right) / 2, height - 8, 'stored objects', 'middle'),
    line(left + margin.left, bottom, right, bottom, 'axis'),
    line(left + margin.left, margin.top, left + margin.left, bottom, 'axis'),
  ]
  const curves = names.map((name, index) => {
    const points = records
      .filter((record) => record.name === name)
      .map((record) => [x(record.objects), y(valueOf(record))] as const)
    return curve(points, index)
  })
  return [...lines, ...curves].join('\n')
}

function curve(points: readonly (readonly [number, number])[], index: number): string {
  const stroke = strokes[index % strokes.length] ?? ''
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
  const marks = points.map(([x, y]) => mark(x, y, index))
  return [
    `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2" stroke-dasharray="${dashes[index % dashes.length]}"/>`,
    ...marks,
  ].join('\n')
}

function mark(x: number, y: number, index: number): string {
  const fill = strokes[index % strokes.length] ?? ''
  if (index % 3 === 0) return `<circle cx="${round(x)}" cy="${round(y)}" r="4" fill="${fill}"/>`
  if (index % 3 === 1) return `<rect x="${round(x - 4)}" y="${round(y - 4)}" width="8" height="8" fill="${fill}"/>`
  return `<path d="M${round(x)} ${round(y - 5)}l5 9h-10z" fill="${fill}"/>`
}

function legendEntry(name: string, index: number, top: number): string {
  const left = margin.left + (index % 3) * 270
  const y = top + Math.floor(index / 3) * legendRow + 8
  const points = [
    [left, y],
    [left + 30, y],
  ] as const
  return [curve(points, index), text(left + 40, y + 4, name, 'start')].join('\n')
}

// Powers of ten around all values.
function decades(values: readonly number[]): readonly number[] {
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}

function scale(marks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(marks[0] ?? 1), Math.log10(marks.at(-1) ?? 10)]
  return (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
}

const round = (value: number): string => value.toFixed(1)

/** A number of objects or a figure in few signs: `10 k`, `1 M`. */
export function short(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000} M`
  if (value >= 1000) return `${value / 1000} k`
  return String(Number(value.toPrecision(3)))
}

const line = (x1: number, y1: number, x2: number, y2: number, kind: 'grid' | 'axis'): string =>
  `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`

const text = (x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(words)}</text>`

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** What the plot shows, in words. */
export function textOf(records: readonly GrowthRecord[], names: readonly string[]): string {
  return names
    .map((name) => {
      const own = records.filter((record) => record.name === name)
      const told = own.map(
        (record) =>
          `${short(record.objects)} objects ${timePanel.valueOf(record).toFixed(1)} µs each, ${record.peakMiB.toFixed(0)} MiB`,
      )
      return `${name}: ${told.join('; ')}.`
    })
    .join(' ')
}
