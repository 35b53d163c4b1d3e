import path from 'node:path'
import { z } from 'zod'
import { parseInstant } from '../../core/duration.ts'
import { openAtomicFile } from '../../output/atomic-file.ts'
import { exportFormats, exportStore, type ExportCounts } from '../../workflow/export-store.ts'
import { defineCommand } from '../command.ts'

export const exportCommand = defineCommand({
  path: 'export',
  summary: 'Write what the store has as NDJSON or as one STIX bundle',
  details:
    'Objects are written with the very bytes that were received. ndjson has every version of every object, and content ' +
    'blocks of TAXII 1.x as lines of type content-block; stix has the latest version of each object and no blocks. ' +
    '--all-versions and --no-all-versions change that.\n\n' +
    'A file given with --out appears whole or not at all: the old one stays until the new one is on the disk.',
  examples: [
    'stixtaxii export --format ndjson > everything.ndjson',
    'stixtaxii export --format stix --source acme --out acme.json',
    'stixtaxii export --format ndjson --type indicator --since-added 1d',
  ],
  input: z.object({
    format: z.enum(exportFormats).describe('what to write').meta({ value: 'F' }),
    out: z
      .string()
      .min(1)
      .optional()
      .describe('file to write; default, or -: standard output')
      .meta({ value: 'FILE', environment: false }),
    source: z.array(z.string()).default([]).describe('only from these sources').meta({ value: 'NAME' }),
    collection: z.array(z.string()).default([]).describe('only from these collections').meta({ value: 'C' }),
    type: z.array(z.string()).default([]).describe('only objects of these types').meta({ value: 'T' }),
    sinceAdded: z
      .string()
      .optional()
      .describe('only what was stored after: 2h, 20d, or a time')
      .meta({ value: 'WHEN' }),
    allVersions: z.boolean().optional().describe('every version of an object, or only its latest'),
  }),
  needs: ['clock', 'terminal', 'store', 'output', 'workingDirectory'],
  ownFormat: true,
  async run(input, { clock, terminal, output, ...parts }) {
    const { format, sinceAdded } = input
    const request = {
      format,
      sources: input.source,
      collections: input.collection,
      types: input.type,
      addedAfter: sinceAdded === undefined ? undefined : parseInstant('--since-added', sinceAdded, clock.now()),
      allVersions: input.allVersions ?? format === 'ndjson',
    }
    const store = await parts.store()
    if (input.out === undefined || input.out === '-') {
      terminal.note(summaryOf(await exportStore(store, request, (chunk) => output.raw(chunk))))
      return
    }
    const file = path.resolve(parts.workingDirectory, input.out)
    const target = await openAtomicFile(file)
    try {
      const counts = await exportStore(store, request, (chunk) => target.write(chunk))
      await target.commit()
      terminal.note(summaryOf(counts, input.out))
    } finally {
      await target.discard()
    }
  },
})

function summaryOf({ objects, blocks, leftOut, repeated }: ExportCounts, out?: string): string {
  const written = [counted(objects, 'object'), ...(blocks > 0 ? [counted(blocks, 'content block')] : [])].join(', ')
  const missing = [
    ...(repeated > 0 ? [`${counted(repeated, 'object')} that another collection has too`] : []),
    ...(leftOut > 0
      ? [`${counted(leftOut, 'content block')}, for which a STIX 2 bundle has no place (ndjson has)`]
      : []),
  ]
  return [`${written}${out === undefined ? '' : ` in ${out}`}`, ...missing.map((each) => `left out: ${each}`)].join(
    '\n',
  )
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
