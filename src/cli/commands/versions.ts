import { z } from 'zod'
import { onlyCollection, taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { accessFields } from '../source-flags.ts'

export const versions = defineCommand({
  path: 'versions',
  summary: 'List the versions of one object on the server (TAXII 2.1)',
  examples: ['stixtaxii versions indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f acme --collection indicators'],
  positional: ['id', 'source'],
  input: z.object({
    id: z.string().min(1).describe('id of the object').meta({ value: 'ID' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z.string().optional().describe('id, alias or title').meta({ value: 'C', environment: false }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'versions',
  async run(input, parts) {
    await withSource(input.source, input, parts, async (source) => {
      const operations = taxii2Only(source.client, 'list of versions')
      const collection = await onlyCollection(source, input.collection, parts.signal)
      const pages = operations.versions(input.id, { collection, pageSize: input.pageSize }, parts.signal)
      await parts.output.list(recordsOf(input.id, pages), shape)
    })
  },
})

async function* recordsOf(
  id: string,
  pages: AsyncIterable<readonly string[]>,
): AsyncGenerator<Record<string, unknown>> {
  for await (const page of pages) for (const version of page) yield { id, version }
}

const shape = {
  columns: [
    { field: 'id', head: 'Id' },
    { field: 'version', head: 'Version' },
  ],
  name: 'version',
} as const
