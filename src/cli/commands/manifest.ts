import { z } from 'zod'
import { parseInstant } from '../../core/duration.ts'
import type { ManifestEntry } from '../../taxii/client.ts'
import { onlyCollection, taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { parseMatches } from '../parse-matches.ts'
import { accessFields } from '../source-flags.ts'

export const manifest = defineCommand({
  path: 'manifest',
  summary: 'List what a collection has, without the objects themselves (TAXII 2.x)',
  examples: [
    'stixtaxii manifest acme --collection indicators --since 1w',
    'stixtaxii manifest https://taxii.example/api1/collections/indicators/ --match version=all -o ndjson',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z.string().optional().describe('id, alias or title').meta({ value: 'C', environment: false }),
    since: z.string().optional().describe('added after: 2h, 20d, 1w, 3mo, or a time').meta({ value: 'WHEN' }),
    match: z
      .array(z.string())
      .default([])
      .describe('only what matches, as type=indicator or version=all')
      .meta({ value: 'FIELD=VALUE' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output', 'clock'],
  schema: 'manifest',
  async run(input, parts) {
    const begin = input.since === undefined ? undefined : parseInstant('--since', input.since, parts.clock.now())
    const match = parseMatches(input.match)
    await withSource(input.source, input, parts, async (source) => {
      const operations = taxii2Only(source.client, 'manifest')
      const collection = await onlyCollection(source, input.collection, parts.signal)
      const pages = operations.manifest({ collection, begin, match, pageSize: input.pageSize }, parts.signal)
      await parts.output.list(recordsOf(pages), shape)
    })
  },
})

async function* recordsOf(pages: AsyncIterable<readonly ManifestEntry[]>): AsyncGenerator<Record<string, unknown>> {
  for await (const entries of pages) {
    for (const { id, dateAdded, version, mediaType } of entries)
      yield { id, dateAdded, version, mediaType: mediaType ?? null }
  }
}

const shape = {
  columns: [
    { field: 'id', head: 'Id' },
    { field: 'dateAdded', head: 'Added' },
    { field: 'version', head: 'Version' },
    { field: 'mediaType', head: 'Media type' },
  ],
  name: 'id',
  empty: 'The manifest is empty',
} as const
