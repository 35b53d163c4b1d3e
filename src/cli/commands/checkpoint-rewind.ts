import { z } from 'zod'
import { parseDuration } from '../../core/duration.ts'
import type { Duration } from '../../core/duration.ts'
import { StixTaxiiError } from '../../core/errors.ts'
import { changeCheckpoints } from '../../fetch/checkpoints.ts'
import { writeChangedCheckpoints } from '../checkpoint-records.ts'
import { defineCommand } from '../command.ts'
import { wantedSource } from '../wanted-sources.ts'

export const checkpointRewind = defineCommand({
  path: 'checkpoint rewind',
  summary: 'Move checkpoints back by a duration',
  details: 'The next fetch reads from there again; what is stored is recognised and counts as unchanged.',
  examples: ['stixtaxii checkpoint rewind acme 2d', 'stixtaxii checkpoint rewind acme 2d --collection c1'],
  positional: ['source', 'by'],
  input: z.object({
    source: z.string().describe('name of a profile'),
    by: z.string().describe('how far back: 2h, 20d, 1w, 3mo'),
    collection: z.array(z.string()).default([]).describe('ids; default: all of the source').meta({ value: 'C' }),
  }),
  needs: ['options', 'environment', 'profiles', 'store', 'output'],
  makesNoStore: true,
  schema: 'checkpoint-change',
  async run(input, parts) {
    const by = readDuration(input.by)
    const { id, name } = await wantedSource(input.source, await parts.profiles(), parts)
    const { lockTimeoutMs } = parts.options
    const target = { source: { id, name }, collections: input.collection, lockTimeoutMs }
    const changed = await changeCheckpoints(await parts.store(), target, { verb: 'rewind', by })
    await writeChangedCheckpoints(parts.output, name, changed)
  },
})

function readDuration(text: string): Duration {
  const duration = parseDuration(text)
  if (duration) return duration
  throw new StixTaxiiError('CLI_DURATION_INVALID', `"${text}" is not a duration`, {
    kind: 'usage',
    hint: 'Write 2h, 20d, 1w or 3mo.',
    context: { value: text },
  })
}
