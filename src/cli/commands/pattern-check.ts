import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { lookupValues } from '../../stix/patterns/lookup-values.ts'
import { defineCommand } from '../command.ts'
import { patternText, validPattern } from '../wanted-pattern.ts'

export const patternCheck = defineCommand({
  path: 'pattern check',
  summary: 'Check a STIX pattern, and show what of it can be looked up',
  details:
    'An invalid pattern ends with status 2 and the place of the fault. The level is 1 for one observation, 2 with AND and OR ' +
    'between several, 3 with FOLLOWEDBY or qualifiers. A sound value is a match by itself; a hint only together with more.',
  examples: [
    `stixtaxii pattern check "[domain-name:value = 'bad.example' OR url:value LIKE 'http://bad.example/%']"`,
    'stixtaxii pattern check --pattern-file pattern.txt -o json',
  ],
  positional: ['pattern'],
  input: z.object({
    pattern: z.string().optional().describe('the pattern, in quotes'),
    patternFile: z.string().optional().describe('file that holds the pattern; `-` is standard input').meta({
      value: 'FILE',
      environment: false,
    }),
    specVersion: z.enum(['2.0', '2.1']).default('2.1').describe('the version of STIX that the pattern is of'),
  }),
  needs: ['stdin', 'workingDirectory', 'output'],
  schema: 'pattern-check',
  async run({ pattern, patternFile, specVersion }, parts) {
    if (pattern !== undefined && patternFile !== undefined) throw twoPatterns()
    const expression = validPattern(await patternText(pattern, patternFile, parts), specVersion)
    const { level, values, unused } = lookupValues(expression)
    const isText = parts.output.format === 'table' || parts.output.format === 'csv'
    const shown = values.map((value) => (isText ? `${value.kind} ${value.value}` : value))
    const [sound, hints] = [true, false].map((wanted) => shown.filter((_, index) => values[index]?.sound === wanted))
    await parts.output.one({ valid: true, level, sound, hints, unused }, shape)
  },
})

function twoPatterns(): StixTaxiiError {
  return new StixTaxiiError('CLI_PATTERN_TWICE', 'The pattern was given as an argument and with --pattern-file', {
    kind: 'usage',
    hint: 'Give one of the two.',
  })
}

const shape = {
  columns: [
    { field: 'valid', head: 'Valid' },
    { field: 'level', head: 'Level', align: 'right' },
    { field: 'sound', head: 'Sound values', long: 'wrap' },
    { field: 'hints', head: 'Hints', long: 'wrap' },
    { field: 'unused', head: 'Without a value', long: 'wrap' },
  ],
  name: 'valid',
} as const
