import { z } from 'zod'
import { judge } from '../../indicators/judge.ts'
import { defineCommand } from '../command.ts'
import { indicatorFields, indicatorNeeds, indicatorRules } from '../indicator-flags.ts'
import { inCollections, indicatorRecord, knownValueOf } from '../indicator-records.ts'
import { statementRecord } from '../statement-records.ts'

export const indicatorExplain = defineCommand({
  path: 'indicator explain',
  summary: 'Say why a value is exported and matched, or why not',
  details:
    'Every statement about the value with whether it counts and every reason why not, by the rules of the flags, which are ' +
    'those of export and enrich.',
  examples: [
    'stixtaxii indicator explain 203.0.113.9',
    'stixtaxii indicator explain bad.example --min-confidence high --allow-list ours.txt -o json',
  ],
  positional: ['value'],
  input: z.object({ value: z.string().min(1).describe('address, domain, URL, hash, ...'), ...indicatorFields }),
  needs: [...indicatorNeeds, 'store', 'output'],
  readsStore: true,
  schema: 'indicator-explain',
  async run({ value, ...flags }, parts) {
    const rules = await indicatorRules(flags, parts)
    const known = await knownValueOf(await parts.store(), value)
    const { verdicts, indicator } = judge(inCollections(known, flags.collection), rules)
    const isText = parts.output.format === 'table' || parts.output.format === 'csv'
    const records = verdicts.map(({ statement, reasons }) => ({
      counts: reasons.length === 0,
      reasons: isText ? reasons.map(({ sentence }) => sentence).join('; ') : reasons,
      ...statementRecord('value', known, statement, rules.now),
    }))
    const totals = {
      kind: known.kind,
      value: known.value,
      exported: indicator !== undefined,
      statements: verdicts.length,
      counting: verdicts.filter(({ reasons }) => reasons.length === 0).length,
    }
    const merged = indicator && indicatorRecord(indicator)
    await parts.output.results(records, isText ? totals : { ...totals, indicator: merged ?? null }, shape)
  },
})

const shape = {
  columns: [
    { field: 'counts', head: 'Counts' },
    { field: 'reasons', head: 'Why not', long: 'wrap' },
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection', minor: 4 },
    { field: 'name', head: 'Name', minor: 3 },
    { field: 'category', head: 'Category', minor: 2 },
    { field: 'confidence', head: 'Confidence', align: 'right', minor: 5 },
    { field: 'tlp', head: 'TLP', minor: 6 },
    { field: 'validUntil', head: 'Valid until', minor: 7 },
    { field: 'id', head: 'Id', minor: 1 },
  ],
  name: 'id',
  empty: 'Nothing is said of it there',
} as const
