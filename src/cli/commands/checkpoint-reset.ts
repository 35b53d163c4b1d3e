import { z } from 'zod'
import { changeCheckpoints } from '../../fetch/checkpoints.ts'
import { writeChangedCheckpoints } from '../checkpoint-records.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'
import { wantedSource } from '../wanted-sources.ts'

export const checkpointReset = defineCommand({
  path: 'checkpoint reset',
  summary: 'Forget checkpoints: the next fetch begins as the first did',
  details: 'What is stored stays stored, and is recognised when it is read again.',
  examples: ['stixtaxii checkpoint reset acme', 'stixtaxii checkpoint reset acme --collection c1 --yes'],
  positional: ['source'],
  input: z.object({
    source: z.string().describe('name of a profile'),
    collection: z.array(z.string()).default([]).describe('ids; default: all of the source').meta({ value: 'C' }),
  }),
  needs: ['options', 'environment', 'terminal', 'profiles', 'store', 'output'],
  makesNoStore: true,
  schema: 'checkpoint-change',
  async run(input, parts) {
    const { id, name } = await wantedSource(input.source, await parts.profiles(), parts)
    await confirmOrStop(parts, `Forget the checkpoints of ${name}?`)
    const { lockTimeoutMs } = parts.options
    const target = { source: { id, name }, collections: input.collection, lockTimeoutMs }
    const changed = await changeCheckpoints(await parts.store(), target, { verb: 'reset' })
    await writeChangedCheckpoints(parts.output, name, changed)
  },
})
