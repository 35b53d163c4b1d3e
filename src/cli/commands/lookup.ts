import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import { lookUp } from '../../indicators/look-up.ts'
import type { Store } from '../../store/store.ts'
import type { OutputRecord } from '../../output/writer.ts'
import { defineCommand } from '../command.ts'
import { linesOf } from '../input-lines.ts'
import { answerRecord, answerRows, type AnswerRecord } from '../statement-records.ts'

/** Longer than any value that is looked for. */
const longestLine = 65_536
const linesAtOnce = 500

export const lookup = defineCommand({
  path: 'lookup',
  summary: 'Say whether values are known: addresses, domains, URLs, hashes, file names and more',
  details:
    'Values may be defanged (hxxp://bad[.]example). A value is found by the indicators and observables that state it; an ' +
    'address also by the networks it is in, a host by the domains above it, a URL by its host: `by` says which. Everything ' +
    'the store has is shown, also what is revoked or expired; `valid` says whether any of it holds now.\n\n' +
    'With - values are read from standard input, one a line, and answered one record a line in the same order, empty lines too. In a table ' +
    'values are written so that nobody opens them by accident.',
  examples: [
    "stixtaxii lookup 203.0.113.9 'hxxp://bad[.]example/x' 44d88612fea8a8f36de82e1278abb02f",
    'stixtaxii lookup - -o ndjson < values.txt',
    'stixtaxii lookup bad.example --exit-code -q && echo known',
  ],
  positional: ['value'],
  input: z.object({
    value: z.array(z.string()).min(1).describe('values, or - for standard input').meta({ value: 'VALUE|-' }),
    exitCode: z
      .boolean()
      .default(false)
      .describe('end with status 5 when nothing is known')
      .meta({ environment: false }),
  }),
  needs: ['clock', 'stdin', 'store', 'output', 'signal'],
  readsStore: true,
  schema: 'lookup',
  async run({ value, exitCode }, parts) {
    const store = await parts.store()
    const now = timestampOfDate(parts.clock.now())
    const seen = { asked: 0, known: 0 }
    const { output } = parts
    const texts = value.includes('-') ? linesOf(parts.stdin, { most: linesAtOnce, longest: longestLine }) : [value]
    const answers = answersTo(store, texts, now, seen)
    if (output.format === 'table') for await (const some of answers) await output.list(rowsOf([some], true), shape)
    else if (output.format === 'csv') await output.list(rowsIn(answers), shape)
    else await output.list(recordsIn(answers), shape)
    if (exitCode && seen.known === 0) throw nothingKnown(seen.asked)
  },
})

async function* answersTo(
  store: Store,
  texts: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
  now: string,
  seen: { asked: number; known: number },
): AsyncIterable<readonly AnswerRecord[]> {
  for await (const some of texts) {
    const answers = (await lookUp(store, some)).map((answer) => answerRecord(answer, now))
    seen.asked += answers.length
    seen.known += answers.filter(({ known }) => known).length
    if (answers.length > 0) yield answers
  }
}

async function* recordsIn(answers: AsyncIterable<readonly AnswerRecord[]>): AsyncIterable<OutputRecord> {
  for await (const some of answers) yield* some
}

async function* rowsIn(answers: AsyncIterable<readonly AnswerRecord[]>): AsyncIterable<OutputRecord> {
  for await (const some of answers) yield* rowsOf([some], false)
}

function rowsOf(answers: readonly (readonly AnswerRecord[])[], defanged: boolean): readonly OutputRecord[] {
  return answers.flat().flatMap((answer) => answerRows(answer, { defanged }))
}

function nothingKnown(asked: number): StixTaxiiError {
  return new StixTaxiiError(
    'CLI_LOOKUP_UNKNOWN',
    asked === 1 ? 'Nothing is known of it' : `Nothing is known of ${asked} values`,
    {
      kind: 'not-found',
      hint: 'Without --exit-code this ends with status 0.',
      context: { asked },
    },
  )
}

const shape = {
  columns: [
    { field: 'value', head: 'Value', long: 'whole' },
    { field: 'kind', head: 'Kind', minor: 2 },
    { field: 'state', head: 'State' },
    { field: 'foundBy', head: 'Found by', minor: 1 },
    { field: 'category', head: 'Category' },
    { field: 'name', head: 'Name', minor: 3 },
    { field: 'source', head: 'Source' },
    { field: 'since', head: 'Since', minor: 4 },
    { field: 'until', head: 'Until', minor: 5 },
    { field: 'confidence', head: 'Confidence', align: 'right', minor: 6 },
    { field: 'severity', head: 'Severity', align: 'right', minor: 7 },
    { field: 'tlp', head: 'TLP', minor: 8 },
    { field: 'id', head: 'Id', minor: 9 },
  ],
  name: 'value',
} as const
