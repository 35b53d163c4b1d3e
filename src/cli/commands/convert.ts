import path from 'node:path'
import { z } from 'zod'
import { openAtomicFile } from '../../output/atomic-file.ts'
import type { OutputFormat, OutputRecord } from '../../output/writer.ts'
import { convertFailure, convertFiles, type ConvertResult } from '../../workflow/convert-files.ts'
import { defineCommand } from '../command.ts'
import { errorCell } from '../error-cell.ts'
import { withInputFiles } from '../input-files.ts'

export const convert = defineCommand({
  path: 'convert',
  summary: 'Turn STIX 1 and STIX 2.0 files into one STIX 2.1 bundle',
  details:
    'Ids are made from the ids or the content of the original: the same files give the same bundle, byte for byte. What ' +
    'STIX 2.1 has no place for is counted, by kind, in the result.\n\n' +
    'Without --out the bundle goes to standard output and the result to standard error. A file given with --out appears ' +
    'whole or not at all.',
  examples: [
    'stixtaxii convert report.xml --out report.json',
    'stixtaxii convert old.json package.xml > bundle.json',
    'stixtaxii convert reports/ --out all.json --report losses.json -o json',
  ],
  positional: ['file'],
  input: z.object({
    file: z.array(z.string()).min(1).describe('files to read, folders of them, or - for standard input'),
    out: z
      .string()
      .min(1)
      .optional()
      .describe('file to write; default, or -: standard output')
      .meta({ value: 'FILE', environment: false }),
    report: z
      .string()
      .min(1)
      .optional()
      .describe('write the result with all losses to this file too, as JSON')
      .meta({ value: 'FILE', environment: false }),
  }),
  needs: ['stdin', 'signal', 'terminal', 'output', 'errorOutput', 'workingDirectory'],
  schema: 'convert',
  async run({ file, out, report }, { signal, terminal, output, errorOutput, ...parts }) {
    const toStdout = out === undefined || out === '-'
    const results = await withInputFiles(file, parts, async ({ files, nameOf }) => {
      const request = { files, nameOf }
      if (toStdout) return convertFiles(request, (chunk) => output.raw(chunk), signal)
      const target = await openAtomicFile(path.resolve(parts.workingDirectory, out))
      try {
        const converted = await convertFiles(request, (chunk) => target.write(chunk), signal)
        // With nothing in it a bundle would only take the place of a good one.
        if (converted.some(({ status }) => status !== 'failed')) await target.commit()
        return converted
      } finally {
        await target.discard()
      }
    })
    if (report !== undefined) await writeReport(path.resolve(parts.workingDirectory, report), results)
    const writer = toStdout ? errorOutput : output
    if (writer.format === 'table') for (const line of lossLines(results)) terminal.note(line)
    const failure = convertFailure(results)
    await writer.results(recordsOf(results, writer.format), totalsOf(results), shape).catch((error: unknown) => {
      // That nobody reads the result does not make a failed conversion a good one.
      throw failure ?? error
    })
    if (failure) throw failure
  },
})

async function writeReport(file: string, results: readonly ConvertResult[]): Promise<void> {
  const target = await openAtomicFile(file)
  try {
    const report = { results: recordsOf(results, 'json'), totals: totalsOf(results) }
    await target.write(Buffer.from(`${JSON.stringify(report, null, 2)}\n`))
    await target.commit()
  } finally {
    await target.discard()
  }
}

function recordsOf(results: readonly ConvertResult[], format: OutputFormat): readonly OutputRecord[] {
  return results.map(({ error, losses, ...result }) => {
    const told = error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
    const isFlat = format === 'table' || format === 'csv'
    return { ...result, lost: lostIn(losses), ...(!isFlat && { losses }), error: errorCell(format, told) }
  })
}

function totalsOf(results: readonly ConvertResult[]): OutputRecord {
  const sum = (of: (result: ConvertResult) => number) => results.reduce((total, result) => total + of(result), 0)
  return {
    files: results.length,
    failed: results.filter(({ error }) => error !== null).length,
    objects: sum(({ objects }) => objects),
    damaged: sum(({ damaged }) => damaged),
    lost: sum(({ losses }) => lostIn(losses)),
  }
}

function lostIn(losses: ConvertResult['losses']): number {
  return losses.reduce((total, { count }) => total + count, 0)
}

const shownLosses = 20

function lossLines(results: readonly ConvertResult[]): readonly string[] {
  return results.flatMap(({ file, losses }) => {
    const lines = losses.slice(0, shownLosses).map(({ loss, count, example }) => {
      return `${path.basename(file)}: lost ${count} x ${loss}${example === null ? '' : ` (${example})`}`
    })
    const more = losses.length - shownLosses
    return more > 0 ? [...lines, `${path.basename(file)}: ${more} more kinds; see them all with --report FILE`] : lines
  })
}

const shape = {
  columns: [
    { field: 'file', head: 'File' },
    { field: 'objects', head: 'Objects', align: 'right' },
    { field: 'damaged', head: 'Damaged', align: 'right', minor: 0 },
    { field: 'lost', head: 'Lost', align: 'right' },
    { field: 'status', head: 'Status' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'file',
} as const
