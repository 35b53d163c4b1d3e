import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import { composeExport, type Composed } from '../export/compose.ts'
import type { FormatOptions, IndicatorFormat } from '../export/format.ts'
import { goodIndicators } from '../indicators/good-indicators.ts'
import type { Rules } from '../indicators/judge.ts'
import { openAtomicFile } from '../output/atomic-file.ts'
import { checkNames } from '../workflow/export-store.ts'
import { contentOf, writeExport, type WrittenFile } from '../workflow/write-export.ts'
import { counted } from './export-items.ts'
import { pushList, type PushFlags } from './push-list.ts'
import type { Runtime } from './runtime.ts'

export interface IndicatorExport extends PushFlags {
  readonly format: IndicatorFormat
  readonly options: FormatOptions
  readonly rules: Rules
  readonly sources: readonly string[]
  readonly collections: readonly string[]
  readonly out?: string | undefined
  readonly split?: number | undefined
  readonly cap?: number | undefined
  readonly ifChanged: boolean
  /** File for what was written, as JSON. */
  readonly report?: string | undefined
}

export const exportIndicatorsNeeds = [
  'clock',
  'terminal',
  'store',
  'output',
  'progress',
  'signal',
  'workingDirectory',
  'credentials',
  'pluginFetch',
  'notices',
] as const
type Parts = Pick<Runtime, (typeof exportIndicatorsNeeds)[number]>

/** Writes the indicators that the rules let pass in one of the formats for others; says what was written and left out. */
export async function exportIndicators(request: IndicatorExport, parts: Parts): Promise<void> {
  const out = request.out === undefined ? undefined : path.resolve(parts.workingDirectory, request.out)
  checkPlaces(request)
  const store = await parts.store()
  await checkNames(store, request.sources, request.collections)
  const { values, onLeftOut } = newLeftOut()
  const indicators = goodIndicators(
    store,
    {
      collections: request.collections.length > 0 ? request.collections : undefined,
      descriptions: request.format.name === 'ecs',
      onLeftOut,
      signal: parts.signal,
    },
    request.rules,
  )
  const task = parts.progress.start('Reading indicators')
  await using composed = await composeExport(indicators, {
    format: request.format,
    options: request.options,
    splitAt: request.split,
    cap: request.cap,
    generatedAt: timestampOfDate(parts.clock.now()),
    spoolFolder: await spoolFolder(request, out),
    signal: parts.signal,
    onProgress: (written) => task.update(`${counted(written, 'indicator')} read`),
  }).finally(() => task.done())
  const files = out === undefined ? [] : await writeTo(out, composed, request)
  if (request.push !== undefined) await pushList(request, composed, parts)
  else if (out === undefined) for (const file of composed.files) await printed(file, parts)
  if (request.report !== undefined) {
    const report = path.resolve(parts.workingDirectory, request.report)
    await writeWhole(report, `${JSON.stringify(reportOf(composed, files), null, 2)}\n`)
  }
  if (composed.summary.count === 0) {
    parts.notices({
      code: 'EXPORT_EMPTY',
      message: `No indicator counts${request.out === undefined ? '' : `: ${request.out} has none now`}`,
    })
  }
  for (const line of summaryLines(composed, files, values.count)) parts.terminal.note(line)
}

async function writeWhole(file: string, text: string): Promise<void> {
  const target = await openAtomicFile(file)
  try {
    await target.write(Buffer.from(text))
    await target.commit()
  } finally {
    await target.discard()
  }
}

async function printed(file: Composed['files'][number], { output }: Parts): Promise<void> {
  for await (const chunk of contentOf(file)) await output.raw(chunk)
}

function writeTo(out: string, composed: Composed, request: IndicatorExport): Promise<readonly WrittenFile[]> {
  const { format, split, ifChanged } = request
  return writeExport(composed, { format, out, split: split !== undefined, ifChanged })
}

/** @throws EXPORT_OUT_UNFIT (usage) */
function checkPlaces({ format, out, split, ifChanged, push }: IndicatorExport): void {
  const unfit = (message: string, hint: string): StixTaxiiError =>
    new StixTaxiiError('EXPORT_OUT_UNFIT', message, { kind: 'usage', hint, context: { format: format.name } })
  if (format.severalFiles && out === undefined) {
    throw unfit(`${format.name} writes several files`, 'Name a folder for them with --out DIR.')
  }
  if (split !== undefined && !format.canSplit) {
    throw unfit(`${format.name} cannot be split`, 'It replaces what is in use in one go; leave --split out.')
  }
  if (split !== undefined && out === undefined) {
    throw unfit('Standard output cannot be split', 'Name the files with --out: FILE becomes FILE-001, FILE-002, ...')
  }
  if (ifChanged && out === undefined) throw unfit('--if-changed compares with a file', 'Name it with --out FILE.')
  if (push !== undefined && split !== undefined) {
    throw unfit('--push imports one list, and --split makes several', 'Leave one of them out; --cap bounds a list.')
  }
  if (push !== undefined && format.name !== 'logpoint-list') {
    throw unfit(`--push imports a list, and ${format.name} is none`, 'Use --format logpoint-list.')
  }
}

// Lines wait beside the file that they become, where there is room for them; else where temporary files go.
async function spoolFolder({ format }: IndicatorExport, out: string | undefined): Promise<string> {
  if (out === undefined) return tmpdir()
  if (!format.severalFiles) return path.dirname(out)
  await mkdir(out, { recursive: true }).catch(() => undefined)
  return path.dirname(out)
}

function newLeftOut(): { readonly values: { count: number }; readonly onLeftOut: () => void } {
  const values = { count: 0 }
  return { values, onLeftOut: () => void values.count++ }
}

function reportOf({ summary, leftOut, beyondCap }: Composed, files: readonly WrittenFile[]): object {
  const { generatedAt, count, tlp, sources } = summary
  return { generatedAt, count, tlp: tlp ?? null, sources, files, noPlace: Object.fromEntries(leftOut), beyondCap }
}

function summaryLines(composed: Composed, files: readonly WrittenFile[], ruledOut: number): string[] {
  const { summary, leftOut, beyondCap } = composed
  const kinds = [...leftOut].map(([kind, count]) => `${count} ${kind}`).join(', ')
  const unchanged = files.length > 0 && files.every(({ changed }) => !changed)
  const places = files.length === 0 ? '' : ` in ${files.length === 1 ? files[0]?.file : counted(files.length, 'file')}`
  return [
    `${counted(summary.count, 'indicator')}${places}${unchanged ? ', unchanged' : ''}`,
    ...(kinds === '' ? [] : [`left out, no place in this format: ${kinds}`]),
    ...(beyondCap > 0 ? [`left out, beyond --cap: ${beyondCap}`] : []),
    ...(ruledOut > 0 ? [`left out by the rules: ${ruledOut} (indicator explain VALUE says why)`] : []),
  ]
}
