import { z } from 'zod'
import type { StixTaxiiError } from '../../core/errors.ts'
import { importFailure, importFiles } from '../../workflow/import-files.ts'
import { defineCommand } from '../command.ts'
import { errorCell } from '../error-cell.ts'
import { withInputFiles } from '../input-files.ts'
import { addCounts, newTally } from '../../store/tally.ts'

export const importCommand = defineCommand({
  path: 'import',
  summary: 'Put STIX from files into the store, as if it had been fetched',
  details:
    'STIX 2 bundles, TAXII envelopes, JSON arrays and NDJSON are read object by object; a STIX 1 XML document is kept as one ' +
    'content block. What a file is shows in its content, not in its name.\n\n' +
    'A damaged file keeps what is whole in it and ends as partial (exit status 12); with nothing whole in it, as protocol (10). ' +
    'XML that is not well-formed is mended, and the result says how.\n\n' +
    'Of a folder, files ending in .json, .jsonl, .ndjson, .xml and .stix are read, those of its folders too.',
  examples: [
    'stixtaxii import bundle.json',
    'stixtaxii import reports/',
    'stixtaxii import *.xml --source citizenlab --collection reports',
    'stixtaxii import objects.ndjson -o json',
  ],
  positional: ['file'],
  input: z.object({
    file: z.array(z.string()).min(1).describe('files to read, folders of them, or - for standard input'),
    source: z.string().min(1).default('import').describe('name they are stored under').meta({ value: 'NAME' }),
    collection: z
      .string()
      .min(1)
      .optional()
      .describe("collection they are stored in; default: each file's name")
      .meta({ value: 'C' }),
  }),
  needs: ['options', 'clock', 'signal', 'stdin', 'terminal', 'store', 'output', 'workingDirectory'],
  schema: 'import',
  async run(input, { options, clock, signal, terminal, output, ...parts }) {
    const { source, collection } = input
    const results = await withInputFiles(input.file, parts, async (named) => {
      const request = { ...named, source, collection, lockTimeoutMs: options.lockTimeoutMs }
      return importFiles(request, { store: await parts.store(), clock }, signal)
    })
    const totals = newTally()
    for (const result of results) addCounts(totals, result)
    const failed = results.filter(({ error }) => error !== null).length
    const isFlat = output.format === 'table' || output.format === 'csv'
    const records = results.map(({ losses, ...result }) => {
      return { ...result, ...(!isFlat && { losses }), error: errorCell(output.format, toldOf(result.error)) }
    })
    if (isFlat) for (const { file, losses } of results) for (const loss of losses) terminal.note(`${file}: ${loss}`)
    const failure = importFailure(results)
    await output.results(records, { files: results.length, failed, ...totals }, shape).catch((error: unknown) => {
      // That nobody reads the result does not make a failed import a good one.
      throw failure ?? error
    })
    if (failure) throw failure
  },
})

function toldOf(error: StixTaxiiError | null) {
  return error && { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null }
}

const shape = {
  columns: [
    { field: 'file', head: 'File', minor: 1 },
    { field: 'collection', head: 'Collection' },
    { field: 'received', head: 'Received', align: 'right' },
    { field: 'new', head: 'New', align: 'right' },
    { field: 'updated', head: 'Updated', align: 'right', minor: 0 },
    { field: 'unchanged', head: 'Unchanged', align: 'right' },
    { field: 'revoked', head: 'Revoked', align: 'right', minor: 0 },
    { field: 'quarantined', head: 'Quarantined', align: 'right', minor: 0 },
    { field: 'status', head: 'Status' },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'file',
} as const
