import type { Readable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { type ParsedPattern, parsePattern } from '../stix/patterns/parse.ts'
import { bytesOf } from './read-objects.ts'

/** A pattern that a command was given, as text: an argument, or the content of a file without the blanks around it. */
export async function patternText(
  argument: string | undefined,
  file: string | undefined,
  { stdin, workingDirectory }: { readonly stdin: Readable; readonly workingDirectory: string },
): Promise<string> {
  if (file !== undefined) return (await bytesOf(file, stdin, workingDirectory)).toString('utf8').trim()
  if (argument !== undefined) return argument
  throw new StixTaxiiError('CLI_PATTERN_MISSING', 'No pattern was given', {
    kind: 'usage',
    hint: 'Give it as the first argument, in quotes, or in a file with --pattern-file.',
  })
}

/** The pattern as a tree. @throws CLI_PATTERN_INVALID (usage) with the place of the fault */
export function validPattern(
  text: string,
  specVersion: '2.0' | '2.1',
): Extract<ParsedPattern, { valid: true }>['expression'] {
  const parsed = parsePattern(text, { specVersion })
  if (parsed.valid) return parsed.expression
  const { problem, offset } = parsed
  const place = offset === undefined ? '' : ` at character ${offset + 1}`
  throw new StixTaxiiError('CLI_PATTERN_INVALID', `The pattern is invalid${place}: ${problem}`, {
    kind: 'usage',
    hint: "Write it as [domain-name:value = 'bad.example']; the shell needs quotes around the whole.",
    context: { offset },
  })
}
