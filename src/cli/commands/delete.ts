import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { onlyCollection, taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { parseMatches } from '../parse-matches.ts'
import { accessFields } from '../source-flags.ts'

export const deleteObject = defineCommand({
  path: 'delete',
  summary: 'Delete one object from a collection on the server (TAXII 2.1)',
  details: 'Asks first; scripts say --yes. What is in the own store stays there.',
  examples: [
    'stixtaxii delete indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f acme --collection mine --yes',
    'stixtaxii delete indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f acme --match version=first --yes',
  ],
  positional: ['id', 'source'],
  input: z.object({
    id: z.string().min(1).describe('id of the object').meta({ value: 'ID' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z.string().optional().describe('id, alias or title').meta({ value: 'C', environment: false }),
    match: z
      .array(z.string())
      .default([])
      .describe('which versions, as version=all or version=2026-01-02T03:04:05.000Z')
      .meta({ value: 'FIELD=VALUE' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output', 'terminal'],
  schema: 'delete',
  async run(input, parts) {
    const match = parseMatches(input.match)
    await withSource(input.source, input, parts, async (source) => {
      const operations = taxii2Only(source.client, 'deletion of objects')
      const collection = await onlyCollection(source, input.collection, parts.signal, 'canWrite')
      await confirmed(input.id, collection, parts)
      await operations.deleteObject(input.id, { collection, match }, parts.signal)
      await parts.output.one({ id: input.id, collection, deleted: true }, shape)
    })
  },
})

async function confirmed(
  id: string,
  collection: string,
  { options, terminal }: { options: { yes: boolean }; terminal: { canAsk: boolean; confirm: Confirm } },
): Promise<void> {
  if (options.yes) return
  const question = `Delete ${id} from "${collection}" on the server?`
  if (terminal.canAsk && (await terminal.confirm({ message: question, default: false }))) return
  throw new StixTaxiiError('CLI_NOT_CONFIRMED', `${id} was not deleted: nobody said yes`, {
    kind: 'usage',
    hint: 'Say so with --yes.',
    context: { object: id },
  })
}

type Confirm = (question: { message: string; default: boolean }) => Promise<boolean>

const shape = {
  columns: [
    { field: 'id', head: 'Id' },
    { field: 'collection', head: 'Collection' },
    { field: 'deleted', head: 'Deleted' },
  ],
  name: 'id',
} as const
