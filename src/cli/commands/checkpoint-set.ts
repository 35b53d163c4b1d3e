import { z } from 'zod'
import { parseInstant } from '../../core/duration.ts'
import { changeCheckpoints } from '../../fetch/checkpoints.ts'
import { writeChangedCheckpoints } from '../checkpoint-records.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'
import { wantedSource } from '../wanted-sources.ts'

export const checkpointSet = defineCommand({
  path: 'checkpoint set',
  summary: 'Move checkpoints to a time',
  details:
    'What lies after that time is read again by the next fetch; what is stored is recognised. Moving forward leaves out what lies between.',
  examples: [
    'stixtaxii checkpoint set acme 2026-01-02T00:00:00Z',
    'stixtaxii checkpoint set acme 20d --collection c1 --yes',
  ],
  positional: ['source', 'stamp'],
  input: z.object({
    source: z.string().describe('name of a profile'),
    stamp: z.string().describe('a time, or a duration back from now'),
    collection: z.array(z.string()).default([]).describe('ids; default: all of the source').meta({ value: 'C' }),
  }),
  needs: ['options', 'environment', 'clock', 'terminal', 'profiles', 'store', 'output'],
  schema: 'checkpoint-change',
  async run(input, parts) {
    const stamp = parseInstant('STAMP', input.stamp, parts.clock.now())
    const { id, name } = await wantedSource(input.source, await parts.profiles(), parts)
    await confirmOrStop(parts, `Move the checkpoints of ${name} to ${stamp}?`)
    const { lockTimeoutMs } = parts.options
    const target = { source: { id, name }, collections: input.collection, lockTimeoutMs }
    const changed = await changeCheckpoints(await parts.store(), target, { verb: 'set', stamp })
    await writeChangedCheckpoints(parts.output, name, changed)
  },
})
