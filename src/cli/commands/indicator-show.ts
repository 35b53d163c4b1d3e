import { z } from 'zod'
import { judge } from '../../indicators/judge.ts'
import { compareStatements, mergeStatements } from '../../indicators/merge.ts'
import { defineCommand } from '../command.ts'
import { indicatorFields, indicatorNeeds, indicatorRules } from '../indicator-flags.ts'
import { inCollections, indicatorRecord, knownValueOf } from '../indicator-records.ts'
import { holdsNow, statementRecord } from '../statement-records.ts'

export const indicatorShow = defineCommand({
  path: 'indicator show',
  summary: 'Show everything that is known of one value',
  details:
    'One record of what its sources say together, and with -o json each statement. Defanged values are understood.\n\n' +
    'Whether it counts is said by the rules of the flags, as by `indicator explain`; the record is of what counts, or of ' +
    'everything where nothing does.',
  examples: ['stixtaxii indicator show 203.0.113.9', "stixtaxii indicator show 'bad[.]example' -o json"],
  positional: ['value'],
  input: z.object({ value: z.string().min(1).describe('address, domain, URL, hash, ...'), ...indicatorFields }),
  needs: [...indicatorNeeds, 'store', 'output'],
  readsStore: true,
  schema: 'indicator-show',
  async run({ value, ...flags }, parts) {
    const rules = await indicatorRules(flags, parts)
    const { now } = rules
    const known = await knownValueOf(await parts.store(), value)
    const statements = known.statements.toSorted(compareStatements)
    const holding = statements.filter((statement) => holdsNow(statement, now))
    const counting = judge(inCollections(known, flags.collection), rules).indicator
    const merged = counting ?? mergeStatements(known, holding.length > 0 ? holding : statements)
    const indicator = indicatorRecord(merged)
    const counts = counting !== undefined
    const isText = parts.output.format === 'table' || parts.output.format === 'csv'
    if (isText) {
      const related = indicator.relatedTo.map(({ relation, type, name }) => `${relation} ${type} ${name}`)
      const { kind, value: normal, ...rest } = { ...indicator, relatedTo: related }
      const record = { kind, value: normal, counts, statements: statements.length, ...rest }
      await parts.output.one(parts.output.format === 'table' ? withoutEmpty(record) : record, shape)
      return
    }
    const records = statements.map((statement) => statementRecord('value', known, statement, now))
    await parts.output.one({ kind: known.kind, value: known.value, counts, indicator, statements: records }, shape)
  },
})

/** A person need not be told what there is not. */
function withoutEmpty(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)))
}

const shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'value', head: 'Value' },
    { field: 'counts', head: 'Counts' },
    { field: 'role', head: 'Role' },
    { field: 'sound', head: 'Sound' },
    { field: 'statements', head: 'Statements' },
    { field: 'category', head: 'Category' },
    { field: 'name', head: 'Name' },
    { field: 'description', head: 'Description' },
    { field: 'relatedTo', head: 'Related to' },
    { field: 'severity', head: 'Severity' },
    { field: 'confidence', head: 'Confidence' },
    { field: 'tlp', head: 'TLP' },
    { field: 'firstSeen', head: 'First seen' },
    { field: 'lastSeen', head: 'Last seen' },
    { field: 'validFrom', head: 'Valid from' },
    { field: 'validUntil', head: 'Valid until' },
    { field: 'sources', head: 'Sources' },
    { field: 'ids', head: 'Ids' },
  ],
  name: 'value',
} as const
