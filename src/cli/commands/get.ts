import { z } from 'zod'
import { onlyCollection, taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { pageLines } from '../page-lines.ts'
import { parseMatches } from '../parse-matches.ts'
import { accessFields } from '../source-flags.ts'

export const get = defineCommand({
  path: 'get',
  summary: 'Read one object of a collection from the server, as NDJSON (TAXII 2.x)',
  details: 'Prints the newest version; with --match version=all each one on a line of its own.',
  examples: [
    'stixtaxii get indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f acme --collection indicators',
    'stixtaxii get indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f acme --match version=all',
  ],
  positional: ['id', 'source'],
  input: z.object({
    id: z.string().min(1).describe('id of the object').meta({ value: 'ID' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z.string().optional().describe('id, alias or title').meta({ value: 'C', environment: false }),
    match: z
      .array(z.string())
      .default([])
      .describe('which versions, as version=all or spec_version=2.1')
      .meta({ value: 'FIELD=VALUE' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  ownFormat: true,
  async run(input, parts) {
    const match = parseMatches(input.match)
    await withSource(input.source, input, parts, async (source) => {
      const operations = taxii2Only(source.client, 'reading of one object')
      const collection = await onlyCollection(source, input.collection, parts.signal)
      const place = { source: source.profile.name, collection }
      for await (const page of operations.object(input.id, { collection, match }, parts.signal))
        for (const lines of pageLines(page.items, place)) await parts.output.raw(lines)
    })
  },
})
