import type { z } from 'zod'
import { plainContent, strangeKey } from '../core/yaml-document.ts'
import type { TextPosition } from './json-fault.ts'
import { firstIssue, positionOf } from './profile-file.ts'

export interface WrittenFile<Schema extends z.ZodType> {
  readonly schema: Schema
  /** How scalars of YAML are read: `core` has numbers and booleans, `failsafe` texts only. */
  readonly scalars: 'core' | 'failsafe'
  /** Makes the error to throw; `what` does not quote the text, which may hold secrets. */
  readonly invalid: (position: TextPosition, what: string) => Error
}

/** Reads YAML or JSON that we wrote, or someone by hand, and checks it. Faults have the place where they stand. */
export async function parseWritten<Schema extends z.ZodType>(
  text: string,
  { schema, scalars, invalid }: WrittenFile<Schema>,
): Promise<z.infer<Schema>> {
  const { parseDocument, LineCounter } = await import('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text.replace(/^\ufeff/, ''), { lineCounter, schema: scalars, prettyErrors: false })
  const [fault] = document.errors
  if (fault) {
    const { line, col } = lineCounter.linePos(fault.pos[0])
    throw invalid({ line, column: col }, 'neither YAML nor JSON from here on')
  }
  const strange = await strangeKey(document, lineCounter)
  if (strange) throw invalid(strange, 'a key has to be a text, and this is a list or a map')
  const value = plainContent(document, 100, (what) => invalid({ line: 1, column: 1 }, what))
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const issue = firstIssue(value, read.error.issues[0])
  const place = issue.path.map(String).join('.')
  throw invalid(await positionOf(text, issue.path), `${place === '' ? '' : `${place}: `}${issue.message}`)
}
