import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource1 } from '../open-source-argument.ts'
import { readBlocks } from '../read-blocks.ts'
import { accessFields } from '../source-flags.ts'
import { taxii1Only } from '../taxii1-only.ts'

export const inboxPush = defineCommand({
  path: 'inbox push',
  summary: 'Push a file to an inbox of the server (TAXII 1.x)',
  details:
    'The file is one content block; or, as `poll` writes a 1.x source, one block a line. XML goes in as it is, anything else ' +
    'as text. It is sent once. That the server took it says that it was received, not that it was stored.',
  examples: [
    'stixtaxii inbox push package.xml acme --destination my-feed',
    'stixtaxii inbox push - acme --binding urn:stix.mitre.org:xml:1.1.1 < package.xml',
  ],
  positional: ['file', 'source'],
  input: z.object({
    file: z.string().min(1).describe('file to read, - for standard input').meta({ value: 'FILE' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    destination: z
      .array(z.string())
      .default([])
      .describe('collection it is meant for; default: left to the server')
      .meta({ value: 'C', environment: false }),
    binding: z
      .string()
      .optional()
      .describe('content binding; default: what a STIX 1 package says of itself')
      .meta({ value: 'ID', environment: false }),
    subtype: z.string().optional().describe('subtype of the binding').meta({ value: 'ID', environment: false }),
    message: z.string().optional().describe('a word for the people there').meta({ value: 'TEXT', environment: false }),
    address: z
      .string()
      .optional()
      .describe('address of the inbox, where the server names none')
      .meta({ value: 'URL', environment: false }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'inbox-push',
  async run(input, parts) {
    const blocks = await readBlocks(input.file, input, parts)
    await withSource1(input.source, input, parts, async ({ client, profile }) => {
      const { destination, message, address } = input
      const operations = taxii1Only(client, 'inbox', 'Add objects to a 2.x collection with: stixtaxii push')
      await operations.inbox(blocks, { destinations: destination, message, address }, parts.signal)
      const record = { source: profile.name, destinations: destination, blocks: blocks.length, status: 'received' }
      await parts.output.results([record], { blocks: blocks.length }, shape)
    })
  },
})

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'blocks', head: 'Blocks', align: 'right' },
    { field: 'status', head: 'Status' },
  ],
  name: 'source',
} as const
