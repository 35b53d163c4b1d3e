import { z } from 'zod'
import { taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { jobRecord, jobShape } from '../job-records.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { accessFields } from '../source-flags.ts'

export const job = defineCommand({
  path: 'job',
  summary: 'Show what became of pushed objects (TAXII 2.x)',
  examples: ['stixtaxii job 2d086da7-4bdc-4f91-900e-d77486753710 acme -o json'],
  positional: ['id', 'source'],
  input: z.object({
    id: z.string().min(1).describe('id of the job, as push printed it').meta({ value: 'ID' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'job',
  async run(input, parts) {
    await withSource(input.source, input, parts, async ({ client }) => {
      const found = await taxii2Only(client, 'jobs').job(input.id, undefined, parts.signal)
      await parts.output.one(jobRecord(found), jobShape)
    })
  },
})
