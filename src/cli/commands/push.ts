import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Job } from '../../taxii/client.ts'
import { onlyCollection, taxii2Only } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { jobRecord, jobShape } from '../job-records.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { readObjects } from '../read-objects.ts'
import { accessFields } from '../source-flags.ts'

export const push = defineCommand({
  path: 'push',
  summary: 'Add the objects of a STIX 2 file to a collection on the server (TAXII 2.x)',
  details:
    'Reads a bundle, an array, or one object per line. Objects go in as few requests as the server takes, each sent once; ' +
    'then the jobs are followed until they are complete.',
  examples: [
    'stixtaxii push report.json acme --collection mine',
    'stixtaxii push - acme --collection mine -o json < objects.ndjson',
  ],
  positional: ['file', 'source'],
  input: z.object({
    file: z.string().min(1).describe('file to read, - for standard input').meta({ value: 'FILE' }),
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z.string().optional().describe('id, alias or title').meta({ value: 'C', environment: false }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output'],
  schema: 'push',
  async run(input, parts) {
    const objects = await readObjects(input.file, parts)
    await withSource(input.source, input, parts, async (source) => {
      const operations = taxii2Only(source.client, 'push; use "stixtaxii inbox push"')
      const collection = await onlyCollection(source, input.collection, parts.signal, 'canWrite')
      const jobs = await operations.push(objects, { collection }, parts.signal)
      const sum = (count: (job: Job) => number) => jobs.reduce((total, job) => total + count(job), 0)
      const totals = {
        objects: objects.length,
        successes: sum((job) => job.successCount),
        failures: sum((job) => job.failureCount),
        pending: sum((job) => (job.status === 'pending' ? Math.max(1, job.pendingCount) : 0)),
      }
      await parts.output.results(jobs.map(jobRecord), totals, jobShape)
      const failure = failureOf(totals, jobs)
      if (failure) throw failure
    })
  },
})

interface Totals {
  readonly objects: number
  readonly successes: number
  readonly failures: number
  readonly pending: number
}

function failureOf(
  { objects, successes, failures, pending }: Totals,
  jobs: readonly Job[],
): StixTaxiiError | undefined {
  const context = { jobs: jobs.map(({ id }) => id) }
  if (failures > 0)
    return new StixTaxiiError('CLI_PUSH_REFUSED', `The server refused ${failures} of ${objects} objects`, {
      kind: successes > 0 ? 'partial' : 'remote',
      hint: 'Each is listed with the reason, with -o json.',
      context,
    })
  if (pending === 0) return undefined
  return new StixTaxiiError('CLI_PUSH_PENDING', 'The server has not finished with all objects', {
    kind: 'pending',
    hint: `Look again with: stixtaxii job ${jobs.find(({ status }) => status === 'pending')?.id ?? 'ID'}`,
    context,
  })
}
