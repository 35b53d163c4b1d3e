import { z } from 'zod'
import { journalPath, readJournal } from '../../provision/journal.ts'
import { findWrites, listRuns } from '../../provision/history.ts'
import { defineCommand } from '../command.ts'
import { openProvisionState } from '../provision-state.ts'

export const history = defineCommand({
  path: 'history',
  summary: 'List the runs of apply, destroy and rollback, or the writes of one',
  details: 'From the journal beside the state. A write whose end is `unknown` is looked for by the next apply.',
  examples: ['stixtaxii history', 'stixtaxii history 20260102-030405-3f9a -o json'],
  positional: ['run'],
  input: z.object({
    run: z.string().optional().describe('show the writes of this run'),
    limit: z.number().int().positive().default(50).describe('newest runs to show'),
  }),
  needs: ['options', 'clock', 'folders', 'workingDirectory', 'output'],
  schema: 'history',
  async run({ run, limit }, parts) {
    const entries = await readJournal(journalPath((await openProvisionState(parts)).path))
    if (run !== undefined)
      return parts.output.list(
        findWrites(entries, run).map((write) => ({ ...write })),
        writeShape,
      )
    await parts.output.list(
      listRuns(entries)
        .slice(0, limit)
        .map((each) => ({ ...each })),
      runShape,
    )
  },
})

const runShape = {
  columns: [
    { field: 'run', head: 'Run', long: 'whole' },
    { field: 'command', head: 'Command' },
    { field: 'fleet', head: 'Desired state' },
    { field: 'director', head: 'Director', minor: 1 },
    { field: 'writes', head: 'Planned', align: 'right' },
    { field: 'done', head: 'Done', align: 'right' },
    { field: 'failed', head: 'Failed', align: 'right' },
    { field: 'unknown', head: 'Unknown', align: 'right' },
    { field: 'status', head: 'Status', long: 'wrap' },
  ],
  name: 'run',
  empty: 'No run has written anything yet',
} as const

const writeShape = {
  columns: [
    { field: 'step', head: '#', align: 'right' },
    { field: 'target', head: 'Target', long: 'whole' },
    { field: 'sign', head: '' },
    { field: 'thing', head: 'What' },
    { field: 'end', head: 'End' },
    { field: 'at', head: 'At', minor: 1 },
    { field: 'order', head: 'Order', minor: 2 },
    { field: 'error', head: 'Error', minor: 0, long: 'wrap' },
  ],
  name: 'step',
} as const
