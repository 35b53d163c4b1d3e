import { z } from 'zod'
import { goodIndicators } from '../../indicators/good-indicators.ts'
import { checkNames } from '../../workflow/export-store.ts'
import { defineCommand } from '../command.ts'
import { indicatorFields, indicatorNeeds, indicatorRules } from '../indicator-flags.ts'
import { indicatorRecord } from '../indicator-records.ts'

export const indicatorList = defineCommand({
  path: 'indicator list',
  summary: 'List the indicators that count: each value once, merged over sources',
  details:
    'What is revoked, superseded, vanished or expired does not count, nor what is on the allow list or on a warning list, ' +
    'nor what is a match only together with more. `indicator explain` says it of a value. Export and enrich go by the same rules.',
  examples: [
    'stixtaxii indicator list --kind domain --min-confidence high -o csv',
    'stixtaxii indicator list --kind ip --max-age 90d -o name > blocklist.txt',
    'stixtaxii indicator list --source acme --tlp green -o ndjson',
  ],
  input: z.object({
    ...indicatorFields,
    descriptions: z.boolean().default(false).describe('read descriptions too: slower for a large store'),
  }),
  needs: [...indicatorNeeds, 'store', 'output', 'signal'],
  readsStore: true,
  schema: 'indicator-list',
  async run(input, parts) {
    const rules = await indicatorRules(input, parts)
    const store = await parts.store()
    await checkNames(store, input.source, input.collection)
    const collections = input.collection.length === 0 ? undefined : input.collection
    const { descriptions } = input
    const found = goodIndicators(store, { collections, descriptions, signal: parts.signal }, rules)
    await parts.output.list(recordsOf(found), shape)
  },
})

async function* recordsOf(found: ReturnType<typeof goodIndicators>) {
  for await (const indicator of found) yield indicatorRecord(indicator)
}

const shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'value', head: 'Value', long: 'whole' },
    { field: 'category', head: 'Category' },
    { field: 'name', head: 'Name', minor: 3 },
    { field: 'severity', head: 'Severity', align: 'right', minor: 6 },
    { field: 'confidence', head: 'Confidence', align: 'right', minor: 5 },
    { field: 'tlp', head: 'TLP', minor: 4 },
    { field: 'firstSeen', head: 'First seen', minor: 8 },
    { field: 'lastSeen', head: 'Last seen', minor: 7 },
    { field: 'validUntil', head: 'Valid until', minor: 9 },
    { field: 'sources', head: 'Sources', minor: 2 },
    { field: 'ids', head: 'Ids', minor: 10 },
  ],
  name: 'value',
  empty: 'There is no indicator that counts',
} as const
