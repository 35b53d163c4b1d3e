import path from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { evaluatePattern } from '../../stix/patterns/evaluate.ts'
import type { Observation } from '../../stix/patterns/observations.ts'
import { readObservations, type FileObservations } from '../../workflow/read-observations.ts'
import { defineCommand } from '../command.ts'
import { patternText, validPattern } from '../wanted-pattern.ts'

export const patternMatch = defineCommand({
  path: 'pattern match',
  summary: 'Evaluate a STIX pattern on the observed data of files',
  details:
    'All operators and qualifiers of STIX 2.1 are evaluated; `bound` names the observed data that the pattern was bound to, in its ' +
    'order. Files are read as by `import`; observables may be in another file than the observed data that name them.\n\n' +
    'Regular expressions of MATCHES run in linear time. What cannot (look-around, back-references) is not run, holds for ' +
    'nothing, and is told in `notes`.',
  examples: [
    `stixtaxii pattern match "[ipv4-addr:value = '198.51.100.7']" observed.json`,
    'stixtaxii pattern match --pattern-file pattern.txt monday.json tuesday.json -o json',
    `stixtaxii pattern match "[file:name LIKE 'inv%.exe'] REPEATS 2 TIMES WITHIN 60 SECONDS" *.json --exit-code`,
  ],
  positional: ['pattern', 'file'],
  input: z.object({
    pattern: z.string().optional().describe('the pattern, in quotes; with --pattern-file the first file'),
    file: z.array(z.string()).default([]).describe('files with observed data'),
    patternFile: z.string().optional().describe('file that holds the pattern; `-` is standard input').meta({
      value: 'FILE',
      environment: false,
    }),
    specVersion: z.enum(['2.0', '2.1']).default('2.1').describe('the version of STIX that the pattern is of'),
    exitCode: z
      .boolean()
      .default(false)
      .describe('end with status 5 when nothing matches')
      .meta({ environment: false }),
  }),
  needs: ['stdin', 'workingDirectory', 'output', 'signal'],
  schema: 'pattern-match',
  async run(input, parts) {
    const { patternFile } = input
    const text = await patternText(patternFile === undefined ? input.pattern : undefined, patternFile, parts)
    const expression = validPattern(text, input.specVersion)
    const names = patternFile !== undefined && input.pattern !== undefined ? [input.pattern, ...input.file] : input.file
    if (names.length === 0) throw noFile()
    const files = names.map((name) => path.resolve(parts.workingDirectory, name))
    const { list, notes, ...rest } = await readObservations(files, parts.signal)
    const { matched, bound, notRun } = evaluatePattern(expression, list)
    const isText = parts.output.format === 'table' || parts.output.format === 'csv'
    const record = {
      matched,
      observations: list.length,
      bound: bound.map((one) => (isText ? one.id : recordOf(one))),
      notes: [...notRun, ...notes, ...notLookedAt(rest)],
    }
    await parts.output.one(record, shape)
    if (!matched && input.exitCode) throw unmatched(list.length)
  },
})

function notLookedAt({ damaged, blocks, others }: Pick<FileObservations, 'damaged' | 'blocks' | 'others'>): string[] {
  return [
    ...(damaged > 0 ? [`${damaged} damaged objects were not read`] : []),
    ...(blocks > 0
      ? [`${blocks} STIX 1 documents or content blocks have no observed data of STIX 2; see stixtaxii convert`]
      : []),
    ...(others > 0 ? [`${others} other objects are no observed data and were not looked at`] : []),
  ]
}

function recordOf({ id, first, last, count }: Observation) {
  const [firstObserved, lastObserved] = [first, last].map((micros) => fromEpochMicroseconds(BigInt(micros)))
  return { id, firstObserved, lastObserved, numberObserved: count }
}

function noFile(): StixTaxiiError {
  return new StixTaxiiError('CLI_PATTERN_NO_FILE', 'No file with observed data was given', {
    kind: 'usage',
    hint: 'Name the files behind the pattern, as written by: stixtaxii export --format stix --out observed.json',
  })
}

function unmatched(observations: number): StixTaxiiError {
  return new StixTaxiiError('CLI_PATTERN_UNMATCHED', `The pattern matches none of ${observations} observed data`, {
    kind: 'not-found',
    hint: 'Without --exit-code this ends with status 0.',
    context: { observations },
  })
}

const shape = {
  columns: [
    { field: 'matched', head: 'Matched' },
    { field: 'observations', head: 'Observed data', align: 'right' },
    { field: 'bound', head: 'Bound', long: 'whole' },
    { field: 'notes', head: 'Notes', long: 'wrap' },
  ],
  name: 'matched',
} as const
